// SPDX-License-Identifier: GPL-2.0
/* Whose events are shown. */
#include "capture/live_private.h"
#include "facts.h"

static unsigned int shown, told;

static void count(const struct event *e, void *arg)
{
	(void)arg;
	told += e->kind == EVENT_FACT;
	shown += e->kind == EVENT_FACT && e->shown;
}

/* The end of a ring whose address is one's that a look found later. */
static void older_end(const struct selection *select)
{
	struct live l = { .select = select, .on_event = count, .ledger = ledger_new() };
	struct fact_ring there = fact_ring(FACT_RING, RING, 0, 0), end = fact_ring(FACT_RING_CLOSE, RING, 0, 0);

	there.h.flags = FACT_F_SNAPSHOT;
	there.h.t_ns = 3000;
	end.h.t_ns = 2000;
	FEED(l.ledger, there);
	shown = told = 0;
	live_fact(&l, &end.h);
	assert_non_null(ledger_ring(l.ledger, RING));
	ledger_free(l.ledger);
}

static void older_end_of_nobody(void **state)
{
	(void)state;
	older_end(&(struct selection){ .tree = true });
	assert_int_equal(told, 1);
	assert_int_equal(shown, 0);
	older_end(&(struct selection){ .follow = true });
	assert_int_equal(shown, 0);
	older_end(&(struct selection){ .cgroup = "/a" });
	assert_int_equal(shown, 0);
	/* by what the fact itself tells */
	older_end(&(struct selection){ .has_uid = true, .uid = 1000 });
	assert_int_equal(shown, 1);
	older_end(&(struct selection){ .has_uid = true, .uid = 1001 });
	assert_int_equal(shown, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(older_end_of_nobody) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
