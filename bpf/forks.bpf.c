// SPDX-License-Identifier: GPL-2.0
/*
 * Forks of address spaces that have registered buffers: a copy of such a page, in the parent or in
 * the child, is not what I/O reads and writes. Of other processes it costs one look-up per fork.
 */
#include "kernel/types.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>

/* By struct mm_struct *. One that found no room is looked at only when it is time anyway. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1024);
	__type(key, __u64);
	__type(value, __u8);
} forking_mms SEC(".maps");

__u64 forks_seen;

/* (parent, child) */
SEC("?raw_tp/sched_process_fork")
int note_fork(struct bpf_raw_tracepoint_args *ctx)
{
	__u64 mm = (__u64)BPF_CORE_READ((struct task_struct *)ctx->args[0], mm);

	/* a thread shares it: nothing is copied */
	if (mm && mm != (__u64)BPF_CORE_READ((struct task_struct *)ctx->args[1], mm) &&
	    bpf_map_lookup_elem(&forking_mms, &mm))
		__sync_fetch_and_add(&forks_seen, 1);
	return 0;
}
