/* SPDX-License-Identifier: GPL-2.0 */
/* What both sides of a call know of it: who sees it begin and end, and who sees what it did. */
#ifndef FIXBUF_BPF_CALL_FACT_H
#define FIXBUF_BPF_CALL_FACT_H

#include "kernel/types.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include "abi/fact.h"
#include "kernel/pid.h"
#include "kernel/register_call.h"
#include "emit.h"

#define MAX_STARTS	8192

/* What was so when a call began; the key is the tid of its task. */
struct start {
	__u64 ring;	/* what its descriptor stood for; it may not be a ring */
	__u64 t_ns;
	__s64 user_pages, mm_pages;
	__u64 min_faults, maj_faults; /* of the task */
	__u64 told_ns;	/* it found its ring, and a fact says what came of it; 0 = not yet */
	__u32 number;	/* of the system call */
	__u32 pad;
};

/*
 * Where there is no room the oldest gives its place: threads of one user that all wait in a call
 * must not keep the starts of others out, whose calls may be refused unseen then.
 */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, MAX_STARTS);
	__type(key, __u32);
	__type(value, struct start);
} starts __weak SEC(".maps");

/*
 * When calls began to be seen to begin and to end, CLOCK_MONOTONIC: those of tasks that were made
 * before may have begun unseen. 0: they are not.
 */
__u64 calls_seen_since __weak;

static __always_inline void fill_call(struct fact_call *out, const struct call_args *a,
				      __s64 result)
{
	struct task_struct *task = (void *)bpf_get_current_task();

	out->arg = a->arg;
	out->limit_bytes = BPF_CORE_READ(task, signal, rlim[RLIMIT_MEMLOCK].rlim_cur);
	out->result = result;
	out->src_ring = a->src_ring;
	out->op = a->op;
	out->nr = a->nr;
	out->offset = a->offset;
	out->fd = a->fd;
	out->call_flags = a->flags;
	out->array = a->iov;
	out->hard_limit_bytes = BPF_CORE_READ(task, signal, rlim[RLIMIT_MEMLOCK].rlim_max);
	out->seen = a->seen;
	out->nr_args = a->nr_args;
	out->arg_flags = a->arg_flags;
	out->src_fd = a->src_fd;
	out->src_offset = a->src_offset;
	out->src_slots = a->src_slots;
	out->ns_pid = ns_tgid(task);
	out->nr_entries = 0;
}

/* A number that ties the facts of one call; never 0. */
static __always_inline __u32 call_id(void)
{
	__u32 cpu = bpf_get_smp_processor_id() & (FACT_LANES - 1);

	return (cpu + 1) << 20 | (lanes[cpu].seq & 0xfffff);
}

#endif
