/* SPDX-License-Identifier: GPL-2.0 */
/* Who is charged for a ring and its buffers, and where the kernel keeps how much. */
#ifndef FIXBUF_BPF_KERNEL_ACCOUNT_H
#define FIXBUF_BPF_KERNEL_ACCOUNT_H

#include "kernel/types.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include "abi/fact.h"
#include "kernel/region.h"

/* ---- layouts: as in ring.h --------------------------------------------------------- */
#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

/*
 * 5.9 to 26bfa89e25f4 ("io_uring: place ring SQ/CQ arrays under memcg memory limits"),
 * 5.12: a bit says whether the limit counts, and .user is set in any case. From then on
 * .user is set only where the limit counts.
 */
struct io_ring_ctx___limit_mem {
	unsigned int limit_mem : 1;
};

/*
 * From df0a52537c0f ("io_uring/rsrc: add huge page accounting for registered buffers"),
 * 7.2: what is charged for huge pages is kept per ring.
 */
struct io_ring_ctx___hpage_acct {
	struct xarray hpage_acct;
};

/* With our patches/7.3: in an object, which the buffers that the ring registered share. */
struct io_ring_ctx___hpage_acct_object {
	void *hpage_acct;
};

/* With our patches/6.12: what is charged is kept per user and mm. */
struct io_ring_ctx___acct {
	struct io_acct *acct;
};

/* Up to df0a52537c0f, 7.2: what was charged for the buffer is kept in it. */
struct io_mapped_ubuf___acct {
	unsigned long acct_pages;
};

/* With our patches/7.3. */
struct io_mapped_ubuf___acct_object {
	void *acct;
};

#pragma clang attribute pop

/* Whether a buffer keeps what was charged for it. */
static __always_inline bool buffer_keeps_charge(void)
{
	return bpf_core_field_exists(struct io_mapped_ubuf___acct, acct_pages);
}

/* From 7.2: what is charged for huge pages is kept per ring. */
static __always_inline bool accounts_are_rings(void)
{
	return bpf_core_field_exists(struct io_ring_ctx___hpage_acct, hpage_acct) ||
	       bpf_core_field_exists(struct io_ring_ctx___hpage_acct_object, hpage_acct);
}

static __always_inline __u32 short_of(__u64 address)
{
	return (address * 0x9e3779b97f4a7c15ULL >> 32) | 1;
}

/* As a fact has it. */
static __always_inline __u32 buffer_account(__u64 buf)
{
	struct io_mapped_ubuf___acct_object *b = (void *)buf;
	__u64 acct;

	if (!bpf_core_field_exists(b->acct))
		return 0;
	acct = (__u64)BPF_CORE_READ(b, acct);
	return acct ? short_of(acct) : 0;
}

/* The most bytes that an entry may have: 1 GiB before df0a52537c0f, 7.2, then 1 TiB. */
static __always_inline __u64 max_entry_bytes(void)
{
	return accounts_are_rings() ? 1ULL << 40 : 1ULL << 30;
}

/* The struct user_struct that is charged and limited; 0 when none is. */
static __always_inline __u64 ring_user(__u64 ring)
{
	struct io_ring_ctx *ctx = (void *)ring;

	if (bpf_core_field_exists(struct io_ring_ctx___limit_mem, limit_mem)) {
		struct io_ring_ctx___limit_mem *l = (void *)ring;

		if (!BPF_CORE_READ_BITFIELD_PROBED(l, limit_mem))
			return 0;
	}
	return (__u64)BPF_CORE_READ(ctx, user);
}

/* The struct mm_struct that is charged: that of the process which made the ring. */
static __always_inline __u64 ring_mm(__u64 ring)
{
	return (__u64)BPF_CORE_READ((struct io_ring_ctx *)ring, mm_account);
}

/* RING_F_*: whether charges of the ring are limited, and where the kernel keeps them. */
static __always_inline __u32 ring_account_flags(__u64 user)
{
	__u32 flags = user ? RING_F_LIMITED : 0;

	if (accounts_are_rings())
		flags |= RING_F_ACCT_PER_RING;
	if (bpf_core_field_exists(struct io_ring_ctx___acct, acct))
		flags |= RING_F_ACCT_SHARED;
	return flags;
}

/*
 * Whether a ring's own memory is charged to its user, by pages: from the regions of 6.14 on, until that
 * ends, but for .param_region, with the accounts of 7.2. Before 26bfa89e25f4, 5.12, it was too: in powers
 * of two.
 */
static __always_inline bool charges_ring_memory(void)
{
	return bpf_core_field_exists(struct io_ring_ctx___ring_regions, ring_region) &&
	       !accounts_are_rings();
}

/*
 * Pages of the ring's own memory that its user is charged for, without its provided-buffer rings. What
 * IORING_REGISTER_MEM_REGION gave it is charged by the accounts of 7.2, too: seen on 7.3.4.
 */
static __always_inline __u32 ring_own_pages(__u64 ring)
{
	struct io_ring_ctx___ring_regions *r = (void *)ring;
	__u32 pages = 0;

	if (!bpf_core_field_exists(struct io_ring_ctx___ring_regions, ring_region))
		return 0;
	if (charges_ring_memory())
		pages = BPF_CORE_READ(r, sq_region.nr_pages) + BPF_CORE_READ(r, ring_region.nr_pages);
	if (bpf_core_field_exists(struct io_ring_ctx___param_region, param_region))
		pages += BPF_CORE_READ((struct io_ring_ctx___param_region *)ring, param_region.nr_pages);
	return pages;
}

static __always_inline __s64 user_locked(__u64 user)
{
	return user ? BPF_CORE_READ((struct user_struct *)user, locked_vm.counter) : 0;
}

static __always_inline __s64 mm_pinned(__u64 mm)
{
	return mm ? BPF_CORE_READ((struct mm_struct *)mm, pinned_vm.counter) : 0;
}

#endif
