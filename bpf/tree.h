/* SPDX-License-Identifier: GPL-2.0 */
/* Which tasks descend from our own process: "-- PROGRAM" and what it starts. */
#ifndef FIXBUF_BPF_TREE_H
#define FIXBUF_BPF_TREE_H

#include "kernel/types.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>

#define TREE_DEPTH	32	/* orphans become our children: our process is a child subreaper */

extern __u32 own_tgid;	/* walk.bpf.c, self.bpf.c */

/* A read of no task gives 0: one test for both ends is one less in each round for the verifier. */
static __always_inline bool descends_from_us(struct task_struct *task)
{
	__u32 own = own_tgid, tgid = 0;

	for (int i = 0; i < TREE_DEPTH; i++) {
		task = BPF_CORE_READ(task, real_parent);
		tgid = BPF_CORE_READ(task, tgid);
		if (tgid <= 1 || tgid == own)
			break;
	}
	return tgid == own;
}

#endif
