/* SPDX-License-Identifier: GPL-2.0 */
/* The stacks of the current task, which are kept once each in a map. */
#ifndef FIXBUF_BPF_STACK_H
#define FIXBUF_BPF_STACK_H

#include "kernel/types.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include "abi/fact.h"
#include "kernel/regs.h"

const volatile bool want_stacks __weak;

/* 16 MiB, created only when stacks are wanted. */
struct {
	__uint(type, BPF_MAP_TYPE_STACK_TRACE);
	__uint(max_entries, 16384);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, STACK_FRAMES * sizeof(__u64));
} stacks __weak SEC(".maps");

/*
 * .ctx must be the program's own. This must be called before the fact is reserved, so that
 * the fact's time is not before that of its stacks.
 */
static __always_inline void take_stacks(void *ctx, struct stack_ids *out)
{
	out->user = -1;
	out->kernel = -1;
	out->caller = 0;
	if (!want_stacks)
		return;
	out->kernel = bpf_get_stackid(ctx, &stacks, BPF_F_FAST_STACK_CMP);
	out->user = bpf_get_stackid(ctx, &stacks, BPF_F_FAST_STACK_CMP | BPF_F_USER_STACK);
	if (out->user >= 0)
		out->caller = user_caller();
}

#endif
