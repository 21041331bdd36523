// SPDX-License-Identifier: GPL-2.0
/*
 * The patched tier: the tracepoints of a kernel series. Those of patches/6.12 tell pins and
 * charges with all that belongs to them. Those of patches/7.3 name the ring and the buffer, and
 * what is not there to be read any more; the rest is read by name in the two, so that other
 * arguments beside these, in any order, do no harm. Times are not told there.
 */
#include "exact.h"

/* Where the events of patches/7.3 have their arguments; user/capture/hook_table.c finds the names. */
const volatile __u32 slot_addr_arg, slot_len_arg, slot_result_arg;
const volatile __u32 account_pages_arg, account_result_arg;

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

/* ---- patches/6.12 ---------------------------------------------------------------- */

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

/* ---- patches/7.3: the arguments begin with (ring, buf) --------------------------------- */

static __always_inline __u64 arg(struct bpf_raw_tracepoint_args *ctx, __u32 n)
{
	__u64 v = 0;

	bpf_probe_read_kernel(&v, sizeof(v), &ctx->args[n]);
	return v;
}

/* Of a buffer that pins memory; .refs of .b say in how many tables it is. */
static __always_inline bool describe(struct pending *p, struct fact_buffer *b)
{
	read_buffer(p->buf, b);
	if (b->buf_flags & (BUFFER_F_EMPTY | BUFFER_F_TORN | BUFFER_F_KERNEL))
		return false;
	p->addr = b->addr;
	p->len = b->len_bytes;
	p->segments = b->segments;
	p->folio_shift = b->folio_shift;
	return true;
}

/* A slot was filled, or could not be. A clone pins nothing, nor does an entry without an address. */
SEC("?raw_tp/io_uring_buf_register")
int p_slot(struct bpf_raw_tracepoint_args *ctx)
{
	__s32 result = arg(ctx, slot_result_arg);
	struct pending p = { .ring = ctx->args[0], .buf = ctx->args[1] };
	struct fact_buffer b;

	if (result) {
		p.buf = 0;
		p.addr = untagged(arg(ctx, slot_addr_arg));
		p.len = arg(ctx, slot_len_arg);
		if (!p.addr)
			return 0;
	} else if (!describe(&p, &b) || b.refs > 1) {
		return 0;
	}
	if (!told(p.ring, result ? HIT_NONE : HIT_REGISTERED))
		return 0;
	take_stacks(ctx, &p.stacks);
	tell_pin(&p, FACT_PIN, result, 0);
	return 0;
}

SEC("?raw_tp/io_uring_buf_release")
int p_release(struct bpf_raw_tracepoint_args *ctx)
{
	struct pending p = { .ring = ctx->args[0], .buf = ctx->args[1] };
	struct fact_buffer b;

	if (!describe(&p, &b) || !told(p.ring, HIT_RELEASED))
		return 0;
	take_stacks(ctx, &p.stacks);
	tell_pin(&p, FACT_UNPIN, 0, 0);
	return 0;
}

/* The pages are below zero where they are given back. The levels before are what they were without us. */
SEC("?raw_tp/io_uring_buf_account")
int p_account(struct bpf_raw_tracepoint_args *ctx)
{
	__s32 result = arg(ctx, account_result_arg);
	__s64 pages = arg(ctx, account_pages_arg), moved = result ? 0 : pages;
	struct pending p = { .buf = ctx->args[1] };
	struct account a = { .has_after = true, .result = result };

	if (!told(ctx->args[0], pages < 0 ? HIT_UNCHARGE : HIT_AMOUNT))
		return 0;
	account_of(ctx->args[0], &p);
	a.pages = pages < 0 ? -pages : pages;
	a.user_after = user_locked(p.user);
	a.mm_after = mm_pinned(p.mm);
	p.user_pages = p.user ? a.user_after - moved : 0;
	p.mm_pages = p.mm ? a.mm_after - moved : 0;
	take_stacks(ctx, &p.stacks);
	tell_account(&p, pages < 0 ? FACT_UNCHARGE : FACT_CHARGE, &a);
	return 0;
}
