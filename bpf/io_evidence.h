/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Gathers why a request failed, from it or from its sqe: paid for by those that fail only. Functions
 * that are not static are verified once each, whatever was found before; they take kernel 5.12.
 */
#ifndef FIXBUF_BPF_IO_EVIDENCE_H
#define FIXBUF_BPF_IO_EVIDENCE_H

#include "kernel/types.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include "abi/io_evidence.h"
#include "kernel/io_failed.h"
#include "kernel/io_file.h"
#include "kernel/regs.h"
#include "kernel/request.h"
#include "kernel/ring.h"

/* What an index names now. */
struct io_slot {
	__u64 buf;
	__u64 addr, len_bytes;
	__u32 nr_slots;
	bool empty;
};

static __always_inline void look_at_slot(__u64 ring, __u32 index, struct io_slot *s)
{
	struct ring_table t;
	__u64 node;

	ring_table(ring, &t);
	s->buf = 0;
	s->addr = 0;
	s->len_bytes = 0;
	s->nr_slots = t.nr;
	s->empty = true;
	if (index >= t.nr)
		return;
	s->buf = slot_buffer(&t, index, &node);
	if (!s->buf)
		return;
	struct io_mapped_ubuf___common *b = (void *)s->buf;

	bpf_core_read(&s->addr, sizeof(s->addr), &b->ubuf);
	if (s->addr == EMPTY_UBUF)
		return;
	s->empty = false;
	s->len_bytes = buffer_len(s->buf, s->addr);
}

static __always_inline bool lies_in(__u64 addr, __u64 len, __u64 begin, __u64 bytes)
{
	return addr >= begin && len <= bytes && addr - begin <= bytes - len;
}

/* Whether a slot holds the whole range. Global: the verifier goes through it once, not in each round. */
__noinline int slot_holds(__u64 slots, __u32 index, __u64 addr, __u64 len)
{
	const struct ring_table t = { .slots = slots };
	__u64 node, begin = EMPTY_UBUF;
	struct io_mapped_ubuf___common *b = (void *)slot_buffer(&t, index, &node);

	if (!b || bpf_core_read(&begin, sizeof(begin), &b->ubuf) || begin == EMPTY_UBUF)
		return 0;
	return lies_in(addr, len, begin, buffer_len((__u64)b, begin));
}

/* The first slot that holds the whole range, -1 = none of those looked at. */
__noinline int slot_holding(__u64 ring, __u64 addr, __u64 len)
{
	struct ring_table t;

	ring_table(ring, &t);
	for (__u32 i = 0; i < EV_MAX_SLOTS && i < t.nr; i++)
		if (slot_holds(t.slots, i, addr, len))
			return i;
	return -1;
}

/* Of a vectored request over a buffer: the first iovec that is not in it, if the array can be read. */
static __always_inline void find_segment(struct io_evidence *ev, __u64 iovecs)
{
	struct { __u64 base, len; } iov;

	for (__u32 i = 0; i < EV_MAX_SEGMENTS && i < ev->nr_segments; i++) {
		if (bpf_probe_read_user(&iov, sizeof(iov), (void *)(iovecs + i * sizeof(iov))))
			return;
		if (lies_in(iov.base, iov.len, ev->buf_addr, ev->buf_len_bytes))
			continue;
		ev->addr = iov.base;
		ev->len_bytes = iov.len;
		ev->segment = i;
		ev->flags |= EV_RANGE | EV_SEGMENT;
		return;
	}
}

/* .iovecs: of a vectored request in whose address space we are, else 0. */
static __always_inline void read_slot(struct io_evidence *ev, __u64 ring, __u64 iovecs)
{
	struct io_slot s;

	look_at_slot(ring, ev->index, &s);
	ev->flags |= EV_SLOT | (s.empty ? EV_EMPTY : 0);
	ev->buf_addr = s.empty ? 0 : s.addr;
	ev->buf_len_bytes = s.len_bytes;
	ev->nr_slots = s.nr_slots;
	if (iovecs && !s.empty)
		find_segment(ev, iovecs);
}

/* Beside read_slot(), not in it: so they do not take stack at a time. */
static __always_inline void find_other(struct io_evidence *ev, __u64 ring)
{
	int other;

	if (!(ev->flags & EV_RANGE) ||
	    (!(ev->flags & EV_EMPTY) &&
	     lies_in(ev->addr, ev->len_bytes, ev->buf_addr, ev->buf_len_bytes)))
		return;
	if (!(ev->flags & EV_EMPTY) && lies_in(ev->addr, 1, ev->buf_addr, ev->buf_len_bytes))
		ev->flags |= EV_BEGINS_IN;
	other = slot_holding(ring, ev->addr, ev->len_bytes);
	if (other >= 0) {
		ev->other = other;
		ev->flags |= EV_OTHER;
	}
}

/* The last of all: addresses are compared with their tags, as the kernel does, and told without. */
static __always_inline void take_tags(struct io_evidence *ev)
{
	__u64 differ = ev->addr ^ ev->buf_addr;

	if (ev->flags & EV_RANGE && ev->flags & EV_SLOT && !(ev->flags & EV_EMPTY) &&
	    untagged(differ) != differ)
		ev->flags |= EV_TAG;
	ev->addr = untagged(ev->addr);
	ev->buf_addr = untagged(ev->buf_addr);
}

__noinline int see_slot(struct io_evidence *ev, __u64 ring, __u64 iovecs)
{
	if (ev)
		read_slot(ev, ring, iovecs);
	return 0;
}

static __always_inline int see_device(struct io_evidence *ev, __u64 device)
{
	struct request_queue *q = device_queue(device);

	ev->block_bytes = queue_block_bytes(q);
	ev->memory_align = queue_memory_align(q);
	if (!ev->block_bytes)
		return 0;
	ev->flags |= EV_DEVICE;
	if (ev->offset != ~0ULL && ev->offset & (ev->block_bytes - 1))
		ev->flags |= EV_BAD_OFFSET;
	if (!(ev->flags & EV_RANGE))
		return 0;
	if (ev->len_bytes & (ev->block_bytes - 1))
		ev->flags |= EV_BAD_LEN;
	if (ev->addr & (ev->memory_align - 1))
		ev->flags |= EV_BAD_ADDR;
	return 0;
}

static __always_inline void look_at_file(struct io_evidence *ev, __u64 file)
{
	struct file___open *open = (void *)file;
	struct file *f = (void *)file;
	__u64 device;

	if (!file) {
		ev->flags |= EV_NO_FILE;
		return;
	}
	ev->flags |= EV_FILE;
	ev->file_mode = BPF_CORE_READ(open, f_mode);
	ev->file_flags = BPF_CORE_READ(open, f_flags);
	ev->inode_mode = BPF_CORE_READ(f, f_inode, i_mode);
	ev->fs_magic = BPF_CORE_READ(f, f_inode, i_sb, s_magic);
	if (BPF_CORE_READ(open, f_op, iopoll))
		ev->flags |= EV_POLLS;
	if ((ev->inode_mode & MODE_TYPE) == MODE_SOCKET) {
		ev->family = socket_family(f);
		ev->flags |= EV_SOCKET;
		return;
	}
	device = file_device(f, ev->inode_mode);
	if (device && ev->file_flags & O_DIRECT_FLAG)
		see_device(ev, device);
}

__noinline int see_file(struct io_evidence *ev, __u64 file)
{
	if (ev)
		look_at_file(ev, file);
	return 0;
}

static __always_inline void see_ring(struct io_evidence *ev, __u64 ring)
{
	__s64 files = ring_files(ring);

	ev->setup_flags = BPF_CORE_READ((struct io_ring_ctx *)ring, flags);
	if (files >= 0) {
		ev->nr_files = files;
		ev->flags |= files ? EV_FILE_TABLE : EV_NO_FILES;
	}
}

static __always_inline void see_account(struct io_evidence *ev, __u64 ring, struct task_struct *t)
{
	__u64 user = ring_user(ring);

	if (!user) {
		ev->flags |= EV_NO_LIMIT;
		return;
	}
	ev->flags |= EV_ACCOUNT;
	ev->locked_pages = user_locked(user);
	ev->limit_bytes = BPF_CORE_READ(t, signal, rlim[RLIMIT_MEMLOCK].rlim_cur);
}

static __always_inline void see_cancel(struct io_evidence *ev, __u64 ring, __u64 req)
{
	if (request_waited(req))
		ev->flags |= EV_WAITED;
	if (request_has_timeout(req))
		ev->flags |= EV_TIMEOUT;
	if (ring_is_dying(ring))
		ev->flags |= EV_CLOSED;
}

/* Of a request that was submitted; whose its .task is, is known. */
__noinline int see_request(struct io_evidence *ev, __u64 ring, __u64 req, __u64 task)
{
	struct task_struct *t = (void *)task;
	__u64 iovecs = 0;
	__u8 op, kind;

	if (!ev)
		return 0;
	op = ev->opcode;
	kind = op_kind[op];
	ev->flags |= EV_REQUEST;
	ev->sqe_flags = IO_READ(PROBE, req, struct io_kiocb, flags) & SQE_FLAGS;
	ev->user_data = request_user_data(req);
	ev->tid = BPF_CORE_READ(t, pid);
	ev->offset = ~0ULL;
	if (BPF_CORE_READ(t, flags) & TASK_EXITING)
		ev->flags |= EV_ENDING;
	if (kind & OP_LENGTH) {
		ev->addr = io_rw_addr(PROBE, req);
		ev->len_bytes = io_rw_len(PROBE, req);
		ev->flags |= EV_RANGE;
	} else if (op == OP_SEND || op == OP_SEND_ZC) {
		ev->addr = io_send_addr(req);
		ev->len_bytes = io_send_len(PROBE, req);
		ev->flags |= EV_RANGE;
	} else if (op_is_vectored(op)) {
		ev->nr_segments = io_rw_len(PROBE, req);
		if (bpf_get_current_pid_tgid() >> 32 == BPF_CORE_READ(t, tgid) && !ring_is_compat(ring))
			iovecs = io_rw_addr(PROBE, req);
	}
	if (op_is_rw(op)) {
		ev->offset = io_rw_offset(req);
		ev->op_flags = io_rw_flags(req);
	} else if (kind & OP_FLAG && op != OP_NOP && op != OP_URING_CMD) {
		ev->op_flags = IO_READ(PROBE, req, struct io_sr_msg, flags);
	}
	see_ring(ev, ring);
	if (ev->flags & EV_FIXED) {
		ev->index = IO_READ(PROBE, req, struct io_kiocb, buf_index);
		ev->flags |= EV_INDEX;
		see_slot(ev, ring, iovecs);
		find_other(ev, ring);
	}
	see_file(ev, (__u64)IO_READ(PROBE, req, struct io_kiocb___file, file));
	see_account(ev, ring, t);
	see_cancel(ev, ring, req);
	take_tags(ev);
	return 0;
}

/* The begin of a struct io_uring_sqe, ABI. */
struct io_sqe_head {
	__u8 opcode, flags;
	__u16 ioprio;
	__s32 fd;
	__u64 off, addr;
	__u32 len, op_flags;
	__u64 user_data;
	__u16 buf_index, personality;
	__u32 splice_fd;
	__u64 attr_ptr, attr_mask; /* .addr3 and padding up to 6.13 */
};

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

/* From 59a7d12a7fb5 ("io_uring: introduce attributes for read/write and PI support"), 6.14. */
struct io_uring_sqe___attributes {
	__u64 attr_type_mask;
};

#pragma clang attribute pop

static __always_inline bool sqe_is_fixed(const struct io_sqe_head *s)
{
	return op_kind[s->opcode] & OP_FIXED ||
	       ((s->opcode == OP_SEND_ZC || s->opcode == OP_SENDMSG_ZC || s->opcode == OP_SEND ||
		 s->opcode == OP_RECV) && s->ioprio & RECVSEND_FIXED_BUF) ||
	       (s->opcode == OP_URING_CMD && s->op_flags & URING_CMD_FIXED) ||
	       (s->opcode == OP_NOP && s->op_flags & NOP_FIXED_BUFFER);
}

/* Of one that was refused at submission: its request may hold what the one before it left. */
static __noinline int see_sqe(struct io_evidence *ev, __u64 ring, const struct io_sqe_head *s)
{
	bool rw = op_is_rw(s->opcode);

	ev->flags |= EV_REQUEST | EV_REFUSED | EV_FIELDS;
	if (io_nr_ops && s->opcode >= io_nr_ops)
		ev->flags |= EV_NO_OP;
	ev->opcode = s->opcode;
	ev->sqe_flags = s->flags;
	ev->user_data = s->user_data;
	ev->offset = rw ? s->off : ~0ULL;
	ev->op_flags = rw || s->opcode == OP_NOP || s->opcode == OP_URING_CMD ? s->op_flags : s->ioprio;
	ev->fd = s->fd;
	ev->tid = bpf_get_current_pid_tgid();
	if (op_is_vectored(s->opcode)) {
		ev->nr_segments = s->len;
	} else if (rw || s->opcode == OP_SEND || s->opcode == OP_RECV || s->opcode == OP_SEND_ZC) {
		ev->addr = s->addr;
		ev->len_bytes = s->len;
		ev->flags |= EV_RANGE;
	}
	if (rw && s->ioprio)
		ev->flags |= EV_PRIORITY;
	if (s->personality)
		ev->flags |= EV_PERSONALITY;
	if (rw && s->attr_mask && bpf_core_field_exists(struct io_uring_sqe___attributes, attr_type_mask))
		ev->flags |= EV_ATTRIBUTE;
	ev->ioprio = s->ioprio;
	ev->personality = s->personality;
	ev->attr_mask = s->attr_mask;
	see_ring(ev, ring);
	see_account(ev, ring, (void *)bpf_get_current_task());
	if (ev->flags & EV_FIXED) {
		ev->index = s->buf_index;
		ev->flags |= EV_INDEX;
		see_slot(ev, ring, 0);
		find_other(ev, ring);
	}
	take_tags(ev);
	return 0;
}

#endif
