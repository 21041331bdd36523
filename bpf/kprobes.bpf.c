// SPDX-License-Identifier: GPL-2.0
/* The kprobes tier: the hooks of hooks.h as kprobe and kretprobe programs. */
#include "exact_buffer.h"
#include "exact_kernel.h"
#include "exact_region.h"
#include "kernel/regs.h"

#define ARG(n)		function_arg(ctx, n)
#define RESULT(nr_args)	function_result(ctx)

#define PROGRAM(section, name, body)	\
SEC(section)				\
int name(struct pt_regs *ctx)		\
{					\
	(void)ctx;			\
	body;				\
	return 0;			\
}

#define AT_ENTRY(name, function, body)	PROGRAM("?kprobe/" #function, k_##name, body)
#define AT_RETURN(name, function, body)	PROGRAM("?kretprobe/" #function, k_##name##_end, body)

#include "hooks.h"
