/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A completion that finds its ring full is traced without its request (6.1 and later). The kernel is going
 * through the list of completions of that flush then, so the request is in it: behind as many as have found
 * room, and once one has found none, all behind it find none either. Many may bear one user_data, and what
 * was seen last may be of a flush before, whose memory has other neighbours now.
 */
#ifndef FIXBUF_BPF_IO_OVERFLOW_H
#define FIXBUF_BPF_IO_OVERFLOW_H

#include "kernel/flush.h"
#include "kernel/io_failed.h"
#include "io_count.h"
#include "io_failure.h"
#include "io_start.h"
#include "io_yield.h"

#define IO_FLUSH_MAX	64	/* completions of a flush that are looked at */
#define IO_SILENT_MAX	8	/* that post nothing, one behind the other */

/* In a flush that has found this ring full: the request that is told of next. */
__u64 io_late_ring[IO_LATE_RINGS], io_late_next[IO_LATE_RINGS];
/* An end then could be that of any request which had begun on one of those rings; 0 = none was so. */
__u64 io_doubt_ns[IO_LATE_RINGS];

static __always_inline __u32 late_place(__u64 ring)
{
	_Static_assert(IO_LATE_RINGS == 1 << 10, "the shift below");
	return ring * 0x9e3779b97f4a7c15ULL >> 54;
}

/* What began on that ring before may have ended: nothing of it is known to be under way any more. */
static __always_inline void doubt_starts(__u64 ring)
{
	io_doubt_ns[late_place(ring)] = bpf_ktime_get_ns();
}

/* Global, as slot_holds() is. */
__noinline int is_end_of(__u64 req, __u64 ring, __u64 user_data, __s32 res)
{
	struct io_kiocb___cqe *k = (void *)req;

	return (__u64)BPF_CORE_READ((struct io_kiocb *)req, ctx) == ring &&
	       BPF_CORE_READ(k, cqe.user_data) == user_data && BPF_CORE_READ(k, cqe.res) == res;
}

/* Its start is kept, so its end was not told yet. */
__noinline int is_begun(__u64 req)
{
	return find_start(req) != NULL;
}

#define POSTS	1
#define IS_IT	2

/*
 * A request of the list, behind so many that posted: whether it posts, and is the one. With a start it is, as
 * all before have none any more. Global, too: each turn of a loop asks.
 */
__noinline int look_in_flush(__u64 req, __u64 ring, __u64 user_data, __s32 res, __u32 behind)
{
	if (!posts_completion(req))
		return 0;
	if (!is_end_of(req, ring, user_data, res) || (behind && !is_begun(req)))
		return POSTS;
	return POSTS | IS_IT;
}

/* The next that posts a completion, 0 = there is none. Global, too. */
__noinline __u64 next_to_post(__u64 req)
{
	for (int i = 0; i < IO_SILENT_MAX; i++) {
		req = next_in_flush(req);
		if (!req || posts_completion(req))
			return req;
	}
	return 0;
}

/* The first of a flush that finds no room; 0 when it is not known. */
__noinline __u64 first_late(__u64 ring, __u64 user_data, __s32 res)
{
	__u64 req = first_in_flush(ring);
	__u32 left = posted_in_flush(ring);

	for (int i = 0; i < IO_FLUSH_MAX && req; i++, req = next_in_flush(req)) {
		int found = look_in_flush(req, ring, user_data, res, left);

		if (found & IS_IT)
			return req;
		left -= found & POSTS;
	}
	return 0;
}

/* Behind more than are looked at: the last that was posted leads to it. */
__noinline __u64 far_late(__u64 ring, __u64 user_data, __s32 res)
{
	struct io_cpu *cpu = this_cpu();
	__u64 req = cpu ? cpu->last_req : 0;

	if (!req || posted_in_flush(ring) < IO_FLUSH_MAX)
		return 0;
	req = next_to_post(req);
	/* that one may be of a flush before: where starts are kept, one is asked for */
	return req && look_in_flush(req, ring, user_data, res, io_latency) & IS_IT ? req : 0;
}

/* By its name alone, which others may bear. */
__noinline __u64 named_late(__u64 ring, __u64 user_data, __s32 res)
{
	__u64 req = first_in_flush(ring);

	for (int i = 0; i < IO_FLUSH_MAX && req; i++, req = next_in_flush(req))
		if (look_in_flush(req, ring, user_data, res, 0) & IS_IT)
			return req;
	return 0;
}

/* 0 when it is not known. */
__noinline __u64 overflowed_request(__u64 ring, __u64 user_data, __s32 res)
{
	__u32 at = late_place(ring);
	__u64 req;

	if (!has_flush_list())
		return 0;
	if (is_worker()) {
		req = worker_request();
		return req && is_end_of(req, ring, user_data, res) ? req : 0;
	}
	req = io_late_ring[at] == ring ? io_late_next[at] : 0;
	if (!req || !is_end_of(req, ring, user_data, res))
		req = first_late(ring, user_data, res);
	if (!req)
		req = far_late(ring, user_data, res);
	if (!req) {
		req = named_late(ring, user_data, res);
		if (req)
			doubt_starts(ring);
	}
	io_late_ring[at] = ring;
	io_late_next[at] = req ? next_to_post(req) : 0;
	return req;
}

/*
 * A multishot request names itself only when it ends: its completions before are posted beside it,
 * with user_data alone, which others may bear, too. .known: as of req_selected().
 */
static __always_inline int on_nameless(__u64 ring, __u32 flags, int known)
{
	if (flags & CQE_F_MORE && (known > 0 || decide_ring(ring, bpf_get_current_task())))
		COUNT_LOSS(multishot);
	return 0;
}

/* Their rings' users: whose requests may have ended unseen. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, IO_OVERLAP_USERS);
	__type(key, __u32);
	__type(value, __u64);
} io_overflowed_users SEC(".maps");

static __noinline int note_overflowed(__u64 ring)
{
	count_for_user(&io_overflowed_users, ring_payer(ring));
	return 0;
}

/* Of a ring that is selected; what it was is not known. */
static __always_inline void count_unknown(__u64 ring, __s32 res)
{
	__u64 task = ring_owner(ring), who;
	struct io_cell *c;

	note_overflowed(ring);
	COUNT_LOSS(overflowed);
	/* a message or a resource tag ends none */
	if (!has_flush_list() || !posts_from_list_alone() || is_worker() || first_in_flush(ring))
		doubt_starts(ring);
	if (!task)
		task = bpf_get_current_task();
	who = IO_WHO(io_tgid(PROBE, task), IO_OP_UNKNOWN, false);
	note_late(ring, who);
	c = find_cell(ring, who, task);
	if (!c)
		return;
	c->ops++;
	if (res < 0)
		c->errors++;
}

#endif
