/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The stacks of the current task, which are kept once each in a map, by their hash: where it is a
 * sixteenth full, each sixteenth new one finds its place taken. No user may have more than that.
 */
#ifndef FIXBUF_BPF_STACK_H
#define FIXBUF_BPF_STACK_H

#include "kernel/types.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include "abi/fact.h"
#include "abi/selection.h"
#include "kernel/payer.h"
#include "kernel/regs.h"
#include "wanted.h"

const volatile bool want_stacks __weak;

/* 16 MiB, created only when stacks are wanted. */
struct {
	__uint(type, BPF_MAP_TYPE_STACK_TRACE);
	__uint(max_entries, STACKS);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, STACK_FRAMES * sizeof(__u64));
} stacks __weak SEC(".maps");

/* Stacks that a user has in the map since it was emptied so often. */
struct stack_user {
	__u32 emptied, nr;
};

/* By who pays. Those beyond their number are .stack_rest. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, STACK_USERS);
	__type(key, __u32);
	__type(value, struct stack_user);
} stack_users __weak SEC(".maps");

/* Of each place: 1 + how often the map was emptied when it was counted. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, STACKS);
	__type(key, __u32);
	__type(value, __u32);
} stack_counted __weak SEC(".maps");

__u32 stacks_emptied __weak;	/* by the reader */
__u32 stack_rest[sizeof(struct stack_user) / sizeof(__u32)] __weak;

static __always_inline struct stack_user *stack_user_of(__u32 payer)
{
	struct stack_user fresh = { .emptied = stacks_emptied };
	struct stack_user *u = bpf_map_lookup_elem(&stack_users, &payer);

	if (u && u->emptied == fresh.emptied)
		return u;
	bpf_map_update_elem(&stack_users, &payer, &fresh, BPF_ANY);
	u = bpf_map_lookup_elem(&stack_users, &payer);
	if (u)
		return u;
	u = (void *)stack_rest;
	if (u->emptied != fresh.emptied)
		*u = fresh;
	return u;
}

/* Whose share the current task's stacks are of; 0 = of none: it is selected. */
static __always_inline __u64 stack_payer(void)
{
	const struct task_struct *task = (void *)bpf_get_current_task();

	if (filter & SELECT_WHO)
		return 0;
	return 1 + (__u64)payer_of((__u64)BPF_CORE_READ(task, cred), bpf_get_current_uid_gid());
}

/* A global function, so that the verifier looks at it once. */
__weak __noinline int stack_has_room(__u64 of)
{
	return !want_stacks || !of || stack_user_of(of - 1)->nr < STACK_SHARE;
}

/* The stack of that id is in the map. The same. */
__weak __noinline int count_stack(__u64 of, __s32 id)
{
	__u32 place = id, now = stacks_emptied + 1, *counted;

	if (!want_stacks || !of || id < 0)
		return 0;
	counted = bpf_map_lookup_elem(&stack_counted, &place);
	if (!counted || *counted == now)
		return 0;
	*counted = now;
	__sync_fetch_and_add(&stack_user_of(of - 1)->nr, 1);
	return 0;
}

/*
 * .ctx must be the program's own. This must be called before the fact is reserved, so that
 * the fact's time is not before that of its stacks.
 */
static __always_inline void take_stacks(void *ctx, struct stack_ids *out)
{
	__u64 of;

	out->user = -1;
	out->kernel = -1;
	out->caller = 0;
	if (!want_stacks)
		return;
	of = stack_payer();
	if (!stack_has_room(of)) {
		out->user = -STACK_SHARED;
		out->kernel = -STACK_SHARED;
		return;
	}
	out->kernel = bpf_get_stackid(ctx, &stacks, BPF_F_FAST_STACK_CMP);
	out->user = bpf_get_stackid(ctx, &stacks, BPF_F_FAST_STACK_CMP | BPF_F_USER_STACK);
	count_stack(of, out->kernel);
	count_stack(of, out->user);
	if (out->user >= 0)
		out->caller = user_caller();
}

#endif
