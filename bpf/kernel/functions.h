/* SPDX-License-Identifier: GPL-2.0 */
/* The kernel's own functions for programs; each is only there where has_*() says so. */
#ifndef FIXBUF_BPF_KERNEL_FUNCTIONS_H
#define FIXBUF_BPF_KERNEL_FUNCTIONS_H

#include <linux/types.h>
#include <stdbool.h>
#include <bpf/bpf_core_read.h>
#include "abi/kernel_functions.h"

/* The verifier knows them by these names. */
enum special_kfunc_type {
	KF_bpf_rdonly_cast = 8,
	KF_bpf_preempt_disable = 30,
};

#define HAS_FUNC(name)	bpf_core_enum_value_exists(enum special_kfunc_type, KF_##name)

/* 6.2 (a35b9af4ec2c, "bpf: Add a kfunc for generic type cast") */
static void *(* const bpf_rdonly_cast)(const void *obj, __u32 btf_id) = (void *)FUNC_RDONLY_CAST;

/* 6.10 (fc7566ad0a82, "bpf: Introduce bpf_preempt_[disable,enable] kfuncs") */
static void (* const bpf_preempt_disable)(void) = (void *)FUNC_PREEMPT_DISABLE;
static void (* const bpf_preempt_enable)(void) = (void *)FUNC_PREEMPT_ENABLE;

#endif
