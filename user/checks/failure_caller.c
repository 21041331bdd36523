// SPDX-License-Identifier: GPL-2.0
/* What stands against the task that called: its memory cgroup, its end, its rights. */
#include <stdio.h>
#include "base/fmt.h"
#include "base/page_size.h"
#include "base/pid.h"
#include "base/untrusted.h"
#include "checks/failure_words.h"

/* The kernel charges a CPU's cgroup in runs of so many pages (MEMCG_CHARGE_BATCH). */
#define BATCH_BYTES	(64 * PAGE_BYTES)

static bool has_no_room(const struct fact_caller *c)
{
	return c->cgroup_limit_bytes != ~0ULL &&
	       c->cgroup_used_bytes + BATCH_BYTES > c->cgroup_limit_bytes;
}

/* Page cache is in it, too, which may be all of it, and may be had: "... has 15.9 MiB of its 16 MiB" */
static void say_cgroup(struct words *w)
{
	const struct fact_caller *c = w->seen->caller;
	char name[TAME_FACTOR * FILE_NAME_LEN + 1], used[FMT_LEN], limit[FMT_LEN];

	say_more(w, "memory cgroup '%s' has %s of its %s (page cache counts)",
		 tame(name, sizeof(name), file_name(&c->cgroup)),
		 fmt_bytes_long(used, c->cgroup_used_bytes), fmt_bytes_long(limit, c->cgroup_limit_bytes));
}

bool say_full_cgroup(struct words *w)
{
	const struct fact_caller *c = w->seen->caller;

	if (!c || (!(c->caller_flags & CALLER_F_KILLED) && !has_no_room(c)))
		return false;
	if (c->caller_flags & CALLER_F_KILLED) {
		say_more(w, c->caller_flags & CALLER_F_OOM ?
			 "the kernel killed the process for want of memory before the call's end" :
			 "the process was being ended, by a signal or by a thread of its own, before the call's end");
		if (!(c->caller_flags & CALLER_F_OOM) || !has_no_room(c))
			return true;
		say_more(w, ": ");
	}
	say_cgroup(w);
	say_more(w, "; raise that limit (memory.max; MemoryMax= in the unit, --memory for a container) or register less");
	return true;
}

void say_no_memory(struct words *w)
{
	const struct fact_caller *c = w->seen->caller;

	if (say_full_cgroup(w))
		return;
	say_more(w, "the kernel got no memory for it: ");
	if (!c) {
		say_more(w, "there was none, or the limit of a memory cgroup was reached (neither was looked at)");
	} else if (c->cgroup_limit_bytes == ~0ULL) {
		say_more(w, "not for the limit of a memory cgroup, since the caller has none; the machine's, or a NUMA node's, was used up (dmesg may say more)");
	} else {
		say_more(w, "there was none, or a larger piece than fits into the limit of a memory cgroup was asked for (");
		say_cgroup(w);
		say_more(w, ")");
	}
}

void explain_issuer(struct words *w)
{
	const struct fact_caller *c = w->seen->caller;

	if (!c || !c->issuer_tid) {
		SAY(w, "the ring is IORING_SETUP_SINGLE_ISSUER and belongs to another thread or process; register from the one that submits");
		return;
	}
	if (c->issuer_pid == w->c->h.pid)
		SAY(w, "the ring is IORING_SETUP_SINGLE_ISSUER and takes calls from another thread only, tid %u (%s) of this process; register there",
		    c->issuer_tid, TAME_COMM(c->issuer));
	else
		SAY(w, "the ring is IORING_SETUP_SINGLE_ISSUER and takes calls from another process only, pid %s; register there, or make a ring in this process",
		    WHO_TEXT(c->issuer_pid, c->issuer_ns_pid, c->issuer));
}

void explain_restrictions(struct words *w)
{
	const struct fact_caller *c = w->seen->caller;
	__u32 forbids = c ? c->caller_flags & (CALLER_F_RING_FORBIDS | CALLER_F_TASK_FORBIDS) : 0;

	if (forbids & CALLER_F_TASK_FORBIDS)
		SAY(w, "restrictions of the calling task (io_uring_register(-1, IORING_REGISTER_RESTRICTIONS), kept by its children and taken over by each ring that it makes) leave this operation out; list it there (IORING_RESTRICTION_REGISTER_OP), or use a ring that was made before");
	else if (forbids)
		SAY(w, "restrictions of the ring (IORING_REGISTER_RESTRICTIONS) leave this operation out; list it there (IORING_RESTRICTION_REGISTER_OP) before the ring is enabled, or register before");
	else
		SAY(w, "restrictions of the ring or of the task forbid this operation; allow it where they are set");
}
