/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Completions that become visible together: the list that the kernel goes through to post them, and how
 * far it is in it. A worker that completes a request itself has it in no list.
 */
#ifndef FIXBUF_BPF_KERNEL_FLUSH_H
#define FIXBUF_BPF_KERNEL_FLUSH_H

#include "kernel/types.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include "kernel/io_failed.h"
#include "kernel/request.h"

#define PF_IO_WORKER	0x10

/* The bit REQ_F_REISSUE: it goes back to a worker and posts nothing; 0 = not known. */
const volatile __u32 io_reissue;

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct io_wq_work_list {
	struct io_wq_work_node *first;
};

struct io_submit_state___flush {
	struct io_wq_work_list compl_reqs;
	/*
	 * From 902ce82c2aa1 ("io_uring: get rid of intermediate aux cqe caches") on, 6.10: there is no other list
	 * in which completions wait.
	 */
	bool cq_flush;
};

struct io_uring___tail {
	unsigned int tail;
};

struct io_rings___tail {
	struct io_uring___tail cq;
};

struct io_ring_ctx___flush {
	struct io_submit_state___flush submit_state;
	unsigned int cached_cq_tail;
	struct io_rings___tail *rings;
};

struct io_wq_work {
	struct io_wq_work_node list;
};

struct io_kiocb___work {
	struct io_wq_work work;
};

struct io_worker {
	struct io_wq_work *cur_work;
};

struct task_struct___worker {
	unsigned int flags;
	struct io_worker *worker_private;
};

#pragma clang attribute pop

/* Whether this kernel has such a list, and says in a request what it posts. */
static __always_inline bool has_flush_list(void)
{
	return bpf_core_field_exists(((struct io_kiocb___list *)0)->comp_list) &&
	       bpf_core_field_exists(((struct io_ring_ctx___flush *)0)->submit_state.compl_reqs) &&
	       bpf_core_field_exists(((struct io_kiocb___cqe *)0)->cqe);
}

/* Whether an empty list says that what is posted is no request's, unless by a worker. */
static __always_inline bool posts_from_list_alone(void)
{
	return bpf_core_field_exists(((struct io_ring_ctx___flush *)0)->submit_state.cq_flush);
}

static __always_inline __u64 request_at(__u64 node)
{
	return node ? node - bpf_core_field_offset(struct io_kiocb___list, comp_list) : 0;
}

/* The first of the list, 0 = it is empty. */
static __always_inline __u64 first_in_flush(__u64 ring)
{
	return request_at((__u64)BPF_CORE_READ((struct io_ring_ctx___flush *)ring, submit_state.compl_reqs.first));
}

static __always_inline __u64 next_in_flush(__u64 req)
{
	return request_at((__u64)BPF_CORE_READ((struct io_kiocb___list *)req, comp_list.next));
}

/*
 * How many were posted that are not visible yet: those of the list before the one that finds no room. Where
 * completions without a request wait, too, it is more.
 */
static __always_inline __u32 posted_in_flush(__u64 ring)
{
	struct io_ring_ctx___flush *ctx = (void *)ring;

	return BPF_CORE_READ(ctx, cached_cq_tail) - BPF_CORE_READ(ctx, rings, cq.tail);
}

static __always_inline bool posts_completion(__u64 req)
{
	return !(BPF_CORE_READ((struct io_kiocb *)req, flags) & (REQ_F_CQE_SKIP | io_reissue));
}

/* That of a ring's own queue (IORING_SETUP_SQPOLL) bears the flag, too, but nothing is handed to it. */
static __always_inline bool is_worker(void)
{
	struct task_struct___worker *t = (void *)bpf_get_current_task();

	return bpf_core_field_exists(t->worker_private) &&
	       BPF_CORE_READ(t, flags) & PF_IO_WORKER && BPF_CORE_READ(t, worker_private);
}

/* Where is_worker(): what it is at, 0 = it is not known. */
static __always_inline __u64 worker_request(void)
{
	struct task_struct___worker *t = (void *)bpf_get_current_task();
	__u64 work;

	if (!bpf_core_field_exists(((struct io_worker *)0)->cur_work) ||
	    !bpf_core_field_exists(((struct io_kiocb___work *)0)->work))
		return 0;
	work = (__u64)BPF_CORE_READ(t, worker_private, cur_work);
	return work ? work - bpf_core_field_offset(struct io_kiocb___work, work) : 0;
}

#endif
