// SPDX-License-Identifier: GPL-2.0
/* What is told of rings between two looks, and what is not. */
#include <stdlib.h>
#include "checks/ring_changes.h"
#include "facts.h"

static const struct selection all;

static void holds(struct ledger *l, __u64 ring, __u32 pid, __u64 mm)
{
	struct fact_ring r = fact_ring(FACT_RING, ring, 0, 0);
	struct fact_holder h = fact_holder(ring, pid, 5, 0, 0);

	r.mm = h.mm = mm;
	r.h.flags = FACT_F_SNAPSHOT;
	FEED(l, r);
	FEED(l, h);
}

/* Of one ring with one buffer of a page. */
static struct ledger *look(__u32 pid, __u64 mm, __u64 buf)
{
	struct ledger *l = ledger_new();

	holds(l, RING, pid, mm);
	see_buffer(l, RING, 0, buf, ADDR, 4096, 1);
	return l;
}

static struct ring_change *changes(struct ledger *before, struct ledger *after, size_t *nr)
{
	return ring_changes(before, after, &all, 0, nr);
}

static void nothing(void **state)
{
	struct ledger *a = look(812, MM, BUF(0)), *b = look(812, MM, BUF(0));
	size_t nr;

	(void)state;
	free(changes(a, b, &nr));
	assert_int_equal(nr, 0);
	ledger_free(a);
	ledger_free(b);
}

static void other_buffer(void **state)
{
	struct ledger *a = look(812, MM, BUF(0)), *b = look(812, MM, BUF(1));
	struct ring_change *list;
	size_t nr;

	(void)state;
	list = changes(a, b, &nr);
	assert_int_equal(nr, 1);
	assert_true(list[0].compared);
	assert_int_equal(list[0].had.registered_bytes, list[0].has.registered_bytes);
	free(list);
	ledger_free(a);
	ledger_free(b);
}

/* Its address has become another process's ring. */
static void another_ring(void **state)
{
	struct ledger *a = look(812, MM, BUF(0)), *b = look(813, MM, BUF(0)), *c = look(812, MM2, BUF(0));
	struct ring_change *list;
	size_t nr;

	(void)state;
	for (int i = 0; i < 2; i++) {
		list = changes(a, i ? b : c, &nr);
		assert_int_equal(nr, 2);
		assert_null(list[0].is);
		assert_null(list[1].was);
		free(list);
	}
	ledger_free(a);
	ledger_free(b);
	ledger_free(c);
}

/* What could not be read says nothing, neither that buffers went, nor later that they came. */
static void unread(void **state)
{
	struct ledger *a = look(812, MM, BUF(0)), *b = ledger_new();
	struct ring_change *list;
	size_t nr;

	(void)state;
	holds(b, RING, 812, MM);
	ledger_ring(b, RING)->unread = true;
	free(changes(a, b, &nr));
	assert_int_equal(nr, 0);
	list = changes(b, a, &nr);
	assert_int_equal(nr, 1);
	assert_false(list[0].compared);
	assert_int_equal(list[0].has.buffers, 1);
	free(list);
	ledger_free(a);
	ledger_free(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing),
		cmocka_unit_test(other_buffer),
		cmocka_unit_test(another_ring),
		cmocka_unit_test(unread),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
