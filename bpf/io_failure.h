/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Why requests failed, kept by kind: what was found of the first, how often and when. What was
 * seen before a request's end (a refusal, a broken link) waits in .io_marks for it.
 */
#ifndef FIXBUF_BPF_IO_FAILURE_H
#define FIXBUF_BPF_IO_FAILURE_H

#include "kernel/types.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include "abi/io_cell.h"
#include "io_count.h"
#include "io_evidence.h"
#include "io_start.h"
#include "kernel/preempt.h"

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, IO_FAILURES);
	__type(key, struct io_failure_place);
	__type(value, struct io_failure);
} io_failures SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, IO_CALLS);
	__type(key, struct io_calls_place);
	__type(value, struct io_ring_calls);
} io_ring_calls SEC(".maps");

/* A request that has not ended: another's failure will end it, or its own was told. */
struct io_mark {
	__u64 ring, own;	/* the request's, and its user_data: requests are used again */
	__u64 user_data;	/* of the other */
	__u32 flags;		/* EV_AFTER, EV_BEFORE or EV_REFUSED, this one with EV_FIXED */
	__u32 op, len;		/* of the other */
	__s32 result;		/* of the other; EV_REFUSED: its own */
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, IO_FAILURES);
	__type(key, __u64);
	__type(value, struct io_mark);
} io_marks SEC(".maps");

/* Failures under way at once on a CPU: in an interrupt's program, or in those of preempted tasks. */
#define IO_FRESH	4

/* Where one is put together: it takes more of the 512 bytes of stack than its callers leave. */
struct io_fresh {
	__u64 taken;
	struct io_failure failure;
	struct io_failure_place place;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, IO_FRESH);
	__type(key, __u32);
	__type(value, struct io_fresh);
} io_fresh SEC(".maps");

/*
 * All zero, and the caller's until put_fresh(); NULL, and the failure counted as one without its
 * cause, when none is free. An interrupt between look and mark is over, and its place free, when
 * the mark is made; another task is kept out.
 */
static __noinline struct io_fresh *take_fresh(void)
{
	bool preempts = HAS_FUNC(bpf_preempt_disable);

	for (__u32 i = 0; i < IO_FRESH; i++) {
		__u32 at = i;
		struct io_fresh *f = bpf_map_lookup_elem(&io_fresh, &at);
		__u64 taken;

		if (!f)
			continue;
		if (preempts)
			bpf_preempt_disable();
		taken = f->taken;
		f->taken = 1;
		if (preempts)
			bpf_preempt_enable();
		if (taken)
			continue;
		__builtin_memset(&f->failure.seen, 0, sizeof(f->failure.seen));
		return f;
	}
	COUNT_LOSS(no_cause);
	return NULL;
}

static __always_inline void put_fresh(struct io_fresh *f)
{
	STORE(f->taken, 0);
}

/* A slot is empty that may have held a buffer: what was called on the ring before. */
static __noinline int see_calls(struct io_evidence *ev, __u64 ring)
{
	struct io_calls_place key = { .ring = ring, .born_ns = ring_born(ring) };
	const struct io_calls *c = bpf_map_lookup_elem(&io_ring_calls, &key);

	if (!c || !(ev->nr_slots ? c->updates : c->unregisters))
		return 0;
	ev->called_ns = c->last_ns;
	ev->flags |= EV_CHANGED;
	return 0;
}

/* .who: IO_WHO(). */
static __noinline int merge_failure(__u64 ring, __u64 who, __s32 res, enum io_failure_kind kind,
				    struct io_fresh *fresh)
{
	struct io_failure_place *place = &fresh->place;
	struct io_evidence *ev = &fresh->failure.seen;
	struct io_ring *r;
	struct io_failure *f;

	if (ev->flags & EV_EMPTY)
		see_calls(ev, ring);
	r = bpf_map_lookup_elem(&io_rings, &ring);
	place->key.ring = ring;
	place->key.pid = IO_WHO_TGID(who);
	place->key.found = IO_FOUND(ev->flags, ev->sqe_flags,
				    IO_FILE(ev->inode_mode, ev->file_mode, ev->fs_magic));
	place->key.what = (__u32)who;
	place->key.index = ev->index;
	place->key.result = res;
	place->key.op_flags = ev->op_flags;
	place->key.kind = kind;
	place->key.head = IO_HEAD(ev->head_op, ev->head_result);
	place->born_ns = r ? r->born_ns : 0;
	/* no stack is left to ask whose a ring without a row is */
	place->payer = r ? r->payer : IO_OLD_PAYER;
	f = bpf_map_lookup_elem(&io_failures, place);
	if (!f) {
		fresh->failure.count = 0;
		fresh->failure.first_ns = bpf_ktime_get_ns();
		io_add(&io_failures, place, &fresh->failure, place->payer, IO_TABLE_FAILURES);
		f = bpf_map_lookup_elem(&io_failures, place);
		if (!f) {
			COUNT_LOSS(no_cause);
			io_lost_of(place->payer, IO_TABLE_FAILURES);
			return 0;
		}
	}
	__sync_fetch_and_add(&f->count, 1);
	f->last_ns = bpf_ktime_get_ns();
	return 0;
}

/* Fills .fresh of a request that ends with .res; false when its refusal was told. */
static __always_inline bool see_failure(struct io_failure *fresh, __u64 ring, __u64 req, __u64 who,
				  __s32 res)
{
	struct io_mark *m = bpf_map_lookup_elem(&io_marks, &req);
	struct io_evidence *ev = &fresh->seen;
	bool told;

	if (m && (m->ring != ring || m->own != request_user_data(req))) {
		/* of one whose end was not seen */
		bpf_map_delete_elem(&io_marks, &req);
		m = NULL;
	}
	told = m && m->flags & EV_REFUSED && m->result == res;
	ev->opcode = IO_WHO_OP(who);
	if (!told) {
		ev->flags = IO_WHO_FIXED(who) ? EV_FIXED : 0;
		see_request(ev, ring, req, io_task(PROBE, req));
	}
	if (!m)
		return true;
	if (!told && res == -ECANCELED) {
		ev->flags |= m->flags;
		ev->head_user_data = m->user_data;
		ev->head_op = m->op;
		ev->head_len = m->len;
		ev->head_result = m->result;
	}
	bpf_map_delete_elem(&io_marks, &req);
	return !told;
}

/* What was seen and counted of it, which is to be given to put_fresh(); NULL when it was told. */
static __noinline struct io_fresh *failure_seen(__u64 ring, __u64 req, __u64 who, __s32 res)
{
	struct io_fresh *f = take_fresh();

	if (!f)
		return NULL;
	if (!see_failure(&f->failure, ring, req, who, res)) {
		put_fresh(f);
		return NULL;
	}
	merge_failure(ring, who, res, IO_FAILED, f);
	return f;
}

static __always_inline void note_failure(__u64 ring, __u64 req, __u64 who, __s32 res)
{
	struct io_fresh *f = failure_seen(ring, req, who, res);

	if (f)
		put_fresh(f);
}

/* One of which no more is known than was kept when it started. */
static __always_inline void see_failure_ud(struct io_failure *fresh, const struct io_ud_start *s)
{
	struct io_evidence *ev = &fresh->seen;

	ev->opcode = IO_WHO_OP(s->who);
	ev->user_data = s->user_data;
	ev->flags = IO_WHO_FIXED(s->who) ? EV_FIXED : 0;
	/* of several that bear one user_data it is not known which ended */
	if (!s->t_ns)
		return;
	ev->addr = s->addr;
	ev->len_bytes = s->len_bytes;
	if (op_kind[ev->opcode] & OP_LENGTH)
		ev->flags |= EV_RANGE;
	if (ev->flags & EV_FIXED) {
		ev->index = s->index;
		ev->flags |= EV_INDEX;
		read_slot(ev, s->ring, 0);
		find_other(ev, s->ring);
	}
	take_tags(ev);
}

static __noinline int note_failure_ud(const struct io_ud_start *s, __s32 res)
{
	struct io_fresh *f = take_fresh();

	if (!f)
		return 0;
	see_failure_ud(&f->failure, s);
	merge_failure(s->ring, s->who, res, IO_FAILED, f);
	put_fresh(f);
	return 0;
}

/* Handed to a worker: why, so far as its request and file tell; no more is looked at. */
static __noinline int note_punt(__u64 ring, __u64 req, __u64 who)
{
	struct io_fresh *f = take_fresh();
	struct io_evidence *ev;

	if (!f)
		return 0;
	ev = &f->failure.seen;
	ev->opcode = IO_WHO_OP(who);
	ev->flags = IO_WHO_FIXED(who) ? EV_FIXED : 0;
	ev->sqe_flags = IO_READ(PROBE, req, struct io_kiocb, flags) & SQE_FLAGS &
			(SQE_DRAIN | SQE_ASYNC);
	ev->offset = ~0ULL;
	if (!ev->sqe_flags) {
		if (op_is_rw(ev->opcode))
			ev->op_flags = io_rw_flags(req);
		look_at_file(ev, (__u64)IO_READ(PROBE, req, struct io_kiocb___file, file));
	}
	merge_failure(ring, who, 0, IO_PUNTED, f);
	put_fresh(f);
	return 0;
}

/* .req: the notification of a zero-copy send, which says that the kernel copied its data. */
static __noinline int note_copied(__u64 ring, __u64 req, __u8 op)
{
	bool fixed = notification_is_fixed(req);
	struct io_fresh *f = take_fresh();
	struct io_evidence *ev;

	if (!f)
		return 0;
	ev = &f->failure.seen;
	ev->opcode = op;
	ev->flags = fixed ? EV_FIXED : 0;
	ev->user_data = request_user_data(req);
	merge_failure(ring, IO_WHO(io_tgid(PROBE, io_task(PROBE, req)), op, fixed), 0,
		      IO_COPIED, f);
	put_fresh(f);
	return 0;
}

/* A completion found its ring full. .who: IO_WHO(), of IO_OP_UNKNOWN where its request is not known. */
static __noinline int note_late(__u64 ring, __u64 who)
{
	struct io_fresh *f = take_fresh();

	if (!f)
		return 0;
	f->failure.seen.opcode = IO_WHO_OP(who);
	/* while the ring is there: later its address may be another's */
	f->failure.seen.cq_entries = BPF_CORE_READ((struct io_ring_ctx *)ring, cq_entries);
	merge_failure(ring, who, 0, IO_LATE, f);
	put_fresh(f);
	return 0;
}

/* What was refused before its flags were taken over does not say that it is over a registered buffer: its sqe did. */
static __noinline int was_refused_fixed(__u64 ring, __u64 req)
{
	const struct io_mark *m = bpf_map_lookup_elem(&io_marks, &req);

	return m && m->ring == ring && m->flags & EV_REFUSED && m->flags & EV_FIXED &&
	       m->own == request_user_data(req);
}

/* A refusal stays: it is what the request itself ends with. */
static __always_inline void mark(__u64 req, const struct io_mark *m)
{
	const struct io_mark *before = bpf_map_lookup_elem(&io_marks, &req);

	if (!before || !(before->flags & EV_REFUSED) || m->flags & EV_REFUSED)
		bpf_map_update_elem(&io_marks, &req, m, BPF_ANY);
}

/*
 * Refused at submission with .res: fills .fresh and returns whose it is (IO_WHO()), 0 when it is
 * no I/O, or not .fixed and only such is asked for. The head of its link ends with ECANCELED.
 */
static __always_inline __u64 see_refused(struct io_failure *fresh, __u64 ring, __u64 req,
					 __u64 sqe, __s32 res, bool only_fixed)
{
	struct io_sqe_head s = { 0 };
	struct io_mark m = { .ring = ring, .flags = EV_REFUSED, .result = res };
	__u64 head = link_head(ring);
	bool fixed, plain;

	if (bpf_probe_read_kernel(&s, sizeof(s), (void *)sqe))
		return 0;
	fixed = sqe_is_fixed(&s);
	plain = !only_fixed && op_kind[s.opcode] && s.opcode != OP_NOP;
	/* none that is not marked is looked at when it ends */
	m.own = s.user_data;
	m.flags |= fixed ? EV_FIXED : 0;
	if (fixed || plain)
		mark(req, &m);
	if (head && head != req) {
		m.own = request_user_data(head);
		m.flags = EV_BEFORE;
		m.op = s.opcode;
		m.user_data = s.user_data;
		mark(head, &m);
	}
	if (!fixed && !plain)
		return 0;
	fresh->seen.flags = fixed ? EV_FIXED : 0;
	see_sqe(&fresh->seen, ring, &s);
	return IO_WHO(bpf_get_current_pid_tgid() >> 32, s.opcode, fixed);
}

static __noinline int note_refused(__u64 ring, __u64 req, __u64 sqe, __s32 res)
{
	struct io_fresh *f = take_fresh();
	__u64 who;

	if (!f)
		return 0;
	who = see_refused(&f->failure, ring, req, sqe, res, false);
	if (who)
		merge_failure(ring, who, res, IO_FAILED, f);
	put_fresh(f);
	return 0;
}

/* .head failed, or did less than was asked for: .link behind it is cancelled. */
static __always_inline void mark_link(__u64 head, __u64 link)
{
	struct io_mark m = { .flags = EV_AFTER };
	__u8 op = IO_READ(PROBE, head, struct io_kiocb, opcode);

	m.ring = (__u64)IO_READ(PROBE, link, struct io_kiocb, ctx);
	m.own = request_user_data(link);
	m.op = op;
	m.result = request_result(head);
	m.user_data = request_user_data(head);
	m.len = op_kind[op] & OP_LENGTH ? io_rw_len(PROBE, head) : 0;
	mark(link, &m);
}

#endif
