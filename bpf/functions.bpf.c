// SPDX-License-Identifier: GPL-2.0
/* The functions tier: exact.h hung in by fentry and fexit. */
#include "exact.h"
#include "exact_region.h"
#include "kernel/account.h"

const volatile __u32 register_nargs = 0;	/* where its result is found */
const volatile __u32 bvec_nargs = 0;

/*
 * An argument, or, past the last one, what was returned. By probe read: the
 * verifier of 5.10 refuses to load a pointer to a pointer.
 */
static __always_inline __u64 arg(__u64 *ctx, __u32 n)
{
	__u64 v = 0;

	bpf_probe_read_kernel(&v, sizeof(v), ctx + n);
	return v;
}

SEC("?fentry/io_sqe_buffer_register")
int f_register(__u64 *ctx)
{
	register_begin(ctx, arg(ctx, 0), arg(ctx, 1), arg(ctx, 2));
	return 0;
}

SEC("?fexit/io_sqe_buffer_register")
int f_register_end(__u64 *ctx)
{
	register_end(arg(ctx, register_nargs), register_gives_node);
	return 0;
}

SEC("?fentry/io_free_rsrc_node")
int f_release_node(__u64 *ctx)
{
	release_node_begin(ctx, arg(ctx, 0), arg(ctx, 1));
	return 0;
}

SEC("?fexit/io_free_rsrc_node")
int f_release_node_end(void)
{
	release_end();
	return 0;
}

SEC("?fentry/io_buffer_unmap")
int f_release_slot(__u64 *ctx)
{
	release_slot_begin(ctx, arg(ctx, 0), arg(ctx, 1));
	return 0;
}

SEC("?fexit/io_buffer_unmap")
int f_release_slot_end(void)
{
	release_end();
	return 0;
}

SEC("?fentry/io_account_mem")
int f_amount(__u64 *ctx)
{
	amount_seen(arg(ctx, amount_arg), HIT_AMOUNT);
	return 0;
}

SEC("?fentry/__io_account_mem")
int f_amount_inner(__u64 *ctx)
{
	amount_seen(arg(ctx, 1), HIT_AMOUNT_INNER);
	return 0;
}

SEC("?fentry/io_create_region")
int f_region(__u64 *ctx)
{
	region_begin(ctx, arg(ctx, 0), arg(ctx, 1));
	return 0;
}

SEC("?fexit/io_create_region")
int f_region_end(__u64 *ctx)
{
	region_end(arg(ctx, 4));
	return 0;
}

SEC("?fentry/io_free_region")
int f_region_free(__u64 *ctx)
{
	region_free_begin(ctx, arg(ctx, 1));
	return 0;
}

SEC("?fexit/io_free_region")
int f_region_free_end(void)
{
	region_free_end();
	return 0;
}

SEC("?fentry/io_buffer_register_request")
int f_kernel_request(__u64 *ctx)
{
	kernel_begin(ctx, IN_KERNEL_REGISTER, arg(ctx, 0), arg(ctx, 3));
	return 0;
}

SEC("?fexit/io_buffer_register_request")
int f_kernel_request_end(__u64 *ctx)
{
	kernel_end(IN_KERNEL_REGISTER, arg(ctx, 5));
	return 0;
}

SEC("?fentry/io_buffer_register_bvec")
int f_kernel_bvec(__u64 *ctx)
{
	kernel_begin(ctx, IN_KERNEL_REGISTER, arg(ctx, 0), arg(ctx, bvec_index_arg));
	return 0;
}

SEC("?fexit/io_buffer_register_bvec")
int f_kernel_bvec_end(__u64 *ctx)
{
	kernel_end(IN_KERNEL_REGISTER, arg(ctx, bvec_nargs));
	return 0;
}

SEC("?fentry/io_buffer_unregister")
int f_kernel_drop(__u64 *ctx)
{
	kernel_begin(ctx, IN_KERNEL_DROP, arg(ctx, 0), arg(ctx, 1));
	return 0;
}

SEC("?fexit/io_buffer_unregister")
int f_kernel_drop_end(__u64 *ctx)
{
	kernel_end(IN_KERNEL_DROP, arg(ctx, 3));
	return 0;
}

SEC("?fentry/io_buffer_unregister_bvec")
int f_kernel_drop_bvec(__u64 *ctx)
{
	kernel_begin(ctx, IN_KERNEL_DROP, arg(ctx, 0), arg(ctx, 1));
	return 0;
}

SEC("?fexit/io_buffer_unregister_bvec")
int f_kernel_drop_bvec_end(__u64 *ctx)
{
	kernel_end(IN_KERNEL_DROP, arg(ctx, 3));
	return 0;
}
