/* SPDX-License-Identifier: GPL-2.0 */
/*
 * From a ring to its buffers: the one place that knows how kernels lay out
 * the table, its slots and struct io_mapped_ubuf. Every read is a probe read;
 * nothing is locked, so callers read the table again when they are done.
 */
#ifndef FIXBUF_BPF_KERNEL_RING_H
#define FIXBUF_BPF_KERNEL_RING_H

#include "kernel/types.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include "abi/fact.h"

#define EMPTY_UBUF (~0ULL)

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

/* to 6.12: an array, of structs up to 5.12, of pointers from 5.13 */
struct io_ring_ctx___array {
	unsigned int nr_user_bufs;
	void *user_bufs;
};

/* from 6.13 (7029acd8a950): nodes */
struct io_ring_ctx___nodes {
	struct io_rsrc_data buf_table;
};

/* 5.9 to 5.10.161: the limit is a bit, .user is set in any case */
struct io_ring_ctx___limit_mem {
	unsigned int limit_mem : 1;
};

/* from 7.2 (df0a52537c0f): huge pages are charged per ring */
struct xarray {
	void *xa_head;
};

struct io_ring_ctx___hpage_acct {
	struct xarray hpage_acct;
};

/* patches/0002: what is charged is kept per user and mm */
struct io_ring_ctx___acct {
	struct io_acct *acct;
};

struct io_mapped_ubuf___common {
	__u64 ubuf;
	unsigned int nr_bvecs;
};

/* to 5.12, and 5.10.y up to .161: .bvec is a pointer */
struct io_mapped_ubuf___bvec_ptr {
	struct bio_vec *bvec;
};

struct io_mapped_ubuf___bvec_array {
	struct bio_vec bvec[0];
};

/* 5.13 to 6.11: an end instead of a length */
struct io_mapped_ubuf___end {
	__u64 ubuf_end;
};

/* size_t, u32 from 6.12 (a8edbb424b13), size_t again from 7.2 */
struct io_mapped_ubuf___len64 {
	unsigned long len;
};

struct io_mapped_ubuf___len32 {
	unsigned int len;
};

/* from 6.12 */
struct io_mapped_ubuf___folio {
	unsigned int folio_shift;
	refcount_t refs;
};

/* to 7.1 */
struct io_mapped_ubuf___acct {
	unsigned long acct_pages;
};

/* 6.15 to 6.19 */
struct io_mapped_ubuf___is_kbuf {
	bool is_kbuf;
};

/* patches/0010 and 0011: behind the segments, where .folio_shift is 0 as they differ in size */
struct io_seg_index {
	unsigned int shift;
};

/* from 7.0: IO_REGBUF_F_KBUF */
struct io_mapped_ubuf___flags {
	__u8 flags;
};

#pragma clang attribute pop

#define IO_REGBUF_F_KBUF 1

struct ring_table {
	__u64 slots;	/* address of the array, 0 = nothing registered */
	__u32 nr;
};

static __always_inline void ring_table(__u64 ring, struct ring_table *t)
{
	t->slots = 0;
	t->nr = 0;
	if (bpf_core_field_exists(struct io_ring_ctx___nodes, buf_table)) {
		struct io_ring_ctx___nodes *ctx = (void *)ring;

		t->nr = BPF_CORE_READ(ctx, buf_table.nr);
		t->slots = (__u64)BPF_CORE_READ(ctx, buf_table.nodes);
	} else {
		struct io_ring_ctx___array *ctx = (void *)ring;

		t->nr = BPF_CORE_READ(ctx, nr_user_bufs);
		bpf_core_read(&t->slots, sizeof(t->slots), &ctx->user_bufs);
	}
	if (!t->slots)
		t->nr = 0;
}

static __always_inline bool slots_are_structs(void)
{
	return !bpf_core_field_exists(struct io_ring_ctx___nodes, buf_table) &&
	       bpf_core_field_exists(struct io_mapped_ubuf___bvec_ptr, bvec);
}

/* Address of the buffer in slot .index, 0 when empty; *node gets its node (6.13+). */
static __always_inline __u64 slot_buffer(const struct ring_table *t, __u32 index, __u64 *node)
{
	__u64 entry = 0;

	*node = 0;
	if (slots_are_structs())
		return t->slots + (__u64)index * bpf_core_type_size(struct io_mapped_ubuf___common);
	if (bpf_probe_read_kernel(&entry, sizeof(entry), (void *)(t->slots + 8ULL * index)))
		return 0;
	if (!bpf_core_field_exists(struct io_ring_ctx___nodes, buf_table) || !entry)
		return entry;
	*node = entry;
	return (__u64)BPF_CORE_READ((struct io_rsrc_node *)entry, buf);
}

static __always_inline __u64 buffer_len(__u64 buf, __u64 addr)
{
	__u64 len = 0;

	if (bpf_core_field_exists(struct io_mapped_ubuf___end, ubuf_end)) {
		struct io_mapped_ubuf___end *b = (void *)buf;

		return BPF_CORE_READ(b, ubuf_end) - addr;
	}
	if (bpf_core_field_exists(struct io_mapped_ubuf___len32, len)) {
		struct io_mapped_ubuf___len32 *b = (void *)buf;

		/* CO-RE takes either integer width as the same field */
		bpf_core_read(&len, bpf_core_field_size(b->len) == 8 ? 8 : 4, &b->len);
	}
	return len;
}

static __always_inline bool buffer_is_kernel(__u64 buf)
{
	if (bpf_core_field_exists(struct io_mapped_ubuf___is_kbuf, is_kbuf)) {
		struct io_mapped_ubuf___is_kbuf *b = (void *)buf;

		return BPF_CORE_READ(b, is_kbuf);
	}
	if (bpf_core_field_exists(struct io_mapped_ubuf___flags, flags)) {
		struct io_mapped_ubuf___flags *b = (void *)buf;

		return BPF_CORE_READ(b, flags) & IO_REGBUF_F_KBUF;
	}
	return false;
}

static __always_inline __u64 buffer_bvec(__u64 buf)
{
	if (bpf_core_field_exists(struct io_mapped_ubuf___bvec_ptr, bvec)) {
		struct io_mapped_ubuf___bvec_ptr *b = (void *)buf;

		return (__u64)BPF_CORE_READ(b, bvec);
	}
	return buf + bpf_core_field_offset(struct io_mapped_ubuf___bvec_array, bvec);
}

static __always_inline bool segments_are_runs(void)
{
	return bpf_core_type_exists(struct io_seg_index);
}

/* Of the unit that all segments but the first and the last are multiples of: stock kernels' folio. */
static __always_inline __u32 buffer_shift(__u64 buf, const struct fact_buffer *b)
{
	struct io_mapped_ubuf___folio *f = (void *)buf;
	struct io_seg_index *index;
	__u32 shift = BPF_CORE_READ(f, folio_shift);

	if (shift || !segments_are_runs())
		return shift;
	index = (void *)(b->bvec + (__u64)b->segments * bpf_core_type_size(struct bio_vec));
	return BPF_CORE_READ(index, shift);
}

/* Fills all of .out but its head and .index. */
static __always_inline void read_buffer(__u64 buf, struct fact_buffer *out)
{
	struct io_mapped_ubuf___common *b = (void *)buf;

	out->buf = buf;
	out->bvec = 0;
	out->len_bytes = 0;
	out->charged_pages = 0;
	out->segments = 0;
	out->folio_shift = 12;
	out->refs = 1;
	out->buf_flags = BUFFER_F_EMPTY;
	out->pad = 0;
	out->addr = 0;
	if (!buf)
		return;
	if (bpf_core_read(&out->addr, sizeof(out->addr), &b->ubuf)) {
		out->buf_flags = BUFFER_F_TORN;
		return;
	}
	/* the dummy of 5.13 to 6.12 stands for an empty slot */
	if (out->addr == EMPTY_UBUF) {
		out->buf = 0;
		out->addr = 0;
		return;
	}
	out->buf_flags = buffer_is_kernel(buf) ? BUFFER_F_KERNEL :
			 segments_are_runs() ? BUFFER_F_RUNS : 0;
	out->segments = BPF_CORE_READ(b, nr_bvecs);
	out->len_bytes = buffer_len(buf, out->addr);
	out->bvec = buffer_bvec(buf);
	if (bpf_core_field_exists(struct io_mapped_ubuf___folio, folio_shift)) {
		struct io_mapped_ubuf___folio *f = (void *)buf;

		out->folio_shift = buffer_shift(buf, out);
		out->refs = BPF_CORE_READ(f, refs.refs.counter);
	}
	out->charged_pages = ACCT_UNKNOWN;
	if (bpf_core_field_exists(struct io_mapped_ubuf___acct, acct_pages)) {
		struct io_mapped_ubuf___acct *a = (void *)buf;

		out->charged_pages = BPF_CORE_READ(a, acct_pages);
	}
}

/* The struct user_struct that is charged and limited, 0 when none is. */
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

/* RING_F_*: who is charged, and where the kernel keeps what. */
static __always_inline __u32 ring_account_flags(__u64 user)
{
	__u32 flags = user ? RING_F_LIMITED : 0;

	if (bpf_core_field_exists(struct io_ring_ctx___hpage_acct, hpage_acct))
		flags |= RING_F_ACCT_PER_RING;
	if (bpf_core_field_exists(struct io_ring_ctx___acct, acct))
		flags |= RING_F_ACCT_SHARED;
	return flags;
}

static __always_inline __s64 user_locked(__u64 user)
{
	return user ? BPF_CORE_READ((struct user_struct *)user, locked_vm.counter) : 0;
}

static __always_inline __s64 mm_pinned(__u64 mm)
{
	return mm ? BPF_CORE_READ((struct mm_struct *)mm, pinned_vm.counter) : 0;
}

/*
 * Fills all of .out but its head and .fd. The levels are read before the table:
 * from 6.13 on a table is taken away before its buffers are uncharged, so levels
 * under a table that still stands include its charges.
 */
static __always_inline void read_ring(__u64 ring, struct fact_ring *out)
{
	struct io_ring_ctx *ctx = (void *)ring;
	struct user_struct *user = (void *)ring_user(ring);
	struct ring_table t;

	out->user = (__u64)user;
	out->mm = (__u64)BPF_CORE_READ(ctx, mm_account);
	out->user_locked_pages = user_locked((__u64)user);
	out->mm_pinned_pages = mm_pinned(out->mm);
	out->charged_uid = user ? BPF_CORE_READ(user, uid.val) : ~0U;
	out->ring_flags = ring_account_flags(out->user);
	out->setup_flags = BPF_CORE_READ(ctx, flags);
	out->sq_entries = BPF_CORE_READ(ctx, sq_entries);
	out->cq_entries = BPF_CORE_READ(ctx, cq_entries);
	out->pad = 0;
	ring_table(ring, &t);
	out->table = t.slots;
	out->nr_slots = t.nr;
}

#endif
