// SPDX-License-Identifier: GPL-2.0
/* Calls that failed are counted by their cause, not by their error alone. */
#include <errno.h>
#include "facts.h"
#include "model/history.h"

static struct selection everything;

static void failed(struct history *h, const char *explain, __s64 since_ns)
{
	struct fact_call c = fact_call(RING, CALL_REGISTER, 1, 1, -EFAULT);
	struct failure why = { .explain = explain };
	struct event e = {
		.kind = EVENT_FACT, .fact = &c.h, .shown = true, .since_ns = since_ns,
		.why = explain ? &why : NULL,
	};

	history_event(h, &e);
}

static void one_row_for_a_cause(void **state)
{
	struct history h = { .select = &everything };
	struct failure_history *f;

	(void)state;
	failed(&h, "entry 0 (4 KiB at 0x7f00): the mapping 0x7f00-0x8f00 of 'a' is read-only", 10);
	failed(&h, "entry 12 (1.5 MiB at 0x9a00): the mapping 0x9a00-0xff00 of 'b' is read-only", 20);
	failed(&h, "entry 0 has a NULL base and a length of 4 KiB", 30);
	failed(&h, "the ring's table is NULL", 40);
	failed(&h, "the ring's table is full", 50);
	failed(&h, NULL, 60);
	failed(&h, NULL, 70);
	assert_int_equal(HASH_COUNT(h.failures), 5);
	f = h.failures;
	assert_int_equal(f->count, 2);
	assert_int_equal(f->since_ns, 10);
	assert_contains(f->explain, "entry 0 (4 KiB at 0x7f00)");
	history_free(&h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_row_for_a_cause),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
