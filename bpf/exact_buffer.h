/* SPDX-License-Identifier: GPL-2.0 */
/* The bodies of hooks where a buffer is pinned and charged, and where it is given back. */
#ifndef FIXBUF_BPF_EXACT_BUFFER_H
#define FIXBUF_BPF_EXACT_BUFFER_H

#include "exact.h"

#define MAX_ERRNO	4095

/* What the prototypes of this kernel say; user/capture/hook_table.c fills these in. */
const volatile bool register_gives_node __weak;
const volatile __u32 amount_arg __weak;

/* Calibration saw that each charge of a buffer passes the amount hooks. */
bool amount_fires __weak;

struct iovec {
	__u64 base;
	__u64 len;
};

/* ---- registered ----------------------------------------------------------------- */

/* .iov is the kernel's copy of the entry; .slot, to 6.12, will hold the buffer's address. */
static __always_inline void register_begin(void *ctx, __u64 ring, __u64 iov, __u64 slot)
{
	struct pending p = { .slot = slot };
	struct iovec v = {};
	__u8 wanted = RING_WANTED;
	bool own;

	if (!ring_wanted(ring, &own))
		return;
	p.own = own;
	if (own)
		__sync_fetch_and_add(&hits[HIT_REGISTER], 1);
	else if (filter)
		bpf_map_update_elem(&rings, &ring, &wanted, BPF_ANY);
	bpf_probe_read_kernel(&v, sizeof(v), (void *)iov);
	/* an empty entry of a sparse table pins nothing */
	if (!v.base)
		return;
	p.addr = untagged(v.base);
	p.len = v.len;
	account_of(ring, &p);
	begin(ctx, IN_REGISTER, &p);
}

/* The kernel is about to charge .pages, for a buffer or for memory of a ring. */
static __always_inline void amount_seen(__s64 pages, __u32 hit)
{
	__u64 key = pending_key(IN_REGISTER);
	struct pending *p = bpf_map_lookup_elem(&pending, &key);

	if (p) {
		p->amount = pages;
		if (p->own)
			__sync_fetch_and_add(&hits[hit], 1);
		return;
	}
	key = pending_key(IN_REGION);
	p = bpf_map_lookup_elem(&pending, &key);
	if (p)
		p->amount = pages;
}

static __always_inline void tell_refusal(const struct pending *p, __s64 result)
{
	__s64 pages = p->amount;

	if (result != -ENOMEM)
		return;
	/*
	 * An amount that was not seen is at least the span of the buffer: the limit explains
	 * the error when even that is too much.
	 */
	if (pages == NOT_SEEN) {
		pages = span_pages(p->addr, p->len);
		if (!p->user || !over_limit(p->user_pages + pages))
			return;
	}
	tell_charge(p, FACT_CHARGE, pages, result, p->amount == NOT_SEEN);
}

static __always_inline void tell_registered(struct pending *p, bool alone)
{
	bool derived = false;
	struct fact_buffer b;
	__s64 pages;

	read_buffer(p->buf, &b);
	p->segments = b.segments;
	p->folio_shift = b.folio_shift;
	tell_pin(p, FACT_PIN, 0, since(p));
	if (buffer_keeps_charge())
		pages = b.charged_pages;
	else if (p->amount != NOT_SEEN)
		pages = p->amount;
	else if (amount_fires)
		pages = 0;
	else
		pages = moved_by(p, alone, &derived);
	if (pages > 0)
		tell_charge(p, FACT_CHARGE, pages, 0, derived);
}

/* .ret is an errno, or, from 6.13, the new node. */
static __always_inline void register_end(__u64 ret, bool gives_node)
{
	__s64 result = gives_node ? (__s64)ret : (__s64)(__s32)ret;
	struct pending p;
	bool alone;

	if (!end(IN_REGISTER, &p, &alone))
		return;
	if (result < 0 && result >= -MAX_ERRNO) {
		if (!p.own) {
			tell_pin(&p, FACT_PIN, result, since(&p));
			tell_refusal(&p, result);
		}
		return;
	}
	if (gives_node)
		p.buf = node_buffer(ret);
	else
		bpf_probe_read_kernel(&p.buf, sizeof(p.buf), (void *)p.slot);
	if (p.own)
		__sync_fetch_and_add(&hits[HIT_REGISTERED], 1);
	else
		tell_registered(&p, alone);
}

/* ---- given back ----------------------------------------------------------------- */

static __always_inline void release_begin(void *ctx, __u64 ring, __u64 buf)
{
	struct fact_buffer b;
	struct pending p = { .buf = buf };
	bool own;

	if (!buf || !ring_wanted(ring, &own))
		return;
	p.own = own;
	if (own)
		__sync_fetch_and_add(&hits[HIT_RELEASE], 1);
	read_buffer(buf, &b);
	/*
	 * A clone keeps it alive. Two rings that drop the last two references at
	 * the same instant would both look as if the other kept it.
	 */
	if ((b.buf_flags & (BUFFER_F_EMPTY | BUFFER_F_TORN | BUFFER_F_KERNEL)) || b.refs > 1)
		return;
	p.addr = b.addr;
	p.len = b.len_bytes;
	p.segments = b.segments;
	p.folio_shift = b.folio_shift;
	account_of(ring, &p);
	p.slot = b.charged_pages;
	begin(ctx, IN_RELEASE, &p);
}

static __always_inline void release_end(void)
{
	bool derived = false, alone;
	struct pending p;
	__s64 pages;

	if (!end(IN_RELEASE, &p, &alone))
		return;
	if (p.own) {
		__sync_fetch_and_add(&hits[HIT_RELEASED], 1);
		return;
	}
	tell_pin(&p, FACT_UNPIN, 0, since(&p));
	if (buffer_keeps_charge())
		pages = p.slot;
	else
		pages = -moved_by(&p, alone, &derived);
	if (pages > 0)
		tell_charge(&p, FACT_UNCHARGE, pages, 0, derived);
}

/* From 6.13 a slot's node is freed; nodes of files are, too. */
static __always_inline void release_node_begin(void *ctx, __u64 ring, __u64 node)
{
	if (node_is_of_buffer(node))
		release_begin(ctx, ring, node_buffer(node));
}

/* To 6.12 the function is given the slot's address. */
static __always_inline void release_slot_begin(void *ctx, __u64 ring, __u64 slot)
{
	__u64 buf = 0;

	bpf_probe_read_kernel(&buf, sizeof(buf), (void *)slot);
	release_begin(ctx, ring, buf);
}

#endif
