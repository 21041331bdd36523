// SPDX-License-Identifier: GPL-2.0
/* A ledger that is written as facts and read again is the same ledger. */
#include "facts.h"
#include "model/ledger_snapshot.h"

static void feed(const struct fact *f, void *ledger)
{
	assert_true(f->flags & FACT_F_SNAPSHOT);
	ledger_feed(ledger, f);
}

static void same_again(void **state)
{
	struct ledger *l = ledger_new(), *again = ledger_new();
	const struct ring *a, *b;
	struct fact_holder owner = fact_holder(0, 977, -1, 0, 9);

	(void)state;
	see_ring(l, RING, 7, 5);
	see_ring(l, RING2, 7, 5);
	see_buffer(l, RING, 2, BUF(0), ADDR, 8192, 2);
	see_buffer(l, RING, 4, BUF(1), ADDR + MIB, 4096, ACCT_UNKNOWN);
	see_buffer(l, RING2, 0, BUF(0), ADDR, 8192, 2);
	/* a table that a walk left out */
	see_ring(l, RING2 + 4096, 7, 5);
	ledger_ring(l, RING2 + 4096)->skipped = 16384;
	ledger_ring(l, RING2)->unread = true;
	/* the creator of this ring holds it no longer */
	owner.mm = MM;
	FEED(l, owner);
	ledger_facts(l, 5000, feed, again);

	assert_int_equal(HASH_COUNT(again->rings), 3);
	assert_int_equal(HASH_COUNT(again->buffers), 2);
	assert_int_equal(HASH_COUNT(again->users), 1);
	assert_int_equal(HASH_COUNT(again->mms), 1);
	assert_int_equal(again->users->locked_pages, l->users->locked_pages);
	assert_int_equal(again->users->uid, l->users->uid);
	assert_int_equal(again->mms->pinned_pages, l->mms->pinned_pages);
	assert_int_equal(again->mms->pid, 977);
	assert_int_equal(again->nr_slots, l->nr_slots);
	for (a = l->rings, b = again->rings; a; a = a->hh.next, b = b->hh.next) {
		assert_int_equal(b->id, a->id);
		assert_int_equal(b->since_ns, a->since_ns);
		assert_int_equal(b->ring_flags, a->ring_flags);
		assert_int_equal(b->cq_entries, a->cq_entries);
		assert_int_equal(b->nr_slots, a->nr_slots);
		assert_int_equal(b->skipped, a->skipped);
		assert_int_equal(b->unread, a->unread);
		assert_int_equal(b->nr_holders, 1);
		assert_memory_equal(b->holders, a->holders, sizeof(*a->holders));
		for (__u32 i = 0; i < a->nr_slots; i++) {
			const struct buffer *x = a->slots[i], *y = b->slots[i];

			assert_int_equal(!y, !x);
			if (!x)
				continue;
			assert_int_equal(y->id, x->id);
			assert_int_equal(y->addr, x->addr);
			assert_int_equal(y->len_bytes, x->len_bytes);
			assert_true(y->charged_pages == x->charged_pages);
			assert_int_equal(y->segments, x->segments);
			assert_int_equal(y->slots, x->slots);
			assert_int_equal(y->t_ns, x->t_ns);
		}
	}
	ledger_free(l);
	ledger_free(again);
}

/* Rings of tasks that a filter leaves out stay out until a selected task uses them. */
static void others(void **state)
{
	struct ledger *l = ledger_new();
	struct fact_ring r = fact_ring(FACT_RING_CREATE, RING, 0, 0);
	struct fact_call c = fact_call(RING, CALL_REGISTER, 1, 1, 0);

	(void)state;
	r.h.flags = FACT_F_OTHERS;
	FEED(l, r);
	assert_true(ledger_ring(l, RING)->others);
	c.h.flags = FACT_F_OTHERS;
	FEED(l, c);
	assert_true(ledger_ring(l, RING)->others);
	c.h.flags = 0;
	FEED(l, c);
	assert_false(ledger_ring(l, RING)->others);
	ledger_free(l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(same_again),
		cmocka_unit_test(others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
