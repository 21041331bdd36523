/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Which ring a request is of, whether it is selected, and the cell that counts
 * it. Only selected rings take room; where it ends, a process is counted as one.
 */
#ifndef FIXBUF_BPF_IO_CELLS_H
#define FIXBUF_BPF_IO_CELLS_H

#include "kernel/types.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include "abi/io_cell.h"
#include "kernel/request.h"
#include "io_payer.h"
#include "io_share.h"
#include "selection.h"

const volatile bool io_latency;		/* cells get histograms */
const volatile __u32 io_nr_cells;	/* the user side makes so much room */

/* Sized at start. Mapped by the reader; a place is a CPU's own once it is in io_claims. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, IO_MIN_CELLS);
	__type(key, __u32);
	__type(value, struct io_cell);
} io_cells SEC(".maps");

/* Adding a place to it is what two CPUs cannot both do. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, IO_MIN_CELLS);
	__type(key, __u32);
	__type(value, __u8);
} io_claims SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct io_hist);
} io_hists SEC(".maps");

/* Those that no cell has, all zero: the reader puts them here. */
struct {
	__uint(type, BPF_MAP_TYPE_STACK);
	__uint(max_entries, 1);
	__uint(value_size, sizeof(__u32));
} io_free_hists SEC(".maps");

/* Selected rings by address. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8192);
	__type(key, __u64);
	__type(value, struct io_ring);
} io_rings SEC(".maps");

/* The last decisions: a ring's address, lowest bit set when it is selected. Not a map: no look-up. */
__u64 io_decided[IO_DECIDED];

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct io_cpu);
} io_losses SEC(".maps");

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

/* Of a success nothing more is seen. */
static __always_inline void count_muted(bool fixed)
{
	struct io_cpu *cpu = this_cpu();

	if (!cpu)
		return;
	cpu->loss.skipped++;
	cpu->muted_fixed += fixed;
}

/* ---- rings ------------------------------------------------------------------ */

static __always_inline __u64 *decided(__u64 ring)
{
	/* a struct io_ring_ctx takes more than 512 bytes, in slabs that are aligned less */
	_Static_assert(IO_DECIDED == 1 << 14, "the shift below");
	return &io_decided[ring * 0x9e3779b97f4a7c15ULL >> 50];
}

/* 1 or 0 by what was decided last, -1 when that is not remembered. */
static __always_inline int ring_decided(__u64 ring)
{
	__u64 last = *decided(ring);

	return (last & ~1ULL) == ring ? (int)(last & 1) : -1;
}

/* By what was decided last, and where some are selected: it is not. */
static __always_inline bool passed_over(__u64 ring)
{
	return *decided(ring) == ring;
}

/* A row that is there says it; without one its ring does. Not static: the verifier goes through it once. */
__noinline __u32 ring_payer(__u64 ring)
{
	struct io_ring *r = bpf_map_lookup_elem(&io_rings, &ring);
	__u64 owner;

	if (r)
		return r->payer;
	owner = ring_owner(ring);
	return owner ? io_pays(owner) : IO_OLD_PAYER;
}

/* What was known of this address ends. */
static __always_inline void forget_ring(__u64 ring)
{
	struct io_ring *before = bpf_map_lookup_elem(&io_rings, &ring);
	__u32 payer = before ? before->payer : 0;

	if (before && !bpf_map_delete_elem(&io_rings, &ring))
		io_put_back(payer, IO_TABLE_RINGS);
}

/* .task: whose it is. Notes a ring that is selected and has no row, and what was decided. */
static __always_inline bool decide_as(__u64 ring, __u64 task, __s32 fd)
{
	bool selected = task_selected(task);

	if (selected) {
		struct io_ring r = {
			.born_ns = bpf_ktime_get_ns(), .fd = fd,
			.pid = BPF_CORE_READ((struct task_struct *)task, tgid),
			.payer = io_payer(task),
		};

		io_add(&io_rings, &ring, &r, r.payer, IO_TABLE_RINGS);
		if (!bpf_map_lookup_elem(&io_rings, &ring) && ring_decided(ring) != 1) {
			COUNT_LOSS(no_ring);
			io_lost_of(r.payer, IO_TABLE_RINGS);
		}
	}
	*decided(ring) = ring | selected;
	return selected;
}

/*
 * Of a ring that was there before us, or whose decision gave its place to another's: what was selected
 * stays so, whatever its owner is called by now. .task: of a request, where the kernel does not say whose it is.
 */
static __noinline int decide_ring(__u64 ring, __u64 task)
{
	__u64 owner;

	if (bpf_map_lookup_elem(&io_rings, &ring)) {
		*decided(ring) = ring | 1;
		return 1;
	}
	owner = ring_owner(ring);
	return decide_as(ring, owner ? owner : task, -1);
}

static __always_inline bool ring_selected(__u64 ring, __u64 task)
{
	int known = ring_decided(ring);

	return known >= 0 ? known : decide_ring(ring, task);
}

/* ---- cells ------------------------------------------------------------------ */

/*
 * Rises when the address of a task or ring that cells know may become another's: what they know of
 * addresses is good in one epoch.
 */
__u64 io_epoch;
/* By the low bits of their numbers: processes that cells know. What others do ends no epoch. */
__u8 io_met[IO_MET];
__u32 io_dropping;	/* the reader takes rings from the map */
__u64 io_made;		/* cells, about: so that the reader comes before there is no room */

static __always_inline void no_hist(__u32 payer)
{
	COUNT_LOSS(no_hist);
	io_lost_of(payer, IO_TABLE_HISTS);
}

/* Who got a descriptor otherwise than from its parent may have it under another number. */
static __always_inline bool has_descriptors_of(__u64 task, int maker)
{
	struct task_struct *t = (void *)task;

	return t && (BPF_CORE_READ(t, tgid) == maker || BPF_CORE_READ(t, real_parent, tgid) == maker);
}

static __always_inline void make_cell(struct io_cell *c, __u64 ring, __u64 born_ns, __u64 who,
				      __u64 task, __u32 payer)
{
	struct task_struct *t = (void *)task;
	struct io_ring *r;
	__u32 hist;

	c->who = who;
	c->born_ns = born_ns;
	c->first_ns = bpf_ktime_get_ns();
	c->cpu = bpf_get_smp_processor_id();
	if (task && IO_WHO_TGID(who)) {
		c->uid = BPF_CORE_READ(t, cred, uid.val);
		BPF_CORE_READ_STR_INTO(&c->comm, t, group_leader, comm);
	} else {
		c->uid = payer;
	}
	c->payer = payer;
	/* by the caller's look-up it would take more stack than there is; in the cell, too, as that stays longer */
	r = bpf_map_lookup_elem(&io_rings, &ring);
	if (r && has_descriptors_of(task, r->pid))
		c->fd = r->fd + 1;
	if (io_latency) {
		if (!io_may_take(payer, IO_TABLE_HISTS)) {
			no_hist(payer);
		} else if (bpf_map_pop_elem(&io_free_hists, &hist)) {
			io_put_back(payer, IO_TABLE_HISTS);
			no_hist(payer);
		} else {
			c->hist = hist + 1;
		}
	}
	__sync_fetch_and_add(&io_made, 1);
	/* last: marks it as taken */
	c->ring = ring;
}

#define CLAIMED	(1U << 31)

/*
 * The place of a cell, or one that was free and is CLAIMED, counted from 1 and looked for from
 * .at on; 0 when there is neither. Not static: the verifier goes through it once, not again for
 * each way that leads here.
 */
__noinline int search_cell(__u64 ring, __u64 born_ns, __u64 who, __u32 at)
{
	__u32 places = ring == IO_RING_ANY ? IO_TOTALS : io_nr_cells - IO_TOTALS;
	__u32 end = ring == IO_RING_ANY ? io_nr_cells : places;
	__u32 cpu = bpf_get_smp_processor_id(), index = at;
	__u8 one = 1;

	for (__u32 i = 0; i < IO_CELL_PROBES; i++) {
		struct io_cell *c = bpf_map_lookup_elem(&io_cells, &index);

		if (!c)
			return 0;
		/* one branch: each is another state that the verifier goes on with */
		if (!((c->ring ^ ring) | (c->who ^ who) | (c->born_ns ^ born_ns) | (c->cpu ^ cpu)))
			return index + 1;
		if (!c->ring && !bpf_map_update_elem(&io_claims, &index, &one, BPF_NOEXIST))
			return (index + 1) | CLAIMED;
		if (++index >= end)
			index -= places;
	}
	return 0;
}

/* The place of its cell, which is made where there is none, counted from 1; 0 without room. The same. */
__noinline int cell_place(__u64 ring, __u64 born_ns, __u64 who, __u64 task, __u32 at)
{
	__u32 found = search_cell(ring, born_ns, who, at), place = found & ~CLAIMED, index = place - 1, payer;
	struct io_ring *r;
	struct io_cell *c;

	/* one that is closed meanwhile is read once more */
	if (!(found & CLAIMED))
		return place;
	c = bpf_map_lookup_elem(&io_cells, &index);
	if (!c)
		return 0;
	/* nobody else fills it */
	r = bpf_map_lookup_elem(&io_rings, &ring);
	payer = r ? r->payer : ring != IO_RING_ANY ? IO_OLD_PAYER : born_ns ? (__u32)born_ns : io_pays(task);
	if (!io_may_take(payer, ring != IO_RING_ANY ? IO_TABLE_CELLS :
				born_ns ? IO_TABLE_OTHERS : IO_TABLE_PROCESSES)) {
		bpf_map_delete_elem(&io_claims, &index);
		return 0;
	}
	make_cell(c, ring, born_ns, who, task, payer);
	return place;
}

static __always_inline struct io_cell *cell_from(__u64 ring, __u64 born_ns, __u64 who, __u64 task, __u32 at)
{
	__u32 place = cell_place(ring, born_ns, who, task, at), index = place - 1;

	return place ? bpf_map_lookup_elem(&io_cells, &index) : NULL;
}

/* Not by process: the way to its number is the longest, and need not be waited for. */
static __always_inline __u64 cell_hash(__u64 ring, __u64 here)
{
	return ((ring << IO_EPOCH_SHIFT ^ here) * 0x9e3779b97f4a7c15ULL) >> 32;
}

/* .here: IO_HERE() */
static __always_inline __u32 cell_index(__u64 ring, __u64 here)
{
	return cell_hash(ring, here) * (io_nr_cells - IO_TOTALS) >> 32;
}

/* For all rings of a process that find no place, or, without one, of its user. */
static __noinline struct io_cell *total_cell(__u64 who, __u64 task)
{
	__u64 here = IO_HERE(who, bpf_get_smp_processor_id());
	__u32 begin = io_nr_cells - IO_TOTALS, payer;
	struct io_cell *c = cell_from(IO_RING_ANY, 0, who, task, begin +
				      (cell_hash(IO_WHO_TGID(who), here) & (IO_TOTALS - 1)));

	if (c)
		return c;
	payer = io_payer(task);
	c = cell_from(IO_RING_ANY, IO_BORN_USER(payer), IO_WHO_NOBODY(who), task,
		      begin + (cell_hash(payer, here) & (IO_TOTALS - 1)));
	if (!c) {
		COUNT_LOSS(no_cell);
		io_lost_of(payer, IO_TABLE_OTHERS);
	}
	return c;
}

/*
 * Dozens of processes of one ring begin at one place: others have one by their number, too. Not in
 * find_cell(): with both look-ups there Linux 5.10 counted no latency.
 */
static __noinline struct io_cell *cell_by_process(__u64 ring, __u64 born_ns, __u64 who, __u64 task)
{
	__u64 here = IO_HERE(who, bpf_get_smp_processor_id());

	return cell_from(ring, born_ns, who, task, cell_index(ring ^ IO_WHO_TGID(who) << 16, here));
}

/* NULL when the ring is not selected. */
static __noinline struct io_cell *find_cell(__u64 ring, __u64 who, __u64 task)
{
	struct io_ring *r = bpf_map_lookup_elem(&io_rings, &ring);
	struct io_cell *c;

	if (!r) {
		if (!ring_decided(ring) || !decide_ring(ring, task))
			return NULL;
		r = bpf_map_lookup_elem(&io_rings, &ring);
		if (!r)
			return total_cell(who, task);
	}
	if (!r->met)
		r->met = 1;
	c = cell_from(ring, r->born_ns, who, task,
		      cell_index(ring, IO_HERE(who, bpf_get_smp_processor_id())));
	if (!c)
		c = cell_by_process(ring, r->born_ns, who, task);
	return c ? c : total_cell(who, task);
}

/* A global function takes numbers; to the verifier an address that was read as a pointer is none. */
static __always_inline __u64 as_number(__u64 address)
{
	__u64 number = 0;

	bpf_probe_read_kernel(&number, sizeof(number), &address);
	return number;
}

static __noinline struct io_cell *meet_owner(__u64 ring, __u64 owner, __u64 here)
{
	/* before the process is looked up */
	__u64 known = *(volatile __u64 *)&io_epoch | here, what = here & 0x3ff;
	__u64 task = as_number(io_owner_task(PROBE, owner));
	__u32 tgid = io_tgid(PROBE, task);
	struct io_cell *c;

	io_met[tgid & (IO_MET - 1)] = 1;
	c = find_cell(ring, (__u64)tgid << 32 | what, task);
	if (!c)
		return NULL;
	c->owner = owner;
	c->known = known;
	return c;
}

/* The same, without looking the process up again for each request. */
static __always_inline struct io_cell *owned_cell(__u64 ring, enum io_access access,
						   struct io_kiocb *k, __u64 what)
{
	__u64 here = IO_HERE(what, bpf_get_smp_processor_id());
	__u32 index = cell_index(ring, here);
	struct io_cell *c = bpf_map_lookup_elem(&io_cells, &index);
	__u64 owner = io_owner(access, k);

	if (c && c->ring == ring && c->owner == owner && c->known == (io_epoch | here))
		return c;
	return meet_owner(ring, owner, here);
}

/* False when its ring is not selected. */
static __always_inline bool count_punt(__u64 ring, __u64 task, __u64 who)
{
	struct io_cell *c = find_cell(ring, who, task);

	if (c)
		c->punts++;
	return c;
}

#endif
