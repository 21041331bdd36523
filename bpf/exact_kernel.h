/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The bodies of hooks around kernel buffers. A block driver (ublk) puts a request's pages
 * into a slot for as long as its server needs them: nothing is pinned or charged, and no
 * io_uring_register() is called. From 27cb27b6d5ea ("io_uring: add support for kernel
 * registered bvecs"), 6.15.
 */
#ifndef FIXBUF_BPF_EXACT_KERNEL_H
#define FIXBUF_BPF_EXACT_KERNEL_H

#include "exact.h"

/*
 * Which argument of io_buffer_register_bvec() is the slot's index; user/capture/hook_table.c
 * fills it in. "io_uring/rsrc: rename io_buffer_register_bvec()/io_buffer_unregister_bvec()"
 * and "io_uring/rsrc: add io_buffer_register_bvec()", 7.3, gave the name to another function.
 */
const volatile __u32 bvec_index_arg __weak;

static __always_inline bool read_slot(__u64 ring, __u32 index, struct fact_buffer *b)
{
	struct ring_table t;
	__u64 buf;

	ring_table(ring, &t);
	if (index >= t.nr)
		return false;
	buf = slot_buffer(&t, index, &b->node);
	read_buffer(buf, b);
	return b->buf_flags == BUFFER_F_KERNEL;
}

/* .what is IN_KERNEL_REGISTER or IN_KERNEL_DROP. A drop tells the slot as it was before. */
static __always_inline void kernel_begin(void *ctx, __u32 what, __u64 cmd, __u32 index)
{
	struct pending p = { .slot = index };
	struct fact_buffer b;

	p.ring = command_ring(cmd);
	if (!ring_wanted(p.ring, &p.own) || p.own)
		return;
	if (what == IN_KERNEL_DROP) {
		if (!read_slot(p.ring, index, &b))
			return;
		p.buf = b.buf;
		p.addr = b.node;
		p.len = b.len_bytes;
		p.segments = b.segments;
		p.folio_shift = b.folio_shift;
	}
	begin(ctx, what, &p);
}

static __always_inline void kernel_end(__u32 what, __s32 result)
{
	struct fact_buffer *out;
	struct pending p;
	bool alone;

	if (!end(what, &p, &alone) || result)
		return;
	out = fact_reserve(sizeof(*out), what == IN_KERNEL_DROP ? FACT_DROP : FACT_BUFFER,
			   p.ring, 0);
	if (!out)
		return;
	out->index = p.slot;
	if (what == IN_KERNEL_REGISTER) {
		out->node = 0;
		if (!read_slot(p.ring, p.slot, out))
			out->buf_flags = BUFFER_F_TORN;
	} else {
		out->buf = p.buf;
		out->node = p.addr;
		out->addr = 0;
		out->len_bytes = p.len;
		out->bvec = 0;
		out->charged_pages = 0;
		out->segments = p.segments;
		out->folio_shift = p.folio_shift;
		out->refs = 1;
		out->buf_flags = BUFFER_F_KERNEL;
		out->users = 0;
		out->account = 0;
	}
	out->ns_pid = current_ns_tgid();
	fact_submit(out);
}

#endif
