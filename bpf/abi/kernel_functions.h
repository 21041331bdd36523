/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Functions of the kernel that programs call. Declared as externs, they would have libbpf read all
 * of the kernel's types, and on older kernels those of all modules: programs call these numbers,
 * and capture/targets.c puts in those of the running kernel.
 */
#ifndef FIXBUF_ABI_KERNEL_FUNCTIONS_H
#define FIXBUF_ABI_KERNEL_FUNCTIONS_H

#define FUNC_FIRST		0x7ca57	/* beyond any helper's */
#define FUNC_RDONLY_CAST	(FUNC_FIRST + 0)
#define FUNC_PREEMPT_DISABLE	(FUNC_FIRST + 1)
#define FUNC_PREEMPT_ENABLE	(FUNC_FIRST + 2)

#define FUNC_NAMES { "bpf_rdonly_cast", "bpf_preempt_disable", "bpf_preempt_enable" }

#endif
