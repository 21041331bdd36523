/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Where the start of a request is kept until its end: a fixed table without
 * locks. A start that lost its place is counted, never taken for another.
 */
#ifndef FIXBUF_BPF_IO_START_H
#define FIXBUF_BPF_IO_START_H

#include "io_count.h"
#include "io_yield.h"

/* In the order written. */
#define STORE(x, value) (*(volatile __u64 *)&(x) = (value))

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, IO_UD_STARTS); /* the user side makes .io_nr_ud_starts */
	__type(key, __u32);
	__type(value, struct io_ud_start);
} io_ud_starts SEC(".maps");

const volatile __u32 io_nr_ud_starts;

const volatile bool io_share_starts;	/* up to IO_START_SHARED requests of a call have one start */

/*
 * When a request is submitted. A reading is shared by what the same call takes from the same
 * queue next: what was read in another call, or of another ring that had this address, is not.
 */
static __always_inline __u64 start_time(enum io_access access, __u64 ring)
{
	struct io_cpu *cpu = io_share_starts ? this_cpu() : NULL;
	__u32 at, taken, since;

	if (!cpu)
		return bpf_ktime_get_ns();
	at = io_queue_at(access, ring);
	taken = io_queue_taken(access, ring, at);
	since = at - cpu->start_at;
	if (cpu->start_ring == ring && cpu->start_epoch == io_epoch && since &&
	    since < IO_START_SHARED && since < taken)
		return cpu->start_ns;
	cpu->start_ring = ring;
	cpu->start_epoch = io_epoch;
	cpu->start_at = at;
	cpu->start_ns = bpf_ktime_get_ns();
	return cpu->start_ns;
}

static __always_inline struct io_start_set *start_set(__u64 req)
{
	return set_at(req, 0);
}

static __always_inline struct io_start *own_way(struct io_start_set *s, __u64 req)
{
	return &s->way[(req >> 8) & (IO_START_WAYS - 1)];
}

static __always_inline bool is_of(const struct io_start *way, __u64 t, __u64 req)
{
	return t && (way->key ^ t) == req;
}

static __always_inline struct io_start *find_in(struct io_start_set *s, __u64 req)
{
	for (int i = 0; s && i < IO_START_WAYS; i++)
		if (is_of(&s->way[i], s->way[i].t_ns, req))
			return &s->way[i];
	return NULL;
}

static __noinline struct io_start *find_start(__u64 req)
{
	for (__u32 i = 0; i < IO_START_TRIES; i++) {
		struct io_start *way = find_in(set_at(req, i), req);

		if (way)
			return way;
	}
	return NULL;
}

static __noinline struct io_start *room_for(__u64 req)
{
	for (__u32 i = 0; i < IO_START_TRIES; i++) {
		struct io_start_set *s = set_at(req, i);

		for (int j = 0; s && j < IO_START_WAYS; j++)
			if (!s->way[j].t_ns)
				return &s->way[j];
	}
	return NULL;
}

/* Where others are: not often. */
static __noinline int put_beside(struct io_start_set *s, __u64 req, __u64 now)
{
	struct io_start *way = find_start(req);

	if (!s)
		return 0;
	if (way) {
		/* its end was not seen: the completion ring was full, or it was muted */
		if (way->t_ns & IO_START_NOTICE)
			COUNT_LOSS(no_send);
		else
			COUNT_LOSS(reused);
	} else {
		way = room_for(req);
	}
	if (!way)
		way = yielded_way(req, now);
	if (!way)
		return 0;
	STORE(way->t_ns, now);
	STORE(way->key, req ^ now);
	return 0;
}

static __always_inline void put_start(__u64 req, __u64 now)
{
	struct io_start_set *s = start_set(req);
	struct io_start *own;
	bool before = false;

	if (!s)
		return;
	own = own_way(s, req);
	for (int i = 0; i < IO_START_WAYS; i++)
		before |= (s->way[i].key ^ s->way[i].t_ns) == req;
	if (before || own->t_ns) {
		put_beside(s, req, now);
		return;
	}
	STORE(own->t_ns, now);
	STORE(own->key, req ^ now);
}

static __always_inline void free_way(struct io_start *way)
{
	/* last what marks it as taken: another CPU may want the place */
	STORE(way->key, 0);
	STORE(way->t_ns, 0);
}

static __noinline __u64 take_beside(__u64 req)
{
	struct io_start *way = find_start(req);
	__u64 t = way ? way->t_ns : 0;

	/* read again: another CPU may have wanted the place */
	if (!way || !is_of(way, t, req))
		return 0;
	free_way(way);
	return t;
}

/* 0 when it is not there. */
static __always_inline __u64 take_start(__u64 req)
{
	struct io_start_set *s = start_set(req);
	struct io_start *own;
	__u64 t;

	if (!s)
		return 0;
	own = own_way(s, req);
	t = own->t_ns;
	if (is_of(own, t, req)) {
		free_way(own);
		return t;
	}
	return take_beside(req);
}

/* When it was submitted, with the bits of a start; 0 = it is not under way. */
static __always_inline __u64 started_at(__u64 req)
{
	struct io_start *way = find_start(req);
	__u64 t = way ? way->t_ns : 0;

	return IO_START_IS_IO(t) ? t : 0;
}

/*
 * A start that is kept, handed to a worker: says so by its lowest bit, which was 0.
 * True when it said so already.
 */
static __always_inline bool mark_punted(__u64 req)
{
	struct io_start *way = find_start(req);
	__u64 t = way ? way->t_ns : 0;

	if (!way || t <= IO_START_REFUSED || !is_of(way, t, req))
		return false;
	if (t & IO_START_PUNTED)
		return true;
	STORE(way->t_ns, t | IO_START_PUNTED);
	STORE(way->key, req ^ (t | IO_START_PUNTED));
	return false;
}

/* That of this name, else a free one, else one that has to give its place. */
static __noinline struct io_ud_start *ud_start(__u64 ring, __u64 user_data)
{
	__u64 hash = (((ring >> 10) ^ user_data) * 0x9e3779b97f4a7c15ULL) >> 30;
	__u32 set = (hash >> 2) * (io_nr_ud_starts / IO_UD_WAYS) >> 32;
	struct io_ud_start *s = NULL, *free = NULL;

	for (__u32 i = 0; i < IO_UD_WAYS; i++) {
		/* each begins with a place of its own: two CPUs seldom want one */
		__u32 index = set * IO_UD_WAYS + ((hash + i) & (IO_UD_WAYS - 1));

		s = bpf_map_lookup_elem(&io_ud_starts, &index);
		if (!s)
			return NULL;
		if (s->pending && s->ring == ring && s->user_data == user_data)
			return s;
		if (!s->pending && !free)
			free = s;
	}
	return free ? free : s;
}

/* The same by ring and user_data. */
static __always_inline bool mark_punted_ud(__u64 ring, __u64 req)
{
	__u64 user_data = IO_READ(PROBE, req, struct io_kiocb___name, user_data);
	struct io_ud_start *s = ud_start(ring, user_data);
	bool before;

	if (!s || !s->pending || s->ring != ring || s->user_data != user_data)
		return false;
	before = s->punted;
	s->punted = 1;
	/* of several with that name each may have been handed over */
	return before && s->t_ns;
}

static __always_inline __u32 ud_check(const struct io_ud_start *s)
{
	__u64 sum = s->ring ^ s->user_data * 3 ^ s->t_ns * 5 ^ s->who * 7 ^ s->addr * 9 ^
		    s->buf * 13 ^ s->task * 15 ^
		    (s->len_bytes | (__u64)s->index << 32 | (__u64)s->direct << 48) * 17;

	return sum ^ sum >> 32;
}

/* Of a request that ended; NULL counts as not seen. */
static __always_inline struct io_ud_start *ud_ended(__u64 ring, __u64 user_data)
{
	struct io_ud_start *s = ud_start(ring, user_data);

	if (s && s->pending && s->ring == ring && s->user_data == user_data &&
	    s->check == ud_check(s))
		return s;
	COUNT_LOSS(no_start);
	return NULL;
}

/* What its start kept of it; .t_ns is 0 where several of that name were under way. */
static __always_inline struct io_what started_as(const struct io_ud_start *s)
{
	return (struct io_what){
		.ring = s->ring, .task = s->task, .who = s->who, .addr = s->addr,
		.len_bytes = s->len_bytes, .buf = s->buf, .t_ns = s->t_ns, .index = s->index,
		.direct = s->direct,
	};
}

static __always_inline void fill_ud_start(struct io_ud_start *s, __u64 ring, __u64 req, __u8 op,
					  __u64 user_data)
{
	s->ring = ring;
	s->user_data = user_data;
	s->task = io_task(PROBE, req);
	s->who = IO_WHO(io_tgid(PROBE, s->task), op, op_kind[op] & OP_FIXED);
	s->t_ns = bpf_ktime_get_ns();
	s->index = IO_READ(PROBE, req, struct io_kiocb, buf_index);
	s->addr = io_rw_addr(PROBE, req);
	s->len_bytes = io_rw_len(PROBE, req);
	s->buf = io_by_buffer || io_by_stale ? io_buffer_of(PROBE, req) : 0;
	s->direct = io_by_address ? io_is_direct(PROBE, req) : 0;
	s->pending = 1;
	s->punted = 0;
	s->check = ud_check(s);
}

#endif
