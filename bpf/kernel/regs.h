/* SPDX-License-Identifier: GPL-2.0 */
/* The registers with which the current task entered the kernel. */
#ifndef FIXBUF_BPF_KERNEL_REGS_H
#define FIXBUF_BPF_KERNEL_REGS_H

#include "kernel/types.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>

#define X86_THREAD_SIZE		16384

static __always_inline struct pt_regs *user_regs(void)
{
	/* from dd6e10fbd9fb ("bpf: Add bpf_task_pt_regs() helper"), 5.15 */
	if (bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_task_pt_regs))
		return (void *)bpf_task_pt_regs(bpf_get_current_task_btf());

	struct task_struct *task = (void *)bpf_get_current_task();

	return BPF_CORE_READ(task, stack) + X86_THREAD_SIZE - bpf_core_type_size(struct pt_regs);
}

#endif
