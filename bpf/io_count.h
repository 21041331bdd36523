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

#define EFAULT		14
#define ECANCELED	125
#define TREE_UP		32

extern __u32 own_tgid;	/* walk.bpf.c */

/* Constants of the program: what is not asked for costs nothing. */
enum io_mode {
	COUNT,
	TIME,			/* submissions are seen */
	DETAIL,			/* what the flags below say */
};

const volatile bool io_latency;		/* any mode: cells get histograms */
const volatile bool io_by_buffer;
const volatile bool io_by_address;

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, IO_CELLS);
	__type(key, __u32);
	__type(value, struct io_cell);
} io_cells SEC(".maps");

/* Places that any CPU took a cell at; the reader takes back what all have given back. */
__u8 io_cells_taken[IO_CELLS];

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, IO_HISTS);
	__type(key, __u32);
	__type(value, struct io_hist);
} io_hists SEC(".maps");

struct io_cpu {
	struct io_loss loss;
	__u64 hists;		/* given away on this CPU, or given back since */
	__u64 free_hist;	/* 1 + the first given back; .count[0] has the next, 0 = none */
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct io_cpu);
} io_losses SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, IO_BUFFERS);
	__type(key, struct io_buffer_key);
	__type(value, struct io_buffer_use);
} io_buffers SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, IO_ADDRESSES);
	__type(key, struct io_address_key);
	__type(value, struct io_address_use);
} io_addresses SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, IO_FAULTS);
	__type(key, struct io_fault_key);
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

static __always_inline struct io_cpu *this_cpu(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&io_losses, &zero);
}

#define COUNT_LOSS(field) do {				\
	struct io_cpu *__cpu = this_cpu();		\
							\
	if (__cpu)					\
		__cpu->loss.field++;			\
} while (0)

/* ---- cells ------------------------------------------------------------------ */

static __noinline __u32 tree_flag(__u64 task)
{
	struct task_struct *t = (void *)task;

	for (int i = 0; i < TREE_UP; i++) {
		bpf_core_read(&t, sizeof(t), &t->real_parent);
		if (!t)
			return 0;
		__u32 tgid = BPF_CORE_READ(t, tgid);

		if (tgid == own_tgid)
			return IO_CELL_F_TREE;
		if (tgid <= 1)
			return 0;
	}
	return 0;
}

static __always_inline __u32 take_hist(struct io_cpu *cpu)
{
	__u32 index = cpu->free_hist - 1;
	struct io_hist *h = cpu->free_hist ? bpf_map_lookup_elem(&io_hists, &index) : NULL;

	if (h) {
		cpu->free_hist = h->count[0];
		h->count[0] = 0;
		return index + 1;
	}
	if (cpu->hists < IO_HISTS)
		return ++cpu->hists;
	cpu->loss.no_hist++;
	return 0;
}

static __always_inline void make_cell(struct io_cell *c, __u64 ring, __u64 who, __u64 task)
{
	struct task_struct *t = (void *)task;
	struct io_cpu *cpu = this_cpu();

	c->who = who;
	c->first_ns = bpf_ktime_get_ns();
	if (task) {
		c->uid = BPF_CORE_READ(t, cred, uid.val);
		BPF_CORE_READ_STR_INTO(&c->comm, t, group_leader, comm);
		c->flags = tree_flag(task);
	}
	if (io_latency && cpu)
		c->hist = take_hist(cpu);
	/* last: marks it as taken */
	c->ring = ring;
}

static __noinline struct io_cell *search_cell(__u64 ring, __u64 who, __u64 task, __u32 at)
{
	for (__u32 i = 0; i < IO_CELL_PROBES; i++) {
		__u32 index = (at + i) & (IO_CELLS - 1);
		struct io_cell *c = bpf_map_lookup_elem(&io_cells, &index);

		if (!c)
			return NULL;
		if (c->ring == ring && c->who == who)
			return c;
		if (!c->ring) {
			make_cell(c, ring, who, task);
			/* after the cell: who takes it back looks at the cell then */
			io_cells_taken[index & (IO_CELLS - 1)] = 1;
			return c;
		}
	}
	COUNT_LOSS(no_cell);
	return NULL;
}

static __always_inline __u32 cell_index(__u64 ring, __u64 what)
{
	_Static_assert(IO_CELLS == 1 << 11, "the shift");
	/* not by process: the way to its number is the longest, and need not be waited for */
	return ((ring >> 6 ^ (what & 0xffff)) * 0x9e3779b97f4a7c15ULL) >> 53;
}

static __always_inline struct io_cell *find_cell(__u64 ring, __u64 who, __u64 task)
{
	return search_cell(ring, who, task, cell_index(ring, who));
}

/* Rises when a task goes or executes another program, so that its address may become another's. */
__u64 io_epoch;

static __noinline struct io_cell *meet_owner(__u64 ring, __u64 owner, __u64 what)
{
	/* before the process is looked up */
	__u64 known = *(volatile __u64 *)&io_epoch | what;
	__u64 task = io_owner_task(PROBE, owner);
	struct io_cell *c;

	c = find_cell(ring, (__u64)io_tgid(PROBE, task) << 32 | what, task);
	if (!c)
		return NULL;
	c->owner = owner;
	c->known = known;
	return c;
}

/* The same, without looking the process up again for each request. */
static __always_inline struct io_cell *owned_cell(__u64 ring, __u64 owner, __u64 what)
{
	__u32 index = cell_index(ring, what);
	struct io_cell *c = bpf_map_lookup_elem(&io_cells, &index);

	if (c && c->ring == ring && c->owner == owner && c->known == (io_epoch | what))
		return c;
	return meet_owner(ring, owner, what);
}

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
		c->timed++;
}

/* ---- on request: buffers, addresses, failed imports --------------------------- */

static __always_inline void note_buffer(const struct io_what *w, __u8 op, __u64 bytes)
{
	struct io_mapped_ubuf___common *b = (void *)w->buf;
	struct io_buffer_key key = { .ring = w->ring, .index = w->index };
	struct io_buffer_use *u, fresh = { 0 };

	if (!b || bpf_core_read(&key.addr, sizeof(key.addr), &b->ubuf))
		return;
	u = bpf_map_lookup_elem(&io_buffers, &key);
	if (!u) {
		bpf_map_update_elem(&io_buffers, &key, &fresh, BPF_NOEXIST);
		u = bpf_map_lookup_elem(&io_buffers, &key);
		if (!u) {
			COUNT_LOSS(no_buffer);
			return;
		}
		u->len_bytes = buffer_len(w->buf, key.addr);
	}
	u->ops++;
	u->bytes += bytes;
	u->last_ns = bpf_ktime_get_ns();
	/* kernel buffers begin at 0, as do the offsets into them */
	if (!(op_kind[op] & OP_LENGTH))
		u->no_offset++;
	else if (w->addr - key.addr + w->len_bytes > u->max_end)
		u->max_end = w->addr - key.addr + w->len_bytes;
}

static __always_inline void note_address(const struct io_what *w, __u64 bytes)
{
	struct io_address_key key = { .ring = w->ring, .addr = w->addr };
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
static __noinline int note_fault(__u64 ring, __u64 op_index, __u64 addr, __u64 len_bytes)
{
	__u32 index = op_index >> 8;
	struct io_fault_key key = { 0 };
	struct io_fault *f, fresh = { 0 };
	struct io_slot s;

	key.ring = ring;
	key.op = (__u8)op_index;
	key.index = index;
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
	if (!IO_WHO_FIXED(w->who) )
		return;
	read_request(w, op, access);
	note_fault(w->ring, (__u64)w->index << 8 | op, w->addr, w->len_bytes);
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
		count_latency(c, bpf_ktime_get_ns() - w->t_ns);
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
