/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Who pays for what a task does, where users share something. Whoever may make user namespaces and
 * has a range of subordinate ids there is many users, but pays as one: as who made the outermost of
 * its namespaces. In one that root made, each user pays alone: root chose who they are. A namespace
 * has an owner and a parent from 22d917d80e84 ("userns: Rework the user_namespace adding uid/gid
 * mapping support") on, 3.8.
 */
#ifndef FIXBUF_BPF_KERNEL_PAYER_H
#define FIXBUF_BPF_KERNEL_PAYER_H

#include "kernel/types.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>

#define USER_NS_LEVELS	33	/* create_user_ns() makes none deeper */

/*
 * .cred: a task's struct cred *, of the user .uid. A task of the kernel's is in the initial
 * namespace. A global function, so that the verifier looks at it once.
 */
__weak __noinline __u32 payer_of(__u64 cred, __u32 uid)
{
	struct user_namespace *ns = BPF_CORE_READ((struct cred *)cred, user_ns);
	int level = BPF_CORE_READ(ns, level);
	__u32 owner;

	if (level < 1)
		return uid;
	for (int i = 1; i < USER_NS_LEVELS && i < level; i++)
		ns = BPF_CORE_READ(ns, parent);
	owner = BPF_CORE_READ(ns, owner.val);
	return owner ? owner : uid;
}

#endif
