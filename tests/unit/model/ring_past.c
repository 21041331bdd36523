// SPDX-License-Identifier: GPL-2.0
/* What is kept of each ring of a run: calls, buffers, what was left; in bounded room. */
#include <errno.h>
#include "facts.h"
#include "model/ring_past.h"

static struct ledger *none;

static void feed(struct ring_pasts *p, const struct fact *f)
{
	ring_pasts_event(p, &(struct event){ .kind = EVENT_FACT, .fact = f, .ledger = none, .shown = true });
}

static void make(struct ring_pasts *p, __u64 ring)
{
	struct fact_ring r = fact_ring(FACT_RING_CREATE, ring, 0, 0);

	feed(p, &r.h);
}

static void call(struct ring_pasts *p, __u64 ring, __s64 result)
{
	struct fact_call c = fact_call(ring, CALL_REGISTER, 1, 1, result);

	feed(p, &c.h);
}

static void buffer(struct ring_pasts *p, enum fact_kind kind, __u64 len)
{
	struct fact_buffer b = {
		.h = fact_head(kind, sizeof(b), RING), .buf = BUF(0), .addr = ADDR, .len_bytes = len,
	};

	feed(p, &b.h);
}

static void in_use(struct ring_pasts *p, __u32 requests)
{
	struct fact_in_use u = { .h = fact_head(FACT_IN_USE, sizeof(u), RING), .requests = requests };

	feed(p, &u.h);
}

static int begin(void **state)
{
	(void)state;
	none = ledger_new();
	return 0;
}

static int end(void **state)
{
	(void)state;
	ledger_free(none);
	return 0;
}

static void sums(void **state)
{
	struct ring_pasts p = { 0 };

	(void)state;
	make(&p, RING);
	make(&p, RING2);
	call(&p, RING, 0);
	buffer(&p, FACT_BUFFER, 7 * MIB);
	buffer(&p, FACT_DROP, 7 * MIB);
	buffer(&p, FACT_BUFFER, 5 * MIB);
	in_use(&p, 3);
	in_use(&p, 1);
	in_use(&p, 0);
	call(&p, RING2, -ENOMEM);
	ring_pasts_sort(&p);
	assert_int_equal(p.nr, 2);
	assert_int_equal(p.list[0]->ring, RING2);
	assert_int_equal(p.list[0]->failed, 1);
	assert_int_equal(p.list[1]->calls, 1);
	assert_int_equal(p.list[1]->buffers, 2);
	assert_int_equal(p.list[1]->most_bytes, 7 * MIB);
	assert_int_equal(ring_pasts_held(&p), 1);
	ring_pasts_free(&p);
}

/* The kernel gives an address again: each ring is one of its own. */
static void same_address(void **state)
{
	struct ring_pasts p = { 0 };

	(void)state;
	make(&p, RING);
	call(&p, RING, -EFAULT);
	make(&p, RING);
	call(&p, RING, 0);
	call(&p, RING, 0);
	assert_int_equal(p.nr, 2);
	assert_int_equal(p.list[0]->calls, 1);
	assert_int_equal(p.list[1]->calls, 2);
	assert_int_equal(p.list[1]->failed, 0);
	ring_pasts_free(&p);
}

static void bounded(void **state)
{
	struct ring_pasts p = { 0 };

	(void)state;
	for (__u64 i = 0; i < MAX_RING_PASTS + 13; i++) {
		make(&p, RING + i * 0x100);
		call(&p, RING + i * 0x100, 0);
	}
	assert_int_equal(p.nr, MAX_RING_PASTS);
	assert_int_equal(p.more, 13);
	ring_pasts_free(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sums),
		cmocka_unit_test(same_address),
		cmocka_unit_test(bounded),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
