/* SPDX-License-Identifier: GPL-2.0 */
/*
 * For trace --io and record --io: one fact per I/O over a registered buffer, or per so many of
 * them, when it completes. All are counted in the cells of io_count.h; plain I/O only for record,
 * which asks for its addresses, too.
 */
#ifndef FIXBUF_BPF_IO_FACT_H
#define FIXBUF_BPF_IO_FACT_H

#include "kernel/types.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include "abi/fact.h"
#include "kernel/pid.h"
#include "kernel/regs.h"
#include "kernel/ring.h"
#include "emit.h"
#include "kernel/request.h"
#include "abi/io_cell.h"
#include "io_count.h"
#include "io_failure.h"
#include "io_notice.h"
#include "io_start.h"

const volatile __u32 io_sample;	/* of so many, one is told; 0 = none is asked for */

/* I/Os since the last that was told */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} io_untold SEC(".maps");

static __always_inline bool is_fixed(enum io_access access, __u64 req, __u8 op)
{
	return op_kind[op] & OP_FIXED ||
	       (op_kind[op] & OP_FLAG && io_flag_says_fixed(access, req, op));
}

static __always_inline bool plain_is_left_out(void)
{
	return io_sample && !io_by_address;
}

/* Its end is for on_fact_end(): not so that of plain I/O, which is counted alone. */
static __always_inline bool is_told(enum io_access access, __u64 ring, __u64 req, __s32 res)
{
	__u8 op;

	if (!req)
		return false;
	op = IO_READ(access, req, struct io_kiocb, opcode);
	return op == OP_NOP || is_fixed(access, req, op) ||
	       (op_kind[op] & OP_FLAG && res < 0 && was_refused_fixed(ring, req));
}

static __always_inline bool is_next_to_tell(void)
{
	__u32 zero = 0;
	__u64 *untold;

	if (io_sample == 1)
		return true;
	untold = bpf_map_lookup_elem(&io_untold, &zero);
	if (!untold || ++*untold < io_sample)
		return false;
	*untold = 0;
	return true;
}

static __always_inline void set_offset(struct fact_io *f, __u64 buf)
{
	struct io_mapped_ubuf___common *b = (void *)buf;
	__u64 begin, len;

	if (!buf || bpf_core_read(&begin, sizeof(begin), &b->ubuf))
		return;
	len = buffer_len(buf, begin);
	begin = untagged(begin);
	/* outside: the slot was given another buffer meanwhile */
	if (f->addr < begin || f->len_bytes > len || f->addr - begin > len - f->len_bytes)
		return;
	f->offset_bytes = f->addr - begin;
	f->io_flags |= IO_F_OFFSET;
}

/* .w->buf, .addr and .len_bytes are those of .flags; all but .seen of a failure, too. */
static __always_inline void fill_io(struct fact_io *f, const struct io_what *w, __s32 res, __u32 flags)
{
	struct task_struct *t = (void *)w->task;

	f->h.pid = IO_WHO_TGID(w->who);
	f->h.tid = BPF_CORE_READ(t, pid);
	f->h.uid = BPF_CORE_READ(t, cred, uid.val);
	BPF_CORE_READ_STR_INTO(&f->h.comm, t, group_leader, comm);
	f->addr = untagged(w->addr);
	f->len_bytes = w->len_bytes;
	f->offset_bytes = 0;
	f->buf_addr = 0;
	f->buf_len_bytes = 0;
	f->latency_ns = w->t_ns ? f->h.t_ns - w->t_ns : 0;
	f->result = res;
	f->index = w->index;
	f->nr_slots = 0;
	f->io_flags = flags;
	f->opcode = IO_WHO_OP(w->who);
	f->ns_pid = ns_tgid(t);
}

static __always_inline void tell(const struct io_what *w, __s32 res, __u32 flags, __u64 user_data)
{
	struct task_struct *t = (void *)w->task;
	__u32 uid = BPF_CORE_READ(t, cred, uid.val);
	struct fact_io_named *f = fact_room(sizeof(*f), FACT_IO_DONE, w->ring, 0, w->task, uid, filter);
	struct io_slot slot;

	if (!f)
		return;
	fill_io(&f->io, w, res, flags | IO_F_USER_DATA);
	f->user_data = user_data;
	if (w->buf) {
		set_offset(&f->io, w->buf);
	} else if (flags & IO_F_RANGE) {
		look_at_slot(w->ring, w->index, &slot);
		if (!slot.empty)
			set_offset(&f->io, slot.buf);
	}
	fact_submit(f);
}

/* .seen says of the request what .w would. */
static __always_inline void tell_failed(const struct io_what *w, __s32 res, __u32 flags,
					const struct io_evidence *seen)
{
	struct task_struct *t = (void *)w->task;
	__u32 uid = BPF_CORE_READ(t, cred, uid.val);
	struct fact_io_failed *f = fact_room(sizeof(*f), FACT_IO_FAILED, w->ring, 0, w->task, uid, filter);
	struct fact_io *io = &f->io;

	if (!f)
		return;
	flags |= seen->flags & EV_RANGE ? IO_F_RANGE : 0;
	flags |= seen->flags & EV_INDEX ? 0 : IO_F_NAMELESS;
	flags |= seen->flags & EV_REFUSED ? IO_F_REFUSED : 0;
	flags |= seen->flags & EV_TAG ? IO_F_TAG : 0;
	fill_io(io, w, res, flags);
	io->addr = seen->addr;
	io->len_bytes = seen->len_bytes;
	io->index = seen->index;
	if (seen->flags & EV_SLOT && res == -EFAULT) {
		io->io_flags |= IO_F_NO_IMPORT | (seen->flags & EV_EMPTY ? IO_F_EMPTY : 0);
		io->buf_addr = seen->buf_addr;
		io->buf_len_bytes = seen->buf_len_bytes;
		io->nr_slots = seen->nr_slots;
	}
	if (seen->flags & EV_SLOT && seen->flags & EV_RANGE && !(seen->flags & EV_EMPTY) &&
	    lies_in(seen->addr, seen->len_bytes, seen->buf_addr, seen->buf_len_bytes)) {
		io->offset_bytes = seen->addr - seen->buf_addr;
		io->io_flags |= IO_F_OFFSET;
	}
	f->seen = *seen;
	fact_submit(f);
}

static __always_inline int on_fact_start(__u64 req, enum io_access access)
{
	__u8 op = IO_READ(access, req, struct io_kiocb, opcode);
	__u64 task, now;

	if (!is_fixed(access, req, op))
		return 0;
	task = io_task(access, req);
	if (!ring_selected(io_ring_of(access, req), task))
		return 0;
	if (IO_READ(access, req, struct io_kiocb, flags) & REQ_F_CQE_SKIP) {
		take_start(req);
		count_muted(true);
		return 0;
	}
	now = bpf_ktime_get_ns();
	put_start(req, IO_START_TIME(now));
	if (op_kind[op] & OP_NOTICE)
		put_notice(req, op, now);
	return 0;
}

/* Told at once: the request may not say what it is when it completes. */
static __noinline int on_fact_refused(__u64 ring, __u64 req, __u64 sqe, __s32 res)
{
	struct io_what w = { .ring = ring };
	struct io_fresh *f;

	w.task = bpf_get_current_task();
	if (!ring_selected(ring, w.task))
		return 0;
	f = take_fresh();
	if (!f)
		return 0;
	w.who = see_refused(&f->failure, ring, req, sqe, res, plain_is_left_out());
	if (w.who) {
		put_start(req, IO_START_REFUSED);
		merge_failure(ring, w.who, res, IO_FAILED, f);
		/* of others none is told */
		if (IO_WHO_FIXED(w.who) && is_next_to_tell())
			tell_failed(&w, res, 0, &f->failure.seen);
	}
	put_fresh(f);
	return 0;
}

static __noinline int tell_seen(const struct io_what *of, __s32 res, __u32 flags, struct io_fresh *f)
{
	/* a number, which may be passed on as one */
	struct io_what w = {
		.ring = of->ring, .task = io_task(PROBE, of->req), .who = of->who, .t_ns = of->t_ns,
	};

	tell_failed(&w, res, flags, &f->failure.seen);
	return 0;
}

/* Looked at, then told: each is a call of its own, since both together take too much stack. */
static __always_inline void on_fact_failed(const struct io_what *w, __s32 res, __u32 flags)
{
	struct io_fresh *f = failure_seen(w->ring, w->req, w->who, res);

	if (!f)
		return;
	if (is_next_to_tell())
		tell_seen(w, res, flags, f);
	put_fresh(f);
}

/*
 * It names no buffer. A frame of its own: beside what counts a notification there is no stack for it
 * (512 bytes for all callers up to 6.12).
 */
static __noinline int tell_notice(__u64 ring, __u64 req, __u64 start, __u32 flags)
{
	struct io_what w = { .ring = ring, .t_ns = IO_NOTICE_TIME(start) };
	struct fact_io_named *f;
	struct task_struct *t;

	w.task = io_task(PROBE, req);
	w.who = IO_WHO(io_tgid(PROBE, w.task), op_of_notice(start), true);
	t = (void *)w.task;
	f = fact_room(sizeof(*f), FACT_IO_NOTICE, ring, 0, w.task, BPF_CORE_READ(t, cred, uid.val), filter);
	if (!f)
		return 0;
	fill_io(&f->io, &w, 0, flags | IO_F_USER_DATA);
	f->user_data = request_user_data(req);
	fact_submit(f);
	return 0;
}

/* Told where every I/O is: one in so many would say of none which it belongs to. */
static __noinline int on_fact_notice(__u64 ring, __u64 req, __s32 res)
{
	bool fixed = notification_is_fixed(req);
	__u64 start;

	if ((!fixed && plain_is_left_out()) || !ring_selected(ring, io_task(PROBE, req)))
		return 0;
	start = take_start(req);
	see_notice(ring, req, res, start, true);
	if (!fixed || io_sample != 1 || !(start & IO_START_NOTICE))
		return 0;
	return tell_notice(ring, req, start, IO_F_NAMELESS | (res == NOTIF_COPIED ? IO_F_COPIED : 0));
}

/* A plain NOP's start was kept before it was looked at what it is over, as where plain I/O is counted all are. */
static __noinline int forget_start(__u64 req)
{
	take_start(req);
	return 0;
}

/* .cqe_flags are those of the completion. */
static __always_inline int on_fact_end(__u64 ring, __u64 req, __s32 res, __u32 cqe_flags,
				       enum io_access access)
{
	struct io_what w = { .ring = ring, .req = req };
	__u32 flags = 0;
	__u64 start;
	__u8 op;

	if (!req)
		return 0;
	op = IO_READ(access, req, struct io_kiocb, opcode);
	/* a notification of SEND_ZC bears this opcode and is no request's end */
	if (op == OP_NOP && cqe_flags & CQE_F_NOTIF)
		return on_fact_notice(ring, req, res);
	if (!is_fixed(access, req, op) &&
	    !(op_kind[op] & OP_FLAG && res < 0 && was_refused_fixed(ring, req)))
		return plain_is_left_out() ? 0 : forget_start(req);
	/* a number, which may be passed on as one */
	w.task = io_task(PROBE, req);
	w.who = IO_WHO(io_tgid(PROBE, w.task), op, true);
	if (!ring_selected(ring, w.task))
		return 0;
	start = take_start(req);
	if (IO_START_IS_IO(start)) {
		w.t_ns = IO_START_TIME(start);
		flags |= start & IO_START_PUNTED ? IO_F_PUNTED : 0;
	} else if (!start) {
		COUNT_LOSS(no_start);
	}
	count_end(find_cell(w.ring, w.who, w.task), &w, IO_AS(access, req, struct io_kiocb),
		  op_kind[op], res, DETAIL, access);
	if (res < 0) {
		on_fact_failed(&w, res, flags);
		return 0;
	}
	if (!is_next_to_tell())
		return 0;
	/* read again: no stack is left to keep it */
	w.task = io_task(PROBE, req);
	w.index = IO_READ(access, req, struct io_kiocb, buf_index);
	if (op_kind[op] & OP_LENGTH) {
		w.addr = io_rw_addr(access, req);
		w.len_bytes = io_rw_len(access, req);
		w.buf = io_buffer_of(access, req);
		flags |= IO_F_RANGE;
	} else if (op == OP_SEND || op == OP_SEND_ZC) {
		w.addr = io_send_addr(req);
		w.len_bytes = io_send_len(access, req);
		flags |= IO_F_RANGE;
	}
	tell(&w, res, flags, request_user_data(req));
	return 0;
}

static __noinline int on_fact_failed_ud(const struct io_what *w, const struct io_ud_start *s,
					__s32 res, __u32 flags)
{
	struct io_fresh *f = take_fresh();

	if (!f)
		return 0;
	see_failure_ud(&f->failure, s);
	merge_failure(w->ring, w->who, res, IO_FAILED, f);
	if (is_next_to_tell())
		tell_failed(w, res, flags, &f->failure.seen);
	put_fresh(f);
	return 0;
}

/* .s: what its start was kept as. */
static __always_inline int on_fact_end_ud(struct io_ud_start *s, __s32 res)
{
	struct io_what w = started_as(s);
	__u32 flags = IO_F_RANGE;

	if (s->punted)
		flags |= IO_F_PUNTED;
	__sync_fetch_and_add(&s->pending, -1U);
	/* one that is not known may have been fixed */
	if (!IO_WHO_FIXED(w.who) && IO_WHO_OP(w.who) != IO_OP_UNKNOWN)
		return 0;
	if (!w.t_ns) {
		COUNT_LOSS(ambiguous);
		flags = IO_F_NAMELESS;
		w.addr = 0;
		w.len_bytes = 0;
		w.index = 0;
	}
	if (!IO_WHO_FIXED(w.who))
		return 0;
	count_end(find_cell(w.ring, w.who, w.task), &w, NULL,
		  op_kind[IO_WHO_OP(w.who)], res, DETAIL, PROBE);
	if (res < 0)
		return on_fact_failed_ud(&w, s, res, flags & ~IO_F_RANGE);
	if (is_next_to_tell())
		tell(&w, res, flags, s->user_data);
	return 0;
}

#endif
