// SPDX-License-Identifier: GPL-2.0
/* The kprobes tier: the hooks of hooks.h as kprobe and kretprobe programs. */
#include "exact_buffer.h"
#include "exact_kernel.h"
#include "exact_region.h"

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct pt_regs___call {
	unsigned long di, si, dx, cx, ax, sp;
};

#pragma clang attribute pop

/* No hook asks for the fifth and the sixth; from the seventh on they are on the stack. */
static __always_inline __u64 arg_of(struct pt_regs___call *regs, __u32 n)
{
	__u64 v = 0;

	if (n == 0)
		return BPF_CORE_READ(regs, di);
	if (n == 1)
		return BPF_CORE_READ(regs, si);
	if (n == 2)
		return BPF_CORE_READ(regs, dx);
	if (n == 3)
		return BPF_CORE_READ(regs, cx);
	/* above the return address */
	bpf_probe_read_kernel(&v, sizeof(v),
			      (void *)(BPF_CORE_READ(regs, sp) + 8 + 8ULL * (n - 6)));
	return v;
}

#define ARG(n)		arg_of(ctx, n)
#define RESULT(nr_args)	BPF_CORE_READ(ctx, ax)

#define PROGRAM(section, name, body)	\
SEC(section)				\
int name(struct pt_regs___call *ctx)	\
{					\
	(void)ctx;			\
	body;				\
	return 0;			\
}

#define AT_ENTRY(name, function, body)	PROGRAM("?kprobe/" #function, k_##name, body)
#define AT_RETURN(name, function, body)	PROGRAM("?kretprobe/" #function, k_##name##_end, body)

#include "hooks.h"
