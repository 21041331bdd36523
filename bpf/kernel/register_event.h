/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The arguments of the tracepoint io_uring_register, which are (ring, opcode, nr_files,
 * nr_bufs, result) or, in older kernels, have one more before the result.
 */
#ifndef FIXBUF_BPF_KERNEL_REGISTER_EVENT_H
#define FIXBUF_BPF_KERNEL_REGISTER_EVENT_H

#include "kernel/types.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include "abi/fact.h"

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

/*
 * Up to 2757be22c0f4 ("io_uring: remove trace for eventfd"), 5.18. The type has the fields
 * of the event, in which the arguments stand.
 */
struct trace_event_raw_io_uring_register {
	bool eventfd;
};

#pragma clang attribute pop

/* Whether an IORING_REGISTER_* opcode can change a table of buffers. */
static __always_inline bool concerns_buffers(__u32 op)
{
	return op == CALL_REGISTER || op == CALL_UNREGISTER || op == CALL_REGISTER2 ||
	       op == CALL_UPDATE || op == CALL_CLONE;
}

static __always_inline __s64 register_result(struct bpf_raw_tracepoint_args *ctx)
{
	__s64 result;

	if (!bpf_core_field_exists(struct trace_event_raw_io_uring_register, eventfd))
		return ctx->args[4];
	result = ctx->args[5];
	/* keeps the compiler from choosing between two addresses, which no context allows */
	asm volatile("" : "+r"(result));
	return result;
}

#endif
