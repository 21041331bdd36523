/* SPDX-License-Identifier: GPL-2.0 */
/* The bodies of hooks where memory of rings is charged and given back. */
#ifndef FIXBUF_BPF_EXACT_REGION_H
#define FIXBUF_BPF_EXACT_REGION_H

#include "exact.h"

struct region {
	__u64 ring, user;
	__s64 pages;
	bool own;
};

/* What is charged for memory of rings; the key is the address of its struct io_mapped_region. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 8192);
	__type(key, __u64);
	__type(value, struct region);
} regions __weak SEC(".maps");

/*
 * From 8078486e1d53 ("io_uring: use region api for SQ"), 6.14, to 7.1 memory of rings comes
 * from io_create_region() and is charged to the user, not to the process.
 */
static __always_inline void region_begin(void *ctx, __u64 ring, __u64 region)
{
	struct pending p = { .ring = ring, .slot = region, .user = ring_user(ring) };

	p.own = is_own_task();
	if (p.own || task_wanted())
		begin(ctx, IN_REGION, &p);
}

static __always_inline void region_end(__s32 result)
{
	struct pending p;
	bool alone;

	if (!end(IN_REGION, &p, &alone) || p.amount == NOT_SEEN)
		return;
	if (result) {
		if (!p.own && result == -ENOMEM && over_limit(p.user_pages + p.amount))
			tell_charge(&p, FACT_CHARGE, p.amount, result, false);
		return;
	}
	struct region r = { .ring = p.ring, .user = p.user, .pages = p.amount, .own = p.own };

	bpf_map_update_elem(&regions, &p.slot, &r, BPF_ANY);
	if (p.own)
		__sync_fetch_and_add(&hits[HIT_REGION], 1);
	else
		tell_charge(&p, FACT_CHARGE, p.amount, 0, false);
}

static __always_inline void region_free_begin(void *ctx, __u64 region)
{
	struct region *r = bpf_map_lookup_elem(&regions, &region);
	struct pending p = { .slot = region };

	if (!r)
		return;
	p.ring = r->ring;
	p.user = r->user;
	p.len = r->pages;
	p.own = r->own;
	bpf_map_delete_elem(&regions, &region);
	begin(ctx, IN_REGION_FREE, &p);
}

static __always_inline void region_free_end(void)
{
	struct pending p;
	bool alone;

	if (!end(IN_REGION_FREE, &p, &alone))
		return;
	if (p.own)
		__sync_fetch_and_add(&hits[HIT_REGION_FREED], 1);
	else
		tell_charge(&p, FACT_UNCHARGE, p.len, 0, false);
}

#endif
