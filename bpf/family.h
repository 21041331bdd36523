/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Processes that are selected by their ids and, where those are followed, what they start. The user
 * side puts the former in: capture/family.c. The walk, an object of its own, shares the map.
 */
#ifndef FIXBUF_BPF_FAMILY_H
#define FIXBUF_BPF_FAMILY_H

#include "kernel/types.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>

/* Of each the id that was asked for: its own, or of whom it descends from. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} selected_pids __weak SEC(".maps");

/* The same of those that ended last, whose events may still wait to be read. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1024);
	__type(key, __u32);
	__type(value, __u32);
} ended_pids __weak SEC(".maps");

static __always_inline bool pid_selected(__u32 tgid)
{
	return bpf_map_lookup_elem(&selected_pids, &tgid);
}

/* The number may become another process's. Whether it was known, and is no more. */
static __always_inline bool forget_ended(struct task_struct *task, __u32 tgid)
{
	__u32 *asked = bpf_map_lookup_elem(&selected_pids, &tgid);

	if (!asked || BPF_CORE_READ(task, signal, live.counter) > 0)
		return false;
	bpf_map_update_elem(&ended_pids, &tgid, asked, BPF_ANY);
	bpf_map_delete_elem(&selected_pids, &tgid);
	return true;
}

#endif
