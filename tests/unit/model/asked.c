// SPDX-License-Identifier: GPL-2.0
/* What a file keeps of a selection. */
#include "model/asked.h"
#include "unit.h"

static void of_all(void **state)
{
	const struct selection none = { 0 };
	const struct asked_whom a = asked_of(&none);

	(void)state;
	assert_false(asked_any(&a));
}

static void of_some(void **state)
{
	__u32 pids[] = { 811, 977 }, ns_pids[] = { 811, 7 };
	const char *comms[] = { "fio", "db*" };
	const struct selection s = { .pids = pids, .ns_pids = ns_pids, .nr_pids = 2, .comms = comms, .nr_comms = 2 };
	const struct asked_whom a = asked_of(&s);

	(void)state;
	assert_true(asked_any(&a) && !a.cut && !a.program && !a.cgroup && !a.has_uid);
	assert_true(a.nr_pids == 2 && a.pids[1] == 977 && !a.ns_pids[0] && a.ns_pids[1] == 7);
	assert_true(a.nr_comms == 2);
	assert_string_equal(a.comms[1], "db*");
}

/* What does not fit is told. */
static void of_more(void **state)
{
	__u32 pids[ASKED_PIDS + 1] = { 3, 5, 7, 11, 13, 17, 19, 23, 29 };
	const char *longest = "0123456789012345678901234567890*";
	struct selection s = { .pids = pids, .nr_pids = ASKED_PIDS };
	struct asked_whom a = asked_of(&s);

	(void)state;
	assert_true(!a.cut && a.nr_pids == ASKED_PIDS);
	s.nr_pids++;
	a = asked_of(&s);
	assert_true(a.cut && a.nr_pids == ASKED_PIDS);
	s = (struct selection){ .comms = &longest, .nr_comms = 1 };
	a = asked_of(&s);
	assert_true(a.cut && !a.nr_comms && asked_any(&a));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(of_all),
		cmocka_unit_test(of_some),
		cmocka_unit_test(of_more),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
