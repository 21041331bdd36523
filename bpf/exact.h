/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the exact tiers share. Of functions and kprobes each hook comes as a pair: a
 * program at the entry of a function notes what is so (begin), the one at its return
 * compares and tells (end). The bodies are in exact_buffer.h, exact_region.h and
 * exact_kernel.h; hooks.h says where they run. patched.bpf.c tells the same facts from
 * tracepoints that carry everything.
 */
#ifndef FIXBUF_BPF_EXACT_H
#define FIXBUF_BPF_EXACT_H

#include "kernel/types.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include "abi/fact.h"
#include "abi/hits.h"
#include "kernel/pid.h"
#include "kernel/ring.h"
#include "emit.h"
#include "page_size.h"
#include "stack.h"

#define NOT_SEEN	(-1LL)

/* The kind of function that a task is in; together with its tid it is the key of .pending. */
enum { IN_REGISTER, IN_RELEASE, IN_REGION, IN_REGION_FREE, IN_KERNEL_REGISTER, IN_KERNEL_DROP };

struct pending {
	__u64 ring, user, mm, buf;
	__u64 slot;		/* register: where the buffer's address will be; region: itself */
	__u64 addr, len;
	__u64 t_ns;
	__s64 user_pages, mm_pages;
	__s64 amount;		/* the pages that the kernel asked for; NOT_SEEN until it does */
	__u64 moves;
	__u32 segments, folio_shift;
	struct stack_ids stacks;
	bool own;		/* the ring is one of ours: it is counted, not told */
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, __u64);
	__type(value, struct pending);
} pending __weak SEC(".maps");

/*
 * Rings that passed the filters once, and our own. A worker of the kernel may end them,
 * and a worker passes no filter itself.
 */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16384);
	__type(key, __u64);
	__type(value, __u8);
} rings __weak SEC(".maps");

__u64 hits[NR_HITS] __weak;

/*
 * A window is the time between the entry and the return of a function, over which the
 * levels of an account are compared. Each window counts twice, where it begins and where
 * it ends: an even number says that none was open.
 */
#define MOVES 256

__u64 moves[MOVES] __weak;

static __always_inline __u64 *moves_of(__u64 mm)
{
	return &moves[(mm >> 8) & (MOVES - 1)];
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

/* Whether what happens to this ring now is to be told; *own gets whether the ring is ours. */
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

static __always_inline void account_of(__u64 ring, struct pending *p)
{
	p->ring = ring;
	p->user = ring_user(ring);
	p->mm = ring_mm(ring);
}

/* ---- entry and return --------------------------------------------------------- */

static __always_inline void begin(void *ctx, __u32 what, struct pending *p)
{
	__u64 key = pending_key(what), *moved = moves_of(p->mm);

	/*
	 * Nobody sees the stacks of our own. A task that is preempted in taking its stacks
	 * keeps the others on this CPU from taking theirs.
	 */
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

/* Takes what begin() noted; *alone gets whether no other window of the account was open. */
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

static __always_inline __u64 since(const struct pending *p)
{
	return bpf_ktime_get_ns() - p->t_ns;
}

/* ---- facts ---------------------------------------------------------------------- */

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
	out->ns_pid = current_ns_tgid();
	fact_submit(out);
}

/* What became of an account; its levels before are in a struct pending. */
struct account {
	bool has_after;		/* else they are read */
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
		/* the worker's limit is not the owner's */
		out->limit_bytes = ~0ULL;
	}
	if (a->derived)
		out->h.flags |= FACT_F_DERIVED;
	out->user = p->user;
	out->mm = p->mm;
	out->buf = p->buf;
	out->user_before_pages = p->user_pages;
	out->mm_before_pages = p->mm_pages;
	/*
	 * Now that the record has its place among the others: of two threads the one whose record is
	 * the later has then read what both did, whoever was interrupted in between.
	 */
	out->user_after_pages = a->has_after ? a->user_after : user_locked(p->user);
	out->mm_after_pages = a->has_after ? a->mm_after : mm_pinned(p->mm);
	out->pages = a->pages;
	out->result = a->result;
	out->stacks = p->stacks;
	out->ns_pid = current_ns_tgid();
	out->pad = 0;
	fact_submit(out);
}

static __always_inline void tell_charge(const struct pending *p, __u8 kind, __s64 pages,
					__s64 result, bool derived)
{
	const struct account a = { .pages = pages, .result = result, .derived = derived };

	tell_account(p, kind, &a);
}

/*
 * By how many pages the user's level moved in the window. *derived is set when others may
 * have moved it too: their windows were open, or the mm's level moved by another number.
 */
static __always_inline __s64 moved_by(const struct pending *p, bool alone, bool *derived)
{
	__s64 by = p->user ? user_locked(p->user) - p->user_pages : 0;

	*derived = !alone || (p->mm && mm_pinned(p->mm) - p->mm_pages != by);
	return by;
}

#endif
