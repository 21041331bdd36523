/* SPDX-License-Identifier: GPL-2.0 */
/* Which tasks pass the filters. */
#ifndef FIXBUF_BPF_WANTED_H
#define FIXBUF_BPF_WANTED_H

#include "kernel/types.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include "abi/limits.h"
#include "comm_glob.h"

#define PF_KTHREAD	0x00200000	/* include/linux/sched.h */

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct task_struct___flags {
	unsigned int flags;
};

#pragma clang attribute pop

#define TREE_DEPTH	32	/* orphans become our children: our process is a child subreaper */

extern __u32 own_tgid;	/* walk.bpf.c */

const volatile __u32 filter __weak;
const volatile __u32 filter_uid __weak;

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u8);
} filter_pids __weak SEC(".maps");

/* A global function, so that the verifier looks at it once. */
__weak __noinline int in_tree(void)
{
	struct task_struct *task = (void *)bpf_get_current_task();

	for (int i = 0; i < TREE_DEPTH; i++) {
		task = BPF_CORE_READ(task, real_parent);
		if (!task)
			return false;
		__u32 tgid = BPF_CORE_READ(task, tgid);

		if (tgid == own_tgid)
			return true;
		if (tgid <= 1)
			return false;
	}
	return false;
}

/*
 * The same. A thread may have a name of its own: what it does to a ring of its process is needed
 * to know the ring, so either name will do here; the user side looks at the task's.
 */
__weak __noinline int comm_wanted(void)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	char comm[COMM_LEN] = { 0 };

	bpf_get_current_comm(&comm, sizeof(comm));
	if (comm_matches(comm))
		return true;
	BPF_CORE_READ_STR_INTO(&comm, task, group_leader, comm);
	return comm_matches(comm);
}

/* Whether the current task passes the filters; our own never does. */
static __always_inline bool task_wanted(void)
{
	__u32 tgid = bpf_get_current_pid_tgid() >> 32;

	if (tgid == own_tgid)
		return false;
	if ((filter & FILTER_UID) && (__u32)bpf_get_current_uid_gid() != filter_uid)
		return false;
	if ((filter & FILTER_PIDS) && !bpf_map_lookup_elem(&filter_pids, &tgid))
		return false;
	if ((filter & FILTER_COMM) && !comm_wanted())
		return false;
	return !(filter & FILTER_TREE) || in_tree();
}

static __always_inline bool in_kernel_thread(void)
{
	struct task_struct___flags *task = (void *)bpf_get_current_task();

	return BPF_CORE_READ(task, flags) & PF_KTHREAD;
}

#endif
