/* SPDX-License-Identifier: GPL-2.0 */
/* Which tasks pass the filters. */
#ifndef FIXBUF_BPF_WANTED_H
#define FIXBUF_BPF_WANTED_H

#include "kernel/types.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include "abi/selection.h"
#include "comm_glob.h"
#include "family.h"
#include "kernel/cgroup.h"
#include "tree.h"

#define PF_KTHREAD	0x00200000	/* include/linux/sched.h */

/* All of what .filter names (abi/selection.h) must hold; 0 = everyone passes. */
const volatile __u32 filter __weak;
const volatile __u32 filter_uid __weak;

/* A global function, so that the verifier looks at it once. */
__weak __noinline int in_tree(void)
{
	return descends_from_us((void *)bpf_get_current_task());
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
	if ((filter & SELECT_UID) && (__u32)bpf_get_current_uid_gid() != filter_uid)
		return false;
	if ((filter & SELECT_PIDS) && !pid_selected(tgid))
		return false;
	if ((filter & SELECT_COMM) && !comm_wanted())
		return false;
	if ((filter & SELECT_CGROUP) && !task_in_cgroup((void *)bpf_get_current_task()))
		return false;
	return !(filter & SELECT_TREE) || in_tree();
}

/* Whether the current task is in what only the kernel side knows: a cgroup, a family of processes. */
static __always_inline bool task_chosen(void)
{
	if ((filter & SELECT_FOLLOW) && !pid_selected(bpf_get_current_pid_tgid() >> 32))
		return false;
	return !(filter & SELECT_CGROUP) || task_in_cgroup((void *)bpf_get_current_task());
}

static __always_inline bool in_kernel_thread(void)
{
	struct task_struct *task = (void *)bpf_get_current_task();

	return BPF_CORE_READ(task, flags) & PF_KTHREAD;
}

#endif
