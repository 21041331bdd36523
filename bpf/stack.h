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
 * A function without a frame of its own, as most that wrap a system call are, hides its
 * caller from a walk by frame pointers: the word on top of the user's stack is then its
 * return address. The user side decides whether it is one.
 */
static __always_inline __u64 word_on_top(void)
{
	__u64 word = 0;

	bpf_probe_read_user(&word, sizeof(word), (void *)BPF_CORE_READ(user_regs(), sp));
	return word;
}

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
		out->caller = word_on_top();
}

#endif
