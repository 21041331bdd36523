/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Whether a task is selected: decided in the kernel, once per ring, before
 * anything is kept of it. The user side fills this in: capture/select.c.
 */
#ifndef FIXBUF_BPF_SELECTION_H
#define FIXBUF_BPF_SELECTION_H

#include "kernel/types.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include "abi/names.h"
#include "abi/selection.h"
#include "comm_glob.h"
#include "family.h"
#include "kernel/cgroup.h"
#include "tree.h"

/* All of what .select_by names must hold; 0 = everyone is selected. */
const volatile __u32 select_by;
const volatile __u32 select_uid;

static __always_inline bool comm_selected(struct task_struct *task)
{
	char comm[COMM_LEN] = { 0 };

	BPF_CORE_READ_STR_INTO(&comm, task, group_leader, comm);
	return comm_matches(comm);
}

/* Our own process never is. Static and not inlined: the verifier knows it by heart then. */
static __noinline int task_selected(__u64 address)
{
	struct task_struct *task = (void *)address;
	__u32 tgid = BPF_CORE_READ(task, tgid);
	__u64 by = select_by; /* spilled whole, so that the verifier still knows it */

	if (!tgid || tgid == own_tgid)
		return false;
	if (by & SELECT_PIDS && !pid_selected(tgid))
		return false;
	if (by & SELECT_UID && BPF_CORE_READ(task, cred, uid.val) != select_uid)
		return false;
	if (by & SELECT_COMM && !comm_selected(task))
		return false;
	if (by & SELECT_CGROUP && !task_in_cgroup(task))
		return false;
	return !(by & SELECT_TREE) || descends_from_us(task);
}

#endif
