/* SPDX-License-Identifier: GPL-2.0 */
/* How a fact leaves the kernel. */
#ifndef FIXBUF_BPF_EMIT_H
#define FIXBUF_BPF_EMIT_H

#include "kernel/types.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include "abi/fact.h"
#include "kernel/preempt.h"
#include "share.h"

struct lane lanes[FACT_LANES] __weak;

const volatile __u32 facts_wake_bytes __weak;

/*
 * Room for a record of .size bytes (a constant) of what .task's user, .uid, does; when it is .sure
 * the records of others do not keep it out. Its head is filled but for the task; NULL, and counted
 * as lost, when there is no room.
 */
static __always_inline void *fact_room(__u16 size, __u8 kind, __u64 ring, __u32 call, __u64 task,
				       __u32 uid, bool sure)
{
	__u32 cpu = bpf_get_smp_processor_id();
	struct lane *lane = &lanes[cpu & (FACT_LANES - 1)];
	__u64 seq = next_number(&lane->seq);
	struct fact *f;

	f = may_send(task, uid, size, sure) ? bpf_ringbuf_reserve(&facts, size, 0) : NULL;
	if (!f) {
		__sync_fetch_and_add(&lane->lost, 1);
		lost_of(task, uid);
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
	struct fact *f = fact_room(size, kind, ring, call, bpf_get_current_task(),
				   acting_uid(ring, kind), false);
	__u64 id = bpf_get_current_pid_tgid();

	if (!f)
		return NULL;
	/* a ring that is told of is used by whoever has it; other filters the user side knows of a fact */
	if (filter & (SELECT_CGROUP | SELECT_FOLLOW) && !in_kernel_thread() && !task_chosen())
		f->flags = FACT_F_OTHERS;
	f->pid = id >> 32;
	f->tid = id;
	f->uid = bpf_get_current_uid_gid();
	bpf_get_current_comm(&f->comm, sizeof(f->comm));
	return f;
}

/* The record is the reader's, who is woken by the first after a pause, where many wait, and what is urgent. */
static __always_inline void fact_submit_urgent(void *record, bool urgent)
{
	struct fact *f = record;
	struct lane *lane = &lanes[f->cpu & (FACT_LANES - 1)];
	__u64 pause = f->t_ns - lane->told_ns;

	lane->told_ns = f->t_ns;
	bpf_ringbuf_submit(f, urgent || pause >= FACT_WAIT_NS ||
			      bpf_ringbuf_query(&facts, BPF_RB_AVAIL_DATA) >= facts_wake_bytes ?
			      BPF_RB_FORCE_WAKEUP : BPF_RB_NO_WAKEUP);
}

static __always_inline void fact_submit(void *record)
{
	fact_submit_urgent(record, false);
}

#endif
