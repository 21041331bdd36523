/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Where a task may be preempted in a program, what is read, changed and written in steps belongs to
 * nobody in between: programs of function probes may be from 5.12 on, those of raw tracepoints
 * from 7.0 (f7d327654b88, "bpf: Have __bpf_trace_run() use rcu_read_lock_dont_migrate()").
 */
#ifndef FIXBUF_BPF_KERNEL_PREEMPT_H
#define FIXBUF_BPF_KERNEL_PREEMPT_H

#include "kernel/functions.h"

/*
 * One more, which it returns; .n is this CPU's. An atomic addition would do the same, but kernels
 * before 5.12 refuse a program that has one which gives a value, reached or not.
 */
static __always_inline __u64 next_number(__u64 *n)
{
	__u64 next;

	if (!HAS_FUNC(bpf_preempt_disable))
		return ++*n;
	bpf_preempt_disable();
	next = ++*n;
	bpf_preempt_enable();
	return next;
}

#endif
