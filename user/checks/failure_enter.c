// SPDX-License-Identifier: GPL-2.0
/* io_uring_enter() that failed as a call. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "checks/failure_words.h"
#include "model/setup_flags.h"

#define ENTER_EXT_ARG	(1U << 3)
#define ENTER_EXT_ARG_REG (1U << 6)

static const struct { const char *name, *since; } flags[] = {
	{ "GETEVENTS", NULL }, { "SQ_WAKEUP", NULL }, { "SQ_WAIT", "5.10" }, { "EXT_ARG", "5.11" },
	{ "REGISTERED_RING", "5.18" }, { "ABS_TIMER", "6.12" }, { "EXT_ARG_REG", "6.13" },
	{ "NO_IOWAIT", "6.15" },
};

#define NR_FLAGS (sizeof(flags) / sizeof(flags[0]))

/* But REGISTERED_RING: which of these a kernel knows it looks at before any index. */
#define LATER_FLAGS	(~(3U | 1U << 4))

/* Those that not every kernel knows: " IORING_ENTER_SQ_WAIT (Linux 5.10)". */
static void name_flags(struct words *w)
{
	for (size_t i = 0, n = 0; i < NR_FLAGS; i++)
		if (w->c->arg_flags & 1U << i && flags[i].since)
			say_more(w, "%s IORING_ENTER_%s (Linux %s)", n++ ? "," : "", flags[i].name,
				 flags[i].since);
}

static void explain_einval(struct words *w)
{
	static const char or_no_index[] = ", or this kernel takes no index here (IORING_ENTER_REGISTERED_RING takes Linux 5.18), which was not looked at";
	const struct fact_call *c = w->c;
	bool index = c->call_flags & CALL_F_REG_RING && !(c->arg_flags & LATER_FLAGS);
	__u32 unknown = c->arg_flags & ~((1U << NR_FLAGS) - 1);

	if (unknown) {
		SAY(w, "the flags 0x%x of the call are none that is known up to Linux 6.15; leave them out",
		    unknown);
	} else if (index && (__u32)c->fd >= MAX_REGISTERED) {
		SAY(w, "index %u is beyond the %u rings that a thread can register%s", c->fd, MAX_REGISTERED,
		    or_no_index);
	} else if (index && c->seen & SEEN_NO_TABLE) {
		SAY(w, "this thread has registered no rings, but the call names index %u%s", c->fd, or_no_index);
	} else if (c->arg_flags & ~3U) {
		SAY(w, "this kernel may not know a flag of the call:");
		name_flags(w);
		say_more(w, "; which it knows was not looked at%s",
			 c->arg_flags & ENTER_EXT_ARG ? ", nor whether the size and the content of the argument of IORING_ENTER_EXT_ARG are as they must be" : "");
	} else {
		SAY(w, "an argument is refused; not the cause are flags of the call that no kernel knows, what else was not looked at");
	}
}

/* Who can return any error before the kernel looks at the call; "" = nobody is known. */
static const char *refuser(const struct fact_call *c)
{
	return c->seen & SEEN_FILTER ? "the task has a seccomp filter (container profile), which can return it" :
	       c->seen & SEEN_TRACED ? "another process traces the task, and can return it" : "";
}

static void explain_ebadf(struct words *w)
{
	const struct fact_call *c = w->c;
	char setup[FAILED_SETUP_LEN];

	if (c->call_flags & CALL_F_REG_RING)
		SAY(w, "this thread has registered no ring with index %d%s", c->fd,
		    c->seen & SEEN_OTHER_WAY ?
		    "; the descriptor of that number is open, but IORING_ENTER_REGISTERED_RING asks for an index" : "");
	else if (!(c->seen & SEEN_FD_NONE))
		SAY(w, "descriptor %d was not open for use, though it is now: it is O_PATH, or was opened after the call",
		    c->fd);
	else
		SAY(w, "descriptor %d is not open%s", c->fd,
		    c->fd < 0 ? failed_setup(setup, c->fd) :
		    c->seen & SEEN_OTHER_WAY ?
		    "; it is also the index of a ring that this thread has registered, which takes IORING_ENTER_REGISTERED_RING" : "");
}

static void explain_eexist(struct words *w)
{
	const struct fact_call *c = w->c;

	if (!(c->seen & SEEN_STRUCT) || !c->src_offset)
		SAY(w, "the ring is IORING_SETUP_SINGLE_ISSUER and belongs to another thread or process; submit and wait there");
	else if (c->src_fd == c->h.pid)
		SAY(w, "the ring is IORING_SETUP_SINGLE_ISSUER and takes calls from another thread only, tid %u of this process; submit there%s",
		    c->src_offset, c->src_slots & SETUP_DEFER_TASKRUN ?
		    ", and wait there, too (IORING_SETUP_DEFER_TASKRUN)" : "");
	else
		SAY(w, "the ring is IORING_SETUP_SINGLE_ISSUER and takes calls from another process only, pid %u; submit there, or make a ring in this process",
		    c->src_fd);
}

static void explain_errno(struct words *w)
{
	switch (-w->c->result) {
	case EINVAL:
		explain_einval(w);
		break;
	case EBADF:
		explain_ebadf(w);
		break;
	case EOPNOTSUPP:
		SAY(w, "descriptor %d is not an io_uring", w->c->fd);
		break;
	case EBADFD:
		if (w->c->seen & SEEN_STRUCT && w->c->src_slots & SETUP_R_DISABLED)
			SAY(w, "the ring is disabled (IORING_SETUP_R_DISABLED); enable it first: io_uring_register(fd, IORING_REGISTER_ENABLE_RINGS, NULL, 0)");
		else
			SAY(w, "the ring was disabled (IORING_SETUP_R_DISABLED) at that moment, and no longer is");
		break;
	case EEXIST:
		explain_eexist(w);
		break;
	case EBUSY:
		SAY(w, "completions found the completion ring full and wait for room, so that no more is submitted; reap completions, then submit again; IORING_SETUP_CQSIZE makes the ring larger");
		break;
	case EBADR:
		SAY(w, "a completion was dropped: its ring was full, and the kernel had no memory to keep it; how many is not told here. Reap completions sooner, or make the ring larger (IORING_SETUP_CQSIZE)");
		break;
	case EOWNERDEAD:
		SAY(w, "the kernel thread of IORING_SETUP_SQPOLL has ended; make a new ring");
		break;
	case ENXIO:
		SAY(w, "the ring is being closed");
		break;
	case EFAULT:
		if (w->c->arg_flags & ENTER_EXT_ARG_REG)
			SAY(w, "the offset in the last argument (IORING_ENTER_EXT_ARG_REG) is not aligned, or lies outside of the region that is registered for waits, or there is none; which was not looked at");
		else
			SAY(w, "the last argument (signals, or the structure of IORING_ENTER_EXT_ARG), or what it points to, cannot be read; pass the address of a structure");
		break;
	case EAGAIN:
	case ENOMEM:
		SAY(w, "the kernel had no memory for requests, or for what it keeps of the thread: there was none, or the limit of a memory cgroup was reached (neither was looked at)");
		break;
	default:
		SAY(w, "%s", strerror(-w->c->result));
	}
}

void explain_enter(struct words *w)
{
	const struct fact_call *c = w->c;
	const char *who = refuser(c);

	explain_errno(w);
	if (*who && !(c->result == -EBADF && c->seen & SEEN_FD_NONE))
		say_more(w, "; unless it never came to the kernel: %s", who);
}
