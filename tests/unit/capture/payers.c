// SPDX-License-Identifier: GPL-2.0
/* Users of one payer share what a walk reads for it; who is left out is told by user. */
#include <stdlib.h>
#include "capture/payers.h"
#include "unit.h"

#define MOST	7

static struct fact_holder process(__u32 pid, __u32 uid, __u32 payer)
{
	return (struct fact_holder){ .h = { .pid = pid, .uid = uid }, .payer = payer };
}

static unsigned int spend(struct payers *p, const struct fact_holder *of, unsigned int times)
{
	unsigned int had = 0;

	while (times--)
		had += payers_spend(p, of, MOST);
	return had;
}

static void subordinate_users_pay_as_one(void **state)
{
	const struct fact_holder one = process(11, 100001, 1000), two = process(12, 100002, 1000),
				 other = process(13, 1001, 1001);
	struct payers p = { 0 };
	struct walk_cuts cuts = { 0 };

	(void)state;
	assert_int_equal(spend(&p, &one, 5), 5);
	assert_int_equal(spend(&p, &two, 5), 2);
	assert_int_equal(spend(&p, &other, 7), 7);
	payers_end(&p, &cuts);
	assert_int_equal(cuts.nr, 1);
	assert_int_equal(cuts.list[0].uid, 100002);
	assert_int_equal(cuts.list[0].processes, 1);
	free(cuts.list);
}

static void processes_are_counted_once(void **state)
{
	struct payers p = { 0 };
	struct walk_cuts cuts = { 0 };
	unsigned int had = 0;

	(void)state;
	for (__u32 pid = 1; pid <= 5; pid++) {
		const struct fact_holder of = process(pid, 1000, 1000);

		had += spend(&p, &of, 3);
	}
	assert_int_equal(had, MOST);
	payers_end(&p, &cuts);
	/* the third had one of its three */
	assert_int_equal(cuts.nr, 1);
	assert_int_equal(cuts.list[0].processes, 3);
	assert_null(p.hash);
	free(cuts.list);
}

static void nothing_is_told_where_all_was_read(void **state)
{
	const struct fact_holder of = process(11, 1000, 1000);
	struct payers p = { 0 };
	struct walk_cuts cuts = { 0 };

	(void)state;
	assert_int_equal(spend(&p, &of, MOST), MOST);
	payers_end(&p, &cuts);
	assert_int_equal(cuts.nr, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(subordinate_users_pay_as_one),
		cmocka_unit_test(processes_are_counted_once),
		cmocka_unit_test(nothing_is_told_where_all_was_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
