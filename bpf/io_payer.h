/* SPDX-License-Identifier: GPL-2.0 */
/* Whose a request is, where users share room. */
#ifndef FIXBUF_BPF_IO_PAYER_H
#define FIXBUF_BPF_IO_PAYER_H

#include "kernel/types.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include "kernel/payer.h"
#include "selection.h"

/* Who pays for that task. Where the selection says who it is nobody else's are here: each is its own. */
static __always_inline __u32 io_pays(__u64 task)
{
	__u64 cred = (__u64)BPF_CORE_READ((struct task_struct *)task, cred);
	__u32 uid = BPF_CORE_READ((struct cred *)cred, uid.val);

	return select_by & SELECT_WHO ? uid : payer_of(cred, uid);
}

/* The same where a program has a frame to spare: it may have eight. */
static __noinline __u32 io_payer(__u64 task)
{
	return io_pays(task);
}

#endif
