// SPDX-License-Identifier: GPL-2.0
/*
 * The begin and the end of io_uring_setup() and io_uring_register(): how long a call took, what
 * was charged before it, and those that no tracepoint of io_uring tells, which are rings that
 * were not made and calls that found no ring. Who pays for it: with the entry points of the two
 * calls only who makes them; with the events of all system calls every task of the machine, but
 * they show what was refused before the kernel saw it, too, and each io_uring_enter() that fails.
 */
#include "kernel/types.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include "abi/fact.h"
#include "kernel/enter_call.h"
#include "kernel/register_call.h"
#include "kernel/seccomp.h"
#include "kernel/setup_call.h"
#include "call_fact.h"
#include "emit.h"
#include "stack.h"

/* Calls that were seen to begin and not yet to end; one whose task was killed in it stays. */
__u64 calls_under_way;

static __always_inline bool is_ours(__u32 number)
{
	return number == NR_IO_URING_SETUP || number == NR_IO_URING_REGISTER;
}

/* A call that may fail unseen: every setup, and what concerns buffers; .word: the second argument. */
static __always_inline bool is_told(__u32 number, __u32 word)
{
	return number == NR_IO_URING_SETUP || concerns_buffers(word & ~USE_REGISTERED_RING);
}

static __always_inline int on_begin(struct pt_regs *regs)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	__u32 tid = bpf_get_current_pid_tgid();
	struct start s = { .number = syscall_number(regs) };
	__u32 word;

	if (!is_ours(s.number) || !task_wanted())
		return 0;
	word = syscall_arg(regs, 1, called_as_32_bit());
	if (!is_told(s.number, word))
		return 0;
	if (s.number == NR_IO_URING_REGISTER)
		s.ring = ring_by_fd(syscall_arg(regs, 0, called_as_32_bit()),
				    word & USE_REGISTERED_RING);
	if (s.ring) {
		s.user_pages = user_locked(ring_user(s.ring));
		s.mm_pages = mm_pinned(ring_mm(s.ring));
	}
	s.min_faults = BPF_CORE_READ(task, min_flt);
	s.maj_faults = BPF_CORE_READ(task, maj_flt);
	s.t_ns = bpf_ktime_get_ns();
	__sync_fetch_and_add(&calls_under_way, 1);
	bpf_map_update_elem(&starts, &tid, &s, BPF_ANY);
	return 0;
}

/*
 * Why a call that was not seen to begin may have been refused; 0: nothing could refuse it, so that
 * the kernel left out the program that sees it begin, as it does where another task was preempted
 * in that. Global: what it answers is one number then, and the verifier goes on once from it.
 */
__noinline __u32 look_at_refusal(void)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	__u32 seen = 0;

	seen |= task_has_filter(task) ? SEEN_FILTER : 0;
	seen |= task_is_traced(task) ? SEEN_TRACED : 0;
	/* of a program that we run no task was in a call when we came */
	if (!(filter & SELECT_TREE) && task_start_ns(task) < calls_seen_since)
		seen |= SEEN_OLDER;
	/* its begin may have been seen and forgotten */
	if (calls_under_way > MAX_STARTS / 2)
		seen |= SEEN_OLDER;
	return seen;
}

/* A ring that was not made. .begun_ns: 0 = it was not seen to begin; .refused: as below. */
static __always_inline void tell_setup(void *ctx, __s64 result, __u64 begun_ns, __u32 refused)
{
	struct stack_ids stacks;
	struct fact_setup *out;

	take_stacks(ctx, &stacks);
	out = fact_reserve(sizeof(*out), FACT_SETUP, 0, call_id());
	if (!out)
		return;
	read_setup(out);
	out->result = result;
	out->stacks = stacks;
	out->start_ns = begun_ns;
	out->call_flags = refused ? CALL_F_UNENTERED : 0;
	out->seen |= refused;
	fact_submit(out);
}

/* A call that no tracepoint of io_uring tells. .refused: SEEN_* of who may have refused it unseen. */
static __always_inline void tell_call(void *ctx, const struct call_args *a, __s64 result,
				      __u64 begun_ns, __u32 call_flags, __u32 refused)
{
	struct stack_ids stacks;
	struct fact_call *out;

	take_stacks(ctx, &stacks);
	out = fact_reserve(sizeof(*out), FACT_CALL, 0, call_id());
	if (!out)
		return;
	fill_call(out, a, result);
	out->stacks = stacks;
	out->call_flags |= CALL_F_NO_RING | call_flags;
	out->seen |= refused;
	out->user = 0;
	out->mm = 0;
	out->user_before_pages = 0;
	out->user_after_pages = 0;
	out->mm_before_pages = 0;
	out->mm_after_pages = 0;
	out->start_ns = begun_ns;
	out->nr_slots = 0;
	out->ring_flags = 0;
	out->charged_uid = ~0U;
	out->need_pages = 0;
	fact_submit(out);
}

/* A call that found no ring: io_uring's own tracepoint comes after that. */
static __always_inline void tell_refused(void *ctx, __s64 result, __u64 begun_ns, __u32 op,
					 __u32 refused)
{
	struct call_args a;

	read_call_args(op, 0, &a);
	tell_call(ctx, &a, result, begun_ns, refused ? CALL_F_UNENTERED : 0, refused);
}

/*
 * Nothing is kept of a call that begins, as each I/O may be one: its error alone tells whether
 * it came to io_uring, so that one which began before us is no other.
 */
static __noinline int on_enter_end(void *ctx, __s64 result)
{
	bool not_reached = enter_not_reached(result);
	struct call_args a;

	if (!enter_failed(result) || !task_wanted())
		return 0;
	read_enter_args(&a, result);
	tell_call(ctx, &a, result, 0, not_reached ? CALL_F_UNENTERED : 0,
		  look_at_refusal() & ~SEEN_OLDER);
	return 0;
}

/*
 * .all: every call is seen to begin, so that one which was not was refused before, or the program
 * that sees it was left out.
 */
static __always_inline int on_end(void *ctx, struct pt_regs *regs, __s64 result, bool all)
{
	__u32 number = syscall_number(regs), tid = bpf_get_current_pid_tgid(), word;
	__u64 begun_ns = 0, told = 0;
	__u32 refused = 0;
	struct start *start;

	if (!is_ours(number) || !task_wanted())
		return 0;
	word = syscall_arg(regs, 1, called_as_32_bit());
	if (!is_told(number, word))
		return 0;
	start = bpf_map_lookup_elem(&starts, &tid);
	/* numbers from here on: the verifier forgets in between that there is one */
	if (start && start->number == number) {
		begun_ns = start->t_ns;
		told = start->told_ns;
	}
	if (begun_ns)
		__sync_fetch_and_add(&calls_under_way, -1);
	else if (all && !told)
		refused = look_at_refusal();
	if (result < 0 && (begun_ns || all)) {
		if (number == NR_IO_URING_SETUP)
			tell_setup(ctx, result, begun_ns, refused);
		else if (!told)
			tell_refused(ctx, result, begun_ns, word & ~USE_REGISTERED_RING, refused);
	}
	if (begun_ns || told)
		bpf_map_delete_elem(&starts, &tid);
	return 0;
}

/* Of all system calls: the arguments are (regs, number). */
SEC("?raw_tp/sys_enter")
int call_begins(struct bpf_raw_tracepoint_args *ctx)
{
	return is_ours(ctx->args[1]) ? on_begin((void *)ctx->args[0]) : 0;
}

/* The arguments are (regs, result); it comes, without the other, for what was refused unseen. */
SEC("?raw_tp/sys_exit")
int call_ends(struct bpf_raw_tracepoint_args *ctx)
{
	__s64 result = ctx->args[1];

	if (result < 0 && syscall_number((void *)ctx->args[0]) == NR_IO_URING_ENTER)
		return on_enter_end(ctx, result);
	return on_end(ctx, (void *)ctx->args[0], ctx->args[1], true);
}

/*
 * At the entry points, which are given the registers: the context holds the argument, and behind
 * it the result. The user side looks for those that the kernel has, by these names.
 */
#define ENTRY_POINT(function)			\
SEC("?fentry/" #function)			\
int at##function(__u64 *ctx)			\
{						\
	(void)ctx;				\
	return on_begin(user_regs());		\
}						\
						\
SEC("?fexit/" #function)			\
int at##function##_end(__u64 *ctx)		\
{						\
	return on_end(ctx, user_regs(), ctx[1], false);	\
}

#if defined(__TARGET_ARCH_x86)
ENTRY_POINT(__x64_sys_io_uring_setup)
ENTRY_POINT(__x64_sys_io_uring_register)
ENTRY_POINT(__ia32_sys_io_uring_setup)
ENTRY_POINT(__ia32_sys_io_uring_register)
#elif defined(__TARGET_ARCH_arm64)
/* of 32-bit calls, too */
ENTRY_POINT(__arm64_sys_io_uring_setup)
ENTRY_POINT(__arm64_sys_io_uring_register)
#endif

SEC("?kprobe")
int call_probed(struct pt_regs *ctx)
{
	(void)ctx;
	return on_begin(user_regs());
}

SEC("?kretprobe")
int call_probed_end(struct pt_regs *ctx)
{
	return on_end(ctx, user_regs(), function_result(ctx), false);
}
