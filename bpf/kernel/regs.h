/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Registers: those with which the current task entered the kernel, and those of a function of
 * the kernel that a probe stopped at. The one place that knows an architecture's.
 */
#ifndef FIXBUF_BPF_KERNEL_REGS_H
#define FIXBUF_BPF_KERNEL_REGS_H

#include "kernel/types.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "fields that kernels widened are read by their low half, which is first only in little endian"
#endif

#define THREAD_SIZE	16384	/* of both; on arm64 with pages of up to 16 KiB */

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

#if defined(__TARGET_ARCH_x86)

struct thread_info {
	unsigned int status;
};

struct task_struct___thread {
	struct thread_info thread_info;
};

struct pt_regs {
	unsigned long di, si, dx, cx, r8, r9, r10;
	unsigned long bx, bp, ax, orig_ax, sp;
};

#elif defined(__TARGET_ARCH_arm64)

struct pt_regs {
	__u64 regs[31];
	__u64 sp, pstate, orig_x0;
	__s32 syscallno;
};

#else
#error "the registers of this architecture are not known: x86-64 and arm64 are"
#endif

#pragma clang attribute pop

/* ---- of the system call ----------------------------------------------------------- */

static __always_inline struct pt_regs *user_regs(void)
{
	/* from dd6e10fbd9fb ("bpf: Add bpf_task_pt_regs() helper"), 5.15 */
	if (bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_task_pt_regs))
		return (void *)bpf_task_pt_regs(bpf_get_current_task_btf());

	struct task_struct *task = (void *)bpf_get_current_task();

	return BPF_CORE_READ(task, stack) + THREAD_SIZE - bpf_core_type_size(struct pt_regs);
}

#if defined(__TARGET_ARCH_x86)

#define X86_TS_COMPAT	0x2	/* arch/x86/include/asm/thread_info.h */

/*
 * Whether the arguments are those of a 32-bit system call: of a 32-bit program, and of a
 * 64-bit one by int 0x80.
 */
static __always_inline bool called_as_32_bit(void)
{
	struct task_struct___thread *task = (void *)bpf_get_current_task();

	return BPF_CORE_READ(task, thread_info.status) & X86_TS_COMPAT;
}

/* Those of the x32 ABI have a bit of their own in it. */
static __always_inline __u64 syscall_number(struct pt_regs *regs)
{
	return BPF_CORE_READ(regs, orig_ax);
}

/* The argument .n, 0 to 3, as it was when the call began. */
static __always_inline __u64 syscall_arg(struct pt_regs *regs, __u32 n, bool as_32_bit)
{
	if (as_32_bit)
		return (__u32)(n == 0 ? BPF_CORE_READ(regs, bx) :
			       n == 1 ? BPF_CORE_READ(regs, cx) :
			       n == 2 ? BPF_CORE_READ(regs, dx) : BPF_CORE_READ(regs, si));
	return n == 0 ? BPF_CORE_READ(regs, di) :
	       n == 1 ? BPF_CORE_READ(regs, si) :
	       n == 2 ? BPF_CORE_READ(regs, dx) : BPF_CORE_READ(regs, r10);
}

/*
 * Where a function without a frame of its own, as most that wrap a system call are, returns
 * to: a walk by frame pointers misses it. Here it is the word on top of the user's stack,
 * there a register. The user side decides whether it is one.
 */
static __always_inline __u64 user_caller(void)
{
	__u64 word = 0;

	bpf_probe_read_user(&word, sizeof(word), (void *)BPF_CORE_READ(user_regs(), sp));
	return word;
}

/* Of a function at its entry: the argument .n. From the seventh on they are on the stack. */
static __always_inline __u64 function_arg(struct pt_regs *regs, __u32 n)
{
	__u64 v = 0;

	switch (n) {
	case 0:
		return BPF_CORE_READ(regs, di);
	case 1:
		return BPF_CORE_READ(regs, si);
	case 2:
		return BPF_CORE_READ(regs, dx);
	case 3:
		return BPF_CORE_READ(regs, cx);
	case 4:
		return BPF_CORE_READ(regs, r8);
	case 5:
		return BPF_CORE_READ(regs, r9);
	}
	/* above the return address */
	bpf_probe_read_kernel(&v, sizeof(v),
			      (void *)(BPF_CORE_READ(regs, sp) + 8 + 8ULL * (n - 6)));
	return v;
}

static __always_inline __u64 function_result(struct pt_regs *regs)
{
	return BPF_CORE_READ(regs, ax);
}

/* The address itself: tags of LAM, 6.4, are not known to be in use by this process. */
static __always_inline __u64 untagged(__u64 addr)
{
	return addr;
}

#elif defined(__TARGET_ARCH_arm64)

#define PSR_MODE32_BIT	0x10	/* arch/arm64/include/uapi/asm/ptrace.h */
#define TAG_BITS	(0xffULL << 56)

static __always_inline bool called_as_32_bit(void)
{
	return BPF_CORE_READ(user_regs(), pstate) & PSR_MODE32_BIT;
}

static __always_inline __u64 syscall_number(struct pt_regs *regs)
{
	return (__u32)BPF_CORE_READ(regs, syscallno);
}

/* The result takes the place of the first argument before the call is over. */
static __always_inline __u64 syscall_arg(struct pt_regs *regs, __u32 n, bool as_32_bit)
{
	__u64 v = n == 0 ? BPF_CORE_READ(regs, orig_x0) :
		  n == 1 ? BPF_CORE_READ(regs, regs[1]) :
		  n == 2 ? BPF_CORE_READ(regs, regs[2]) : BPF_CORE_READ(regs, regs[3]);

	return as_32_bit ? (__u32)v : v;
}

static __always_inline __u64 user_caller(void)
{
	return BPF_CORE_READ(user_regs(), regs[30]);
}

/* No hook asks for the ninth, which would be on the stack. */
static __always_inline __u64 function_arg(struct pt_regs *regs, __u32 n)
{
	__u64 v = 0;

	if (n < 8)
		bpf_probe_read_kernel(&v, sizeof(v), &regs->regs[n]);
	return v;
}

static __always_inline __u64 function_result(struct pt_regs *regs)
{
	return BPF_CORE_READ(regs, regs[0]);
}

/* The processor ignores the top byte of a program's address: it is the program's own. */
static __always_inline __u64 untagged(__u64 addr)
{
	return addr & ~TAG_BITS;
}

#endif

#endif
