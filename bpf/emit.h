/* SPDX-License-Identifier: GPL-2.0 */
/* How a fact leaves the kernel. */
#ifndef FIXBUF_BPF_EMIT_H
#define FIXBUF_BPF_EMIT_H

#include "kernel/types.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include "abi/fact.h"
#include "share.h"

struct lane lanes[FACT_LANES] __weak;

/*
 * Room for a record of .size bytes (a constant) for which .uid pays, unless it is .sure. Its head
 * is filled but for the task; NULL, and counted as lost, when there is no room.
 */
static __always_inline void *fact_room(__u16 size, __u8 kind, __u64 ring, __u32 call, __u32 uid,
				       bool sure)
{
	__u32 cpu = bpf_get_smp_processor_id();
	struct lane *lane = &lanes[cpu & (FACT_LANES - 1)];
	__u64 seq = ++lane->seq;
	struct fact *f;

	f = may_send(uid, size, sure) ? bpf_ringbuf_reserve(&facts, size, 0) : NULL;
	if (!f) {
		lane->lost++;
		lost_of(uid);
		return NULL;
	}
	f->size = size;
	f->kind = kind;
	f->flags = 0;
	f->cpu = cpu;
	f->seq = seq;
	f->t_ns = bpf_ktime_get_ns();
	f->ring = ring;
	f->call = call;
	return f;
}

/* Room for a record of what the current task does: its head is complete. */
static __always_inline void *fact_reserve(__u16 size, __u8 kind, __u64 ring, __u32 call)
{
	struct fact *f = fact_room(size, kind, ring, call, acting_uid(ring, kind), false);
	__u64 id = bpf_get_current_pid_tgid();

	if (!f)
		return NULL;
	f->pid = id >> 32;
	f->tid = id;
	f->uid = bpf_get_current_uid_gid();
	bpf_get_current_comm(&f->comm, sizeof(f->comm));
	return f;
}

#endif
