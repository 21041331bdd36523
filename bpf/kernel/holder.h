/* SPDX-License-Identifier: GPL-2.0 */
/* A task as the holder of a ring. */
#ifndef FIXBUF_BPF_KERNEL_HOLDER_H
#define FIXBUF_BPF_KERNEL_HOLDER_H

#include "kernel/types.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include "abi/fact.h"
#include "family.h"
#include "kernel/cgroup.h"
#include "kernel/ending.h"
#include "kernel/mm.h"
#include "kernel/payer.h"
#include "kernel/pid.h"

const volatile __u32 select_follow;	/* whether what selected processes start is selected */

static __always_inline bool task_chosen(struct task_struct *task)
{
	if (!select_cgroup && !select_follow)
		return false;
	if (select_cgroup && !task_in_cgroup(task))
		return false;
	return !select_follow || pid_selected(BPF_CORE_READ(task, tgid));
}

static __always_inline void fill_holder(struct fact_holder *out, struct task_struct *task,
					__u64 ring)
{
	const struct cred *cred = BPF_CORE_READ(task, cred);

	__builtin_memset(out, 0, sizeof(*out));
	out->h.size = sizeof(*out);
	out->h.kind = FACT_HOLDER;
	out->h.flags = FACT_F_SNAPSHOT;
	if (task_chosen(task))
		out->h.flags |= FACT_F_CHOSEN;
	out->h.t_ns = bpf_ktime_get_ns();
	out->h.ring = ring;
	out->h.pid = BPF_CORE_READ(task, tgid);
	out->h.tid = BPF_CORE_READ(task, pid);
	out->h.uid = BPF_CORE_READ(cred, uid.val);
	/* the name of the process: a thread may have another one */
	BPF_CORE_READ_STR_INTO(&out->h.comm, task, group_leader, comm);
	out->files = (__u64)BPF_CORE_READ(task, files);
	out->mm = (__u64)BPF_CORE_READ(task, mm);
	out->user = (__u64)BPF_CORE_READ(cred, user);
	out->memlock_limit_bytes = BPF_CORE_READ(task, signal, rlim[RLIMIT_MEMLOCK].rlim_cur);
	out->user_locked_pages = user_locked(out->user);
	out->mm_pinned_pages = mm_pinned(out->mm);
	out->fd = -1;
	out->reg_index = -1;
	out->ns_pid = ns_tgid(task);
	out->ending = task_ending(task);
	out->payer = payer_of((__u64)cred, out->h.uid);
	out->start_ns = BPF_CORE_READ(task, group_leader, start_boottime);
}

#endif
