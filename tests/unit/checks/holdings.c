// SPDX-License-Identifier: GPL-2.0
/* What processes and users have: each buffer and each account once, in the order that was asked for. */
#include "checks/holdings.h"
#include "facts.h"

static const struct selection all;

static void holds(struct ledger *l, __u64 ring, __u32 pid, __u64 user, __u32 uid, __u64 mm)
{
	struct fact_ring r = fact_ring(FACT_RING, ring, 40, 30);
	struct fact_holder h = fact_holder(ring, pid, 5, 40, 30);

	r.user = h.user = user;
	r.charged_uid = h.h.uid = uid;
	r.mm = h.mm = mm;
	r.ring_pages = 3;
	r.h.flags = FACT_F_SNAPSHOT;
	FEED(l, r);
	FEED(l, h);
}

/* Two processes of user 1000 with three rings, one of user 1001. */
static struct ledger *house(void)
{
	struct ledger *l = ledger_new();

	holds(l, RING, 812, USER, 1000, MM);
	holds(l, RING2, 812, USER, 1000, MM);
	holds(l, RING2 + 0x1000, 813, USER, 1000, MM2);
	holds(l, RING2 + 0x2000, 14, USER2, 1001, MM2 + 0x1000);
	see_buffer(l, RING, 0, BUF(0), ADDR, 8 * 4096, 8);
	/* a clone of it, and the same twice in one table */
	see_buffer(l, RING2, 0, BUF(0), ADDR, 8 * 4096, 8);
	see_buffer(l, RING2, 1, BUF(0), ADDR, 8 * 4096, 8);
	see_buffer(l, RING2 + 0x1000, 0, BUF(1), ADDR, 4096, 1);
	see_buffer(l, RING2 + 0x2000, 0, BUF(2), ADDR, 2 * MIB, 2);
	return l;
}

static void by_process(void **state)
{
	struct ledger *l = house();
	struct holding *h;
	size_t nr;

	(void)state;
	h = holdings_of(l, &all, BY_PROCESS, 0, &nr);
	assert_int_equal(nr, 3);
	holdings_sort(h, nr, SORT_SIZE);
	assert_int_equal(h[0].pid, 14);
	assert_int_equal(h[1].pid, 812);
	assert_int_equal(h[2].pid, 813);
	assert_int_equal(h[1].t.rings, 2);
	assert_int_equal(h[1].t.buffers, 1);
	assert_int_equal(h[1].t.registered_bytes, 8 * 4096);
	assert_int_equal(h[1].t.charged_pages, 8);
	assert_int_equal(h[1].ring_pages, 6);
	assert_int_equal(h[1].pinned_pages, 30);
	assert_int_equal(h[1].limit_bytes, 8 * MIB);
	holdings_sort(h, nr, SORT_CHARGED);
	assert_int_equal(h[0].pid, 812);
	assert_int_equal(h[1].pid, 14);
	holdings_sort(h, nr, SORT_PID);
	assert_int_equal(h[0].pid, 14);
	assert_int_equal(h[2].pid, 813);
	free(h);
	ledger_free(l);
}

static void by_user(void **state)
{
	struct ledger *l = house();
	struct holding *h;
	size_t nr;

	(void)state;
	h = holdings_of(l, &all, BY_USER, 0, &nr);
	assert_int_equal(nr, 2);
	holdings_sort(h, nr, SORT_UID);
	assert_int_equal(h[0].uid, 1000);
	assert_int_equal(h[0].t.rings, 3);
	assert_int_equal(h[0].t.buffers, 2);
	assert_int_equal(h[0].nr_mms, 2);
	assert_int_equal(h[0].pinned_pages, 60);
	assert_int_equal(h[0].user->locked_pages, 40);
	assert_int_equal(h[1].uid, 1001);
	free(h);
	/* of rings with something large only */
	h = holdings_of(l, &all, BY_USER, MIB, &nr);
	assert_int_equal(nr, 1);
	assert_int_equal(h[0].uid, 1001);
	free(h);
	ledger_free(l);
}

static void rings_in_order(void **state)
{
	struct ledger *l = house();

	(void)state;
	holdings_sort_rings(l, SORT_SIZE);
	assert_true(l->rings->id == RING2 + 0x2000);
	holdings_sort_rings(l, SORT_UID);
	assert_true(l->rings->id == RING);
	assert_true(ledger_ring(l, RING2) == ((struct ring *)l->rings->hh.next));
	ledger_free(l);
	l = ledger_new();
	holdings_sort_rings(l, SORT_SIZE);
	assert_null(l->rings);
	ledger_free(l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(by_process),
		cmocka_unit_test(by_user),
		cmocka_unit_test(rings_in_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
