/* SPDX-License-Identifier: GPL-2.0 */
/* What the kernel holds against a task that makes a call: its cgroups, its end, its rights. */
#ifndef FIXBUF_BPF_KERNEL_CALLER_H
#define FIXBUF_BPF_KERNEL_CALLER_H

#include "kernel/types.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include "abi/fact.h"
#include "kernel/cgroup.h"
#include "kernel/pid.h"
#include "kernel/ring.h"

#define MAX_CGROUP_DEPTH	16
#define NO_LIMIT_PAGES		(1UL << 50)	/* PAGE_COUNTER_MAX is about that much */
#define SIGNAL_GROUP_EXIT	0x4	/* include/linux/sched/signal.h */

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct page_counter {
	atomic_long_t usage;
	unsigned long max;
	struct page_counter *parent;
};

struct mem_cgroup {
	struct cgroup_subsys_state css;
	struct page_counter memory;
};

struct signal_struct___oom {
	struct mm_struct *oom_mm;
};

struct io_restriction {
	unsigned long register_op[1];
};

struct task_struct___restrict {
	struct io_restriction *io_uring_restrict;
};

struct io_ring_ctx___restrict {
	struct io_restriction restrictions;
};

enum cgroup_subsys_id {
	memory_cgrp_id,
};

#pragma clang attribute pop

/* The memory cgroup of the current task; 0 where the kernel has none. */
static __always_inline __u64 memory_cgroup(void)
{
	struct task_struct___cgroups *task = (void *)bpf_get_current_task();
	struct cgroup_subsys_state *css = NULL;
	struct css_set *set;

	if (!bpf_core_enum_value_exists(enum cgroup_subsys_id, memory_cgrp_id) ||
	    !bpf_core_field_exists(struct mem_cgroup, memory))
		return 0;
	set = BPF_CORE_READ(task, cgroups);
	bpf_probe_read_kernel(&css, sizeof(css),
			      (void *)set + bpf_core_field_offset(struct css_set, subsys) +
			      bpf_core_enum_value(enum cgroup_subsys_id, memory_cgrp_id) *
			      sizeof(css));
	return (__u64)css;
}

/*
 * The pages that may still be charged to a counter, all when it has no limit. A global function: the
 * verifier looks at it once, not in each round of a loop.
 */
__noinline __u64 counter_room(__u64 counter)
{
	struct page_counter *c = (void *)counter;
	__u64 max = BPF_CORE_READ(c, max), used = BPF_CORE_READ(c, usage.counter);

	if (max >= NO_LIMIT_PAGES)
		return ~0ULL;
	return used < max ? max - used : 0;
}

/* Fills .cgroup*: a charge goes to the task's cgroup and to all those above it. */
static __always_inline void read_cgroups(struct fact_caller *out)
{
	__u64 group = memory_cgroup(), counter, least = ~0ULL, fullest = 0;

	out->cgroup_limit_bytes = ~0ULL;
	counter = group ? group + bpf_core_field_offset(struct mem_cgroup, memory) : 0;
	for (int i = 0; i < MAX_CGROUP_DEPTH && counter; i++) {
		__u64 room = counter_room(counter);

		if (room < least) {
			least = room;
			fullest = counter;
		}
		counter = (__u64)BPF_CORE_READ((struct page_counter *)counter, parent);
	}
	if (fullest) {
		struct page_counter *c = (void *)fullest;
		struct mem_cgroup *m =
			(void *)(fullest - bpf_core_field_offset(struct mem_cgroup, memory));
		const char *name = BPF_CORE_READ(m, css.cgroup, kn, name);

		out->cgroup_limit_bytes = BPF_CORE_READ(c, max) * PAGE_BYTES;
		out->cgroup_used_bytes = BPF_CORE_READ(c, usage.counter) * PAGE_BYTES;
		bpf_probe_read_kernel_str(&out->cgroup, sizeof(out->cgroup), name);
	}
}

static __always_inline __u32 read_ending(void)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct signal_struct *signal = BPF_CORE_READ(task, signal);
	struct signal_struct___oom *oom = (void *)signal;
	__u32 flags = 0;

	if (BPF_CORE_READ(signal, flags) & SIGNAL_GROUP_EXIT)
		flags |= CALLER_F_KILLED;
	if (BPF_CORE_READ(oom, oom_mm))
		flags |= CALLER_F_OOM;
	return flags;
}

static __always_inline bool leaves_out(__u64 restriction, __u32 op)
{
	struct io_restriction *r = (void *)restriction;

	return !(BPF_CORE_READ(r, register_op[0]) >> op & 1);
}

/*
 * Which restrictions leave the operation out: asked of a call that was refused for them. A ring
 * has its own from 21b55dbc0653 ("io_uring: add IOURING_REGISTER_RESTRICTIONS opcode"), 5.10; a
 * task's, where there are such, are taken over by each ring that it makes.
 */
static __always_inline __u32 read_restrictions(__u64 ring, __u32 op)
{
	struct task_struct___restrict *task = (void *)bpf_get_current_task();
	struct io_restriction *own;
	__u32 flags = 0;

	if (bpf_core_field_exists(struct io_ring_ctx___restrict, restrictions) &&
	    leaves_out(ring + bpf_core_field_offset(struct io_ring_ctx___restrict, restrictions), op))
		flags |= CALLER_F_RING_FORBIDS;
	if (!bpf_core_field_exists(struct task_struct___restrict, io_uring_restrict))
		return flags;
	own = BPF_CORE_READ(task, io_uring_restrict);
	if (own && leaves_out((__u64)own, op))
		flags |= CALLER_F_TASK_FORBIDS;
	return flags;
}

/*
 * Fills .issuer*: the thread that a ring takes calls from, from 97bbdc06a444 ("io_uring: add
 * IORING_SETUP_SINGLE_ISSUER"), 6.0.
 */
static __always_inline void read_issuer(struct fact_caller *out, __u64 ring)
{
	struct io_ring_ctx *ctx = (void *)ring;
	struct task_struct *issuer;

	if (!bpf_core_field_exists(ctx->submitter_task))
		return;
	issuer = BPF_CORE_READ(ctx, submitter_task);
	if (!issuer)
		return;
	out->issuer_pid = BPF_CORE_READ(issuer, tgid);
	out->issuer_tid = BPF_CORE_READ(issuer, pid);
	out->issuer_ns_pid = ns_tgid(issuer);
	BPF_CORE_READ_INTO(&out->issuer, issuer, comm);
}

#endif
