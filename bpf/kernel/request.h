/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A request (struct io_kiocb) as each kernel lays it out: the one place that
 * knows. With bpf_rdonly_cast() (6.2) reads can be plain loads.
 */
#ifndef FIXBUF_BPF_KERNEL_REQUEST_H
#define FIXBUF_BPF_KERNEL_REQUEST_H

#include "kernel/types.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include "abi/io_types.h"
#include "kernel/functions.h"
#include "kernel/ring.h"

enum io_op {			/* IORING_OP_*, ABI */
	OP_NOP		= 0,
	OP_READV	= 1,
	OP_WRITEV	= 2,
	OP_READ_FIXED	= 4,
	OP_WRITE_FIXED	= 5,
	OP_SENDMSG	= 9,
	OP_RECVMSG	= 10,
	OP_READ		= 22,
	OP_WRITE	= 23,
	OP_SEND		= 26,
	OP_RECV		= 27,
	OP_URING_CMD	= 46,
	OP_SEND_ZC	= 47,
	OP_SENDMSG_ZC	= 48,
	OP_READ_MULTISHOT = 49,
	OP_READV_FIXED	= 60,
	OP_WRITEV_FIXED	= 61,
};

/* What an opcode is; 0: none of ours. */
#define OP_FIXED	0x01	/* over a registered buffer */
#define OP_PLAIN	0x02
#define OP_FLAG		0x04	/* either, by a flag of the request */
#define OP_LENGTH	0x08	/* the request's length is in bytes, and its result too */
#define OP_BYTES	0x10	/* the result is a number of bytes */
#define OP_NOTICE	0x20	/* ends twice: a notification says when its memory may be used again */

/* 256: no opcode leaves it */
static const __u8 op_kind[256] = {
	[OP_NOP]	  = OP_FLAG,
	[OP_READV]	  = OP_PLAIN | OP_BYTES,
	[OP_WRITEV]	  = OP_PLAIN | OP_BYTES,
	[OP_READ_FIXED]	  = OP_FIXED | OP_BYTES | OP_LENGTH,
	[OP_WRITE_FIXED]  = OP_FIXED | OP_BYTES | OP_LENGTH,
	[OP_SENDMSG]	  = OP_PLAIN | OP_BYTES,
	[OP_RECVMSG]	  = OP_PLAIN | OP_BYTES,
	[OP_READ]	  = OP_PLAIN | OP_BYTES | OP_LENGTH,
	[OP_WRITE]	  = OP_PLAIN | OP_BYTES | OP_LENGTH,
	[OP_SEND]	  = OP_FLAG | OP_BYTES,
	[OP_RECV]	  = OP_FLAG | OP_BYTES,
	[OP_URING_CMD]	  = OP_FLAG,
	[OP_SEND_ZC]	  = OP_FLAG | OP_BYTES | OP_NOTICE,
	[OP_SENDMSG_ZC]	  = OP_FLAG | OP_BYTES | OP_NOTICE,
	[OP_READ_MULTISHOT] = OP_PLAIN | OP_BYTES,
	[OP_READV_FIXED]  = OP_FIXED | OP_BYTES,
	[OP_WRITEV_FIXED] = OP_FIXED | OP_BYTES,
};

#define NOP_FIXED_BUFFER	(1U << 3)	/* IORING_NOP_FIXED_BUFFER, 6.13 */
#define RECVSEND_FIXED_BUF	(1U << 2)	/* IORING_RECVSEND_FIXED_BUF, 6.0 */
#define URING_CMD_FIXED		(1U << 0)	/* IORING_URING_CMD_FIXED, 6.1 */

#define TASK_EXITING		0x4		/* PF_EXITING */
#define REQ_F_CQE_SKIP		(1U << 6)	/* the low byte is that of the sqe, ABI */
#define CQE_F_MORE		(1U << 1)	/* IORING_CQE_F_MORE */
#define CQE_F_NOTIF		(1U << 3)	/* IORING_CQE_F_NOTIF */
#define NOTIF_COPIED		((__s32)(1U << 31)) /* IORING_NOTIF_USAGE_ZC_COPIED, 6.2: its result */

#define SETUP_IOPOLL		(1U << 0)	/* IORING_SETUP_IOPOLL */
#define SETUP_SQPOLL		(1U << 1)	/* IORING_SETUP_SQPOLL */
#define SETUP_SQE_MIXED		(1U << 19)	/* IORING_SETUP_SQE_MIXED, 6.19 */
#define SETUP_SQ_REWIND		(1U << 20)	/* IORING_SETUP_SQ_REWIND, 7.0 */

#ifdef __TARGET_ARCH_arm64
#define O_DIRECT_FLAG		0200000
#else
#define O_DIRECT_FLAG		040000
#endif

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct io_uring_cqe {
	__u64 user_data;
	__s32 res;
	__u32 flags;
};

struct task_struct___io {
	int pid;
	int tgid;
};

struct io_uring_task___io {
	struct task_struct___io *task;
};

struct io_kiocb {
	__u8 opcode;
	__u16 buf_index;
	/* io_req_flags_t, 64 bits from 6.8; what we ask for is in the low half */
	unsigned int flags;
	struct io_ring_ctx *ctx;
	struct task_struct___io *task;		/* to 6.12 */
	struct io_uring_task___io *tctx;	/* from 6.13 (b6f58a3f4aa8) */
};

struct mm_struct___owner {
	struct task_struct *owner;	/* CONFIG_MEMCG */
};

/* to 6.12 */
struct io_kiocb___imu {
	struct io_mapped_ubuf *imu;
};

/* from 6.13 */
struct io_kiocb___node {
	struct io_rsrc_node *buf_node;
};

/* From 6.0 to 6.12 the table that a request's buffer is of. */
struct io_kiocb___table {
	struct io_rsrc_node *rsrc_node;
};

/* from 5.15: completions wait in a list until they are published */
struct io_wq_work_node {
	struct io_wq_work_node *next;
};

struct io_kiocb___list {
	struct io_wq_work_node comp_list;
};

struct file___io {
	unsigned int f_flags;
};

struct io_kiocb___file {
	struct file___io *file;
};

/* at the begin of the request; u64 .len before 5.19 */
struct io_rw {
	__u64 addr;
	__u32 len;
};

struct io_nop {
	unsigned int flags;
};

struct io_uring_cmd {
	__u32 flags;
};

struct io_sr_msg {
	void *buf;
	int len;
	__u16 flags;
	unsigned int done_io;
	struct io_kiocb *notif;			/* of a zero-copy send, from 6.0 (b48c312be05e) */
};

struct io_kiocb___name {
	__u64 user_data;
};

/* Entries of the queue that were taken; those of calls that have ended are in .rings->sq.head. */
struct io_uring___head {
	unsigned int head;
};

struct io_rings___head {
	struct io_uring___head sq;
};

struct io_ring_ctx___queue {
	unsigned int flags;
	unsigned int cached_sq_head;
	struct io_rings___head *rings;
};

#pragma clang attribute pop

const volatile __u32 io_types[NR_IO_TYPES];

#define IO_TYPE_ID(type) io_types[_Generic((type *)0,		\
	struct file___io *: TYPE_FILE,				\
	struct io_kiocb *: TYPE_KIOCB,				\
	struct io_kiocb___file *: TYPE_KIOCB,			\
	struct io_kiocb___imu *: TYPE_KIOCB,			\
	struct io_kiocb___name *: TYPE_KIOCB,			\
	struct io_kiocb___node *: TYPE_KIOCB,			\
	struct io_nop *: TYPE_NOP,				\
	struct io_rsrc_node *: TYPE_NODE,			\
	struct io_ring_ctx___queue *: TYPE_RING,		\
	struct io_rings___head *: TYPE_RINGS,			\
	struct io_rw *: TYPE_RW,				\
	struct io_sr_msg *: TYPE_SR_MSG,			\
	struct io_uring_cmd *: TYPE_CMD,			\
	struct io_uring_cqe *: TYPE_CQE,			\
	struct io_uring_task___io *: TYPE_IO_TASK,		\
	struct task_struct___io *: TYPE_TASK)]

/* How a request is read: constants, so that the other way costs nothing. */
enum io_access {
	CAST,		/* known to be there: plain loads */
	EITHER,		/* plain loads where this kernel can */
	PROBE,		/* gives a number that may be hashed, not a pointer */
};

#define IO_CASTS(access)							\
	((access) == CAST ||							\
	 ((access) == EITHER && HAS_FUNC(bpf_rdonly_cast)))

/* What is read more than once is cast once. */
#define IO_AS(access, ptr, type) ({						\
	/* evaluated first: or its own accesses would be relocated with the field's */ \
	type *__p = (type *)(ptr);						\
										\
	IO_CASTS(access) ?							\
		(type *)bpf_rdonly_cast(__p, IO_TYPE_ID(type)) : __p; })

#define IO_GET(access, p, field)						\
	(IO_CASTS(access) ? (p)->field : BPF_CORE_READ(p, field))

#define IO_READ(access, ptr, type, field) ({					\
	type *__as = IO_AS(access, ptr, type);					\
										\
	IO_GET(access, __as, field); })

/*
 * Whose request it is: the task, or from 6.13 on its struct io_uring_task. A
 * number to compare with, good until that task is gone.
 */
static __always_inline __u64 io_owner(enum io_access access, struct io_kiocb *k)
{
	/* a read of what is not there gives 0 */
	if (access == CAST || bpf_core_field_exists(k->tctx))
		return (__u64)IO_GET(access, k, tctx);
	return (__u64)IO_GET(access, k, task);
}

static __always_inline __u64 io_owner_task(enum io_access access, __u64 owner)
{
	if (access == CAST || bpf_core_field_exists(((struct io_kiocb *)0)->tctx))
		return (__u64)IO_READ(access, owner, struct io_uring_task___io, task);
	return owner;
}

static __always_inline __u64 io_task(enum io_access access, __u64 req)
{
	return io_owner_task(access, io_owner(access, IO_AS(access, req, struct io_kiocb)));
}

static __always_inline __u32 io_tgid(enum io_access access, __u64 task)
{
	return IO_READ(access, task, struct task_struct___io, tgid);
}

/*
 * The ring of a request, as a number that may be hashed: a cast load would give
 * a pointer, so its place is read as if a completion began there, with a number.
 */
static __always_inline __u64 io_ring_of(enum io_access access, __u64 req)
{
	if (!IO_CASTS(access))
		return (__u64)IO_READ(PROBE, req, struct io_kiocb, ctx);
	return IO_READ(access, req + bpf_core_field_offset(struct io_kiocb, ctx),
		       struct io_uring_cqe, user_data);
}

/*
 * Completions of one flush are published by one store, after the kernel has gone
 * through the list that they wait in: whether .req comes after .last there.
 */
static __always_inline bool io_same_flush(enum io_access access, __u64 last, __u64 req)
{
	__u64 at;

	if (!last || !IO_CASTS(access) ||
	    !bpf_core_field_exists(((struct io_kiocb___list *)0)->comp_list))
		return false;
	at = bpf_core_field_offset(struct io_kiocb___list, comp_list);
	/* a number, as in io_ring_of() */
	return IO_READ(access, last + at, struct io_uring_cqe, user_data) == req + at;
}

/* Which entry of the ring's queue was taken last: counted from the ring's begin, from 1. */
static __always_inline __u32 io_queue_at(enum io_access access, __u64 ring)
{
	return IO_READ(access, ring, struct io_ring_ctx___queue, cached_sq_head);
}

/*
 * How many entries the call that is under way has taken, 0 = not known: where a queue is begun
 * anew by each call, as from 7.0 it may be, its head says nothing.
 */
static __always_inline __u32 io_queue_taken(enum io_access access, __u64 ring, __u32 at)
{
	__u64 rings;

	if (!bpf_core_field_exists(struct io_ring_ctx___queue, cached_sq_head) ||
	    !bpf_core_field_exists(struct io_rings___head, sq.head) ||
	    IO_READ(access, ring, struct io_ring_ctx___queue, flags) & SETUP_SQ_REWIND)
		return 0;
	rings = (__u64)IO_READ(access, ring, struct io_ring_ctx___queue, rings);
	return at - IO_READ(access, rings, struct io_rings___head, sq.head);
}

/* The task whose ring it is: that of the ring's mm; 0 when the kernel does not say. */
static __always_inline __u64 ring_owner(__u64 ring)
{
	struct mm_struct___owner *mm = (void *)BPF_CORE_READ((struct io_ring_ctx *)ring, mm_account);

	if (!mm || !bpf_core_field_exists(mm->owner))
		return 0;
	return (__u64)BPF_CORE_READ(mm, owner);
}

/* Of an opcode of OP_FLAG: whether this request uses a registered buffer. */
static __always_inline bool io_flag_says_fixed(enum io_access access, __u64 req, __u8 op)
{
	if (op == OP_NOP)
		return bpf_core_field_exists(struct io_nop, flags) &&
		       IO_READ(access, req, struct io_nop, flags) & NOP_FIXED_BUFFER;
	if (op == OP_URING_CMD)
		return bpf_core_field_exists(struct io_uring_cmd, flags) &&
		       IO_READ(access, req, struct io_uring_cmd, flags) & URING_CMD_FIXED;
	return bpf_core_field_exists(struct io_sr_msg, flags) &&
	       IO_READ(access, req, struct io_sr_msg, flags) & RECVSEND_FIXED_BUF;
}

/* Length in bytes of an opcode of OP_LENGTH. */
static __always_inline __u32 io_rw_len(enum io_access access, __u64 req)
{
	return IO_READ(access, req, struct io_rw, len);
}

/* The same of one that is cast already: the bytes of its command are in it. */
static __always_inline __u32 io_rw_len_of(enum io_access access, struct io_kiocb *k)
{
	if (!IO_CASTS(access))
		return io_rw_len(PROBE, (__u64)k);
	return *(__u32 *)((char *)k + bpf_core_field_offset(struct io_rw, len));
}

static __always_inline __u64 io_rw_addr(enum io_access access, __u64 req)
{
	return IO_READ(access, req, struct io_rw, addr);
}

/* From 5.19 on a request keeps how much of it was sent. */
static __always_inline bool sends_tell_progress(void)
{
	return bpf_core_field_exists(struct io_sr_msg, done_io);
}

/* What a send was given: it moves on as its bytes go. */
static __always_inline __u64 io_send_addr(__u64 req)
{
	/* a pointer to reckon with, which a cast would not give */
	return (__u64)IO_READ(PROBE, req, struct io_sr_msg, buf) -
	       IO_READ(PROBE, req, struct io_sr_msg, done_io);
}

static __always_inline __u32 io_send_len(enum io_access access, __u64 req)
{
	return IO_READ(access, req, struct io_sr_msg, len) +
	       IO_READ(access, req, struct io_sr_msg, done_io);
}

/* Of an opcode of OP_NOTICE: the request that its notification is, made when it was prepared. */
static __always_inline __u64 io_notice_of(__u64 req)
{
	return bpf_core_field_exists(struct io_sr_msg, notif) ?
	       (__u64)IO_READ(PROBE, req, struct io_sr_msg, notif) : 0;
}

/* Of the notification of a zero-copy send: whether that was over a registered buffer. */
static __always_inline bool notification_is_fixed(__u64 req)
{
	if (bpf_core_field_exists(struct io_kiocb___node, buf_node))
		return BPF_CORE_READ((struct io_kiocb___node *)req, buf_node);
	return bpf_core_field_exists(struct io_kiocb___table, rsrc_node) &&
	       BPF_CORE_READ((struct io_kiocb___table *)req, rsrc_node);
}

/*
 * A zero-copy send leaves its buffer to its notification from 6.13 on, and does not point to that
 * when it ends: which buffer it was, its index says.
 */
static __always_inline bool buffer_is_the_notifications(__u8 op)
{
	return (op == OP_SEND_ZC || op == OP_SENDMSG_ZC) &&
	       bpf_core_field_exists(struct io_kiocb___node, buf_node);
}

/* The struct io_mapped_ubuf of a request that has looked it up, not checked to be one. */
static __always_inline __u64 io_buffer_of(enum io_access access, __u64 req)
{
	if (bpf_core_field_exists(struct io_kiocb___node, buf_node)) {
		__u64 node = (__u64)IO_READ(access, req, struct io_kiocb___node, buf_node);

		return node ? (__u64)IO_READ(access, node, struct io_rsrc_node, buf) : 0;
	}
	if (bpf_core_field_exists(struct io_kiocb___imu, imu))
		return (__u64)IO_READ(access, req, struct io_kiocb___imu, imu);
	return 0;
}

static __always_inline bool io_is_direct(enum io_access access, __u64 req)
{
	__u64 file = (__u64)IO_READ(access, req, struct io_kiocb___file, file);

	return file && IO_READ(access, file, struct file___io, f_flags) & O_DIRECT_FLAG;
}

#endif
