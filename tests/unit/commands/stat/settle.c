// SPDX-License-Identifier: GPL-2.0
/* What stat could not follow leaves its verdict unsettled, by user where that is known. */
#include <stdlib.h>
#include "unit.h"
#include "commands/stat/settle.h"

static void failures_that_name_no_request(void **state)
{
	struct io_row rows[2] = {
		{ .c = { .who = IO_WHO(812, IO_OP_UNKNOWN, false), .ops = 19, .errors = 7 } },
		{ .c = { .who = IO_WHO(812, 4, true), .ops = 23, .errors = 5 } },
	};
	const struct io_model all = { .rows = rows, .nr_rows = 2, .sees_under_way = true };
	const struct selection any = { 0 };
	struct unsettled_list u = { 0 };

	(void)state;
	stat_settle(&u, &(struct stat_sight){ .all = &all, .select = &any, .found = true, .fail_on = SEVERITY_WARNING });
	assert_int_equal(u.nr, 1);
	assert_int_equal(u.list[0].what, UNSETTLED_REQUESTS);
	assert_int_equal(u.list[0].count, 7);
	unsettled_free(&u);
}

static void each_user_has_a_row(void **state)
{
	struct io_loser losers[2] = { { 1001, IO_TABLE_STARTS, 11 }, { 1002, IO_TABLE_STARTS, 3 } };
	const struct selection any = { 0 };
	const struct io_model all = { .loss.evicted = 17, .sees_under_way = true };
	struct unsettled_list u = { 0 };

	(void)state;
	stat_settle(&u, &(struct stat_sight){ .all = &all, .select = &any, .found = true, .fail_on = SEVERITY_WARNING,
					      .losers = losers, .nr_losers = 2 });
	assert_int_equal(u.nr, 3);
	assert_true(u.list[0].has_uid && u.list[0].uid == 1001);
	assert_int_equal(u.list[0].count, 11);
	assert_true(u.list[1].has_uid && u.list[1].uid == 1002);
	assert_false(u.list[2].has_uid);
	assert_int_equal(u.list[2].count, 3);
	unsettled_free(&u);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(failures_that_name_no_request),
		cmocka_unit_test(each_user_has_a_row),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
