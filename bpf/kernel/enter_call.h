/* SPDX-License-Identifier: GPL-2.0 */
/* The io_uring_enter() that the current task is in: no tracepoint tells of one that fails as a call. */
#ifndef FIXBUF_BPF_KERNEL_ENTER_CALL_H
#define FIXBUF_BPF_KERNEL_ENTER_CALL_H

#include "kernel/types.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include "abi/fact.h"
#include "kernel/register_call.h"

#define NR_IO_URING_ENTER	426
#define ENTER_REGISTERED_RING	(1U << 4) /* IORING_ENTER_REGISTERED_RING, ABI */

/* A wait that a signal or its own time ended did not fail. */
static __always_inline bool enter_failed(__s64 result)
{
	return result < 0 && result > -ERESTARTSYS && result != -EINTR && result != -ETIME;
}

/* io_uring_enter() itself returns none of these: the call did not come so far. */
static __always_inline bool enter_not_reached(__s64 result)
{
	return result == -EPERM || result == -EACCES || result == -ENOSYS;
}

/*
 * Fills .a of the call that ended with .result: see CALL_ENTER. Errors that come after the look-up of
 * the ring say that the descriptor is one. A ring takes one thread's calls from 97bbdc06a444
 * ("io_uring: add IORING_SETUP_SINGLE_ISSUER"), 6.0.
 */
static __always_inline void read_enter_args(struct call_args *a, __s64 result)
{
	struct pt_regs *regs = user_regs();
	bool narrow = called_as_32_bit();
	struct task_struct *issuer;
	struct io_ring_ctx *ctx;

	__builtin_memset(a, 0, sizeof(*a));
	a->op = CALL_ENTER;
	a->fd = syscall_arg(regs, 0, narrow);
	a->nr = syscall_arg(regs, 1, narrow);
	a->offset = syscall_arg(regs, 2, narrow);
	a->arg_flags = syscall_arg(regs, 3, narrow);
	a->flags = a->arg_flags & ENTER_REGISTERED_RING ? CALL_F_REG_RING : 0;
	a->seen = SEEN_ARGS | seen_of_fd(a->fd, a->flags);
	if (a->seen & SEEN_FD_NONE || (result != -EEXIST && result != -EBADFD))
		return;
	ctx = (void *)ring_by_fd(a->fd, a->flags);
	if (!ctx)
		return;
	a->src_slots = BPF_CORE_READ(ctx, flags);
	a->seen |= SEEN_STRUCT;
	if (!bpf_core_field_exists(ctx->submitter_task))
		return;
	issuer = BPF_CORE_READ(ctx, submitter_task);
	if (!issuer)
		return;
	a->src_fd = BPF_CORE_READ(issuer, tgid);
	a->src_offset = BPF_CORE_READ(issuer, pid);
}

#endif
