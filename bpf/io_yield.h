/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Who gives up the place of a start where there is none left: the user who has most. How many a user has
 * is not counted, which would cost every request: places are looked at by chance, only then.
 */
#ifndef FIXBUF_BPF_IO_YIELD_H
#define FIXBUF_BPF_IO_YIELD_H

#include "io_count.h"
#include "loop.h"
#include "user_counts.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, IO_START_SETS);
	__type(key, __u32);
	__type(value, struct io_start_set);
} io_starts SEC(".maps");

/* Starts that lost their place, by who pays for them. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, IO_START_USERS);
	__type(key, __u32);
	__type(value, __u64);
} io_evicted_users SEC(".maps");

/*
 * Requests are 256 bytes or nearly, many to a slab page: neighbours, which are used together, have
 * their starts in the same cache line, each in a place of its own. Two such groups may well meet in
 * one set, even of a few: who finds no place there goes on to the sets behind it.
 */
static __always_inline struct io_start_set *set_at(__u64 req, __u32 behind)
{
	__u32 index = (((req >> 10) * 0x9e3779b97f4a7c15ULL >> 50) + behind) & (IO_START_SETS - 1);

	_Static_assert(IO_START_SETS == 1 << 14, "the shift above");
	_Static_assert(IO_START_WAYS == 1 << 2, "the shifts here and below");
	return bpf_map_lookup_elem(&io_starts, &index);
}

/* Not static: the verifier goes through it once. */
__noinline __u32 payer_at(__u64 req, __u32 at)
{
	struct io_start_set *s = set_at(req, at / IO_START_WAYS % IO_START_TRIES);
	struct io_start *way = s ? &s->way[at % IO_START_WAYS] : NULL;

	if (!way || !way->t_ns)
		return IO_NO_PAYER;
	return ring_payer(io_ring_of(PROBE, way->key ^ way->t_ns));
}

#define LOOKED_LONG_AGO	1000000000ULL

/*
 * Looks at one more place, and at all after a while: the time is as good as a number by chance, but for
 * its lowest bits. What runs on the CPU meanwhile may spoil it, no more. Not static, as above.
 */
__noinline int look_anywhere(__u64 now)
{
	struct io_cpu *cpu = this_cpu();
	bool all;

	if (!cpu)
		return 0;
	all = now - cpu->looked_ns > LOOKED_LONG_AGO;
	cpu->looked_ns = now;
	NOT_UNROLLED
	for (__u32 i = 0; all && i < IO_START_LOOKS; i++)
		cpu->anywhere[i] = payer_at(now << 6 ^ (__u64)i << 40, now >> 10);
	if (!all)
		cpu->anywhere[(now >> 6) % IO_START_LOOKS] = payer_at(now << 6, now >> 10);
	return 0;
}

/* How many of those places that user has. The same. */
__noinline int places_of(__u32 whose)
{
	struct io_cpu *cpu = this_cpu();
	int has = 0;

	/* a free place is nobody's */
	if (!cpu || whose == IO_NO_PAYER)
		return 0;
	NOT_UNROLLED
	for (__u32 i = 0; i < IO_START_LOOKS; i++)
		has += cpu->anywhere[i] == whose;
	return has;
}

/* The user who has most places, as far as those tell. The same. */
__noinline __u32 has_most(void)
{
	struct io_cpu *cpu = this_cpu();
	__u32 who = IO_NO_PAYER;
	int most = 0;

	if (!cpu)
		return who;
	NOT_UNROLLED
	for (__u32 i = 0; i < IO_START_LOOKS; i++) {
		__u32 whose = cpu->anywhere[i];
		int has = places_of(whose);

		if (has > most) {
			most = has;
			who = whose;
		}
	}
	return who;
}

/*
 * Which of the places for the start of a request of .payer's is given up: one of who has most, else one
 * of its own, else any. The same.
 */
__noinline __u32 yielding_place(__u64 req, __u64 now, __u32 payer, __u32 most)
{
	__u32 own = now >> 6 & (IO_START_PLACES - 1);

	NOT_UNROLLED
	for (__u32 i = 0; i < IO_START_PLACES; i++) {
		__u32 whose = payer_at(req, i);

		/* it may have become free */
		if (whose == most || whose == IO_NO_PAYER)
			return i;
		if (whose == payer)
			own = i;
	}
	return own;
}

static __noinline int count_evicted(__u32 payer)
{
	COUNT_LOSS(evicted);
	count_for_user(&io_evicted_users, payer);
	return 0;
}

/* The same place, of which its user has lost what was there. NULL: none is known. */
static __always_inline struct io_start *yielded_way(__u64 req, __u64 now)
{
	struct io_start_set *s;
	struct io_start *way;
	__u32 at;

	look_anywhere(now);
	at = yielding_place(req, now, ring_payer(io_ring_of(PROBE, req)), has_most());
	s = set_at(req, at / IO_START_WAYS % IO_START_TRIES);
	way = s ? &s->way[at % IO_START_WAYS] : NULL;
	if (way && way->t_ns)
		count_evicted(payer_at(req, at));
	return way;
}

#endif
