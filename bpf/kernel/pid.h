/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The id that a process has in the tool's pid namespace. A task's struct pid has an id for each
 * namespace from the initial one down to the task's own. From b69f0aeb0689 ("pid: Replace struct
 * pid 1-element array with flex-array"), 6.5, the array is declared without a length: its elements
 * are addressed here by its offset and their size, which is right on both sides of it.
 */
#ifndef FIXBUF_BPF_KERNEL_PID_H
#define FIXBUF_BPF_KERNEL_PID_H

#include "kernel/types.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include "abi/names.h"

extern __u32 own_tgid;	/* walk.bpf.c, self.bpf.c */
extern __u32 ns_level;	/* of the namespace that our /proc shows; 0 = the initial one */
extern __u64 own_pid;	/* struct pid * of our process */

static __always_inline struct upid *upid_at(__u64 pid, __u32 level)
{
	return (void *)pid + bpf_core_field_offset(struct pid, numbers) +
	       level * bpf_core_type_size(struct upid);
}

/* As .ns_pid of facts. */
static __always_inline __u32 ns_tgid(struct task_struct *task)
{
	struct pid *pid;

	if (!ns_level)
		return 0;
	pid = BPF_CORE_READ(task, group_leader, thread_pid);
	if (!pid || BPF_CORE_READ(pid, level) < ns_level ||
	    BPF_CORE_READ(upid_at((__u64)pid, ns_level), ns) !=
	    BPF_CORE_READ(upid_at(own_pid, ns_level), ns))
		return NS_PID_HIDDEN;
	return BPF_CORE_READ(upid_at((__u64)pid, ns_level), nr);
}

/* Of the task that runs. */
static __always_inline __u32 current_ns_tgid(void)
{
	return ns_tgid((void *)bpf_get_current_task());
}

#endif
