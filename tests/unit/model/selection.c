// SPDX-License-Identifier: GPL-2.0
/* What only the kernel side knows of a task, its cgroup and its family, decides beside the rest. */
#include "facts.h"
#include "model/selection.h"

static __u32 asked[] = { 812 };

static bool has(const struct selection *s, __u32 pid, __u8 flags)
{
	struct fact_holder h = fact_holder(RING, pid, 6, 0, 0);

	h.h.flags |= flags;
	return selection_has_task(s, &h.h);
}

static void followed(void **state)
{
	struct selection s = { .pids = asked, .nr_pids = 1 };

	(void)state;
	/* not live: by the id alone */
	assert_true(has(&s, 812, 0));
	assert_false(has(&s, 813, FACT_F_CHOSEN));
	selection_go_live(&s, false);
	assert_true(has(&s, 813, FACT_F_CHOSEN));
	assert_false(has(&s, 813, 0));
	assert_true(selection_has_pid(&s, 812) && !selection_has_pid(&s, 813));
	/* the other filters are ours all the same */
	s.has_uid = true;
	assert_false(has(&s, 813, FACT_F_CHOSEN));
}

static void not_followed(void **state)
{
	struct selection s = { .pids = asked, .nr_pids = 1, .no_follow = true };
	struct selection all = { 0 };

	(void)state;
	selection_go_live(&s, false);
	assert_true(has(&s, 812, 0));
	assert_false(has(&s, 813, FACT_F_CHOSEN));
	selection_go_live(&all, true);
	assert_true(all.tree && !all.follow && has(&all, 813, 0));
}

static void events(void **state)
{
	struct selection s = { .pids = asked, .nr_pids = 1 };
	struct fact_call c = fact_call(RING, CALL_REGISTER, 1, 1, 0);

	(void)state;
	selection_go_live(&s, false);
	c.h.pid = 813;
	assert_true(selection_has_event(&s, &c.h));
	c.h.flags = FACT_F_OTHERS;
	assert_false(selection_has_event(&s, &c.h));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(followed),
		cmocka_unit_test(not_followed),
		cmocka_unit_test(events),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
