/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Pins and charges as they happen: what a probe at the entry of a function
 * notes and what the one at its return tells. functions.bpf.c and kprobes.bpf.c
 * hang these bodies in; patched.bpf.c tells the same from tracepoints.
 */
#ifndef FIXBUF_BPF_EXACT_H
#define FIXBUF_BPF_EXACT_H

#include "kernel/types.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include "abi/fact.h"
#include "abi/hits.h"
#include "kernel/ring.h"
#include "emit.h"
#include "stack.h"

#define RLIMIT_MEMLOCK	8
#define PAGE_SHIFT	12
#define ENOMEM		12
#define MAX_ERRNO	4095
#define PF_KTHREAD	0x00200000	/* include/linux/sched.h */
#define RSRC_BUFFER	1		/* IORING_RSRC_BUFFER */
#define NOT_SEEN	(-1LL)

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct task_struct___flags {
	unsigned int flags;
};

struct io_rsrc_node___type {
	__u8 type;
};

#pragma clang attribute pop

struct iovec {
	__u64 base;
	__u64 len;
};

/* What a task is in; with its tid the key of .pending. */
enum { IN_REGISTER, IN_RELEASE, IN_REGION, IN_REGION_FREE, IN_KERNEL_REGISTER, IN_KERNEL_DROP };

struct pending {
	__u64 ring, user, mm, buf;
	__u64 slot;		/* register: where the buffer's address will be; region: itself */
	__u64 addr, len;
	__u64 t_ns;
	__s64 user_pages, mm_pages;
	__s64 amount;		/* what was asked for, NOT_SEEN without */
	__u64 moves;
	__u32 segments, folio_shift;
	struct stack_ids stacks;
	bool own;		/* a ring of ours: counted, not told */
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, __u64);
	__type(value, struct pending);
} pending __weak SEC(".maps");

/* Rings whose end a worker of the kernel brings about: it passes no filter itself. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16384);
	__type(key, __u64);
	__type(value, __u8);
} rings __weak SEC(".maps");

/* The prototypes, as this kernel's types give them. */
const volatile bool register_gives_node __weak;
const volatile __u32 amount_arg __weak;

__u64 hits[NR_HITS] __weak;
bool amount_fires __weak;	/* every charge of a buffer passes the amount probes */

/*
 * Levels of an account are compared over a window. Each window counts twice, at
 * its begin and its end, so an even number says that none was open.
 */
#define MOVES 256

__u64 moves[MOVES] __weak;

static __always_inline __u64 *moves_of(__u64 mm)
{
	return &moves[(mm >> 8) & (MOVES - 1)];
}

static __always_inline bool charge_is_in_buffer(void)
{
	return bpf_core_field_exists(struct io_mapped_ubuf___acct, acct_pages);
}

static __always_inline bool in_kernel_thread(void)
{
	struct task_struct___flags *task = (void *)bpf_get_current_task();

	return BPF_CORE_READ(task, flags) & PF_KTHREAD;
}

static __always_inline __u64 pending_key(__u32 what)
{
	return (__u64)what << 32 | (__u32)bpf_get_current_pid_tgid();
}

static __always_inline void count_lost(void)
{
	struct lane *lane = &lanes[bpf_get_smp_processor_id() & (FACT_LANES - 1)];

	lane->seq++;
	lane->lost++;
}

static __always_inline bool is_own_task(void)
{
	return (__u32)(bpf_get_current_pid_tgid() >> 32) == own_tgid;
}

/* Whether what happens to this ring now is to be told; *own: it is one of ours. */
static __always_inline bool ring_wanted(__u64 ring, bool *own)
{
	__u8 *known = bpf_map_lookup_elem(&rings, &ring);

	*own = is_own_task() || (known && *known == RING_OWN);
	if (*own)
		return true;
	if (known)
		return true;
	return in_kernel_thread() ? !filter : task_wanted();
}

static __always_inline __u64 limit_bytes(void)
{
	struct task_struct *task = (void *)bpf_get_current_task();

	return BPF_CORE_READ(task, signal, rlim[RLIMIT_MEMLOCK].rlim_cur);
}

static __always_inline bool over_limit(__u64 pages)
{
	return pages > limit_bytes() >> PAGE_SHIFT;
}

static __always_inline __u64 span_pages(__u64 addr, __u64 len)
{
	return len ? ((addr + len - 1) >> PAGE_SHIFT) - (addr >> PAGE_SHIFT) + 1 : 0;
}

/* ---- entry and return --------------------------------------------------------- */

static __always_inline void begin(void *ctx, __u32 what, struct pending *p)
{
	__u64 key = pending_key(what), *moved = moves_of(p->mm);

	/* nobody sees ours, and a task preempted in this keeps others from theirs */
	if (!p->own)
		take_stacks(ctx, &p->stacks);
	p->amount = NOT_SEEN;
	p->t_ns = bpf_ktime_get_ns();
	p->user_pages = user_locked(p->user);
	p->mm_pages = mm_pinned(p->mm);
	p->moves = *moved;
	__sync_fetch_and_add(moved, 1);
	/* the return of an earlier one was missed */
	if (bpf_map_lookup_elem(&pending, &key)) {
		count_lost();
		__sync_fetch_and_add(moved, 1);
	}
	if (bpf_map_update_elem(&pending, &key, p, BPF_ANY)) {
		count_lost();
		__sync_fetch_and_add(moved, 1);
	}
}

/* Takes what begin() noted; *alone: no other account's window was open meanwhile. */
static __always_inline bool end(__u32 what, struct pending *p, bool *alone)
{
	__u64 key = pending_key(what), *moved;
	struct pending *noted = bpf_map_lookup_elem(&pending, &key);

	if (!noted)
		return false;
	*p = *noted;
	bpf_map_delete_elem(&pending, &key);
	moved = moves_of(p->mm);
	*alone = !(p->moves & 1) && *moved == p->moves + 1;
	__sync_fetch_and_add(moved, 1);
	return true;
}

static __always_inline void tell_pin(const struct pending *p, __u8 kind, __s64 result,
				     __u64 duration_ns)
{
	struct fact_pin *out = fact_reserve(sizeof(*out), kind, p->ring, 0);

	if (!out)
		return;
	if (in_kernel_thread())
		out->h.flags |= FACT_F_WORKER;
	out->buf = p->buf;
	out->addr = p->addr;
	out->pages = span_pages(p->addr, p->len);
	out->refs = p->segments;
	out->duration_ns = duration_ns;
	out->result = result;
	out->stacks = p->stacks;
	out->folio_shift = p->folio_shift;
	out->pad = 0;
	bpf_ringbuf_submit(out, 0);
}

static __always_inline __u64 since(const struct pending *p)
{
	return bpf_ktime_get_ns() - p->t_ns;
}

/* What became of an account, whose levels before are in a struct pending. */
struct account {
	__s64 user_after, mm_after;
	__s64 pages, result;
	bool derived;
};

static __always_inline void tell_account(const struct pending *p, __u8 kind,
					 const struct account *a)
{
	struct fact_charge *out = fact_reserve(sizeof(*out), kind, p->ring, 0);

	if (!out)
		return;
	out->limit_bytes = limit_bytes();
	if (in_kernel_thread()) {
		out->h.flags |= FACT_F_WORKER;
		/* not the owner's */
		out->limit_bytes = ~0ULL;
	}
	if (a->derived)
		out->h.flags |= FACT_F_DERIVED;
	out->user = p->user;
	out->mm = p->mm;
	out->buf = p->buf;
	out->user_before_pages = p->user_pages;
	out->user_after_pages = a->user_after;
	out->mm_before_pages = p->mm_pages;
	out->mm_after_pages = a->mm_after;
	out->pages = a->pages;
	out->result = a->result;
	out->stacks = p->stacks;
	bpf_ringbuf_submit(out, 0);
}

static __always_inline void tell_charge(const struct pending *p, __u8 kind, __s64 pages,
					__s64 result, bool derived)
{
	const struct account a = {
		.user_after = user_locked(p->user), .mm_after = mm_pinned(p->mm),
		.pages = pages, .result = result, .derived = derived,
	};

	tell_account(p, kind, &a);
}

/* By how much the levels have moved; *derived unless it was this alone. */
static __always_inline __s64 moved_by(const struct pending *p, bool alone, bool *derived)
{
	__s64 by = p->user ? user_locked(p->user) - p->user_pages : 0;

	*derived = !alone || (p->mm && mm_pinned(p->mm) - p->mm_pages != by);
	return by;
}

/* ---- a buffer registered -------------------------------------------------------- */

static __always_inline void account_of(__u64 ring, struct pending *p)
{
	p->ring = ring;
	p->user = ring_user(ring);
	p->mm = (__u64)BPF_CORE_READ((struct io_ring_ctx *)ring, mm_account);
}

/* .iov is the kernel's copy of the entry; .slot, to 6.12, will hold the buffer. */
static __always_inline void register_begin(void *ctx, __u64 ring, __u64 iov, __u64 slot)
{
	struct pending p = { .slot = slot };
	struct iovec v = {};
	__u8 wanted = RING_WANTED;
	bool own;

	if (!ring_wanted(ring, &own))
		return;
	p.own = own;
	if (own)
		__sync_fetch_and_add(&hits[HIT_REGISTER], 1);
	else if (filter)
		bpf_map_update_elem(&rings, &ring, &wanted, BPF_ANY);
	bpf_probe_read_kernel(&v, sizeof(v), (void *)iov);
	/* an entry of a sparse table: nothing is pinned */
	if (!v.base)
		return;
	p.addr = v.base;
	p.len = v.len;
	account_of(ring, &p);
	begin(ctx, IN_REGISTER, &p);
}

static __always_inline void amount_seen(__s64 pages, __u32 hit)
{
	__u64 key = pending_key(IN_REGISTER);
	struct pending *p = bpf_map_lookup_elem(&pending, &key);

	if (p) {
		p->amount = pages;
		if (p->own)
			__sync_fetch_and_add(&hits[hit], 1);
		return;
	}
	key = pending_key(IN_REGION);
	p = bpf_map_lookup_elem(&pending, &key);
	if (p)
		p->amount = pages;
}

static __always_inline void tell_refusal(const struct pending *p, __s64 result)
{
	__s64 pages = p->amount;

	if (result != -ENOMEM)
		return;
	/* not seen: the limit explains it when the least that it can ask for is too much */
	if (pages == NOT_SEEN) {
		pages = span_pages(p->addr, p->len);
		if (!p->user || !over_limit(p->user_pages + pages))
			return;
	}
	tell_charge(p, FACT_CHARGE, pages, result, p->amount == NOT_SEEN);
}

static __always_inline void tell_registered(struct pending *p, bool alone)
{
	bool derived = false;
	struct fact_buffer b;
	__s64 pages;

	read_buffer(p->buf, &b);
	p->segments = b.segments;
	p->folio_shift = b.folio_shift;
	tell_pin(p, FACT_PIN, 0, since(p));
	if (charge_is_in_buffer())
		pages = b.charged_pages;
	else if (p->amount != NOT_SEEN)
		pages = p->amount;
	else if (amount_fires)
		pages = 0;
	else
		pages = moved_by(p, alone, &derived);
	if (pages > 0)
		tell_charge(p, FACT_CHARGE, pages, 0, derived);
}

/* .ret: an errno, or, from 6.13, the new node. */
static __always_inline void register_end(__u64 ret, bool gives_node)
{
	__s64 result = gives_node ? (__s64)ret : (__s64)(__s32)ret;
	struct pending p;
	bool alone;

	if (!end(IN_REGISTER, &p, &alone))
		return;
	if (result < 0 && result >= -MAX_ERRNO) {
		if (!p.own) {
			tell_pin(&p, FACT_PIN, result, since(&p));
			tell_refusal(&p, result);
		}
		return;
	}
	if (gives_node)
		p.buf = (__u64)BPF_CORE_READ((struct io_rsrc_node *)ret, buf);
	else
		bpf_probe_read_kernel(&p.buf, sizeof(p.buf), (void *)p.slot);
	if (p.own)
		__sync_fetch_and_add(&hits[HIT_REGISTERED], 1);
	else
		tell_registered(&p, alone);
}

/* ---- a buffer released ---------------------------------------------------------- */

static __always_inline void release_begin(void *ctx, __u64 ring, __u64 buf)
{
	struct fact_buffer b;
	struct pending p = { .buf = buf };
	bool own;

	if (!buf || !ring_wanted(ring, &own))
		return;
	p.own = own;
	if (own)
		__sync_fetch_and_add(&hits[HIT_RELEASE], 1);
	read_buffer(buf, &b);
	/*
	 * A clone keeps it alive. Two rings that drop the last two references at
	 * the same instant would both look as if the other kept it.
	 */
	if ((b.buf_flags & (BUFFER_F_EMPTY | BUFFER_F_TORN | BUFFER_F_KERNEL)) || b.refs > 1)
		return;
	p.addr = b.addr;
	p.len = b.len_bytes;
	p.segments = b.segments;
	p.folio_shift = b.folio_shift;
	account_of(ring, &p);
	p.slot = b.charged_pages;
	begin(ctx, IN_RELEASE, &p);
}

static __always_inline void release_end(void)
{
	bool derived = false, alone;
	struct pending p;
	__s64 pages;

	if (!end(IN_RELEASE, &p, &alone))
		return;
	if (p.own) {
		__sync_fetch_and_add(&hits[HIT_RELEASED], 1);
		return;
	}
	tell_pin(&p, FACT_UNPIN, 0, since(&p));
	if (charge_is_in_buffer())
		pages = p.slot;
	else
		pages = -moved_by(&p, alone, &derived);
	if (pages > 0)
		tell_charge(&p, FACT_UNCHARGE, pages, 0, derived);
}

/* The node of a slot, from 6.13; files have nodes too. */
static __always_inline void release_node_begin(void *ctx, __u64 ring, __u64 node)
{
	if (BPF_CORE_READ((struct io_rsrc_node___type *)node, type) == RSRC_BUFFER)
		release_begin(ctx, ring, (__u64)BPF_CORE_READ((struct io_rsrc_node *)node, buf));
}

/* To 6.12: the slot's address. */
static __always_inline void release_slot_begin(void *ctx, __u64 ring, __u64 slot)
{
	__u64 buf = 0;

	bpf_probe_read_kernel(&buf, sizeof(buf), (void *)slot);
	release_begin(ctx, ring, buf);
}

#endif
