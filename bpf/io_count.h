/* SPDX-License-Identifier: GPL-2.0 */
/* What becomes of a request's end: its cell, histogram, buffer, address or failed import. */
#ifndef FIXBUF_BPF_IO_COUNT_H
#define FIXBUF_BPF_IO_COUNT_H

#include "kernel/types.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include "abi/fact.h"
#include "kernel/ring.h"
#include "kernel/request.h"
#include "abi/io_cell.h"
#include "io_cells.h"

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

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, IO_FAULTS);
	__type(key, struct io_fault_place);
	__type(value, struct io_fault);
} io_faults SEC(".maps");

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
		c->coarse[IO_COARSE_OF(bucket) & (IO_COARSE - 1)]++;
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

/* ---- on request: buffers, addresses, failed imports --------------------------- */

/* When the ring of this address was born, 0 = not known. */
static __always_inline __u64 ring_born(__u64 ring)
{
	struct io_ring *r = bpf_map_lookup_elem(&io_rings, &ring);

	return r ? r->born_ns : 0;
}

static __always_inline void note_buffer(const struct io_what *w, __u8 op, __u64 bytes)
{
	struct io_mapped_ubuf___common *b = (void *)w->buf;
	struct io_buffer_place key = {
		.key = { .ring = w->ring, .index = w->index },
		.cpu = bpf_get_smp_processor_id(),
	};
	struct io_buffer_use *u, fresh = { 0 };

	if (!b || bpf_core_read(&key.key.addr, sizeof(key.key.addr), &b->ubuf))
		return;
	key.born_ns = ring_born(w->ring);
	u = bpf_map_lookup_elem(&io_buffers, &key);
	if (!u) {
		bpf_map_update_elem(&io_buffers, &key, &fresh, BPF_NOEXIST);
		u = bpf_map_lookup_elem(&io_buffers, &key);
		if (!u) {
			COUNT_LOSS(no_buffer);
			return;
		}
		u->len_bytes = buffer_len(w->buf, key.key.addr);
	}
	u->ops++;
	u->bytes += bytes;
	u->last_ns = bpf_ktime_get_ns();
	/* kernel buffers begin at 0, as do the offsets into them */
	if (!(op_kind[op] & OP_LENGTH))
		u->no_offset++;
	else if (w->addr - key.key.addr + w->len_bytes > u->max_end)
		u->max_end = w->addr - key.key.addr + w->len_bytes;
}

static __always_inline void note_address(const struct io_what *w, __u64 bytes)
{
	struct io_address_place key = {
		.key = { .ring = w->ring, .addr = w->addr },
		.born_ns = ring_born(w->ring), .cpu = bpf_get_smp_processor_id(),
	};
	struct io_address_use *u, fresh = { 0 };

	u = bpf_map_lookup_elem(&io_addresses, &key);
	if (!u) {
		bpf_map_update_elem(&io_addresses, &key, &fresh, BPF_NOEXIST);
		u = bpf_map_lookup_elem(&io_addresses, &key);
		if (!u) {
			COUNT_LOSS(no_address);
			return;
		}
	}
	u->ops++;
	u->bytes += bytes;
	u->direct += w->direct;
	if (w->len_bytes > u->max_len)
		u->max_len = w->len_bytes;
}

/* What an index names now. */
struct io_slot {
	__u64 buf;
	__u64 addr, len_bytes;
	__u32 nr_slots;
	bool empty;
};

static __always_inline void look_at_slot(__u64 ring, __u32 index, struct io_slot *s)
{
	struct ring_table t;
	__u64 node;

	ring_table(ring, &t);
	s->buf = 0;
	s->addr = 0;
	s->len_bytes = 0;
	s->nr_slots = t.nr;
	s->empty = true;
	if (index >= t.nr)
		return;
	s->buf = slot_buffer(&t, index, &node);
	if (!s->buf)
		return;
	struct io_mapped_ubuf___common *b = (void *)s->buf;

	bpf_core_read(&s->addr, sizeof(s->addr), &b->ubuf);
	if (s->addr == EMPTY_UBUF)
		return;
	s->empty = false;
	s->len_bytes = buffer_len(s->buf, s->addr);
}

/* Which bound was broken: the table as it is now, just after the import failed. */
static __noinline int note_fault(__u64 ring, __u64 who, __u32 index, __u64 addr, __u64 len_bytes)
{
	struct io_fault_place key = { 0 };
	struct io_fault *f, fresh = { 0 };
	struct io_slot s;

	key.key.ring = ring;
	key.key.op = IO_WHO_OP(who);
	key.key.index = index;
	key.born_ns = ring_born(ring);
	key.pid = IO_WHO_TGID(who);
	f = bpf_map_lookup_elem(&io_faults, &key);
	if (!f) {
		bpf_map_update_elem(&io_faults, &key, &fresh, BPF_NOEXIST);
		f = bpf_map_lookup_elem(&io_faults, &key);
		if (!f)
			return 0;
	}
	__sync_fetch_and_add(&f->count, 1);
	f->addr = addr;
	f->len_bytes = len_bytes;
	look_at_slot(ring, index, &s);
	f->nr_slots = s.nr_slots;
	f->empty = s.empty;
	f->buf_addr = s.addr;
	f->buf_len_bytes = s.len_bytes;
	return 0;
}

static __always_inline void read_request(struct io_what *w, __u8 op, enum io_access access)
{
	if (!w->req)
		return;
	w->index = IO_READ(access, w->req, struct io_kiocb, buf_index);
	if (op_kind[op] & OP_LENGTH) {
		w->addr = io_rw_addr(access, w->req);
		w->len_bytes = io_rw_len(access, w->req);
	}
}

static __always_inline void count_failure(struct io_cell *c, struct io_what *w, __s32 res,
					  enum io_access access)
{
	__u8 op = IO_WHO_OP(w->who);

	if (res == -ECANCELED) {
		c->cancelled++;
		return;
	}
	c->errors++;
	if (res != -EFAULT)
		return;
	c->efaults++;
	if (!IO_WHO_FIXED(w->who))
		return;
	read_request(w, op, access);
	/* the cell knows the process; .who may not */
	note_fault(w->ring, c->who, w->index, w->addr, w->len_bytes);
}

static __always_inline void note_details(struct io_what *w, __u8 op, __u64 bytes,
					 enum io_access access)
{
	if (io_by_buffer && IO_WHO_FIXED(w->who)) {
		read_request(w, op, access);
		if (w->req)
			w->buf = io_buffer_of(access, w->req);
		note_buffer(w, op, bytes);
	}
	if (io_by_address && (op == OP_READ || op == OP_WRITE)) {
		read_request(w, op, access);
		if (w->req)
			w->direct = io_is_direct(access, w->req);
		note_address(w, bytes);
	}
}

/* .kind: op_kind[] of its opcode, 0 = not known. */
static __always_inline void count_end(struct io_cell *c, struct io_what *w, __u8 kind, __s32 res,
				      enum io_mode mode, enum io_access access)
{
	if (!c)
		return;
	c->ops++;
	if (mode != COUNT && io_latency && w->t_ns)
		count_latency(c, (w->req ? end_time(access, w->req, w->t_ns) : bpf_ktime_get_ns()) -
				 w->t_ns);
	if (res < 0) {
		count_failure(c, w, res, access);
		return;
	}
	if (kind & OP_BYTES)
		c->bytes += (__u32)res;
	if (kind & OP_LENGTH &&
	    (__u32)res < (w->req ? io_rw_len(access, w->req) : (__u32)w->len_bytes))
		c->shorts++;
	if (mode == DETAIL && kind)
		note_details(w, IO_WHO_OP(w->who), kind & OP_BYTES ? res : 0, access);
}

#endif
