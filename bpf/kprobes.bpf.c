// SPDX-License-Identifier: GPL-2.0
/* The kprobes tier: exact.h hung in by kprobe and kretprobe. */
#include "exact.h"
#include "exact_region.h"
#include "kernel/account.h"

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct pt_regs___call {
	unsigned long di, si, dx, cx, ax, sp;
};

#pragma clang attribute pop

static __always_inline __u64 arg(struct pt_regs___call *regs, __u32 n)
{
	return n == 0 ? BPF_CORE_READ(regs, di) :
	       n == 1 ? BPF_CORE_READ(regs, si) : BPF_CORE_READ(regs, dx);
}

/* From the seventh on arguments stand above the return address. */
static __always_inline __u32 arg_of_bvec(struct pt_regs___call *regs)
{
	__u64 v = 0;

	if (bvec_index_arg == 3)
		return BPF_CORE_READ(regs, cx);
	bpf_probe_read_kernel(&v, sizeof(v), (void *)(BPF_CORE_READ(regs, sp) + 8 +
						      8ULL * (bvec_index_arg - 6)));
	return v;
}

static __always_inline __u64 returned(struct pt_regs___call *regs)
{
	return BPF_CORE_READ(regs, ax);
}

SEC("?kprobe/io_sqe_buffer_register")
int k_register(void *ctx)
{
	register_begin(ctx, arg(ctx, 0), arg(ctx, 1), arg(ctx, 2));
	return 0;
}

SEC("?kretprobe/io_sqe_buffer_register")
int k_register_end(void *ctx)
{
	register_end(returned(ctx), register_gives_node);
	return 0;
}

SEC("?kprobe/io_free_rsrc_node")
int k_release_node(void *ctx)
{
	release_node_begin(ctx, arg(ctx, 0), arg(ctx, 1));
	return 0;
}

SEC("?kretprobe/io_free_rsrc_node")
int k_release_node_end(void)
{
	release_end();
	return 0;
}

SEC("?kprobe/io_buffer_unmap")
int k_release_slot(void *ctx)
{
	release_slot_begin(ctx, arg(ctx, 0), arg(ctx, 1));
	return 0;
}

SEC("?kretprobe/io_buffer_unmap")
int k_release_slot_end(void)
{
	release_end();
	return 0;
}

SEC("?kprobe/io_account_mem")
int k_amount(void *ctx)
{
	amount_seen(arg(ctx, amount_arg), HIT_AMOUNT);
	return 0;
}

SEC("?kprobe/__io_account_mem")
int k_amount_inner(void *ctx)
{
	amount_seen(arg(ctx, 1), HIT_AMOUNT_INNER);
	return 0;
}

SEC("?kprobe/io_create_region")
int k_region(void *ctx)
{
	region_begin(ctx, arg(ctx, 0), arg(ctx, 1));
	return 0;
}

SEC("?kretprobe/io_create_region")
int k_region_end(void *ctx)
{
	region_end(returned(ctx));
	return 0;
}

SEC("?kprobe/io_free_region")
int k_region_free(void *ctx)
{
	region_free_begin(ctx, arg(ctx, 1));
	return 0;
}

SEC("?kretprobe/io_free_region")
int k_region_free_end(void)
{
	region_free_end();
	return 0;
}

SEC("?kprobe/io_buffer_register_request")
int k_kernel_request(void *ctx)
{
	kernel_begin(ctx, IN_KERNEL_REGISTER, arg(ctx, 0), BPF_CORE_READ((struct pt_regs___call *)ctx, cx));
	return 0;
}

SEC("?kretprobe/io_buffer_register_request")
int k_kernel_request_end(void *ctx)
{
	kernel_end(IN_KERNEL_REGISTER, returned(ctx));
	return 0;
}

SEC("?kprobe/io_buffer_register_bvec")
int k_kernel_bvec(void *ctx)
{
	kernel_begin(ctx, IN_KERNEL_REGISTER, arg(ctx, 0), arg_of_bvec(ctx));
	return 0;
}

SEC("?kretprobe/io_buffer_register_bvec")
int k_kernel_bvec_end(void *ctx)
{
	kernel_end(IN_KERNEL_REGISTER, returned(ctx));
	return 0;
}

SEC("?kprobe/io_buffer_unregister")
int k_kernel_drop(void *ctx)
{
	kernel_begin(ctx, IN_KERNEL_DROP, arg(ctx, 0), arg(ctx, 1));
	return 0;
}

SEC("?kretprobe/io_buffer_unregister")
int k_kernel_drop_end(void *ctx)
{
	kernel_end(IN_KERNEL_DROP, returned(ctx));
	return 0;
}

SEC("?kprobe/io_buffer_unregister_bvec")
int k_kernel_drop_bvec(void *ctx)
{
	kernel_begin(ctx, IN_KERNEL_DROP, arg(ctx, 0), arg(ctx, 1));
	return 0;
}

SEC("?kretprobe/io_buffer_unregister_bvec")
int k_kernel_drop_bvec_end(void *ctx)
{
	kernel_end(IN_KERNEL_DROP, returned(ctx));
	return 0;
}
