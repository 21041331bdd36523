/* SPDX-License-Identifier: GPL-2.0 */
/* What a request that failed shows beside what each needs, as each kernel lays it out. */
#ifndef FIXBUF_BPF_KERNEL_IO_FAILED_H
#define FIXBUF_BPF_KERNEL_IO_FAILED_H

#include "kernel/types.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include "kernel/files.h"
#include "kernel/request.h"

#define SQE_FLAGS	0x7f	/* IOSQE_* in a request's flags, ABI */
#define SQE_DRAIN	(1U << 1) /* IOSQE_IO_DRAIN */
#define SQE_ASYNC	(1U << 4) /* IOSQE_ASYNC */
#define POLL_CANCELLED	(1U << 31) /* IO_POLL_CANCEL_FLAG */

/* The bits REQ_F_LINK_TIMEOUT and REQ_F_POLLED, which are in an enum without a name; 0 = not known. */
const volatile __u32 io_link_timeout, io_polled;
/* REQ_F_SKIP_LINK_CQES (5.17), as those: it failed, and its links post nothing, as it was not to. */
const volatile __u32 io_mutes_links;
/* IORING_OP_LAST; 0 = not known, as before 6.0 its enum has no name. */
const volatile __u32 io_nr_ops;

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct kiocb {
	long long ki_pos;
};

struct io_rw___more {
	struct kiocb kiocb;
	unsigned int flags;
};

/* From cef216fc32d7 ("io_uring: explicitly keep a CQE in io_kiocb"), 5.19. */
struct io_cqe {
	__u64 user_data;
	__s32 res;
	__u32 flags;
};

struct io_kiocb___cqe {
	struct io_cqe cqe;
};

/* From aa43477b0402 ("io_uring: poll rework"), 5.17. */
struct io_kiocb___poll {
	atomic_t poll_refs;
};

/* From 5.15 (a1ab7b35db8f, "io_uring: move req link into submit_state"): the link that is made up. */
struct io_submit_link {
	struct io_kiocb *head;
};

struct io_submit_state___link {
	struct io_submit_link link;
};

struct io_ring_ctx___link {
	struct io_submit_state___link submit_state;
};

#pragma clang attribute pop

static __always_inline bool op_is_vectored(__u8 op)
{
	return op == OP_READV || op == OP_WRITEV || op == OP_READV_FIXED || op == OP_WRITEV_FIXED;
}

/* Reads and writes of files: struct io_rw. */
static __always_inline bool op_is_rw(__u8 op)
{
	return op_is_vectored(op) || op == OP_READ || op == OP_WRITE || op == OP_READ_FIXED ||
	       op == OP_WRITE_FIXED;
}

/* Where in the file it was to begin; ~0 = at the file's own position. */
static __always_inline __u64 io_rw_offset(__u64 req)
{
	return BPF_CORE_READ((struct io_rw___more *)req, kiocb.ki_pos);
}

/* Kept since 584b0180f0f4 ("io_uring: move read/write file prep state into actual opcode handler"), 5.19. */
static __always_inline __u32 io_rw_flags(__u64 req)
{
	return bpf_core_field_exists(struct io_rw___more, flags) ?
	       BPF_CORE_READ((struct io_rw___more *)req, flags) : 0;
}

/*
 * Whether one over a registered buffer holds it: up to 6.12 from its begin in the queue on, then,
 * with a node of its own (7029acd8a950, 6.13), not before it runs.
 */
static __always_inline bool request_holds_slot(__u64 req)
{
	struct io_kiocb___node *k = (void *)req;

	return !bpf_core_field_exists(k->buf_node) || BPF_CORE_READ(k, buf_node);
}

static __always_inline __u64 request_user_data(__u64 req)
{
	struct io_kiocb___cqe *k = (void *)req;

	if (bpf_core_field_exists(k->cqe))
		return BPF_CORE_READ(k, cqe.user_data);
	return BPF_CORE_READ((struct io_kiocb___name *)req, user_data);
}

/* What it brought, once that is set; 0 = not known. */
static __always_inline __s32 request_result(__u64 req)
{
	struct io_kiocb___cqe *k = (void *)req;

	return bpf_core_field_exists(k->cqe) ? BPF_CORE_READ(k, cqe.res) : 0;
}

/* Of one that was cancelled: it waited until its file would be ready. */
static __always_inline bool request_waited(__u64 req)
{
	struct io_kiocb___poll *k = (void *)req;

	return bpf_core_field_exists(k->poll_refs) &&
	       (__u32)BPF_CORE_READ(k, poll_refs.counter) & POLL_CANCELLED;
}

static __always_inline bool request_has_timeout(__u64 req)
{
	return IO_READ(PROBE, req, struct io_kiocb, flags) & io_link_timeout;
}

/*
 * One that a worker takes first (IOSQE_ASYNC, or behind IOSQE_IO_DRAIN) and that has waited for its
 * file since: it was handed over before.
 */
static __always_inline bool request_was_punted(__u64 req)
{
	__u32 flags = IO_READ(PROBE, req, struct io_kiocb, flags);

	return flags & SQE_ASYNC && flags & io_polled;
}

static __always_inline bool link_heads_are_known(void)
{
	return bpf_core_field_exists(struct io_submit_state___link, link);
}

/* The head of the link that is being submitted, 0 = none. */
static __always_inline __u64 link_head(__u64 ring)
{
	struct io_ring_ctx___link *c = (void *)ring;

	if (!link_heads_are_known())
		return 0;
	return (__u64)BPF_CORE_READ(c, submit_state.link.head);
}

#endif
