/* SPDX-License-Identifier: GPL-2.0 */
/* Who can refuse a task's system calls before the kernel looks at them. */
#ifndef FIXBUF_BPF_KERNEL_SECCOMP_H
#define FIXBUF_BPF_KERNEL_SECCOMP_H

#include "kernel/types.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>

#define SECCOMP_MODE_FILTER 2

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct seccomp {
	int mode;
};

struct task_struct___refused {
	struct seccomp seccomp;
	unsigned int ptrace;
	__u64 start_time;
};

#pragma clang attribute pop

static __always_inline bool task_has_filter(struct task_struct *task)
{
	struct task_struct___refused *t = (void *)task;

	return bpf_core_field_exists(t->seccomp) &&
	       BPF_CORE_READ(t, seccomp.mode) == SECCOMP_MODE_FILTER;
}

static __always_inline bool task_is_traced(struct task_struct *task)
{
	return BPF_CORE_READ((struct task_struct___refused *)task, ptrace);
}

/* CLOCK_MONOTONIC */
static __always_inline __u64 task_start_ns(struct task_struct *task)
{
	return BPF_CORE_READ((struct task_struct___refused *)task, start_time);
}

#endif
