// SPDX-License-Identifier: GPL-2.0
/* Keeps the set of selected processes, where they are selected by their ids. */
#include "abi/family.h"
#include "family.h"
#include "twice.h"
#include "user_counts.h"

/* Nobody else's are here: each user is its own, however many it may be. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, UNFOLLOWED_USERS);
	__type(key, __u32);
	__type(value, __u64);
} unfollowed_users SEC(".maps");

__u64 unfollowed_rest;	/* of users that found no room there */
__u8 adopt_counts;	/* in the last look; each of those before meets the same processes */
__u8 no_room;		/* one of those met some that found none */

static __always_inline void note_unfollowed(struct task_struct *child)
{
	__u64 *nr = user_count(&unfollowed_users, BPF_CORE_READ(child, cred, uid.val));

	__sync_fetch_and_add(nr ? nr : &unfollowed_rest, 1);
}

/*
 * Whether it was added, and is there: who looks until there is nobody new must not add the dead again.
 * .counts: else it is only noted that there was no room.
 */
static __always_inline bool follow_child(__u32 parent, struct task_struct *child, bool counts)
{
	__u32 tgid = BPF_CORE_READ(child, tgid), *asked;

	if (parent == tgid || pid_selected(tgid))
		return false;
	asked = bpf_map_lookup_elem(&selected_pids, &parent);
	if (!asked)
		return false;
	if (bpf_map_update_elem(&selected_pids, &tgid, asked, BPF_ANY)) {
		if (counts)
			note_unfollowed(child);
		else
			no_room = 1;
		return false;
	}
	/* it may just have ended, unseen */
	return !forget_ended(child, tgid);
}

static __always_inline int on_process_exit(struct bpf_raw_tracepoint_args *ctx)
{
	struct task_struct *task = (void *)ctx->args[0];

	forget_ended(task, BPF_CORE_READ(task, tgid));
	return 0;
}

/* (parent, child): of tasks, and most are threads. */
static __always_inline int on_process_fork(struct bpf_raw_tracepoint_args *ctx)
{
	follow_child(BPF_CORE_READ((struct task_struct *)ctx->args[0], tgid), (void *)ctx->args[1], true);
	return 0;
}

__u64 adopted;		/* processes that were started before */

SEC("?iter/task")
int family_adopt(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;

	if (task && follow_child(BPF_CORE_READ(task, real_parent, tgid), task, adopt_counts))
		adopted++;
	return 0;
}

TWICE("sched_process_exit", family_exit, on_process_exit)
TWICE("sched_process_fork", family_fork, on_process_fork)
