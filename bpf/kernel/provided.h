/* SPDX-License-Identifier: GPL-2.0 */
/* Groups of provided buffers, and the memory that their rings lie in. */
#ifndef FIXBUF_BPF_KERNEL_PROVIDED_H
#define FIXBUF_BPF_KERNEL_PROVIDED_H

#include "kernel/types.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include "abi/ring_memory.h"
#include "kernel/region.h"
#include "page_size.h"

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct io_buffer_list {
	__u16 bgid;
};

struct io_ring_ctx___groups {
	struct xarray io_bl_xa;
};

/*
 * Up to 09ab7eff3820 ("io_uring/kbuf: get rid of lower BGID lists"), 6.9 and stable kernels: the
 * first 64 groups are in an array.
 */
struct io_ring_ctx___low_groups {
	struct io_buffer_list *io_bl;
};

/* c7fb19428d67 ("io_uring: add support for ring mapped supplied buffers"), 5.19, to 6.13. */
struct io_buffer_list___pages {
	__u16 buf_nr_pages;
	__u16 nr_entries;
};

/*
 * Since c56e022c0a27 ("io_uring: add support for user mapped provided buffer ring"), 6.4, the memory
 * may be the kernel's, whose pages are counted from 6.10 on only.
 */
struct io_buffer_list___is_mmap {
	__u8 is_mmap;
};

/* From 566a424212d7 ("io_uring/kbuf: turn io_buffer_list booleans into flags"), 6.12. */
struct io_buffer_list___flags {
	__u16 flags;
};

#define IOBL_MMAP	2	/* as in 6.12 and 6.13 */

/* From ef62de3c4ad5 ("io_uring/kbuf: use region api for pbuf rings"), 6.14. */
struct io_buffer_list___region {
	struct io_mapped_region region;
};

#pragma clang attribute pop

#define PROVIDED_ENTRY_BYTES	16

static __always_inline bool has_low_groups(void)
{
	return bpf_core_field_exists(struct io_ring_ctx___low_groups, io_bl);
}

/* Of a group that has no ring 0 is read: its buffers are single ones. */
static __always_inline void read_provided_pages(__u64 list, struct ring_memory *out)
{
	struct io_buffer_list___pages *l = (void *)list;
	bool kernels = false;

	if (!bpf_core_field_exists(l->buf_nr_pages))
		return;
	out->pages = BPF_CORE_READ(l, buf_nr_pages);
	if (bpf_core_field_exists(struct io_buffer_list___is_mmap, is_mmap))
		kernels = BPF_CORE_READ((struct io_buffer_list___is_mmap *)list, is_mmap);
	else if (bpf_core_field_exists(struct io_buffer_list___flags, flags))
		kernels = BPF_CORE_READ((struct io_buffer_list___flags *)list, flags) & IOBL_MMAP;
	if (kernels && !out->pages)
		out->pages = (BPF_CORE_READ(l, nr_entries) * PROVIDED_ENTRY_BYTES + PAGE_BYTES - 1) >> PAGE_SHIFT;
	out->pinned = !kernels;
}

/* No memory is told of a list that is not of group .group: it was freed, and is another by now. */
static __always_inline void read_provided(__u64 list, __u32 group, struct ring_memory *out)
{
	out->pages = 0;
	out->group = group;
	out->what = RING_MEMORY_PROVIDED;
	out->pinned = 0;
	/* without the check the verifier of 5.10 would come to what is not there, in a function of its own */
	if (!bpf_core_field_exists(struct io_buffer_list, bgid) || !list || BPF_CORE_READ((struct io_buffer_list *)list, bgid) != group)
		return;
	if (bpf_core_field_exists(struct io_buffer_list___region, region))
		read_region(list + bpf_core_field_offset(struct io_buffer_list___region, region), out);
	else
		read_provided_pages(list, out);
}

#endif
