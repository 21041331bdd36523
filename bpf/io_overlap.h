/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Requests under way whose memory overlaps, of which at least one writes it. Each is kept from its
 * submission to its end, and compared with those of its address space that were submitted before.
 */
#ifndef FIXBUF_BPF_IO_OVERLAP_H
#define FIXBUF_BPF_IO_OVERLAP_H

#include "kernel/types.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include "abi/io_overlap.h"
#include "kernel/account.h"
#include "kernel/io_failed.h"
#include "kernel/request.h"
#include "kernel/ring.h"
#include "io_flight.h"
#include "io_queued.h"
#include "io_yield.h"

const volatile bool io_by_overlap;

#define SQE_LINKS		0x0c	/* IOSQE_IO_LINK, IOSQE_IO_HARDLINK */
#define SQE_BUFFER_SELECT	(1U << 5)

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, IO_OVERLAPS);
	__type(key, struct io_overlap_key);
	__type(value, struct io_overlap);
} io_overlaps SEC(".maps");

static __always_inline __u32 submitting_call(__u64 ring)
{
	return BPF_CORE_READ((struct io_ring_ctx___queue *)ring, rings, sq.head);
}

/*
 * What ended at once is told before the call's end, which moves the head: under way after that, it had
 * to wait for what it asked for. Where each call begins the queue anew the head says nothing.
 */
static __always_inline bool outlived_call(const struct io_flight *f)
{
	struct io_ring_ctx___queue *ring = (void *)f->ring;

	return !(BPF_CORE_READ(ring, flags) & SETUP_SQ_REWIND) && submitting_call(f->ring) != f->call;
}

/*
 * It waits for its file. Where ends do not name their request, one that was ready as it was to wait is
 * run at once, and may have ended.
 */
static __always_inline bool is_armed(const struct io_flight *f)
{
	return !(f->flags & FLIGHT_NAMED) && IO_READ(PROBE, f->id, struct io_kiocb, flags) & io_polled;
}

/*
 * It waits for its file, and will be told that it is cancelled when that is ready: by who asked for it, as its
 * thread has ended, or as its ring is closed.
 */
static __noinline int never_runs(const struct io_flight *f)
{
	struct task_struct *task;

	if (!f || f->punted || !is_armed(f))
		return 0;
	task = (void *)io_task(PROBE, f->id);
	return request_waited(f->id) || ring_is_dying(f->ring) || BPF_CORE_READ(task, flags) & TASK_EXITING;
}

/* Whether both mean the same bytes, if it is known; else both mean the same addresses. */
enum same_memory { OTHER_MEMORY, SAME_ADDRESSES, SAME_MEMORY };

static __always_inline enum same_memory same_memory(const struct io_flight *a, const struct io_flight *b)
{
	__u64 addr = a->addr > b->addr ? a->addr : b->addr, in_a, in_b;

	if (!(a->flags & b->flags & FLIGHT_FIXED))
		return SAME_ADDRESSES;
	if (a->buf == b->buf)
		return SAME_MEMORY;
	in_a = buffer_page(a->buf, addr);
	in_b = buffer_page(b->buf, addr);
	if (!in_a || !in_b)
		return SAME_ADDRESSES;
	return in_a == in_b ? SAME_MEMORY : OTHER_MEMORY;
}

/* Of one ring: whether the newer one begins only when the older one has ended. */
static __always_inline bool in_order(const struct io_flight *newer, const struct io_flight *older)
{
	if (newer->ring != older->ring)
		return false;
	if (older->drained || newer->chain == older->chain)
		return true;
	return !link_heads_are_known() && older->flags & FLIGHT_LINKS && newer->call == older->call;
}

#define OVERLAPS	(1 << 20)	/* with the place of the other */
#define CERTAINLY	(1 << 21)

/* Not static: the verifier goes through it once. */
__noinline int judge_flight(__u32 newer, __u32 older)
{
	struct io_flight *n = flight(newer), *o = flight(older);
	enum same_memory same;
	bool certain;

	if (!n || !o || n == o || !is_flight(o) || o->mm != n->mm || o->addr >= n->end ||
	    (n->flags & FLIGHT_RAN && o->begun_ns >= n->begun_ns) ||
	    n->addr >= o->end || !((n->flags | o->flags) & FLIGHT_WRITES) ||
	    !((n->flags | o->flags) & FLIGHT_FIXED) || in_order(n, o))
		return 0;
	/* its end may not have been seen */
	if (!(o->flags & FLIGHT_NAMED) && (request_user_data(o->id) != o->user_data ||
	    io_ring_of(PROBE, o->id) != o->ring))
		return 0;
	same = same_memory(n, o);
	if (same == OTHER_MEMORY || never_runs(o))
		return 0;
	certain = same == SAME_MEMORY && !((n->flags | o->flags) & FLIGHT_WAITS) &&
		  (o->punted || is_armed(o) || outlived_call(o));
	/* it was there after the call was seen to be over */
	if (!is_flight(o))
		return 0;
	return OVERLAPS | (certain ? CERTAINLY : 0) | older;
}

/* What is in the row that overlaps: rather what does so certainly. */
__noinline int judge_row(__u32 newer, __u32 at)
{
	struct io_flight_row *r = bpf_map_lookup_elem(&io_flights, &at);
	struct io_flight *n = flight(newer);
	int most = 0;

	if (!r || !n || !r->taken)
		return 0;
	for (__u32 i = 0; i < IO_FLIGHT_WAYS; i++) {
		struct io_flight *o = &r->way[i];
		int is;

		if (!o->claims)
			continue;
		if (o->addr >= n->end || n->addr >= o->end)
			continue;
		is = judge_flight(newer, at * IO_FLIGHT_WAYS + i);
		if (is > most)
			most = is;
	}
	return most;
}

/* What is in the row of that ring ends before what the ring is given from now on begins. */
__noinline int drain_row(__u64 ring, __u32 at)
{
	struct io_flight_row *r = bpf_map_lookup_elem(&io_flights, &at);

	if (!r || !r->taken)
		return 0;
	for (__u32 i = 0; i < IO_FLIGHT_WAYS; i++)
		if (r->way[i].ring == ring)
			r->way[i].drained = 1;
	return 0;
}

__noinline int judge(__u64 mm, __u32 place)
{
	__u32 row = first_row(mm);
	int most = 0;

	for (__u32 i = 0; i < IO_SPACE_ROWS; i++) {
		int is = judge_row(place, row + i);

		if (is > most)
			most = is;
	}
	return most;
}

__noinline int drain(__u64 mm, __u64 ring)
{
	__u32 row = first_row(mm);

	for (__u32 i = 0; i < IO_SPACE_ROWS; i++)
		drain_row(ring, row + i);
	return 0;
}

static __noinline int count_overlap(__u32 newer, int is, __u32 pid)
{
	struct io_flight *n = flight(newer), *o = flight(is & (OVERLAPS - 1));
	struct io_overlap *w, fresh = { 0 };
	struct io_overlap_user *u;

	if (!n || !o)
		return 0;
	n->over.newer.ring = n->ring;
	n->over.newer.index = n->flags & FLIGHT_FIXED ? n->index : ~0U;
	n->over.newer.op = n->op;
	n->over.older.ring = o->ring;
	n->over.older.index = o->flags & FLIGHT_FIXED ? o->index : ~0U;
	n->over.older.op = o->op;
	n->over.certain = is & CERTAINLY ? 1 : 0;
	n->over.pid = pid;
	w = bpf_map_lookup_elem(&io_overlaps, &n->over);
	u = w ? NULL : overlap_user(io_payer((__u64)bpf_get_current_task()));
	if (u && u->kinds < IO_USER_OVERLAPS) {
		__sync_fetch_and_add(&u->kinds, 1);
		fresh.addr = n->addr > o->addr ? n->addr : o->addr;
		fresh.end = n->end < o->end ? n->end : o->end;
		fresh.user_data[0] = n->user_data;
		fresh.user_data[1] = o->user_data;
		fresh.payer = ring_payer(n->ring);
		if (n->ring != o->ring && ring_payer(o->ring) != fresh.payer)
			fresh.payer = IO_OLD_PAYER;
		bpf_map_update_elem(&io_overlaps, &n->over, &fresh, BPF_NOEXIST);
		w = bpf_map_lookup_elem(&io_overlaps, &n->over);
	}
	if (w) {
		__sync_fetch_and_add(&w->requests, 1);
		return 0;
	}
	n->over.newer.ring = 0;
	flight_unseen();
	return 0;
}

static __noinline int take_back(const struct io_flight *f)
{
	struct io_overlap *w = f ? bpf_map_lookup_elem(&io_overlaps, &f->over) : NULL;

	if (w)
		__sync_fetch_and_add(&w->requests, -1);
	return 0;
}

/*
 * One that had to wait for others has run: what was under way when it was submitted, and did not wait,
 * and is still, was so all the while.
 */
static __noinline int judge_again(struct io_flight *f, __u32 place)
{
	int is;

	if (!f)
		return 0;
	f->flags = (f->flags & ~FLIGHT_WAITS) | FLIGHT_RAN;
	*(volatile __u64 *)&f->check = flight_check(f);
	is = judge(f->mm, place);
	if (!(is & CERTAINLY))
		return 0;
	take_back(f);
	return count_overlap(place, is, f->over.pid);
}

/* Refused as it began, by its file's mode too whoever ran it, or cancelled while it waited for others. */
static __always_inline bool touched_nothing(const struct io_flight *f, __s32 res)
{
	if (res == -ECANCELED)
		return f->flags & FLIGHT_WAITS && !f->punted && !is_armed(f);
	return res < 0 && (res == -EBADF || !outlived_call(f));
}

/* It ended. */
static __noinline int flight_ended(__u64 ring, __u64 id, __s32 res)
{
	__u32 place;
	struct io_flight *f = ending_flight(ring, id, &place);

	if (f && f->over.newer.ring && touched_nothing(f, res))
		take_back(f);
	else if (f && f->over.newer.ring && res >= 0 && !f->over.certain && f->flags & FLIGHT_WAITS)
		judge_again(f, place);
	return end_flight(ring, id);
}

/*
 * A zero-copy send has been queued: its memory is in use until the notification, which is the end of a
 * request of its own.
 */
static __noinline int flight_goes_on(__u64 ring, __u64 id)
{
	struct io_flight_key key = { ring, id }, next = { ring, 0 };
	struct io_flight_at *at = bpf_map_lookup_elem(&io_flight_places, &key), now;
	struct io_flight *f;

	if (!at)
		return 0;
	now = *at;
	f = now.place == NO_PLACE ? NULL : flight(now.place);
	bpf_map_delete_elem(&io_flight_places, &key);
	if (!f)
		return 0;
	*(volatile __u64 *)&f->check = 0;
	next.id = f->notice;
	if (!next.id || bpf_map_update_elem(&io_flight_places, &next, &now, BPF_NOEXIST)) {
		free_place(now.place);
		return flight_unseen();
	}
	f->id = next.id;
	*(volatile __u64 *)&f->check = flight_check(f);
	return 0;
}

/* What is known of its memory; false when nothing is. .f is all zero. */
static __always_inline bool find_range(struct io_flight *f, __u64 req, __u32 flags)
{
	__u8 op = f->op;

	if (op == OP_READ_FIXED || op == OP_WRITE_FIXED || op == OP_READ || op == OP_WRITE) {
		f->addr = io_rw_addr(PROBE, req);
		f->end = io_rw_len(PROBE, req);
	} else if (sends_tell_progress() && (op == OP_SEND || op == OP_SEND_ZC || op == OP_RECV)) {
		f->addr = io_send_addr(req);
		f->end = io_send_len(PROBE, req);
	}
	if (!f->end || flags & SQE_BUFFER_SELECT)
		return false;
	f->addr = untagged(f->addr);
	f->end += f->addr;
	f->flags |= op == OP_READ_FIXED || op == OP_READ || op == OP_RECV ? FLIGHT_WRITES : 0;
	if (!(op_kind[op] & OP_FIXED) && !(op_kind[op] & OP_FLAG && io_flag_says_fixed(PROBE, req, op)))
		return true;
	f->index = IO_READ(PROBE, req, struct io_kiocb, buf_index);
	f->buf = indexed_buffer(f->ring, f->index);
	/* a block driver's has no addresses of the program */
	if (!f->buf || buffer_is_kernel(f->buf))
		return false;
	f->flags |= FLIGHT_FIXED;
	return true;
}

/*
 * The number of the link that it is in; that of its own when it is none, or the first of it. The first,
 * where it is kept. Its memory may be the first's of a later link, of another call.
 */
static __always_inline struct io_flight *find_chain(struct io_flight *f, __u64 req)
{
	__u64 head = link_head(f->ring);
	struct io_flight_key key = { f->ring, f->flags & FLIGHT_NAMED && head ? request_user_data(head) : head };
	struct io_flight_at *at = head ? bpf_map_lookup_elem(&io_flight_places, &key) : NULL;
	struct io_flight *first = at && at->place != NO_PLACE ? flight(at->place) : NULL;

	if (first)
		f->chain = first->chain;
	else
		f->chain = head ? head ^ (f->call + 1ULL) * 0x9e3779b97f4a7c15ULL : req ^ f->begun_ns * 0x9e3779b97f4a7c15ULL;
	if (head)
		f->flags |= FLIGHT_WAITS;
	return first;
}

/* A later one of its link drains: it begins after all that was submitted before. */
static __noinline int waits_after_all(struct io_flight *first)
{
	if (!first)
		return 0;
	take_back(first);
	first->over.newer.ring = 0;
	first->drained = 1;
	first->flags |= FLIGHT_WAITS | FLIGHT_DRAINS;
	*(volatile __u64 *)&first->check = flight_check(first);
	return 0;
}

/* It is submitted. .named: its end will tell its .user_data alone. */
static __noinline int flight_begins(__u64 ring, __u64 req, __u64 user_data, bool named)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	__u32 flags = IO_READ(PROBE, req, struct io_kiocb, flags);
	struct io_flight f = {
		.mm = (__u64)BPF_CORE_READ(task, mm), .ring = ring, .id = named ? user_data : req,
		.user_data = user_data, .op = IO_READ(PROBE, req, struct io_kiocb, opcode),
		.flags = named ? FLIGHT_NAMED : 0, .begun_ns = bpf_ktime_get_ns(),
	};
	struct io_flight *first;
	bool ranged = find_range(&f, req, flags);
	__u64 owner = ring_mm(ring);
	int place = -1, is;

	if (flags & SQE_DRAIN) {
		drain(f.mm, ring);
		if (owner != f.mm)
			drain(owner, ring);
	}
	/* a child's, too, is over what its parent registered */
	if (f.flags & FLIGHT_FIXED && owner)
		f.mm = owner;
	if (flags & REQ_F_CQE_SKIP)
		ranged = false;
	f.call = submitting_call(ring);
	first = find_chain(&f, req);
	if (flags & SQE_DRAIN)
		waits_after_all(first);
	f.flags |= flags & SQE_DRAIN ? FLIGHT_DRAINS | FLIGHT_WAITS : 0;
	f.flags |= flags & SQE_LINKS ? FLIGHT_LINKS : 0;
	if (ranged || named)
		place = place_flight(&f, ranged);
	if (place < 0) {
		if (f.flags & FLIGHT_FIXED)
			flight_unseen();
		return 0;
	}
	if (op_kind[f.op] & OP_NOTICE)
		f.notice = io_notice_of(req);
	keep_flight(&f, place);
	is = judge(f.mm, place);
	if (is)
		count_overlap(place, is, io_tgid(PROBE, (__u64)task));
	return 0;
}

/* A worker has it. */
static __noinline int flight_punted(__u64 ring, __u64 id)
{
	struct io_flight_key key = { ring, id };
	struct io_flight_at *at = bpf_map_lookup_elem(&io_flight_places, &key);
	struct io_flight *f = at && at->place != NO_PLACE ? flight(at->place) : NULL;

	if (f)
		f->punted = 1;
	return 0;
}

#endif
