// SPDX-License-Identifier: GPL-2.0
/* What a call's result is called, whatever a recording says that it was. */
#include <limits.h>
#include "facts.h"
#include "model/fact.h"

static void results(void **state)
{
	(void)state;
	assert_string_equal(fact_errno_name(-12), "ENOMEM");
	assert_string_equal(fact_errno_name(-512), "ERESTARTSYS");
	assert_string_equal(fact_errno_name(-4095), "error");
	/* nothing of it is cut off */
	assert_string_equal(fact_errno_name(-12 - (1LL << 32)), "error");
	assert_string_equal(fact_errno_name(LLONG_MIN), "error");
	assert_string_equal(fact_errno_name(12), "error");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(results),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
