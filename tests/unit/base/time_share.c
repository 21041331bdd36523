// SPDX-License-Identifier: GPL-2.0
#include "base/time_share.h"
#include "unit.h"

#define BEGIN 1000000ULL

static void one_user_gets_half(void **state)
{
	struct time_share s = { .free_ns = 800 };

	(void)state;
	assert_true(time_share_has(&s, 1, BEGIN));
	time_share_take(&s, 1, 401);
	assert_false(time_share_has(&s, 1, BEGIN));
	assert_true(time_share_has(&s, 2, BEGIN));
	/* 16 more go by: 2 for all, 1 for the first */
	assert_true(time_share_has(&s, 1, BEGIN + 16));
}

static void all_get_no_more(void **state)
{
	struct time_share s = { .free_ns = 800 };

	(void)state;
	assert_true(time_share_has(&s, 1, BEGIN));
	for (__u64 user = 1; user <= 3; user++)
		time_share_take(&s, user, 267);
	assert_false(time_share_has(&s, 5, BEGIN));
	assert_true(time_share_has(&s, 5, BEGIN + 8));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_user_gets_half),
		cmocka_unit_test(all_get_no_more),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
