/* SPDX-License-Identifier: GPL-2.0 */
/* Programs of which no run may be missed. */
#ifndef FIXBUF_BPF_TWICE_H
#define FIXBUF_BPF_TWICE_H

#include "kernel/types.h"
#include <bpf/bpf_helpers.h>

/*
 * Each is there twice, for kernels that preempt programs: what one is not run for, as a task was
 * preempted in it, the other sees. It does no harm when both see it.
 */
#define TWICE(tracepoint, name, on)					\
SEC("?raw_tp/" tracepoint)						\
int name(struct bpf_raw_tracepoint_args *ctx)				\
{									\
	return on(ctx);							\
}									\
									\
SEC("?raw_tp/" tracepoint)						\
int name##_again(struct bpf_raw_tracepoint_args *ctx)			\
{									\
	return on(ctx);							\
}

#endif
