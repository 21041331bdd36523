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
#include "kernel/account.h"
#include "kernel/files.h"
#include "kernel/node.h"
#include "kernel/regs.h"
#include "page_size.h"

/*
 * ---- layouts ---------------------------------------------------------------------
 * Each flavour is headed by the commits between which kernels have it.
 */
#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

/*
 * Up to 3597f2786b68 ("io_uring/rsrc: unify file and buffer resource tables"), 6.13: an
 * array. Its elements are structs before 41edf1a5ec96 ("io_uring: keep table of pointers
 * to ubufs"), 5.13, then pointers. 5.10.y got the latter in 5.10.162.
 */
struct io_ring_ctx___array {
	unsigned int nr_user_bufs;
	void *user_bufs;
};

/*
 * Whether the ring was made by a 32-bit call, which says how the iovecs are laid out that it is
 * given: up to 7.0 a bit field, from 7.1 in a word of flags.
 */
struct io_ring_ctx___bits {
	unsigned int compat : 1;
};

struct io_ring_ctx___int_flags {
	unsigned int int_flags;
};

#define IO_RING_F_COMPAT (1U << 11) /* as in 7.3: the enum has no name by which CO-RE could find it */

struct io_mapped_ubuf___common {
	__u64 ubuf;
	unsigned int nr_bvecs;
};

/* Up to 41edf1a5ec96, 5.13 and 5.10.162: the segments are elsewhere. */
struct io_mapped_ubuf___bvec_ptr {
	struct bio_vec *bvec;
};

/* From 41edf1a5ec96 on: they follow the fields. */
struct io_mapped_ubuf___bvec_array {
	struct bio_vec bvec[0];
};

/*
 * 41edf1a5ec96 to 9753c642a53b ("io_uring/rsrc: change ubuf->ubuf_end to length tracking"),
 * 6.12: an end instead of a length.
 */
struct io_mapped_ubuf___end {
	__u64 ubuf_end;
};

/*
 * Before and after that: a length, which is a size_t up to 5.12, a u32 from 9753c642a53b
 * and a size_t again from 7.2. CO-RE takes any width for the same field.
 */
struct io_mapped_ubuf___len {
	unsigned int len;
};

/*
 * From 3d6106aee473 ("io_uring/rsrc: store folio shift and mask into imu") and bfc0aa7a512f
 * ("io_uring/rsrc: add reference count to struct io_mapped_ubuf"), both 6.12.
 */
struct io_mapped_ubuf___folio {
	unsigned int folio_shift;
	refcount_t refs;
};

/* From 27cb27b6d5ea ("io_uring: add support for kernel registered bvecs"), 6.15. */
struct io_mapped_ubuf___is_kbuf {
	bool is_kbuf;
};

/* From 0efc331d78b0 ("io_uring/rsrc: replace reg buffer bit field with flags"), 7.0. */
struct io_mapped_ubuf___flags {
	__u8 flags;
};

#define IO_REGBUF_F_KBUF 1

/*
 * With our patches/0012: stands behind the segments, where .folio_shift is 0
 * because they differ in size.
 */
struct io_seg_index {
	unsigned int shift;
};

/* A request begins with the struct io_uring_cmd that a driver is given. */
struct io_kiocb___ctx {
	struct io_ring_ctx *ctx;
};

#pragma clang attribute pop

/*
 * The address in the buffer that stands for an empty slot from 6224843d56e0 ("io_uring:
 * allow empty slots for reg buffers"), 5.13, to 6.12. Later an empty slot has no node.
 */
#define EMPTY_UBUF (~0ULL)

/* ---- the table and its slots ------------------------------------------------------ */

struct ring_table {
	__u64 slots;	/* address of the array, 0 = nothing is registered */
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

/* The address of the buffer in slot .index, 0 when it is empty; *node gets its node, from 6.13. */
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
	return node_buffer(entry);
}

/* ---- a buffer ----------------------------------------------------------------------- */

static __always_inline __u64 buffer_len(__u64 buf, __u64 addr)
{
	__u64 len = 0;

	if (bpf_core_field_exists(struct io_mapped_ubuf___end, ubuf_end)) {
		struct io_mapped_ubuf___end *b = (void *)buf;

		return BPF_CORE_READ(b, ubuf_end) - addr;
	}
	if (bpf_core_field_exists(struct io_mapped_ubuf___len, len)) {
		struct io_mapped_ubuf___len *b = (void *)buf;

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

/* With our patches/0011 and 0012 a segment is a run of contiguous memory, across folios. */
static __always_inline bool segments_are_runs(void)
{
	return bpf_core_type_exists(struct io_seg_index);
}

/*
 * The shift of the unit of which all segments but the first and the last are multiples. In
 * stock kernels that is the folio.
 */
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

/* Fills all of .out but its head, .node and .index; .users are for who knows the slot. */
static __always_inline void read_buffer(__u64 buf, struct fact_buffer *out)
{
	struct io_mapped_ubuf___common *b = (void *)buf;

	out->buf = buf;
	out->bvec = 0;
	out->len_bytes = 0;
	out->charged_pages = 0;
	out->segments = 0;
	out->folio_shift = PAGE_SHIFT;
	out->refs = 1;
	out->buf_flags = BUFFER_F_EMPTY;
	out->ns_pid = 0;
	out->users = 0;
	out->account = 0;
	out->addr = 0;
	if (!buf)
		return;
	if (bpf_core_read(&out->addr, sizeof(out->addr), &b->ubuf)) {
		out->buf_flags = BUFFER_F_TORN;
		return;
	}
	if (out->addr == EMPTY_UBUF) {
		out->buf = 0;
		out->addr = 0;
		return;
	}
	out->buf_flags = buffer_is_kernel(buf) ? BUFFER_F_KERNEL :
			 segments_are_runs() ? BUFFER_F_RUNS : 0;
	out->segments = BPF_CORE_READ(b, nr_bvecs);
	out->len_bytes = buffer_len(buf, out->addr);
	out->addr = untagged(out->addr);
	out->bvec = buffer_bvec(buf);
	if (bpf_core_field_exists(struct io_mapped_ubuf___folio, folio_shift)) {
		struct io_mapped_ubuf___folio *f = (void *)buf;

		out->folio_shift = buffer_shift(buf, out);
		out->refs = BPF_CORE_READ(f, refs.refs.counter);
	}
	out->account = buffer_account(buf);
	out->charged_pages = ACCT_UNKNOWN;
	if (buffer_keeps_charge()) {
		struct io_mapped_ubuf___acct *a = (void *)buf;

		out->charged_pages = BPF_CORE_READ(a, acct_pages);
	}
}

/* ---- the ring ------------------------------------------------------------------------ */

/*
 * Tells a ring from another's that has its address a moment later; never 0. A ring that charges no
 * address space is known by where its memory is.
 */
static __always_inline __u32 ring_whose(__u64 ring)
{
	__u64 mm = ring_mm(ring);

	if (!mm)
		mm = (__u64)BPF_CORE_READ((struct io_ring_ctx *)ring, rings);
	return short_of(mm);
}

static __always_inline bool ring_is_compat(__u64 ring)
{
	struct io_ring_ctx___bits *bits = (void *)ring;
	struct io_ring_ctx___int_flags *flags = (void *)ring;

	if (bpf_core_field_exists(bits->compat))
		return BPF_CORE_READ_BITFIELD_PROBED(bits, compat);
	if (bpf_core_field_exists(flags->int_flags))
		return BPF_CORE_READ(flags, int_flags) & IO_RING_F_COMPAT;
	return false;
}

#define PERCPU_REF_DEAD 2	/* a bit of the pointer: the last user is gone */

/* Whether nothing can use the ring any more: it only waits for its end. */
static __always_inline bool ring_is_dying(__u64 ring)
{
	return BPF_CORE_READ((struct io_ring_ctx *)ring, refs.percpu_count_ptr) & PERCPU_REF_DEAD;
}

/*
 * Whether there is a ring at that address, which may be any: what counts its users is the ring's own, up to
 * its end (from 2b0d3d3e4fcf, "percpu_ref: reduce memory footprint of percpu_ref in fast path", 5.10).
 */
static __always_inline bool is_ring(__u64 ring)
{
	struct percpu_ref *refs = &((struct io_ring_ctx *)ring)->refs;

	return ring && (!bpf_core_field_exists(((struct percpu_ref_data *)0)->ref) ||
			BPF_CORE_READ((struct io_ring_ctx *)ring, refs.data, ref) == refs);
}

/* The ring of the struct io_uring_cmd that a driver is given. */
static __always_inline __u64 command_ring(__u64 cmd)
{
	return (__u64)BPF_CORE_READ((struct io_kiocb___ctx *)cmd, ctx);
}

/* Calls hold it while they change tables and accounts. PREEMPT_RT keeps its owner elsewhere. */
static __always_inline bool is_locked(struct io_ring_ctx *ctx)
{
	if (!bpf_core_field_exists(struct mutex, owner))
		return false;
	/* the low bits say who waits */
	return BPF_CORE_READ(ctx, uring_lock.owner.counter) & ~7L;
}

/*
 * Fills all of .out but its head, .fd and .ns_pid. The levels are read before the table:
 * from 6.13 on a table is taken away before its buffers are uncharged, so levels
 * under a table that still stands include its charges.
 */
static __always_inline void read_ring(__u64 ring, struct fact_ring *out)
{
	struct io_ring_ctx *ctx = (void *)ring;
	struct user_struct *user = (void *)ring_user(ring);
	struct ring_table t;

	out->user = (__u64)user;
	out->mm = ring_mm(ring);
	out->user_locked_pages = user_locked((__u64)user);
	out->mm_pinned_pages = mm_pinned(out->mm);
	out->charged_uid = user ? BPF_CORE_READ(user, uid.val) : ~0U;
	out->ring_flags = ring_account_flags(out->user);
	out->setup_flags = BPF_CORE_READ(ctx, flags);
	out->sq_entries = BPF_CORE_READ(ctx, sq_entries);
	out->cq_entries = BPF_CORE_READ(ctx, cq_entries);
	out->ring_pages = out->user ? ring_own_pages(ring) : 0;
	out->ns_pid = 0;
	out->whose = 0;
	out->files = ring_files(ring) + 1;
	out->pad = 0;
	ring_table(ring, &t);
	out->table = t.slots;
	out->nr_slots = t.nr;
}

#endif
