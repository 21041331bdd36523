/* SPDX-License-Identifier: GPL-2.0 */
/* The kernel stack of a task that sleeps, and whether a file that was found there lives. */
#ifndef FIXBUF_BPF_KERNEL_TASK_STACK_H
#define FIXBUF_BPF_KERNEL_TASK_STACK_H

#include "kernel/types.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct thread_struct___x86 {
	unsigned long sp;
};

struct task_struct___x86 {
	struct thread_struct___x86 thread;
};

struct cpu_context {
	unsigned long sp;
};

struct thread_struct___arm64 {
	struct cpu_context cpu_context;
};

struct task_struct___arm64 {
	struct thread_struct___arm64 thread;
};

/* Up to 90ee6ed776c0 ("fs: port files to file_ref"), 6.13. */
struct file___count {
	atomic_long_t f_count;
};

/* A file's first reference is 0, and what is freed is below. */
struct file_ref_t___flavour {
	atomic_long_t refcnt;
};

struct file___ref {
	struct file_ref_t___flavour f_ref;
};

#pragma clang attribute pop

#define STACK_BYTES	(16U << 10)	/* of a stack, which is aligned by that, at least */

/* Where its frames begin, while it sleeps; 0 = not known here. */
static __always_inline __u64 stack_pointer(struct task_struct *task)
{
	struct task_struct___x86 *x86 = (void *)task;
	struct task_struct___arm64 *arm64 = (void *)task;

	if (bpf_core_field_exists(x86->thread.sp))
		return BPF_CORE_READ(x86, thread.sp);
	if (bpf_core_field_exists(arm64->thread.cpu_context.sp))
		return BPF_CORE_READ(arm64, thread.cpu_context.sp);
	return 0;
}

/*
 * The file that a word of a stack is, if it is one. From de12c3391bce ("add struct fd constructors, get
 * rid of __to_fd()"), 6.12, its low bits are flags; before they are 0.
 */
static __always_inline struct file *file_of_word(__u64 word)
{
	return (struct file *)(word & ~7ULL);
}

static __always_inline bool file_lives(struct file *file)
{
	struct file___count *c = (void *)file;
	struct file___ref *r = (void *)file;

	if (bpf_core_field_exists(c->f_count))
		return BPF_CORE_READ(c, f_count.counter) > 0;
	return bpf_core_field_exists(r->f_ref) &&
	       (__s64)BPF_CORE_READ(r, f_ref.refcnt.counter) >= 0;
}

#endif
