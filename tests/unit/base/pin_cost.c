// SPDX-License-Identifier: GPL-2.0
#include "unit.h"
#include "base/pin_cost.h"

/* No machine pins a page in less than a nanosecond, none needs a tenth of a millisecond. */
static void is_measured(void **state)
{
	__u64 ps = pin_cost_ps();

	(void)state;
	if (!ps)
		skip();
	assert_in_range(ps, 1000, 100000000);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(is_measured) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
