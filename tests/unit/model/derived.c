// SPDX-License-Identifier: GPL-2.0
/* What the ledger concludes where pins and charges are not seen, and in which order. */
#include "facts.h"
#include "model/derived.h"

#define MAX_SEEN 32

struct seen {
	struct derived derived;
	size_t nr;
	union {
		struct fact h;
		struct fact_buffer buffer;
		struct fact_pin pin;
		struct fact_charge charge;
	} list[MAX_SEEN];
};

static void keep(const struct fact *f, void *arg)
{
	struct seen *s = arg;

	assert_true(s->nr < MAX_SEEN);
	assert_true(f->size <= sizeof(s->list[0]));
	assert_int_equal(f->flags, FACT_F_DERIVED);
	memcpy(&s->list[s->nr++], f, f->size);
}

static struct ledger *watched(struct seen *s)
{
	struct ledger *l = ledger_new();

	memset(s, 0, sizeof(*s));
	s->derived.tell = keep;
	s->derived.arg = s;
	derived_observe(&s->derived, l);
	see_ring(l, RING, 10, 10);
	see_ring(l, RING2, 10, 10);
	return l;
}

/* Compares the kinds told so far (D drop, P pin, U unpin, C charge, R uncharge) and forgets them. */
static void expect(struct seen *s, const char *kinds)
{
	static const char letters[] = {
		[FACT_DROP] = 'D', [FACT_PIN] = 'P', [FACT_UNPIN] = 'U',
		[FACT_CHARGE] = 'C', [FACT_UNCHARGE] = 'R',
	};
	char text[MAX_SEEN + 1] = "";

	for (size_t i = 0; i < s->nr; i++)
		text[i] = letters[s->list[i].h.kind];
	assert_string_equal(text, kinds);
	s->nr = 0;
}

static void new_buffer(void **state)
{
	struct seen s;
	struct ledger *l = watched(&s);
	struct fact_buffer f = fact_buffer(RING, 0, BUF(0), ADDR + 8, 8192, 3);

	(void)state;
	f.h.seq = 44;
	FEED(l, f);
	assert_int_equal(s.nr, 2);
	assert_int_equal(s.list[0].h.pid, 812);
	assert_int_equal(s.list[0].h.tid, 813);
	assert_int_equal(s.list[0].h.uid, 1000);
	assert_int_equal(s.list[0].h.call, 7);
	assert_int_equal(s.list[0].h.seq, 0);
	assert_int_equal(s.list[0].h.t_ns, 1000);
	assert_string_equal(s.list[0].h.comm.bytes, "fio");
	assert_true(s.list[0].h.ring == RING);
	assert_true(s.list[0].pin.buf == BUF(0));
	assert_true(s.list[0].pin.addr == ADDR + 8);
	assert_int_equal(s.list[0].pin.pages, 3);
	assert_int_equal(s.list[0].pin.refs, 2);
	assert_true(s.list[0].pin.stacks.user < 0);
	assert_int_equal(s.list[1].charge.pages, 3);
	assert_true(s.list[1].charge.user == USER);
	assert_true(s.list[1].charge.mm == MM);
	assert_int_equal(s.list[1].charge.user_after_pages, 10);
	assert_int_equal(s.list[1].charge.user_before_pages, 7);
	expect(&s, "PC");
	FEED(l, f);
	expect(&s, "");
	/* a clone neither pins nor charges again */
	f = fact_buffer(RING2, 0, BUF(0), ADDR + 8, 8192, 3);
	FEED(l, f);
	expect(&s, "");
	ledger_free(l);
	expect(&s, "");
}

static void last_drop(void **state)
{
	struct seen s;
	struct ledger *l = watched(&s);
	struct fact_buffer f = fact_buffer(RING, 0, BUF(0), ADDR, 8192, 2);

	(void)state;
	FEED(l, f);
	f.h.ring = RING2;
	FEED(l, f);
	expect(&s, "PC");
	f.buf_flags = BUFFER_F_EMPTY;
	FEED(l, f);
	assert_true(s.list[0].h.ring == RING2);
	assert_true(s.list[0].buffer.buf == BUF(0));
	assert_int_equal(s.list[0].buffer.len_bytes, 8192);
	expect(&s, "D");
	f.h.ring = RING;
	FEED(l, f);
	assert_int_equal(s.list[2].charge.user_before_pages, 10);
	assert_int_equal(s.list[2].charge.user_after_pages, 8);
	expect(&s, "DUR");
	ledger_free(l);
}

static void replaced(void **state)
{
	struct seen s;
	struct ledger *l = watched(&s);
	struct fact_buffer f = fact_buffer(RING, 5, BUF(0), ADDR, 8192, 2);

	(void)state;
	FEED(l, f);
	expect(&s, "PC");
	f = fact_buffer(RING, 5, BUF(1), ADDR, 4096, 1);
	FEED(l, f);
	assert_int_equal(s.list[0].buffer.index, 5);
	expect(&s, "DURPC");
	/* another buffer at the same address */
	f = fact_buffer(RING, 6, BUF(1), ADDR + MIB, 8192, 2);
	FEED(l, f);
	assert_int_equal(s.list[0].buffer.index, 5);
	assert_int_equal(s.list[2].charge.pages, 1);
	assert_int_equal(s.list[4].charge.pages, 2);
	expect(&s, "DURPC");
	ledger_free(l);
}

static void levels_within_a_call(void **state)
{
	struct seen s;
	struct ledger *l = watched(&s);
	struct fact_call c = fact_call(RING, CALL_REGISTER, 3, 3, 0);
	struct fact_call other = fact_call(RING2, CALL_REGISTER, 3, 3, -12);
	struct fact gone = fact_head(FACT_RING_GONE, sizeof(gone), RING);

	(void)state;
	c.user_before_pages = 100;
	c.user_after_pages = 106;
	c.mm_before_pages = 50;
	c.mm_after_pages = 56;
	FEED(l, c);
	for (__u32 i = 0; i < 3; i++) {
		struct fact_buffer f = fact_buffer(RING, i, BUF(i), ADDR + i * MIB,
						   (i + 1) * 4096, i + 1);

		FEED(l, f);
		/* a refused call of another ring comes between them */
		other.h.call = 8;
		other.user_after_pages = 106;
		other.mm_after_pages = 56;
		FEED(l, other);
	}
	for (int i = 0, level = 100; i < 3; level += ++i) {
		assert_int_equal(s.list[2 * i + 1].charge.user_before_pages, level);
		assert_int_equal(s.list[2 * i + 1].charge.user_after_pages, level + i + 1);
		assert_int_equal(s.list[2 * i + 1].charge.mm_before_pages, level - 50);
		assert_true(s.list[2 * i + 1].charge.limit_bytes == 8 * MIB);
	}
	expect(&s, "PCPCPC");
	/* no levels come with the end of a ring: they go on from what was seen last */
	gone.call = 0;
	ledger_feed(l, &gone);
	assert_int_equal(s.list[2].charge.user_before_pages, 106);
	assert_int_equal(s.list[5].charge.user_before_pages, 105);
	assert_int_equal(s.list[8].charge.user_after_pages, 100);
	expect(&s, "DURDURDUR");
	ledger_free(l);
}

static void unregister_call(void **state)
{
	struct seen s;
	struct ledger *l = watched(&s);
	struct fact_call c = fact_call(RING, CALL_UNREGISTER, 0, 0, 0);
	struct fact_buffer f = fact_buffer(RING, 0, BUF(0), ADDR, 4096, 1);

	(void)state;
	FEED(l, f);
	f = fact_buffer(RING, 1, BUF(1), ADDR, 4096, 1);
	FEED(l, f);
	f.h.ring = RING2;
	FEED(l, f);
	expect(&s, "PCPC");
	c.user_before_pages = 2;
	c.user_after_pages = 1;
	FEED(l, c);
	assert_int_equal(s.list[2].charge.user_before_pages, 2);
	assert_int_equal(s.list[2].charge.user_after_pages, 1);
	expect(&s, "DURD");
	c.result = -6;
	c.h.ring = RING2;
	FEED(l, c);
	expect(&s, "");
	ledger_free(l);
}

/* Another ring's call is seen with levels that the release has lowered already. */
static void levels_of_a_closed_ring(void **state)
{
	struct seen s;
	struct ledger *l = watched(&s);
	struct fact_buffer f = fact_buffer(RING, 5, BUF(0), ADDR, 3 * 4096, 3);
	struct fact_ring closed = fact_ring(FACT_RING_CLOSE, RING, 13, 11);
	struct fact_ring later = fact_ring(FACT_RING, RING2, 10, 8);
	struct fact_ring gone = fact_ring(FACT_RING_GONE, RING, 0, 0);

	(void)state;
	FEED(l, f);
	expect(&s, "PC");
	closed.h.t_ns = 2000;
	closed.h.call = later.h.call = gone.h.call = 0;
	FEED(l, closed);
	later.h.t_ns = 3000;
	FEED(l, later);
	gone.h.t_ns = 4000;
	FEED(l, gone);
	assert_int_equal(s.list[2].charge.user_before_pages, 13);
	assert_int_equal(s.list[2].charge.user_after_pages, 10);
	assert_int_equal(s.list[2].charge.mm_before_pages, 11);
	assert_int_equal(s.list[2].charge.mm_after_pages, 8);
	expect(&s, "DUR");
	ledger_free(l);
	derived_free(&s.derived);
}

/*
 * Two rings of one user are on their way out at a time, the second seen closed before (.released 0)
 * or after what the first had was released: in the end only what others have is left.
 */
static void close_two(__s64 released, __s64 ring_pages)
{
	struct seen s;
	struct ledger *l = watched(&s);
	struct fact_buffer f = fact_buffer(RING, 5, BUF(5), ADDR, 29 * 4096, 29);
	struct fact_ring closed = fact_ring(FACT_RING_CLOSE, RING, 67 + 2 * ring_pages, 60);
	struct fact gone = fact_head(FACT_RING_GONE, sizeof(gone), RING);
	struct fact_ring r = fact_ring(FACT_RING, RING, 7, 0);

	r.h.flags = FACT_F_SNAPSHOT;
	r.ring_pages = ring_pages;
	r.nr_slots = 6;
	FEED(l, r);
	r.h.ring = RING2;
	FEED(l, r);
	FEED(l, f);
	f = fact_buffer(RING2, 3, BUF(3), ADDR + MIB, 31 * 4096, 31);
	FEED(l, f);
	expect(&s, "PCPC");
	gone.call = closed.h.call = 0;
	closed.h.t_ns = 2000;
	FEED(l, closed);
	closed.h.ring = RING2;
	closed.user_locked_pages -= released;
	closed.mm_pinned_pages -= released < 29 ? released : 29;
	FEED(l, closed);
	gone.t_ns = 3000;
	ledger_feed(l, &gone);
	assert_int_equal(s.list[2].charge.user_before_pages - s.list[2].charge.user_after_pages, 29);
	assert_int_equal(s.list[2].charge.user_after_pages, 7 + 31 + ring_pages);
	assert_int_equal(s.list[2].charge.mm_after_pages, 31);
	gone.ring = RING2;
	ledger_feed(l, &gone);
	assert_int_equal(s.list[5].charge.user_before_pages, 7 + 31);
	assert_int_equal(s.list[5].charge.user_after_pages, 7);
	assert_int_equal(s.list[5].charge.mm_after_pages, 0);
	expect(&s, "DURDUR");
	ledger_free(l);
	derived_free(&s.derived);
}

static void levels_of_two_closed_rings(void **state)
{
	(void)state;
	close_two(0, 0);
	close_two(29, 0);
	close_two(0, 2);
	close_two(17, 2);
	close_two(31, 2);
}

static void nothing_to_charge(void **state)
{
	struct seen s;
	struct ledger *l = watched(&s);
	struct fact_buffer f = fact_buffer(RING, 0, BUF(0), ADDR, 4096, 0);
	struct fact_ring r = fact_ring(FACT_RING, RING2, 0, 0);

	(void)state;
	FEED(l, f);
	expect(&s, "P");
	/* a buffer whose charge is unknown is charged by its size */
	f = fact_buffer(RING, 1, BUF(1), ADDR, 3 * 4096, ACCT_UNKNOWN);
	FEED(l, f);
	assert_int_equal(s.list[1].charge.pages, 3);
	expect(&s, "PC");
	/* the same in a ring that charges nobody is charged nothing */
	r.user = 0;
	r.ring_flags = RING_F_ACCT_PER_RING;
	FEED(l, r);
	f = fact_buffer(RING2, 1, BUF(2), ADDR, 3 * 4096, ACCT_UNKNOWN);
	FEED(l, f);
	expect(&s, "P");
	ledger_free(l);
}

static void not_derived(void **state)
{
	struct seen s;
	struct ledger *l = watched(&s);
	struct fact_buffer f = fact_buffer(RING, 0, BUF(0), 0, 65536, 0);

	(void)state;
	/* a kernel buffer leaves, but was never pinned */
	f.buf_flags = BUFFER_F_KERNEL;
	FEED(l, f);
	expect(&s, "");
	f.buf_flags = BUFFER_F_EMPTY;
	FEED(l, f);
	expect(&s, "D");
	/* facts of a walk are no events, so nothing is concluded from them */
	see_buffer(l, RING, 0, BUF(1), ADDR, 4096, 1);
	see_buffer(l, RING, 0, BUF(2), ADDR, 4096, 1);
	expect(&s, "");
	/* exact tiers see pins and charges, but not that a slot is emptied */
	l->exact = true;
	f = fact_buffer(RING, 1, BUF(3), ADDR, 4096, 1);
	FEED(l, f);
	expect(&s, "");
	f.buf_flags = BUFFER_F_EMPTY;
	FEED(l, f);
	expect(&s, "D");
	ledger_free(l);
}

static struct fact_in_use request(const struct fact_buffer *f, __u32 requests)
{
	struct fact_in_use u = { .h = f->h, .buf = f->buf, .node = f->node, .requests = requests };

	u.h.kind = FACT_IN_USE;
	u.h.size = sizeof(u);
	return u;
}

static void empty(struct ledger *l, struct fact_buffer f)
{
	f.buf_flags = BUFFER_F_EMPTY;
	FEED(l, f);
}

/* What requests hold of what a call drops: its unpin is told when they let go of it. */
static void held_by_requests(void **state)
{
	struct seen s;
	struct ledger *l = watched(&s);
	struct fact_buffer f = fact_buffer(RING, 0, BUF(0), ADDR, 8192, 2);
	struct fact_in_use use;
	struct fact gone = f.h;

	(void)state;
	f.node = 5;
	use = request(&f, 3);
	gone.kind = FACT_RING_GONE;
	gone.size = sizeof(gone);
	FEED(l, f);
	expect(&s, "PC");
	FEED(l, use);
	empty(l, f);
	expect(&s, "D");
	/* another buffer that has its memory by now is not meant */
	use.requests = 0;
	use.node = 6;
	FEED(l, use);
	expect(&s, "");
	use.node = 5;
	use.h.t_ns = 2000;
	use.h.call = 0;
	FEED(l, use);
	assert_int_equal(s.list[0].h.t_ns, 2000);
	assert_int_equal(s.list[0].pin.pages, 2);
	expect(&s, "UR");
	FEED(l, use);
	expect(&s, "");
	/* the ring's end tells it, too: by then its requests have ended */
	f = fact_buffer(RING, 0, BUF(1), ADDR, 8192, 2);
	f.node = 7;
	FEED(l, f);
	use = request(&f, 1);
	FEED(l, use);
	empty(l, f);
	expect(&s, "PCD");
	ledger_feed(l, &gone);
	expect(&s, "UR");
	ledger_free(l);
	derived_free(&s.derived);
}

/* Tables and requests of two rings hold one buffer: it is released with whichever is last, and once. */
static void held_by_requests_of_clones(void **state)
{
	struct fact_buffer source = fact_buffer(RING, 0, BUF(0), ADDR, 8192, 2), clone, other;
	struct fact_in_use of_source, of_clone;
	struct seen s;
	struct ledger *l = watched(&s);

	(void)state;
	source.node = 5;
	clone = source;
	clone.h.ring = RING2;
	clone.node = 7;
	of_source = request(&source, 1);
	of_clone = request(&clone, 1);
	FEED(l, source);
	FEED(l, clone);
	FEED(l, of_clone);
	empty(l, clone);
	FEED(l, of_source);
	empty(l, source);
	of_clone.requests = 0;
	FEED(l, of_clone);
	expect(&s, "PCDD");
	of_source.requests = 0;
	FEED(l, of_source);
	assert_true(s.list[0].h.ring == RING);
	expect(&s, "UR");
	/* the requests end before the last slot does */
	FEED(l, source);
	FEED(l, clone);
	of_clone.requests = 1;
	FEED(l, of_clone);
	empty(l, clone);
	of_clone.requests = 0;
	FEED(l, of_clone);
	empty(l, source);
	expect(&s, "PCDDUR");
	/* its address is another's before it was seen that they ended: by then they have */
	FEED(l, clone);
	of_clone.requests = 1;
	FEED(l, of_clone);
	empty(l, clone);
	other = fact_buffer(RING, 0, BUF(0), ADDR + 8192, 4096, 1);
	FEED(l, other);
	assert_true(s.list[3].pin.addr == ADDR);
	expect(&s, "PCDURPC");
	ledger_free(l);
	derived_free(&s.derived);
}

/* A drop that was seen is told by itself: only what follows from it is concluded. */
static void seen_drop(void **state)
{
	struct seen s;
	struct ledger *l = watched(&s);
	struct fact_buffer f = fact_buffer(RING, 0, BUF(0), 0, 8192, 0);

	(void)state;
	f.buf_flags = BUFFER_F_KERNEL;
	FEED(l, f);
	f.h.kind = FACT_DROP;
	FEED(l, f);
	expect(&s, "");
	assert_null(ledger_buffer(l, BUF(0)));
	ledger_free(l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(new_buffer),
		cmocka_unit_test(last_drop),
		cmocka_unit_test(replaced),
		cmocka_unit_test(levels_within_a_call),
		cmocka_unit_test(unregister_call),
		cmocka_unit_test(levels_of_a_closed_ring),
		cmocka_unit_test(levels_of_two_closed_rings),
		cmocka_unit_test(nothing_to_charge),
		cmocka_unit_test(not_derived),
		cmocka_unit_test(held_by_requests),
		cmocka_unit_test(held_by_requests_of_clones),
		cmocka_unit_test(seen_drop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
