// SPDX-License-Identifier: GPL-2.0
/* Calls that failed are counted by their cause, not by their error alone. */
#include <errno.h>
#include "facts.h"
#include "base/alloc.h"
#include "base/page_size.h"
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
	assert_int_equal(f->last_ns, 20);
	assert_contains(f->explain, "entry 0 (4 KiB at 0x7f00)");
	assert_true(f->differ);
	assert_false(((struct failure_history *)f->hh.next)->differ);
	history_free(&h);
}

static void nearest_limit(void **state)
{
	struct history h = { .select = &everything };
	const __u32 uids[] = { 7, 8, 9 };
	const struct user_history *u;
	double percent;

	(void)state;
	assert_null(history_nearest_limit(&h, &percent));
	for (int i = 0; i < 3; i++) {
		struct user_history *one = must_alloc(1, sizeof(*one));

		one->uid = uids[i];
		one->peak_pages = 79 + i;
		one->limit_bytes = i < 2 ? 100 * PAGE_BYTES : ~0ULL;
		HASH_ADD(hh, h.users, uid, sizeof(one->uid), one);
	}
	u = history_nearest_limit(&h, &percent);
	assert_non_null(u);
	assert_int_equal(u->uid, 8);
	assert_int_equal(percent, 80);
	h.users->limit_bytes = 0;
	assert_int_equal(history_nearest_limit(&h, &percent)->uid, 8);
	history_free(&h);
}

static void told(struct history *h, struct ledger *l, const struct fact *f)
{
	const struct event e = { .kind = EVENT_FACT, .fact = f, .ledger = l, .shown = true };

	history_event(h, &e);
	ledger_feed(l, f);
}

/* Root's process registers on a ring that is charged to user 1000. */
static void charges_are_of_the_rings_user(void **state)
{
	struct history h = { .select = &everything };
	struct ledger *l = ledger_new();
	struct fact_charge c = {
		.h = fact_head(FACT_CHARGE, sizeof(c), RING), .user = USER, .pages = 4,
		.user_after_pages = 20, .limit_bytes = ~0ULL,
	};

	(void)state;
	see_ring(l, RING, 16, 16);
	c.h.uid = 0;
	told(&h, l, &c.h);
	assert_int_equal(HASH_COUNT(h.users), 1);
	assert_int_equal(h.users->uid, 1000);
	assert_int_equal(h.users->peak_pages, 20);
	/* nor does the ledger take whoever was there for the owner of an account */
	c.user = USER2;
	told(&h, l, &c.h);
	assert_int_equal(HASH_COUNT(l->users), 1);
	history_free(&h);
	ledger_free(l);
}

static void begins(struct history *h, const struct ledger *l, bool goes_on, bool after_loss)
{
	const struct origin of = { .goes_on = goes_on };

	h->begun = true;
	history_event(h, &(struct event){ .kind = EVENT_LOOK, .origin = &of, .ledger = l, .after_loss = after_loss });
}

/* How long a buffer lived is not known of one that was there before. */
static void lives_that_were_seen_whole(void **state)
{
	struct history h = { .select = &everything };
	struct ledger *l = ledger_new();
	struct fact_buffer f = fact_buffer(RING, 0, BUF(1), ADDR, 4096, 1);

	(void)state;
	see_ring(l, RING, 16, 16);
	f.h.t_ns = 5000;
	FEED(l, f);
	for (f.index = 1; f.index < 4; f.index++) {
		f.buf = BUF(f.index + 1);
		f.h.t_ns = 6000;
		told(&h, l, &f.h);
	}
	f.h.kind = FACT_DROP;
	f.h.t_ns = 9000;
	f.index = 0;
	f.buf = BUF(1);
	told(&h, l, &f.h);
	f.index = 1;
	f.buf = BUF(2);
	told(&h, l, &f.h);
	/* the next part of the run has it still; what is there after a loss may be another */
	begins(&h, l, true, false);
	f.index = 2;
	f.buf = BUF(3);
	f.h.t_ns = 20000;
	told(&h, l, &f.h);
	begins(&h, l, true, true);
	f.index = 3;
	f.buf = BUF(4);
	told(&h, l, &f.h);
	assert_int_equal(h.dropped, 4);
	assert_int_equal(hist_total(h.lives.count), 2);
	assert_int_equal(h.lives.count[hist_index(3000)], 1);
	assert_int_equal(h.lives.count[hist_index(14000)], 1);
	history_free(&h);
	ledger_free(l);
}

/* A part that was cut off has buffers that no end is known of; an older one may be one that was told before. */
static void ends_that_were_not_recorded(void **state)
{
	const struct selection root = { .has_uid = true };
	struct history h = { .select = &everything, .buffers = 7, .dropped = 3, .left = 1 };
	__u64 nr;

	(void)state;
	assert_true(history_ends_unknown(&h, &nr));
	assert_int_equal(nr, 3);
	h.select = &root;
	assert_false(history_ends_unknown(&h, &nr));
	h.select = &everything;
	h.older = 1;
	assert_false(history_ends_unknown(&h, &nr));
}

/* Each registration of a slot and address is a buffer that may see no I/O; a use may be of any of them. */
static void unused_buffers(void **state)
{
	static const int times[] = { 3, 2 };
	struct history h = { .select = &everything };
	struct ledger *l = ledger_new();
	struct io_buffer_row use = { .key = { .ring = RING, .addr = ADDR, .index = 1 }, .use.ops = 1 };
	struct io_row row = { .c = { .ring = RING, .ops = 1 } };
	const struct io_model io = { .rows = &row, .nr_rows = 1, .buffers = &use, .nr_buffers = 1 };
	const struct origin origin = { 0 };
	const struct event end = { .kind = EVENT_END, .ledger = l, .io = &io, .origin = &origin };

	(void)state;
	see_ring(l, RING, 16, 16);
	for (unsigned int slot = 0; slot < 2; slot++)
		for (int i = 0; i < times[slot]; i++) {
			struct fact_buffer f = fact_buffer(RING, slot, BUF(slot), ADDR, 4096 * (i + 1), 1);

			told(&h, l, &f.h);
			f.h.kind = FACT_DROP;
			told(&h, l, &f.h);
		}
	history_event(&h, &end);
	history_end(&h);
	assert_int_equal(h.buffers, 5);
	assert_int_equal(h.unused, 3);
	assert_int_equal(h.unused_bytes, 4096 * (1 + 2 + 3));
	assert_false(h.uses_lost);
	history_free(&h);
	ledger_free(l);
}

/* What a part finds at its begin: rows and levels of their own, with the least limit of who has rings. */
static void there_before(void **state)
{
	static const struct origin origin, further = { .goes_on = true };
	static const struct io_model io;
	struct history h = { .select = &everything };
	struct ledger *l = ledger_new();
	struct fact_holder second = fact_holder(RING2, 907, 5, 37, 12);
	struct event e = { .kind = EVENT_LOOK, .origin = &origin, .ledger = l, .io = &io };
	struct process_history *p;

	(void)state;
	history_event(&h, &e);
	see_ring(l, RING, 37, 12);
	second.memlock_limit_bytes = 5 * MIB;
	second.mm = MM2;
	FEED(l, second);
	see_ring(l, RING2, 37, 12);
	for (__u32 i = 0; i < 3; i++)
		see_buffer(l, i < 2 ? RING : RING2, i, BUF(i), ADDR + i * MIB, 8192, 2);
	e.kind = EVENT_END;
	history_event(&h, &e);
	history_end(&h);
	assert_int_equal(h.older, 3);
	assert_int_equal(h.buffers, 0);
	assert_int_equal(h.left, 3);
	assert_int_equal(h.unused, 3);
	assert_int_equal(HASH_COUNT(h.processes), 2);
	p = h.processes;
	assert_int_equal(p->pid, 812);
	assert_int_equal(p->older_rings, 1);
	assert_int_equal(p->older_buffers, 2);
	assert_int_equal(p->older_bytes, 16384);
	assert_int_equal(p->rings, 0);
	assert_int_equal(p->peak_pinned_pages, 12);
	p = p->hh.next;
	assert_int_equal(p->pid, 907);
	assert_int_equal(p->older_buffers, 1);
	assert_int_equal(HASH_COUNT(h.users), 1);
	assert_int_equal(h.users->peak_pages, 37);
	assert_true(h.users->limit_bytes == 5 * MIB);
	assert_true(h.users->at_begin);
	/* a part that goes on from it tells the same again */
	e.kind = EVENT_LOOK;
	e.origin = &further;
	history_event(&h, &e);
	e.kind = EVENT_END;
	history_event(&h, &e);
	assert_int_equal(h.older, 3);
	assert_int_equal(h.left, 3);
	history_free(&h);
	ledger_free(l);
}

/* By slot; as buffers, and their length, each once. */
static void shared_buffers(void **state)
{
	static const struct origin origin;
	static const struct io_model io;
	struct history h = { .select = &everything };
	struct ledger *l = ledger_new();
	struct event e = { .kind = EVENT_LOOK, .origin = &origin, .ledger = l, .io = &io };

	(void)state;
	history_event(&h, &e);
	see_ring(l, RING, 37, 12);
	see_ring(l, RING2, 37, 12);
	see_buffer(l, RING, 0, BUF(1), ADDR, 8192, 2);
	see_buffer(l, RING2, 0, BUF(1), ADDR, 8192, 2);
	see_buffer(l, RING2, 1, BUF(2), ADDR + MIB, 4096, 1);
	e.kind = EVENT_END;
	history_event(&h, &e);
	assert_int_equal(h.older, 3);
	assert_int_equal(h.left, 3);
	assert_int_equal(h.left_distinct, 2);
	assert_int_equal(h.left_bytes, 8192 + 4096);
	history_free(&h);
	ledger_free(l);
}

/* Of tables that were not read: once for a run, and also when their rings have ended. */
static void unread_tables(void **state)
{
	static const struct origin first, further = { .goes_on = true };
	static const struct io_model io;
	struct history h = { .select = &everything };
	struct ledger *l = ledger_new();
	struct fact_ring ring = fact_ring(FACT_RING, RING, 37, 12);
	struct fact_holder holder = fact_holder(RING, 812, 5, 37, 12);
	const struct fact gone = fact_head(FACT_RING_GONE, sizeof(gone), RING);
	struct event e = { .kind = EVENT_LOOK, .origin = &first, .ledger = l, .io = &io };

	(void)state;
	history_event(&h, &e);
	ring.h.flags = FACT_F_SNAPSHOT;
	ring.ring_flags |= RING_F_SKIPPED;
	ring.whose = 1009;
	FEED(l, ring);
	FEED(l, holder);
	e.kind = EVENT_END;
	history_event(&h, &e);
	assert_true(h.older_more);
	assert_true(h.left_more);
	assert_int_equal(h.unread.slots, 1009);
	e.kind = EVENT_LOOK;
	e.origin = &further;
	history_event(&h, &e);
	told(&h, l, &gone);
	e.kind = EVENT_END;
	history_event(&h, &e);
	assert_false(h.left_more);
	assert_int_equal(h.unread.slots, 1009);
	assert_int_equal(h.unread.rings, 0);
	history_free(&h);
	ledger_free(l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_row_for_a_cause),
		cmocka_unit_test(nearest_limit),
		cmocka_unit_test(charges_are_of_the_rings_user),
		cmocka_unit_test(lives_that_were_seen_whole),
		cmocka_unit_test(ends_that_were_not_recorded),
		cmocka_unit_test(unused_buffers),
		cmocka_unit_test(there_before),
		cmocka_unit_test(shared_buffers),
		cmocka_unit_test(unread_tables),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
