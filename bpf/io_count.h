/* SPDX-License-Identifier: GPL-2.0 */
/* What becomes of a request's end: its cell, histogram, buffer or address; io_failure.h: why it failed. */
#ifndef FIXBUF_BPF_IO_COUNT_H
#define FIXBUF_BPF_IO_COUNT_H

#include "kernel/types.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include "abi/fact.h"
#include "kernel/regs.h"
#include "kernel/ring.h"
#include "kernel/request.h"
#include "abi/io_cell.h"
#include "io_cells.h"
#include "io_queued.h"
#include "io_stale.h"

#define ECANCELED	125

/* Constants of the program: what is not asked for costs nothing. */
enum io_mode {
	COUNT,
	TIME,			/* submissions are seen */
	DETAIL,			/* what the flags below say */
};

const volatile bool io_by_buffer;
const volatile bool io_by_address;

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, IO_BUFFERS);
	__type(key, struct io_buffer_place);
	__type(value, struct io_buffer_use);
} io_buffers SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, IO_ADDRESSES);
	__type(key, struct io_address_place);
	__type(value, struct io_address_use);
} io_addresses SEC(".maps");

/* A request as its end needs it; its address is never taken, or it would live in memory. */
struct io_what {
	__u64 ring, task, who;
	__u64 req;	/* 0: .addr to .direct were kept from its start */
	__u64 addr, len_bytes, buf;
	__u64 t_ns;	/* of the start: 0 = no latency */
	__u32 index;
	bool direct;
};

static __always_inline void count_latency(struct io_cell *c, __u64 ns)
{
	__u32 hist = c->hist - 1, bucket = hist_index(ns);
	struct io_hist *h;

	c->latency_ns += ns;
	if (ns > c->max_ns)
		c->max_ns = ns;
	h = bpf_map_lookup_elem(&io_hists, &hist);
	if (h && bucket < HIST_BUCKETS)
		h->count[bucket]++;
	else
		/* none is beyond the last: for the verifier, whom a comparison does not tell it */
		c->coarse[IO_COARSE_OF(bucket) & IO_COARSE]++;
}

/*
 * When a request ends: all of a flush become visible together, after the last was
 * traced, so a reading shared by some is no less right than one of each, and costs
 * half. One that was started after the reading is of another flush.
 */
static __always_inline __u64 end_time(enum io_access access, __u64 req, __u64 start)
{
	struct io_cpu *cpu = this_cpu();
	__u64 last;

	if (!cpu)
		return bpf_ktime_get_ns();
	last = cpu->last_req;
	cpu->last_req = req;
	if (io_same_flush(access, last, req) && cpu->shared < IO_CLOCK_SHARED && cpu->end_ns >= start) {
		cpu->shared++;
		return cpu->end_ns;
	}
	cpu->shared = 1;
	cpu->end_ns = bpf_ktime_get_ns();
	return cpu->end_ns;
}

/* ---- on request: buffers, addresses ------------------------------------------- */

/* A ring without a row: its address was another's, and will be, and nothing tells them apart. */
static __always_inline void no_row(__u64 ring, enum io_table table)
{
	io_lost_of(ring_payer(ring), table);
}

/* When the ring of this address was born, 0 = not known. */
static __always_inline __u64 ring_born(__u64 ring)
{
	struct io_ring *r = bpf_map_lookup_elem(&io_rings, &ring);

	return r ? r->born_ns : 0;
}

static __always_inline void note_buffer(const struct io_what *w, __u64 bytes)
{
	struct io_mapped_ubuf___common *b = (void *)w->buf;
	const struct io_ring *r = bpf_map_lookup_elem(&io_rings, &w->ring);
	struct io_buffer_place key = {
		.key = { .ring = w->ring, .index = w->index }, .cpu = bpf_get_smp_processor_id(),
	};
	struct io_buffer_use *u, fresh = { 0 };
	__u64 len;

	if (!r) {
		COUNT_LOSS(no_buffer);
		no_row(w->ring, IO_TABLE_BUFFERS);
		return;
	}
	key.born_ns = r->born_ns;
	key.payer = r->payer;
	if (!b || bpf_core_read(&key.key.addr, sizeof(key.key.addr), &b->ubuf))
		return;
	len = buffer_len(w->buf, key.key.addr);
	key.key.addr = untagged(key.key.addr);
	u = bpf_map_lookup_elem(&io_buffers, &key);
	if (!u) {
		io_add(&io_buffers, &key, &fresh, key.payer, IO_TABLE_BUFFERS);
		u = bpf_map_lookup_elem(&io_buffers, &key);
		if (!u) {
			COUNT_LOSS(no_buffer);
			io_lost_of(key.payer, IO_TABLE_BUFFERS);
			return;
		}
		u->len_bytes = len;
	}
	u->ops++;
	u->bytes += bytes;
	u->last_ns = bpf_ktime_get_ns();
	/* kernel buffers begin at 0, as do the offsets into them */
	if (!w->len_bytes)
		u->no_offset++;
	else if (untagged(w->addr) - key.key.addr + w->len_bytes > u->max_end)
		u->max_end = untagged(w->addr) - key.key.addr + w->len_bytes;
}

/* .kind: IO_ADDRESS_*. */
static __always_inline void note_address(const struct io_what *w, __u64 bytes, __u32 kind)
{
	const struct io_ring *r = bpf_map_lookup_elem(&io_rings, &w->ring);
	struct io_address_place key = {
		.key = { .ring = w->ring, .addr = untagged(w->addr) }, .cpu = bpf_get_smp_processor_id(),
	};
	struct io_address_use *u, fresh = { 0 };

	if (!r) {
		COUNT_LOSS(no_address);
		no_row(w->ring, IO_TABLE_ADDRESSES);
		return;
	}
	key.born_ns = r->born_ns;
	key.payer = r->payer;
	u = bpf_map_lookup_elem(&io_addresses, &key);
	if (!u) {
		io_add(&io_addresses, &key, &fresh, key.payer, IO_TABLE_ADDRESSES);
		u = bpf_map_lookup_elem(&io_addresses, &key);
		if (!u) {
			COUNT_LOSS(no_address);
			io_lost_of(key.payer, IO_TABLE_ADDRESSES);
			return;
		}
	}
	u->ops++;
	u->bytes += bytes;
	u->direct += w->direct;
	u->kinds |= kind;
	if (w->len_bytes > u->max_len)
		u->max_len = w->len_bytes;
}

static __always_inline void read_request(struct io_what *w, __u8 op, enum io_access access)
{
	if (!w->req)
		return;
	w->index = IO_READ(access, w->req, struct io_kiocb, buf_index);
	if (op_kind[op] & OP_LENGTH) {
		w->addr = io_rw_addr(access, w->req);
		w->len_bytes = io_rw_len(access, w->req);
	} else if (op == OP_SEND || op == OP_SEND_ZC) {
		w->addr = io_send_addr(w->req);
		w->len_bytes = io_send_len(access, w->req);
	}
}

/*
 * A vectored request, while its iovecs are what it is of: from where to where they reach, since
 * one buffer has to hold them all. None that has more of them, or 32-bit ones.
 */
static __noinline int note_vector(__u64 ring, __u64 req)
{
	struct io_what w = { .ring = ring };
	__u64 iovecs = io_rw_addr(PROBE, req), bytes = 0, end = 0;
	__u32 nr = io_rw_len(PROBE, req);
	struct { __u64 base, len; } iov;

	if (!nr || nr > EV_MAX_SEGMENTS || ring_is_compat(ring))
		return 0;
	w.addr = ~0ULL;
	for (__u32 i = 0; i < EV_MAX_SEGMENTS && i < nr; i++) {
		if (bpf_probe_read_user(&iov, sizeof(iov), (void *)(iovecs + i * sizeof(iov))))
			return 0;
		iov.base = untagged(iov.base);
		if (iov.base < w.addr)
			w.addr = iov.base;
		if (iov.base + iov.len > end)
			end = iov.base + iov.len;
		bytes += iov.len;
	}
	w.len_bytes = end - w.addr;
	w.direct = io_is_direct(PROBE, req);
	note_address(&w, bytes, IO_ADDRESS_VECTOR);
	return 0;
}

static __always_inline void count_failure(struct io_cell *c, __s32 res)
{
	if (res == -ECANCELED) {
		c->cancelled++;
		return;
	}
	c->errors++;
	if (res == -EFAULT)
		c->efaults++;
}

static __always_inline void note_details(struct io_what *w, __u8 op, __u64 bytes,
					 enum io_access access)
{
	struct io_stale *stale;

	if ((io_by_buffer || io_by_stale) && IO_WHO_FIXED(w->who)) {
		read_request(w, op, access);
		if (w->req)
			w->buf = buffer_is_the_notifications(op) ? indexed_buffer(w->ring, w->index) :
				 io_buffer_of(access, w->req);
		if (io_by_buffer)
			note_buffer(w, bytes);
		stale = io_by_stale ? stale_of(w->ring, w->index, w->buf) : NULL;
		if (stale)
			note_stale(stale, op, w->len_bytes, untagged(w->addr), bytes);
		if (io_by_stale && w->req && w->buf && op == OP_READ_FIXED)
			read_outlived(w->ring, w->req, bytes);
		if (io_by_stale && w->req && is_queued_op(op) && takes_buffers_late())
			queued_ended(w->ring, w->req, w->buf, bytes);
	}
	if (io_by_address && (op == OP_READ || op == OP_WRITE)) {
		read_request(w, op, access);
		if (w->req)
			w->direct = io_is_direct(access, w->req);
		note_address(w, bytes, IO_ADDRESS_RW);
	}
	if (io_by_address && w->req && !IO_WHO_FIXED(w->who) && (op == OP_SEND || op == OP_SEND_ZC)) {
		read_request(w, op, access);
		note_address(w, bytes, op == OP_SEND ? IO_ADDRESS_SEND : IO_ADDRESS_SEND_ZC);
	}
}

/* .k: its request, as w->req is; .kind: op_kind[] of its opcode, 0 = not known. */
static __always_inline void count_end(struct io_cell *c, struct io_what *w, struct io_kiocb *k,
				      __u8 kind, __s32 res, enum io_mode mode,
				      enum io_access access)
{
	if (!c)
		return;
	c->ops++;
	if (mode != COUNT && io_latency && w->t_ns)
		count_latency(c, (w->req ? end_time(access, w->req, w->t_ns) : bpf_ktime_get_ns()) -
				 w->t_ns);
	if (res < 0) {
		count_failure(c, res);
		return;
	}
	if (kind & OP_BYTES)
		c->bytes += (__u32)res;
	if (kind & OP_LENGTH &&
	    (__u32)res < (w->req ? io_rw_len_of(access, k) : (__u32)w->len_bytes))
		c->shorts++;
	if (mode == DETAIL && kind)
		note_details(w, IO_WHO_OP(w->who), kind & OP_BYTES ? res : 0, access);
}

#endif
