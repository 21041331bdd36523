/* SPDX-License-Identifier: GPL-2.0 */
/* Which tasks have used a ring: it lists those that made it or submitted to it, while they live. */
#ifndef FIXBUF_BPF_KERNEL_SUBMITTER_H
#define FIXBUF_BPF_KERNEL_SUBMITTER_H

#include "kernel/types.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct list_head {
	struct list_head *next;
};

/* From 13bf43f5f473 ("io_uring: introduce ctx to tctx back map"), 5.12 */
struct io_ring_ctx___tctx_list {
	struct list_head tctx_list;
};

struct io_tctx_node___listed {
	struct list_head ctx_node;
};

/* What submits in place of the program, with IORING_SETUP_SQPOLL */
struct io_sq_data {
	struct task_struct *thread;
};

struct io_ring_ctx___sq_data {
	struct io_sq_data *sq_data;
};

#pragma clang attribute pop

/* Where the list begins and ends; 0 where the kernel has none. */
static __always_inline __u64 submitters_head(__u64 ring)
{
	struct io_ring_ctx___tctx_list *ctx = (void *)ring;

	if (!bpf_core_field_exists(ctx->tctx_list) ||
	    !bpf_core_field_exists(struct io_tctx_node___listed, ctx_node))
		return 0;
	return ring + bpf_core_field_offset(struct io_ring_ctx___tctx_list, tctx_list);
}

static __always_inline __u64 next_submitter(__u64 at)
{
	return (__u64)BPF_CORE_READ((struct list_head *)at, next);
}

static __always_inline __u64 submitter_mm(__u64 at)
{
	struct io_tctx_node *node =
		(void *)(at - bpf_core_field_offset(struct io_tctx_node___listed, ctx_node));

	return (__u64)BPF_CORE_READ(node, task, mm);
}

static __always_inline __u64 submitter_context(__u64 at)
{
	struct io_tctx_node *node =
		(void *)(at - bpf_core_field_offset(struct io_tctx_node___listed, ctx_node));

	return (__u64)BPF_CORE_READ(node, task, io_uring);
}

/* The struct io_uring_task of the kernel's thread that submits, which the list has not; 0 = none. */
static __always_inline __u64 polling_context(__u64 ring)
{
	struct io_ring_ctx___sq_data *ctx = (void *)ring;

	if (!bpf_core_field_exists(ctx->sq_data))
		return 0;
	return (__u64)BPF_CORE_READ(ctx, sq_data, thread, io_uring);
}

#endif
