// SPDX-License-Identifier: GPL-2.0
/* The ledger: rings, holders, slots, buffers and levels from facts. */
#include "facts.h"

static void ring_create_and_gone(void **state)
{
	struct ledger *l = ledger_new();
	struct fact_ring create = fact_ring(FACT_RING_CREATE, RING, 3, 2);
	struct fact_ring close = fact_ring(FACT_RING_CLOSE, RING, 1, 0);
	struct fact gone = fact_head(FACT_RING_GONE, sizeof(gone), RING);
	struct ring *r;

	(void)state;
	FEED(l, create);
	r = ledger_ring(l, RING);
	assert_non_null(r);
	assert_int_equal(r->nr_holders, 1);
	assert_int_equal(r->holders[0].pid, 812);
	assert_int_equal(r->holders[0].tid, 813);
	assert_int_equal(r->holders[0].fd, 6);
	assert_int_equal(r->holders[0].reg_index, -1);
	assert_string_equal(r->holders[0].comm.bytes, "fio");
	assert_true(r->holders[0].memlock_limit_bytes == ~0ULL);
	assert_int_equal(r->creator_pid, 812);
	assert_int_equal(r->creator_uid, 1000);
	assert_int_equal(r->user->uid, 1000);
	assert_int_equal(r->user->locked_pages, 3);
	assert_int_equal(r->mm->pinned_pages, 2);
	assert_int_equal(r->mm->pid, 812);
	assert_int_equal(r->mm->rings, 1);
	assert_int_equal(r->cq_entries, 16);
	FEED(l, close);
	assert_true(r->closing);
	assert_int_equal(r->user->locked_pages, 1);
	assert_int_equal(r->mm->pinned_pages, 0);
	ledger_feed(l, &gone);
	assert_null(ledger_ring(l, RING));
	assert_null(l->mms);
	assert_non_null(l->users);
	ledger_free(l);
}

static void ring_without_descriptor(void **state)
{
	struct ledger *l = ledger_new();
	struct fact_ring create = fact_ring(FACT_RING_CREATE, RING, 0, 0);

	(void)state;
	create.setup_flags = 1U << 15; /* IORING_SETUP_REGISTERED_FD_ONLY */
	create.fd = 2;
	create.user = 0;
	FEED(l, create);
	assert_int_equal(ledger_ring(l, RING)->holders[0].fd, -1);
	assert_int_equal(ledger_ring(l, RING)->holders[0].reg_index, 2);
	assert_null(ledger_ring(l, RING)->user);
	ledger_free(l);
}

/* As many ends as closes come; only with the last of them is the newest ring gone for sure. */
static void ends_of_older_rings(void **state)
{
	struct ledger *l = ledger_new();
	struct fact_ring create = fact_ring(FACT_RING_CREATE, RING, 3, 2);
	struct fact_ring close = fact_ring(FACT_RING_CLOSE, RING, 1, 0);

	(void)state;
	assert_true(ledger_takes_end(l, RING));
	FEED(l, create);
	assert_false(ledger_takes_end(l, RING));
	FEED(l, close);
	FEED(l, create);
	FEED(l, close);
	FEED(l, create);
	assert_false(ledger_takes_end(l, RING));
	FEED(l, close);
	assert_false(ledger_takes_end(l, RING));
	assert_true(ledger_takes_end(l, RING));
	ledger_free(l);
}

/* The end of one and the begin of the other were lost: nobody holds the other as far as is known. */
static void ring_of_another_mm(void **state)
{
	struct ledger *l = ledger_new();
	struct fact_ring create = fact_ring(FACT_RING_CREATE, RING, 0, 0);
	struct fact_call call = fact_call(RING, CALL_UPDATE, 1, 0, -22);

	(void)state;
	FEED(l, create);
	call.mm = create.mm;
	FEED(l, call);
	assert_int_equal(ledger_ring(l, RING)->nr_holders, 1);
	call.mm = create.mm + 64;
	FEED(l, call);
	assert_null(ledger_ring(l, RING));
	call.result = 1;
	FEED(l, call);
	assert_int_equal(ledger_ring(l, RING)->nr_holders, 0);
	ledger_free(l);
}

static void ring_address_reused(void **state)
{
	struct ledger *l = ledger_new();
	struct fact_ring create = fact_ring(FACT_RING_CREATE, RING, 0, 0);
	struct fact_buffer f = fact_buffer(RING, 2, BUF(0), ADDR, 4096, 1);

	(void)state;
	FEED(l, create);
	FEED(l, f);
	create.h.pid = 977;
	FEED(l, create);
	assert_int_equal(HASH_COUNT(l->rings), 1);
	assert_int_equal(ledger_ring(l, RING)->nr_slots, 0);
	assert_int_equal(ledger_ring(l, RING)->nr_holders, 1);
	assert_int_equal(ledger_ring(l, RING)->holders[0].pid, 977);
	assert_null(l->buffers);
	ledger_free(l);
}

static void holders(void **state)
{
	struct ledger *l = ledger_new();
	struct fact_ring create = fact_ring(FACT_RING_CREATE, RING, 0, 0);
	struct fact_holder f = fact_holder(RING, 812, 6, 11, 5);
	struct ring *r;

	(void)state;
	FEED(l, create);
	FEED(l, f);
	FEED(l, f);
	r = ledger_ring(l, RING);
	assert_int_equal(r->nr_holders, 1);
	assert_true(r->holders[0].memlock_limit_bytes == 8 * MIB);
	assert_int_equal(r->user->locked_pages, 11);
	assert_int_equal(r->mm->pinned_pages, 5);

	/* a process that shares the table of descriptors is the same holder */
	f.h.pid = 814;
	FEED(l, f);
	assert_int_equal(r->nr_holders, 1);
	/* a process that inherited the ring is another holder */
	f = fact_holder(RING, 815, 6, 11, 0);
	f.mm = MM2;
	FEED(l, f);
	assert_int_equal(r->nr_holders, 2);
	assert_int_equal(r->mm->pid, 814);
	assert_int_equal(HASH_COUNT(l->mms), 2);
	/* another descriptor of the same process is one more, a registered one, too */
	f.fd = 9;
	FEED(l, f);
	f.fd = -1;
	f.reg_index = 3;
	FEED(l, f);
	FEED(l, f);
	assert_int_equal(r->nr_holders, 4);
	ledger_free(l);
}

static void slots_grow_and_share(void **state)
{
	struct ledger *l = ledger_new();
	struct fact_buffer f = fact_buffer(RING, 16383, BUF(0), ADDR, 8192, 2);
	struct ring *r;

	(void)state;
	see_ring(l, RING, 0, 0);
	see_ring(l, RING2, 0, 0);
	FEED(l, f);
	r = ledger_ring(l, RING);
	assert_int_equal(r->nr_slots, 16384);
	for (__u32 i = 0; i < 16384; i++) {
		f = fact_buffer(RING, i, BUF(i + 1), ADDR + i * 8192, 8192, 2);
		FEED(l, f);
	}
	assert_int_equal(HASH_COUNT(l->buffers), 16384);
	assert_null(ledger_buffer(l, BUF(0)));

	/* another ring holds the same buffer by a clone, twice */
	f = fact_buffer(RING2, 4, BUF(1), ADDR, 8192, 2);
	FEED(l, f);
	f.index = 5;
	FEED(l, f);
	assert_int_equal(ledger_buffer(l, BUF(1))->slots, 3);
	f = fact_buffer(RING, 0, 0, 0, 0, 0);
	FEED(l, f);
	assert_null(r->slots[0]);
	assert_int_equal(ledger_buffer(l, BUF(1))->slots, 2);

	/* a later walk finds a smaller table */
	see_ring(l, RING, 0, 0);
	assert_int_equal(r->nr_slots, 0);
	assert_int_equal(HASH_COUNT(l->buffers), 1);
	ledger_free(l);
}

static void buffer_updates(void **state)
{
	struct ledger *l = ledger_new();
	struct fact_buffer f = fact_buffer(RING, 0, BUF(0), ADDR, 8192, 2);

	(void)state;
	FEED(l, f);	/* the ledger knows nothing of that ring */
	assert_null(ledger_ring(l, RING)->mm);
	f.refs = 2;
	f.charged_pages = 0;
	f.h.t_ns = 2000;
	FEED(l, f);
	assert_int_equal(ledger_buffer(l, BUF(0))->refs, 2);
	assert_int_equal(ledger_buffer(l, BUF(0))->charged_pages, 0);
	assert_int_equal(ledger_buffer(l, BUF(0))->t_ns, 1000);
	assert_int_equal(ledger_buffer(l, BUF(0))->slots, 1);
	/* a buffer that was torn while it was read tells nothing */
	f.buf_flags = BUFFER_F_TORN;
	f.buf = 0x1234;
	FEED(l, f);
	assert_int_equal(ledger_buffer(l, BUF(0))->slots, 1);
	ledger_free(l);
}

static void buffer_address_reused(void **state)
{
	struct ledger *l = ledger_new();
	struct fact_buffer f = fact_buffer(RING, 0, BUF(0), ADDR, 8192, 2);

	(void)state;
	see_ring(l, RING2, 0, 0);
	FEED(l, f);
	f = fact_buffer(RING2, 3, BUF(0), ADDR, 8192, 2);
	FEED(l, f);
	walk_at(ledger_buffer(l, BUF(0)), 77, 0);
	f = fact_buffer(RING, 1, BUF(0), ADDR + MIB, 4096, 1);
	FEED(l, f);
	assert_null(ledger_ring(l, RING)->slots[0]);
	assert_null(ledger_ring(l, RING2)->slots[3]);
	assert_non_null(ledger_ring(l, RING)->slots[1]);
	assert_int_equal(ledger_buffer(l, BUF(0))->slots, 1);
	assert_int_equal(ledger_buffer(l, BUF(0))->len_bytes, 4096);
	assert_false(ledger_buffer(l, BUF(0))->walked);
	ledger_free(l);
}

static void calls(void **state)
{
	struct ledger *l = ledger_new();
	struct fact_call c = fact_call(RING, CALL_REGISTER, 3, 3, 0);
	struct fact_buffer f;
	struct ring *r;

	(void)state;
	see_ring(l, RING, 0, 0);
	r = ledger_ring(l, RING);
	c.user_after_pages = 5;
	c.mm_after_pages = 4;
	c.limit_bytes = 2 * MIB;
	FEED(l, c);
	assert_int_equal(r->nr_slots, 3);
	assert_int_equal(r->user->locked_pages, 5);
	assert_int_equal(r->mm->pinned_pages, 4);
	assert_int_equal(r->holders[0].memlock_limit_bytes, 2 * MIB);
	for (__u32 i = 0; i < 3; i++) {
		f = fact_buffer(RING, i, BUF(i), ADDR + i * 4096, 4096, 1);
		FEED(l, f);
	}
	/* a refused call brings new levels only */
	c = fact_call(RING, CALL_UNREGISTER, 0, 0, -4);
	c.user_after_pages = 6;
	c.mm_after_pages = 6;
	FEED(l, c);
	assert_int_equal(HASH_COUNT(l->buffers), 3);
	assert_int_equal(r->user->locked_pages, 6);
	assert_int_equal(r->mm->pinned_pages, 6);
	c = fact_call(RING2, CALL_REGISTER, 1, 1, -12);
	FEED(l, c);
	assert_null(ledger_ring(l, RING2));
	/* a register call that succeeds means that the old table was dropped unseen */
	c = fact_call(RING, CALL_REGISTER2, 2, 2, 0);
	c.h.t_ns = 5000;
	c.start_ns = 4000;
	FEED(l, c);
	assert_null(l->buffers);
	assert_int_equal(r->nr_slots, 2);
	c = fact_call(RING, CALL_UNREGISTER, 0, 0, 0);
	FEED(l, c);
	assert_int_equal(r->nr_slots, 0);
	/* the first that is heard of a ring may be its call */
	c = fact_call(RING2, CALL_CLONE, 4, 4, 0);
	FEED(l, c);
	assert_int_equal(ledger_ring(l, RING2)->nr_slots, 4);
	assert_int_equal(ledger_ring(l, RING2)->mm->rings, 2);
	ledger_free(l);
}

static void drops(void **state)
{
	struct ledger *l = ledger_new();
	struct fact_buffer f = fact_buffer(RING, 1, BUF(0), ADDR, 4096, 1);

	(void)state;
	FEED(l, f);
	f.h.kind = FACT_DROP;
	f.buf = BUF(1);	/* was replaced meanwhile */
	FEED(l, f);
	assert_non_null(ledger_buffer(l, BUF(0)));
	f.index = 9;
	f.buf = BUF(0);
	FEED(l, f);
	assert_non_null(ledger_buffer(l, BUF(0)));
	f.index = 1;
	FEED(l, f);
	assert_null(ledger_buffer(l, BUF(0)));
	FEED(l, f);
	ledger_free(l);
}

static void charges(void **state)
{
	struct ledger *l = ledger_new();
	struct fact_charge c = {
		.h = fact_head(FACT_CHARGE, sizeof(c), RING), .user = USER, .mm = MM,
		.user_after_pages = 17, .mm_after_pages = 13, .pages = 4,
	};

	(void)state;
	see_ring(l, RING, 0, 0);
	FEED(l, c);
	assert_int_equal(ledger_ring(l, RING)->user->locked_pages, 17);
	assert_int_equal(ledger_ring(l, RING)->user->uid, 1000);
	assert_int_equal(ledger_ring(l, RING)->mm->pinned_pages, 13);
	c.h.flags = FACT_F_DERIVED;
	c.user_after_pages = 99;
	FEED(l, c);
	assert_int_equal(ledger_ring(l, RING)->user->locked_pages, 17);
	c.h.flags = 0;
	c.h.kind = FACT_UNCHARGE;
	c.user_after_pages = -2;
	c.mm = MM2;
	FEED(l, c);
	assert_int_equal(ledger_ring(l, RING)->user->locked_pages, -2);
	assert_int_equal(HASH_COUNT(l->mms), 1);
	ledger_free(l);
}

static void older_than_the_walk(void **state)
{
	struct ledger *l = ledger_new();
	struct fact_ring create = fact_ring(FACT_RING_CREATE, RING, 0, 0);
	struct fact_buffer f = fact_buffer(RING, 0, BUF(0), ADDR, 4096, 1);

	(void)state;
	see_ring(l, RING, 0, 0);
	FEED(l, f);
	create.h.t_ns = 900;
	FEED(l, create);
	assert_non_null(ledger_buffer(l, BUF(0)));
	create.h.t_ns = 1100;
	FEED(l, create);
	assert_null(ledger_buffer(l, BUF(0)));
	ledger_free(l);
}

/* An event that waited while a look was taken says nothing of what the look saw later. */
static void levels_older_than_the_walk(void **state)
{
	struct fact_ring create = fact_ring(FACT_RING_CREATE, RING2, 0, 0);
	struct ledger *l = ledger_new();

	(void)state;
	see_ring(l, RING, 7, 5);
	create.h.t_ns = 900;
	FEED(l, create);
	assert_int_equal(ledger_ring(l, RING)->mm->pinned_pages, 5);
	assert_int_equal(ledger_ring(l, RING)->user->locked_pages, 7);
	create.h.t_ns = 1100;
	FEED(l, create);
	assert_int_equal(ledger_ring(l, RING)->mm->pinned_pages, 0);
	assert_int_equal(ledger_ring(l, RING)->user->locked_pages, 0);
	ledger_free(l);
}

static void damaged_records(void **state)
{
	struct ledger *l = ledger_new();
	struct fact_ring create = fact_ring(FACT_RING_CREATE, RING, 0, 0);
	struct fact_buffer f = fact_buffer(RING, 0xfffffff0, BUF(0), ADDR, 4096, 1);
	struct fact_call c = fact_call(RING, CALL_REGISTER, 1, 0xffffffff, 0);

	(void)state;
	create.h.size -= 8;
	FEED(l, create);
	create.h.size += 8;
	create.h.kind = 200;
	FEED(l, create);
	create.h.kind = FACT_NONE;
	FEED(l, create);
	assert_null(l->rings);
	create.h.kind = FACT_RING_CREATE;
	create.nr_slots = 0xffffffff;
	memset(&create.h.comm, 'x', sizeof(create.h.comm));
	FEED(l, create);
	assert_int_equal(comm_name(&ledger_ring(l, RING)->holders[0].comm).len, COMM_LEN);
	FEED(l, f);
	FEED(l, c);
	assert_int_equal(ledger_ring(l, RING)->nr_slots, 0);
	assert_null(l->buffers);
	/* without a ring there is nothing to keep the fact under */
	f = fact_buffer(0, 0, BUF(0), ADDR, 4096, 1);
	FEED(l, f);
	assert_int_equal(HASH_COUNT(l->rings), 1);
	ledger_free(l);
	ledger_free(NULL);
}

static void pages_of_a_buffer(void **state)
{
	struct buffer b = { .addr = ADDR, .len_bytes = 4096 };

	(void)state;
	assert_int_equal(buffer_pages(&b), 1);
	b.addr += 4095;
	assert_int_equal(buffer_pages(&b), 2);
	b.len_bytes = 1;
	assert_int_equal(buffer_pages(&b), 1);
	b.len_bytes = 0;
	assert_int_equal(buffer_pages(&b), 0);
	b.len_bytes = 1ULL << 40;
	b.addr = ADDR;
	assert_true(buffer_pages(&b) == 1ULL << 28);
}

/* How many use it is a slot's own: a clone of the buffer has others. */
static void requests_of_slots(void **state)
{
	struct ledger *l = ledger_new();
	struct fact_buffer f = fact_buffer(RING, 0, BUF(0), ADDR, 8192, 2);
	__u32 requests;

	(void)state;
	see_ring(l, RING, 0, 0);
	see_ring(l, RING2, 0, 0);
	FEED(l, f);
	assert_false(slot_requests(ledger_ring(l, RING), 0, &requests));
	assert_int_equal(requests, 0);
	f.users = 4;
	FEED(l, f);
	f = fact_buffer(RING2, 1, BUF(0), ADDR, 8192, 2);
	f.users = 1;
	FEED(l, f);
	/* the table grows beyond its room */
	f = fact_buffer(RING, 16383, BUF(1), ADDR + MIB, 8192, 2);
	f.users = 1;
	FEED(l, f);
	assert_true(slot_requests(ledger_ring(l, RING), 0, &requests));
	assert_int_equal(requests, 3);
	assert_true(slot_requests(ledger_ring(l, RING), 16383, &requests));
	assert_int_equal(requests, 0);
	assert_true(slot_requests(ledger_ring(l, RING2), 1, &requests));
	assert_int_equal(requests, 0);
	/* registered since: who uses it was not looked at */
	f = fact_buffer(RING, 0, BUF(2), ADDR + 2 * MIB, 8192, 2);
	FEED(l, f);
	assert_false(slot_requests(ledger_ring(l, RING), 0, &requests));
	ledger_free(l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ring_create_and_gone),
		cmocka_unit_test(ring_without_descriptor),
		cmocka_unit_test(ends_of_older_rings),
		cmocka_unit_test(ring_of_another_mm),
		cmocka_unit_test(ring_address_reused),
		cmocka_unit_test(holders),
		cmocka_unit_test(slots_grow_and_share),
		cmocka_unit_test(requests_of_slots),
		cmocka_unit_test(buffer_updates),
		cmocka_unit_test(buffer_address_reused),
		cmocka_unit_test(calls),
		cmocka_unit_test(drops),
		cmocka_unit_test(charges),
		cmocka_unit_test(older_than_the_walk),
		cmocka_unit_test(levels_older_than_the_walk),
		cmocka_unit_test(damaged_records),
		cmocka_unit_test(pages_of_a_buffer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
