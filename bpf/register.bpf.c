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
#include "kernel/register_call.h"
#include "kernel/pid.h"
#include "kernel/register_event.h"
#include "kernel/ring.h"
#include "emit.h"
#include "failed_entry.h"
#include "stack.h"

#define SLOTS_IN_A_ROW	32
#define BOUNDED_ENTRIES	128
#define ENTRIES_IN_A_ROW 16

/* What was so when a call began; the key is the tid of its task. */
struct start {
	__u64 ring;	/* what its descriptor stood for; it may not be a ring */
	__u64 t_ns;
	__s64 user_pages, mm_pages;
};

/*
 * Where there is no room the oldest gives its place: threads of one user that all wait in a call
 * must not keep the starts of others out, whose calls may be refused unseen then.
 */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 8192);
	__type(key, __u32);
	__type(value, struct start);
} starts SEC(".maps");

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
	bpf_ringbuf_submit(out, 0);
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

static __always_inline void fill_call(struct fact_call *out, const struct call_args *a,
				      __s64 result)
{
	struct task_struct *task = (void *)bpf_get_current_task();

	out->arg = a->arg;
	out->limit_bytes = BPF_CORE_READ(task, signal, rlim[RLIMIT_MEMLOCK].rlim_cur);
	out->result = result;
	out->src_ring = a->src_ring;
	out->op = a->op;
	out->nr = a->nr;
	out->offset = a->offset;
	out->fd = a->fd;
	out->call_flags = a->flags;
	out->array = a->iov;
	out->hard_limit_bytes = BPF_CORE_READ(task, signal, rlim[RLIMIT_MEMLOCK].rlim_max);
	out->seen = a->seen;
	out->nr_args = a->nr_args;
	out->arg_flags = a->arg_flags;
	out->src_fd = a->src_fd;
	out->src_offset = a->src_offset;
	out->src_slots = a->src_slots;
	out->ns_pid = ns_tgid(task);
	out->pad = 0;
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

/* A number that ties the facts of one call; never 0. */
static __always_inline __u32 call_id(void)
{
	__u32 cpu = bpf_get_smp_processor_id() & (FACT_LANES - 1);

	return (cpu + 1) << 20 | (lanes[cpu].seq & 0xfffff);
}

/*
 * Without bpf_loop() the verifier goes through each round of a loop. It looks at a global
 * function once: therefore this one does some of the rounds, and is called in a loop.
 * Returns not 0 when there is no further entry to tell.
 */
__noinline int tell_some_entries(__u64 iov, __u32 first, __u32 nr, __u64 ring, __u32 call)
{
	for (__u32 i = 0; i < ENTRIES_IN_A_ROW; i++) {
		__u32 n = first + i;

		if (n >= nr || tell_entry(iov + sizeof(struct user_iovec) * n, n, ring, call))
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

static __always_inline bool stopped(const struct call_args *a, __s64 result)
{
	return a->op == CALL_UPDATE && result < a->nr;
}

static __always_inline int on_register(struct bpf_raw_tracepoint_args *ctx, bool loop)
{
	__u64 ring = ctx->args[0];
	__u32 op = ctx->args[1], tid = bpf_get_current_pid_tgid(), call, nr, need = 0;
	struct slots s = { .ring = ring };
	struct fact_call *out;
	struct stack_ids stacks;
	struct call_args *a;
	struct start *start;
	struct work *work;
	__s64 result;

	if (!concerns_buffers(op) || !task_wanted())
		return 0;
	work = work_of_cpu();
	if (!work)
		return 0;
	a = &work->args;
	result = register_result(ctx);
	read_call_args(op, ring, a);
	ring_table(ring, &s.table);
	call = call_id();
	/* the entry is told before the call, so that the reader has it when the call comes */
	if (a->iov && a->nr <= TABLE_MAX_SLOTS && (result < 0 || stopped(a, result))) {
		/* an update that stopped on its way returns a count, which hides the error */
		__u32 done = result < 0 ? 0 : result, error = result < 0 ? -result : EFAULT;

		__u64 iov = a->iov + sizeof(struct user_iovec) * done;

		need = loop ? blame_entry(iov, a->nr - done, error, ring, call) :
			      tell_entries(iov, a->nr - done, ring, call);
	}
	take_stacks(ctx, &stacks);
	out = fact_reserve(sizeof(*out), FACT_CALL, ring, call);
	if (out) {
		fill_call(out, a, result);
		out->stacks = stacks;
		fill_ring(out, ring, s.table.nr);
		start = bpf_map_lookup_elem(&starts, &tid);
		fill_levels(out, start);
		out->need_pages = need;
		out->seen |= loop && result == -EFAULT ? SEEN_PAGES : 0;
		bpf_ringbuf_submit(out, 0);
	}
	bpf_map_delete_elem(&starts, &tid);
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

/* Arguments as perf hands them over: the common head, the call's number, then a word for each. */
struct enter_args {
	__u64 head;
	__s64 nr;
	__u64 fd, opcode, arg, nr_args;
};

struct exit_args {
	__u64 head;
	__s64 nr;
	__s64 result;
};

SEC("?tp/syscalls/sys_enter_io_uring_register")
int register_enter(struct enter_args *ctx)
{
	__u32 word = ctx->opcode, tid = bpf_get_current_pid_tgid();
	struct start s = {};

	if (!concerns_buffers(word & ~USE_REGISTERED_RING) || !task_wanted())
		return 0;
	s.ring = ring_by_fd(ctx->fd, word & USE_REGISTERED_RING);
	if (s.ring) {
		s.user_pages = user_locked(ring_user(s.ring));
		s.mm_pages = mm_pinned(ring_mm(s.ring));
	}
	s.t_ns = bpf_ktime_get_ns();
	bpf_map_update_elem(&starts, &tid, &s, BPF_ANY);
	return 0;
}

/* A call that register_enter noted and no tracepoint took was refused before any ring was found. */
SEC("?tp/syscalls/sys_exit_io_uring_register")
int register_exit(struct exit_args *ctx)
{
	__u32 tid = bpf_get_current_pid_tgid();
	struct start *start = bpf_map_lookup_elem(&starts, &tid);
	struct stack_ids stacks;
	struct fact_call *out;
	struct call_args a;
	__u32 op;

	if (!start)
		return 0;
	op = BPF_CORE_READ(user_regs(), si) & ~USE_REGISTERED_RING;
	if (concerns_buffers(op)) {
		read_call_args(op, 0, &a);
		take_stacks(ctx, &stacks);
		out = fact_reserve(sizeof(*out), FACT_CALL, 0, call_id());
		if (out) {
			fill_call(out, &a, ctx->result);
			out->stacks = stacks;
			out->call_flags |= CALL_F_NO_RING;
			out->user = 0;
			out->mm = 0;
			out->user_before_pages = 0;
			out->user_after_pages = 0;
			out->mm_before_pages = 0;
			out->mm_after_pages = 0;
			out->start_ns = start->t_ns;
			out->nr_slots = 0;
			out->ring_flags = 0;
			out->charged_uid = ~0U;
			out->need_pages = 0;
			bpf_ringbuf_submit(out, 0);
		}
	}
	bpf_map_delete_elem(&starts, &tid);
	return 0;
}
