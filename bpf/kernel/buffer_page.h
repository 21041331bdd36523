/* SPDX-License-Identifier: GPL-2.0 */
/* Which buffer an index names, and which page of memory an address in it is. */
#ifndef FIXBUF_BPF_KERNEL_BUFFER_PAGE_H
#define FIXBUF_BPF_KERNEL_BUFFER_PAGE_H

#include "kernel/types.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include "kernel/request.h"
#include "kernel/ring.h"

/*
 * Whether a request that waits takes its buffer from the table only when it begins: from 7029acd8a950
 * ("io_uring/rsrc: get rid of per-ring io_rsrc_node list") on, 6.13.
 */
static __always_inline bool takes_buffers_late(void)
{
	return bpf_core_field_exists(struct io_kiocb___node, buf_node);
}

/* The struct io_mapped_ubuf that an index names now, 0 = none. */
static __noinline __u64 indexed_buffer(__u64 ring, __u32 index)
{
	struct ring_table t;
	__u64 node;

	ring_table(ring, &t);
	return index < t.nr ? slot_buffer(&t, index, &node) : 0;
}

/* The struct page of that address in a buffer; 0 = it is not known, or a block driver's, which has no addresses. */
static __noinline __u64 buffer_page(__u64 buf, __u64 addr)
{
	struct io_mapped_ubuf___common *b = (void *)buf;
	struct bio_vec *bv = (void *)buffer_bvec(buf);
	__u32 shift = PAGE_SHIFT, len;
	__u64 at = untagged(addr) - untagged(BPF_CORE_READ(b, ubuf)), page;

	if (!buf || buffer_is_kernel(buf) || segments_are_runs() || at >= buffer_len(buf, BPF_CORE_READ(b, ubuf)))
		return 0;
	/* up to 6.11 all of a huge page, or single pages */
	if (bpf_core_field_exists(struct io_mapped_ubuf___folio, folio_shift))
		shift = BPF_CORE_READ((struct io_mapped_ubuf___folio *)buf, folio_shift);
	len = BPF_CORE_READ(bv, bv_len);
	if (at >= len) {
		at -= len;
		bv = (void *)((__u64)bv + (1 + (at >> (shift & 63))) * bpf_core_type_size(struct bio_vec));
		at &= (1ULL << (shift & 63)) - 1;
	}
	at += BPF_CORE_READ(bv, bv_offset);
	page = (__u64)BPF_CORE_READ(bv, bv_page);
	return page ? page + (at >> PAGE_SHIFT) * bpf_core_type_size(struct page) : 0;
}

#endif
