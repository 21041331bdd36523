// SPDX-License-Identifier: GPL-2.0
/* What /proc says of a process's limit, and whether it holds. */
#include <unistd.h>
#include "base/system.h"
#include "unit.h"

static void memlock(void **state)
{
	__u64 soft, hard;

	(void)state;
	text_memlock("Limit                     Soft Limit           Hard Limit           Units     \n"
		     "Max locked memory         65536                unlimited            bytes     \n", &soft, &hard);
	assert_true(soft == 65536 && hard == ~0ULL);
	text_memlock("Max locked memory         8388608              16777216             bytes\n", &soft, &hard);
	assert_true(soft == 8388608 && hard == 16777216);
	text_memlock(NULL, &soft, &hard);
	assert_true(soft == ~0ULL && hard == ~0ULL);
}

static void lifted(void **state)
{
	(void)state;
	assert_int_equal(system_lifts_memlock(getpid()), system_lifts_memlock(0));
	/* beyond PID_MAX_LIMIT */
	assert_int_equal(system_lifts_memlock(4194305), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(memlock),
		cmocka_unit_test(lifted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
