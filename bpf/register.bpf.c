// SPDX-License-Identifier: GPL-2.0
/*
 * What io_uring_register() did to tables of buffers, from tracepoints alone. A call is told
 * when it returns; after it come the slots that it touched, as the ring's table has them.
 */
#include "kernel/types.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include "abi/fact.h"
#include "abi/limits.h"
#include "kernel/caller.h"
#include "kernel/register_call.h"
#include "kernel/pid.h"
#include "kernel/register_event.h"
#include "kernel/ring.h"
#include "call_fact.h"
#include "emit.h"
#include "failed_entry.h"
#include "stack.h"

#define SLOTS_IN_A_ROW	32
#define BOUNDED_ENTRIES	128
#define ENTRIES_IN_A_ROW 16

struct slots {
	struct ring_table table;
	__u64 ring;
	__u32 first, call;
	bool empty_too;
};

/* A global function of plain numbers: the verifier looks at it once, not in each round. */
__noinline int emit_slot(__u64 ring, __u64 table, __u32 index, __u32 call, __u32 empty_too)
{
	struct ring_table t = { .slots = table };
	struct fact_buffer *out;
	__u64 buf, node;

	buf = slot_buffer(&t, index, &node);
	if (!buf && !empty_too)
		return 0;
	out = fact_reserve(sizeof(*out), FACT_BUFFER, ring, call);
	if (!out)
		return 0;
	out->index = index;
	out->node = node;
	read_buffer(buf, out);
	out->ns_pid = current_ns_tgid();
	fact_submit(out);
	return 0;
}

static long next_slot(__u32 i, struct slots *s)
{
	emit_slot(s->ring, s->table.slots, s->first + i, s->call, s->empty_too);
	return 0;
}

/* The slots that a successful call touched: returns their number, and puts the first into .s. */
static __always_inline __u32 touched(const struct call_args *a, __s64 result, __u32 nr_slots,
				     struct slots *s)
{
	__u32 nr = nr_slots;

	s->first = 0;
	s->empty_too = false;
	if (a->op == CALL_UNREGISTER) {
		nr = 0;
	} else if (!(a->seen & SEEN_ARGS)) {
		/* which slots is not known: all are read again */
		s->empty_too = a->op == CALL_UPDATE || a->op == CALL_CLONE;
	} else if (a->op == CALL_UPDATE) {
		s->first = a->offset;
		nr = result;
		s->empty_too = true;
	} else if (a->op == CALL_CLONE && a->nr) {
		s->first = a->offset;
		nr = a->nr;
		s->empty_too = true;
	}
	if (s->first > nr_slots)
		return 0;
	return nr < nr_slots - s->first ? nr : nr_slots - s->first;
}

static __always_inline void fill_levels(struct fact_call *out, const struct start *start)
{
	out->user_after_pages = user_locked(out->user);
	out->mm_after_pages = mm_pinned(out->mm);
	out->start_ns = start ? start->t_ns : 0;
	if (start && start->ring == out->h.ring) {
		out->user_before_pages = start->user_pages;
		out->mm_before_pages = start->mm_pages;
		out->call_flags |= CALL_F_BEFORE_SEEN;
	} else {
		out->user_before_pages = 0;
		out->mm_before_pages = 0;
	}
}

static __always_inline void fill_ring(struct fact_call *out, __u64 ring, __u32 nr_slots)
{
	struct user_struct *user = (void *)ring_user(ring);

	out->user = (__u64)user;
	out->mm = ring_mm(ring);
	out->charged_uid = user ? BPF_CORE_READ(user, uid.val) : ~0U;
	out->ring_flags = ring_account_flags(out->user);
	out->nr_slots = nr_slots;
}

/*
 * Without bpf_loop() the verifier goes through each round of a loop. It looks at a global
 * function once: therefore this one does some of the rounds, and is called in a loop.
 * Returns not 0 when there is no further entry to tell.
 */
__noinline int tell_some_entries(__u64 iov, __u32 first, __u32 nr, __u64 ring, __u32 call)
{
	__u64 bytes = entry_bytes(ring_is_compat(ring));

	for (__u32 i = 0; i < ENTRIES_IN_A_ROW; i++) {
		__u32 n = first + i;

		if (n >= nr || tell_entry(iov + bytes * n, n, ring, call))
			return 1;
	}
	return 0;
}

/* Returns 0 pages: without mappings nothing is added up. */
static __always_inline __u32 tell_entries(__u64 iov, __u32 nr, __u64 ring, __u32 call)
{
	for (__u32 i = 0; i < BOUNDED_ENTRIES; i += ENTRIES_IN_A_ROW)
		if (tell_some_entries(iov, i, nr, ring, call))
			break;
	return 0;
}

/* Tells the slots [first, end), but not more than SLOTS_IN_A_ROW. */
__noinline int emit_some_slots(__u64 ring, __u64 table, __u32 first, __u32 end, __u64 call)
{
	for (__u32 i = 0; i < SLOTS_IN_A_ROW; i++) {
		if (first + i >= end)
			break;
		/* a function takes five arguments: .call holds the sixth in its upper half */
		emit_slot(ring, table, first + i, call, call >> 32);
	}
	return 0;
}

static __always_inline void emit_slots(const struct slots *s, __u32 nr)
{
	__u64 call = (__u64)s->empty_too << 32 | s->call;
	__u32 end = s->first + nr;

	for (__u32 i = 0; i < BOUNDED_SLOTS; i += SLOTS_IN_A_ROW) {
		if (i >= nr)
			break;
		emit_some_slots(s->ring, s->table.slots, s->first + i, end, call);
	}
}

/* Told before a call that failed of something that may be seen of its task. */
__noinline int tell_caller(__u64 ring, __u32 op, __u32 error, __u32 call)
{
	struct fact_caller *out = fact_reserve(sizeof(*out), FACT_CALLER, ring, call);

	if (!out)
		return 0;
	__builtin_memset(&out->cgroup_limit_bytes, 0,
			 sizeof(*out) - __builtin_offsetof(struct fact_caller, cgroup_limit_bytes));
	out->caller_flags = read_ending();
	read_cgroups(out);
	if (error == EEXIST)
		read_issuer(out, ring);
	if (error == EACCES)
		out->caller_flags |= read_restrictions(ring, op);
	fact_submit(out);
	return 0;
}

static __always_inline bool stopped(const struct call_args *a, __s64 result)
{
	return a->op == CALL_UPDATE && result < a->nr;
}

/* Of what is mapped at an entry nothing was told: the reader looks it up, and it may be gone soon. */
static __always_inline bool is_urgent(const struct call_args *a, __s64 result)
{
	return !(a->seen & SEEN_PAGES) &&
	       (result == -EFAULT || result == -EOPNOTSUPP || (result >= 0 && stopped(a, result)));
}

/*
 * Tells the call whose arguments and stacks the CPU's working memory has. A global function, so that
 * the verifier looks at it once and not for each way through on_register().
 */
__noinline int tell_call(__u64 ring, __s64 result, __u32 need_pages, __u32 nr_slots, __u32 call)
{
	__u32 tid = bpf_get_current_pid_tgid();
	struct start *start = bpf_map_lookup_elem(&starts, &tid);
	struct start unseen = { .number = NR_IO_URING_REGISTER };
	struct work *work = work_of_cpu();
	struct fact_call *out;

	if (start) {
		start->told_ns = bpf_ktime_get_ns();
	} else if (calls_seen_since) {
		/* nobody saw it begin, and who sees it end shall not tell it again */
		unseen.told_ns = bpf_ktime_get_ns();
		bpf_map_update_elem(&starts, &tid, &unseen, BPF_ANY);
	}
	if (!work)
		return 0;
	out = fact_reserve(sizeof(*out), FACT_CALL, ring, call);
	if (!out)
		return 0;
	fill_call(out, &work->args, result);
	out->stacks = work->stacks;
	fill_ring(out, ring, nr_slots);
	fill_levels(out, start);
	out->need_pages = need_pages;
	out->nr_entries = work->scan.told;
	fact_submit_urgent(out, is_urgent(&work->args, result));
	return 0;
}

static __always_inline int on_register(struct bpf_raw_tracepoint_args *ctx, bool loop)
{
	__u64 ring = ctx->args[0];
	__u32 op = ctx->args[1], call, nr;
	struct slots s = { .ring = ring };
	bool looked = loop;
	int need = 0;
	struct call_args *a;
	struct work *work;
	__s64 result;

	if (!concerns_buffers(op) || !task_wanted())
		return 0;
	work = work_of_cpu();
	if (!work)
		return 0;
	a = &work->args;
	work->scan.told = 0;
	result = register_result(ctx);
	read_call_args(op, ring, a);
	ring_table(ring, &s.table);
	call = call_id();
	/* the entry is told before the call, so that the reader has it when the call comes */
	if (a->iov && a->nr <= TABLE_MAX_SLOTS && (result < 0 || stopped(a, result))) {
		/* an update that stopped on its way returns a count, which hides the error */
		__u32 done = result < 0 ? 0 : result, error = result < 0 ? -result : EFAULT;

		__u64 iov = a->iov + entry_bytes(a->flags & CALL_F_IOVEC32) * done;

		need = loop ? blame_entry(iov, a->nr - done, error, ring, call) : -1;
		looked = need >= 0;
		if (!looked)
			need = tell_entries(iov, a->nr - done, ring, call);
	}
	if (result == -ENOMEM || result == -EFAULT || result == -EEXIST || result == -EACCES ||
	    (result >= 0 && stopped(a, result)))
		tell_caller(ring, op, -result, call);
	if (looked && result == -EFAULT)
		a->seen |= SEEN_PAGES;
	take_stacks(ctx, &work->stacks);
	tell_call(ring, result, need, s.table.nr, call);
	if (result < 0)
		return 0;
	s.call = call;
	nr = touched(a, result, s.table.nr, &s);
	if (loop) {
		bpf_loop(nr < TABLE_MAX_SLOTS ? nr : TABLE_MAX_SLOTS, next_slot, &s, 0);
		return 0;
	}
	emit_slots(&s, nr);
	return 0;
}

/* There are two programs, for a kernel before 5.13 rejects the mere mention of a callback. */
SEC("?raw_tp/io_uring_register")
int register_loop(struct bpf_raw_tracepoint_args *ctx)
{
	return on_register(ctx, true);
}

SEC("?raw_tp/io_uring_register")
int register_bounded(struct bpf_raw_tracepoint_args *ctx)
{
	return on_register(ctx, false);
}
