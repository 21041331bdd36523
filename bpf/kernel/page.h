/* SPDX-License-Identifier: GPL-2.0 */
/*
 * From a struct page to its folio's order and pins, and to what it belongs to:
 * the one place that knows how kernels keep them. Each flavour is headed by the
 * commits between which kernels have it.
 */
#ifndef FIXBUF_BPF_KERNEL_PAGE_H
#define FIXBUF_BPF_KERNEL_PAGE_H

#include "kernel/types.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include "abi/fact.h"

/*
 * A pin of a small page counts as so many references, from 3faa52c03f44 ("mm/gup: track
 * FOLL_PIN pages"), 5.7.
 */
#define GUP_PIN_COUNTING_BIAS 1024

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

enum pageflags {
	PG_head = 16,
	PG_swapcache = 10,
};

/*
 * From 7.1: "mm: rename the 'compound_head' field in the 'struct page' to 'compound_info'".
 * "mm: rework compound_head() for power-of-2 sizeof(struct page)" makes it a mask of the
 * folio's struct pages where their size is a power of two; else it is a pointer still.
 */
struct page___info {
	unsigned long compound_info;
};

/* Before struct folio had it, the first tail page kept the order. */
struct page___order {
	unsigned char compound_order;
};

/*
 * From 47e29d32afba ("mm/gup: page->hpage_pinned_refcount: exact pin counts for huge
 * pages"), 5.7, to 5232c63f46fd ("mm: Make compound_pincount always available"), 5.18: the
 * second tail page kept the pins.
 */
struct page___pinned {
	atomic_t hpage_pinned_refcount;
};

/* From 5232c63f46fd to 379708ffde1b: the first tail page kept the pins. */
struct page___pincount {
	atomic_t compound_pincount;
};

/*
 * From 379708ffde1b ("mm: add the first tail page to struct folio"), 6.1: what the tail
 * pages kept has names in struct folio.
 */
struct folio___pincount {
	atomic_t _pincount;
};

struct folio___order {
	unsigned char _folio_order;
};

/*
 * From ebc1baf5c9b4 ("mm: free up a word in the first tail page"), 6.6: the low byte is the
 * order.
 */
struct folio {
	unsigned long _flags_1;
};

/* 7b230db3b8d3 "mm: Introduce struct folio", 5.16; struct page has lost .index since (6.18) */
struct folio___cache {
	struct address_space *mapping;
	unsigned long index;
};

struct page___cache {
	struct address_space *mapping;
	unsigned long index;
};

struct page___mapcount {
	atomic_t _mapcount;
};

/* 05c5323b2a34 "mm: track mapcount of large folios in single value", 6.10 */
struct folio___mapcount {
	atomic_t _large_mapcount;
};

struct anon_vma {
	struct anon_vma *root;
};

#pragma clang attribute pop

static __always_inline __u64 page_head(__u64 page)
{
	__u64 info = 0;

	if (bpf_core_field_exists(struct page___info, compound_info)) {
		struct page___info *p = (void *)page;

		bpf_core_read(&info, sizeof(info), &p->compound_info);
		/* a mask has all high bits set, an address in the memory map never */
		if ((info & 1) && info >> 32 == 0xffffffff)
			return page & info;
	} else {
		struct page *p = (void *)page;

		bpf_core_read(&info, sizeof(info), &p->compound_head);
	}
	return info & 1 ? info - 1 : page;
}

static __always_inline bool head_is_large(__u64 head)
{
	__u64 flags = 0;

	/* the flags are the first word of struct page in every version */
	bpf_probe_read_kernel(&flags, sizeof(flags), (void *)head);
	return flags >> bpf_core_enum_value(enum pageflags, PG_head) & 1;
}

static __always_inline __u32 folio_order(__u64 head)
{
	unsigned char order = 0;

	if (bpf_core_field_exists(struct folio___order, _folio_order)) {
		struct folio___order *f = (void *)head;

		bpf_core_read(&order, sizeof(order), &f->_folio_order);
	} else if (bpf_core_field_exists(struct folio, _flags_1)) {
		struct folio *f = (void *)head;

		bpf_core_read(&order, sizeof(order), &f->_flags_1);
	} else if (bpf_core_field_exists(struct page___order, compound_order)) {
		struct page___order *p = (void *)(head + bpf_core_type_size(struct page));

		bpf_core_read(&order, sizeof(order), &p->compound_order);
	}
	return order;
}

static __always_inline __u32 folio_pins(__u64 head, __u32 order, __u32 refcount)
{
	__u32 pins = 0;

	if (order && bpf_core_field_exists(struct folio___pincount, _pincount)) {
		struct folio___pincount *f = (void *)head;

		bpf_core_read(&pins, sizeof(pins), &f->_pincount);
		return pins;
	}
	if (order && bpf_core_field_exists(struct page___pincount, compound_pincount)) {
		struct page___pincount *p = (void *)(head + bpf_core_type_size(struct page));

		bpf_core_read(&pins, sizeof(pins), &p->compound_pincount);
		return pins;
	}
	/* a folio of two pages has no second tail page, and no counter */
	if (order > 1 && bpf_core_field_exists(struct page___pinned, hpage_pinned_refcount)) {
		struct page___pinned *p = (void *)(head + 2ULL * bpf_core_type_size(struct page));

		bpf_core_read(&pins, sizeof(pins), &p->hpage_pinned_refcount);
		return pins;
	}
	return refcount / GUP_PIN_COUNTING_BIAS;
}

/* Reads the folio of .page into .out, but for .len and .off, which the caller fills. */
static __always_inline void read_folio(__u64 page, struct seg *out)
{
	__u32 refcount = 0;
	struct page *head;

	out->page = page;
	out->head = page_head(page);
	head = (void *)out->head;
	out->flags = 0;
	if (bpf_core_read(&refcount, sizeof(refcount), &head->_refcount))
		out->flags = SEG_F_UNREADABLE;
	out->refcount = refcount;
	out->order = head_is_large(out->head) ? folio_order(out->head) : 0;
	out->pins = folio_pins(out->head, out->order, refcount);
}

#define FOLIO_MAPPING_ANON	1UL	/* include/linux/page-flags.h: in the low bits of .mapping */
#define FOLIO_MAPPING_BITS	3UL
#define MINOR_BITS	20	/* include/linux/kdev_t.h */

static __always_inline __u64 folio_mapping(__u64 head, __u64 *index)
{
	__u64 mapping = 0;

	if (bpf_core_field_exists(struct folio___cache, mapping)) {
		struct folio___cache *f = (void *)head;

		bpf_core_read(&mapping, sizeof(mapping), &f->mapping);
		bpf_core_read(index, sizeof(*index), &f->index);
	} else {
		struct page___cache *p = (void *)head;

		bpf_core_read(&mapping, sizeof(mapping), &p->mapping);
		bpf_core_read(index, sizeof(*index), &p->index);
	}
	return mapping;
}

static __always_inline bool is_mapped(__u64 page, __u64 head, __u32 order)
{
	int count = -1;	/* as the kernel counts: one less than there are */

	if (!order) {
		struct page___mapcount *p = (void *)page;

		bpf_core_read(&count, sizeof(count), &p->_mapcount);
	} else if (bpf_core_field_exists(struct folio___mapcount, _large_mapcount)) {
		struct folio___mapcount *f = (void *)head;

		bpf_core_read(&count, sizeof(count), &f->_large_mapcount);
	}
	return count >= 0;
}

/* False when no process has it at an address any more. Up to 6.9 that of a huge page is in no single number. */
static __always_inline bool page_may_be_mapped(__u64 page)
{
	__u64 head = page_head(page);

	if (!head_is_large(head))
		return is_mapped(page, head, 0);
	return !bpf_core_field_exists(struct folio___mapcount, _large_mapcount) || is_mapped(page, head, 1);
}

/*
 * Truncating a file and punching a hole clear .mapping; an anonymous page that
 * nobody maps any more keeps it, but what it points to may be gone: .anon_root
 * is then anything.
 */
static __always_inline void read_backing(__u64 page, struct backing *out)
{
	__u64 head = page_head(page), mapping, flags = 0;

	__builtin_memset(out, 0, sizeof(*out));
	if (bpf_probe_read_kernel(&flags, sizeof(flags), (void *)head)) {
		out->flags = BACKING_F_UNREADABLE;
		return;
	}
	out->tail = (page - head) / bpf_core_type_size(struct page);
	out->order = head_is_large(head) ? folio_order(head) : 0;
	mapping = folio_mapping(head, &out->index);
	if (is_mapped(page, head, out->order))
		out->flags |= BACKING_F_MAPPED;
	if (flags >> bpf_core_enum_value(enum pageflags, PG_swapcache) & 1)
		out->flags |= BACKING_F_SWAPCACHE;
	if (mapping & FOLIO_MAPPING_ANON) {
		struct anon_vma *anon = (void *)(mapping & ~FOLIO_MAPPING_BITS);

		out->flags |= BACKING_F_ANON;
		out->anon = (__u64)anon;
		out->anon_root = (__u64)BPF_CORE_READ(anon, root);
	} else if (mapping) {
		struct address_space *file = (void *)mapping;
		__u32 dev = BPF_CORE_READ(file, host, i_sb, s_dev);

		out->flags |= BACKING_F_FILE;
		out->inode = BPF_CORE_READ(file, host, i_ino);
		out->dev_major = dev >> MINOR_BITS;
		out->dev_minor = dev & ((1U << MINOR_BITS) - 1);
	}
}

#endif
