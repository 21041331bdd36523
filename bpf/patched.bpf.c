// SPDX-License-Identifier: GPL-2.0
/*
 * The patched tier: the tracepoints of patches/0003, which tell pins and charges
 * with all that belongs to them. The TP_PROTO there has their arguments.
 */
#include "exact.h"

/* Whether an event of this ring is to be told; it is counted instead when the ring is ours. */
static __always_inline bool told(__u64 ring, __u32 hit)
{
	__u8 wanted = RING_WANTED;
	bool own;

	if (!ring_wanted(ring, &own))
		return false;
	if (own && hit < NR_HITS)
		__sync_fetch_and_add(&hits[hit], 1);
	else if (!own && filter && !in_kernel_thread())
		bpf_map_update_elem(&rings, &ring, &wanted, BPF_ANY);
	return !own;
}

/* The arguments are (ring, buf, addr, len, refs, folio_shift, duration). */
static __always_inline int pinned(struct bpf_raw_tracepoint_args *ctx, __u8 kind, __u32 hit)
{
	struct pending p = {
		.ring = ctx->args[0], .buf = ctx->args[1], .addr = ctx->args[2],
		.len = ctx->args[3], .segments = ctx->args[4], .folio_shift = ctx->args[5],
	};

	if (!told(p.ring, hit))
		return 0;
	take_stacks(ctx, &p.stacks);
	tell_pin(&p, kind, 0, ctx->args[6]);
	return 0;
}

/*
 * The arguments are (ring, buf, user, mm, user's level before, after, mm's level before,
 * after, pages, limit, result).
 */
static __always_inline int accounted(struct bpf_raw_tracepoint_args *ctx, __u8 kind, __u32 hit)
{
	struct pending p = {
		.ring = ctx->args[0], .buf = ctx->args[1], .user = ctx->args[2],
		.mm = ctx->args[3], .user_pages = ctx->args[4], .mm_pages = ctx->args[6],
	};

	if (!told(p.ring, hit))
		return 0;
	take_stacks(ctx, &p.stacks);
	tell_account(&p, kind, &(struct account){
		.has_after = true, .user_after = ctx->args[5], .mm_after = ctx->args[7], .pages = ctx->args[8],
		.result = (__s32)ctx->args[10],
	});
	return 0;
}

SEC("?raw_tp/io_uring_buf_pin")
int p_pin(struct bpf_raw_tracepoint_args *ctx)
{
	return pinned(ctx, FACT_PIN, HIT_REGISTERED);
}

SEC("?raw_tp/io_uring_buf_unpin")
int p_unpin(struct bpf_raw_tracepoint_args *ctx)
{
	return pinned(ctx, FACT_UNPIN, HIT_RELEASED);
}

SEC("?raw_tp/io_uring_buf_charge")
int p_charge(struct bpf_raw_tracepoint_args *ctx)
{
	return accounted(ctx, FACT_CHARGE, HIT_AMOUNT);
}

SEC("?raw_tp/io_uring_buf_uncharge")
int p_uncharge(struct bpf_raw_tracepoint_args *ctx)
{
	return accounted(ctx, FACT_UNCHARGE, HIT_UNCHARGE);
}

/*
 * The arguments are (ring, index, addr, len, duration, result). Without a duration no pin was
 * tried.
 */
SEC("?raw_tp/io_uring_buf_register_fail")
int p_fail(struct bpf_raw_tracepoint_args *ctx)
{
	struct pending p = {
		.ring = ctx->args[0], .addr = ctx->args[2], .len = ctx->args[3],
	};

	if (!ctx->args[4] || !told(p.ring, HIT_NONE))
		return 0;
	take_stacks(ctx, &p.stacks);
	tell_pin(&p, FACT_PIN, (__s32)ctx->args[5], ctx->args[4]);
	return 0;
}
