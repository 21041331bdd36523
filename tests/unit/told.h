/* SPDX-License-Identifier: GPL-2.0 */
/* A recording, fact by fact, for what over_time tells of it. */
#ifndef FIXBUF_UNIT_TOLD_H
#define FIXBUF_UNIT_TOLD_H

#include "checks/over_time.h"
#include "facts.h"

#define MS	1000000ULL
#define PAGES	4096ULL		/* of each buffer */
#define NR	3
#define NO_STATE void **state __attribute__((unused))

static struct ledger *l;
static struct over_time *told;
static const struct selection all;
static __u64 now_ns;

static inline int begin_at(enum tier tier, const struct selection *select)
{
	static struct origin origin;
	const struct event look = { .kind = EVENT_LOOK, .origin = &origin };

	origin.tier = tier;
	l = ledger_new();
	l->exact = l->track_pins = tier > TIER_TRACEPOINTS;
	now_ns = 1000;
	told = over_time_new(select);
	over_time_event(told, &look);
	return 0;
}

static inline const struct origin *origin_now(void)
{
	static struct origin o;

	o.tier = l->exact ? TIER_FUNCTIONS : TIER_TRACEPOINTS;
	return &o;
}

static inline int begin(NO_STATE)
{
	return begin_at(TIER_FUNCTIONS, &all);
}

static inline int finish(NO_STATE)
{
	over_time_free(told);
	ledger_free(l);
	return 0;
}
#define wait_ms(ms) (now_ns += (ms) * MS)

static inline struct event event_of(enum event_kind kind)
{
	return (struct event){
		.kind = kind, .origin = origin_now(), .ledger = l, .t_ns = now_ns,
		.since_ns = now_ns - 1000,
	};
}

static inline void tell(struct fact *f)
{
	struct event e = event_of(EVENT_FACT);

	e.fact = f;
	e.fed = e.shown = true;
	f->t_ns = now_ns;
	over_time_event(told, &e);
	ledger_feed(l, f);
}

static inline const struct findings *end_of(bool clean)
{
	struct event e = event_of(EVENT_END);

	e.end.clean = clean;
	over_time_event(told, &e);
	return over_time_findings(told);
}
#define end() end_of(true)

static inline void ring_fact(enum fact_kind kind, __u64 ring, __s64 pinned)
{
	struct fact_ring f = fact_ring(kind, ring, pinned, pinned);

	tell(&f.h);
}

#define create(ring, pinned)	 ring_fact(FACT_RING_CREATE, ring, pinned)
#define close_ring(ring, pinned) ring_fact(FACT_RING_CLOSE, ring, pinned)
static inline void gone(__u64 ring)
{
	struct fact f = fact_head(FACT_RING_GONE, sizeof(f), ring);

	tell(&f);
}

static inline void call(__u64 ring, enum call_op op, __u32 slots, __s64 result, __s64 pinned, __u64 start_ns)
{
	struct fact_call f = fact_call(ring, op, slots, slots, result);

	f.user_after_pages = f.mm_after_pages = pinned;
	f.start_ns = start_ns;
	f.limit_bytes = ~0ULL;
	tell(&f.h);
}

static inline void slot(__u64 ring, __u32 index, __u64 buf, __u64 charged)
{
	struct fact_buffer f = fact_buffer(ring, index, buf, ADDR + (buf & 0xffff) * 8 * MIB,
					   PAGES * 4096, charged);

	tell(&f.h);
}

static inline void account_by(__u8 flags, __u32 tid, enum fact_kind kind, __u64 ring, __u64 buf, __s64 pages, __s64 after)
{
	struct fact_charge f = {
		.h = fact_head(kind, sizeof(f), ring), .user = USER, .mm = MM, .buf = buf,
		.user_after_pages = after, .mm_after_pages = after, .pages = pages,
	};

	f.h.flags = flags;
	f.h.tid = tid ? tid : f.h.tid;
	tell(&f.h);
}

#define account(...) account_by(0, 0, __VA_ARGS__)

/* A ring with NR buffers from .first on, all charged; .below: what others have. */
static inline void fill(__u64 ring, __u32 first, __s64 below)
{
	create(ring, below);
	call(ring, CALL_REGISTER, NR, 0, below + NR * PAGES, 0);
	for (__u32 i = 0; i < NR; i++)
		slot(ring, i, BUF(first + i), PAGES);
}

static inline void fill_and_rest(void)
{
	fill(RING, 0, 0);
	wait_ms(100);
}

static inline void nothing_in_the_end(void)
{
	wait_ms(2000);
	assert_int_equal(end()->nr, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, finish)

#endif
