// SPDX-License-Identifier: GPL-2.0
/* io_uring_setup() that failed: in the order in which the kernel looks at what it was given. */
#include <abi/limits.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "base/fmt.h"
#include "base/page_size.h"
#include "checks/failure_setup.h"
#include "model/fact.h"
#include "model/setup_flags.h"

#define MAX_SQ		32768U	/* IORING_MAX_ENTRIES */
#define MAX_CQ		(2 * MAX_SQ)
#define RINGS_HEAD	320U	/* of struct io_rings, before the completions */
#define CACHE_LINE	64U

#define SAY_SETUP(out, ...) ((void)snprintf(out, EXPLAIN_LEN, __VA_ARGS__))

static __u64 power_of_two(__u64 n)
{
	__u64 power = 1;

	while (power < n)
		power *= 2;
	return power;
}

static __u64 entries_of(const struct fact_setup *s, __u64 asked, __u64 most)
{
	if (asked > most && s->setup_flags & SETUP_CLAMP)
		asked = most;
	return power_of_two(asked);
}

static __u64 pages_of(const struct fact_setup *s, __u64 bytes)
{
	__u64 pages = (bytes + PAGE_BYTES - 1) / PAGE_BYTES;

	return s->seen & SETUP_CHARGED_POWER ? power_of_two(pages) : pages;
}

/* Both queues; false where the kernel would not have come to this. */
static bool queues(const struct fact_setup *s, __u64 *sq, __u64 *cq)
{
	if (!(s->seen & SEEN_STRUCT) || !s->entries)
		return false;
	*sq = entries_of(s, s->entries, MAX_SQ);
	*cq = s->setup_flags & SETUP_CQSIZE ? entries_of(s, s->cq_entries, MAX_CQ) : 2 * *sq;
	return *sq <= MAX_SQ && *cq <= MAX_CQ;
}

__u64 setup_own_pages(const struct fact_setup *s)
{
	__u64 sq, cq, rings;

	if (!queues(s, &sq, &cq))
		return 0;
	rings = RINGS_HEAD + cq * (s->setup_flags & SETUP_CQE32 ? 32 : 16);
	rings = (rings + CACHE_LINE - 1) / CACHE_LINE * CACHE_LINE;
	if (!(s->setup_flags & SETUP_NO_SQARRAY))
		rings += sq * sizeof(__u32);
	return pages_of(s, rings) + pages_of(s, sq * (s->setup_flags & SETUP_SQE128 ? 128 : 64));
}

bool setup_cq_is_short(const struct fact_setup *s)
{
	return s->setup_flags & SETUP_CQSIZE && entries_of(s, s->cq_entries, MAX_CQ) < entries_of(s, s->entries, MAX_SQ);
}

/* ---- ENOMEM -------------------------------------------------------------------------- */

/* A register call of the same need: the account is the same, and so is who holds it. */
static void explain_account(char *out, const struct fact_setup *s, __u64 pages,
			    const struct evidence *e)
{
	struct fact_call c = {
		.h = s->h, .user = s->user, .mm = s->mm, .limit_bytes = s->limit_bytes,
		.hard_limit_bytes = s->hard_limit_bytes, .user_after_pages = s->user_pages,
		.result = s->result, .charged_uid = s->charged_uid, .need_pages = pages,
		.op = CALL_REGISTER, .seen = s->seen & (SEEN_ARGS | SEEN_USER_NS),
	};

	/* who calls makes the ring */
	c.h.uid = s->charged_uid;
	explain_call(out, &c, e);
}

static void explain_enomem(char *out, const struct fact_setup *s, const struct evidence *e)
{
	__u64 pages = setup_own_pages(s), sq = 0, cq = 0;
	bool charged = s->seen & (SETUP_CHARGED | SETUP_CHARGED_POWER);
	char account[EXPLAIN_LEN], size[FMT_LEN], own[96] = "the ring's own memory";

	if (pages && queues(s, &sq, &cq))
		snprintf(own, sizeof(own), "the ring's own memory, %s for %llu sq and %llu cq entries,",
			 fmt_bytes_long(size, pages * PAGE_BYTES), sq, cq);
	if (!charged)
		SAY_SETUP(out, "the kernel got no memory: %s is not charged to the user on this kernel, so no RLIMIT_MEMLOCK is the cause; there was none, or the limit of a memory cgroup was reached (neither was looked at)",
			  own);
	else if (!s->user || s->limit_bytes == ~0ULL)
		SAY_SETUP(out, "the kernel got no memory for %s and no RLIMIT_MEMLOCK applies to this caller: there was none, or the limit of a memory cgroup was reached (neither was looked at)",
			  own);
	else {
		explain_account(account, s, pages, e);
		SAY_SETUP(out, "%s is charged to the user on this kernel: %.850s", own, account);
	}
}

/* ---- EINVAL -------------------------------------------------------------------------- */

static void name_flags(char *out, size_t room, __u32 flags)
{
	size_t n = 0;

	for (out[0] = 0; flags && n < room; flags &= flags - 1) {
		__u32 bit = flags & -flags;
		const struct setup_flag *f = setup_flag(bit);

		if (!f)
			n += snprintf(out + n, room - n, "%s0x%x", n ? ", " : "", bit);
		else if (f->since)
			n += snprintf(out + n, room - n, "%sIORING_SETUP_%s (Linux %s)",
				      n ? ", " : "", f->name, f->since);
		else
			n += snprintf(out + n, room - n, "%sIORING_SETUP_%s", n ? ", " : "", f->name);
	}
}

/* Flags that exclude each other, or need one that is not there; NULL when none do. */
static const char *wrong_together(__u32 flags)
{
	static const struct { __u32 has, any_of, lacks; const char *says; } rules[] = {
		{ SETUP_SQPOLL, SETUP_COOP_TASKRUN | SETUP_TASKRUN_FLAG | SETUP_DEFER_TASKRUN, 0,
		  "IORING_SETUP_SQPOLL excludes COOP_TASKRUN, TASKRUN_FLAG and DEFER_TASKRUN; leave one out" },
		{ SETUP_SQ_AFF, 0, SETUP_SQPOLL,
		  "IORING_SETUP_SQ_AFF is about the thread of IORING_SETUP_SQPOLL; set that, too" },
		{ SETUP_TASKRUN_FLAG, 0, SETUP_COOP_TASKRUN | SETUP_DEFER_TASKRUN,
		  "IORING_SETUP_TASKRUN_FLAG needs COOP_TASKRUN or DEFER_TASKRUN; set one of them" },
		{ SETUP_DEFER_TASKRUN, 0, SETUP_SINGLE_ISSUER,
		  "IORING_SETUP_DEFER_TASKRUN needs SINGLE_ISSUER; set that, too" },
		{ SETUP_REGISTERED_FD_ONLY, 0, SETUP_NO_MMAP,
		  "IORING_SETUP_REGISTERED_FD_ONLY needs NO_MMAP; set that, too" },
		{ SETUP_SQ_REWIND, 0, SETUP_NO_SQARRAY,
		  "IORING_SETUP_SQ_REWIND needs NO_SQARRAY; set that, too" },
		{ SETUP_SQ_REWIND, SETUP_SQPOLL, 0,
		  "IORING_SETUP_SQ_REWIND and SQPOLL exclude each other; leave one out" },
		{ SETUP_HYBRID_IOPOLL, 0, SETUP_IOPOLL,
		  "IORING_SETUP_HYBRID_IOPOLL needs IOPOLL; set that, too" },
		{ SETUP_CQE32, SETUP_CQE_MIXED, 0,
		  "IORING_SETUP_CQE32 and CQE_MIXED exclude each other; leave one out" },
		{ SETUP_SQE128, SETUP_SQE_MIXED, 0,
		  "IORING_SETUP_SQE128 and SQE_MIXED exclude each other; leave one out" },
	};

	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
		if (flags & rules[i].has && (!rules[i].any_of || flags & rules[i].any_of) &&
		    !(flags & rules[i].lacks))
			return rules[i].says;
	return NULL;
}

static bool explain_sizes(char *out, const struct fact_setup *s)
{
	bool clamp = s->setup_flags & SETUP_CLAMP, cqsize = s->setup_flags & SETUP_CQSIZE;

	if (!s->entries)
		SAY_SETUP(out, "the ring is to have 0 entries; ask for at least one");
	else if (s->entries > MAX_SQ && !clamp)
		SAY_SETUP(out, "%u entries are more than the %u that a ring takes; ask for fewer, or set IORING_SETUP_CLAMP to get that many",
			  s->entries, MAX_SQ);
	else if (cqsize && !s->cq_entries)
		SAY_SETUP(out, "IORING_SETUP_CQSIZE is set and cq_entries is 0; give a number, or leave the flag out");
	else if (cqsize && s->cq_entries > MAX_CQ && !clamp)
		SAY_SETUP(out, "%u completion entries are more than the %u that a ring takes; ask for fewer, or set IORING_SETUP_CLAMP to get that many",
			  s->cq_entries, MAX_CQ);
	else if (setup_cq_is_short(s))
		SAY_SETUP(out, "%u completion entries (IORING_SETUP_CQSIZE) are fewer than the %u of submission; ask for as many at least",
			  s->cq_entries, s->entries);
	else
		return false;
	return true;
}

static void explain_einval(char *out, const struct fact_setup *s)
{
	const char *together = wrong_together(s->setup_flags);
	char names[300];

	if (!(s->seen & SEEN_STRUCT))
		SAY_SETUP(out, "an argument is refused, but the arguments of this call are not known");
	else if (s->seen & SEEN_RESERVED)
		SAY_SETUP(out, "a reserved field of io_uring_params is not 0; clear the structure first");
	else if (s->unknown_flags) {
		name_flags(names, sizeof(names), s->unknown_flags);
		SAY_SETUP(out, "this kernel does not know %s; leave %s out, and try again without where EINVAL is returned",
			  names, s->unknown_flags & (s->unknown_flags - 1) ? "them" : "it");
	} else if (explain_sizes(out, s))
		return;
	else if (together)
		SAY_SETUP(out, "%s", together);
	else if (s->setup_flags & SETUP_ATTACH_WQ)
		SAY_SETUP(out, "descriptor %d of wq_fd (IORING_SETUP_ATTACH_WQ) is no ring, or one that cannot be shared (which was not looked at)",
			  (int)s->wq_fd);
	else if (s->setup_flags & SETUP_SQ_AFF)
		SAY_SETUP(out, "CPU %u of sq_thread_cpu (IORING_SETUP_SQ_AFF) is not there, not online, or not in the caller's cpuset (which was not looked at)",
			  s->sq_thread_cpu);
	else if (s->setup_flags & SETUP_NO_MMAP)
		SAY_SETUP(out, "the memory for the ring (IORING_SETUP_NO_MMAP: sq_off.user_addr and cq_off.user_addr) must be given and begin at a page, and older kernels want more than a page of it in one piece, a huge page (which was not looked at)");
	else
		SAY_SETUP(out, "no cause is seen: not the number of entries, reserved fields, or flags that exclude each other%s",
			  s->seen & SETUP_FLAGS ? " or that this kernel does not know" :
			  "; which flags this kernel knows was not looked at");
}

/* ---- EPERM, and the rest --------------------------------------------------------------- */

static void explain_eperm(char *out, const struct fact_setup *s)
{
	char group[48] = "";

	if (s->seen & SETUP_DISABLED && s->disabled == 1 && s->group >= 0)
		snprintf(group, sizeof(group), " and to members of group %d", s->group);
	if (s->seen & SETUP_DISABLED && s->disabled >= 2)
		SAY_SETUP(out, "kernel.io_uring_disabled is %u: no process may make a ring; 'sysctl kernel.io_uring_disabled=0', by root, lets every process",
			  s->disabled);
	else if (s->seen & SETUP_DISABLED && s->disabled == 1 && !(s->seen & SETUP_ADMIN))
		SAY_SETUP(out, "kernel.io_uring_disabled is 1: rings are left to CAP_SYS_ADMIN%s%s; set kernel.io_uring_group to a group of the caller, or 'sysctl kernel.io_uring_disabled=0'",
			  s->seen & SEEN_USER_NS ? " outside of containers" : "",
			  group[0] ? group : " alone (kernel.io_uring_group is -1)");
	else
		SAY_SETUP(out, "%s; it can be: a security module%s (neither was looked at)",
			  s->seen & SETUP_DISABLED ? "not the cause: kernel.io_uring_disabled" :
			  "kernel.io_uring_disabled was not looked at",
			  s->setup_flags & SETUP_SQPOLL ?
			  ", or a want of CAP_SYS_NICE or CAP_SYS_ADMIN, which IORING_SETUP_SQPOLL takes before Linux 5.13" : "");
}

static void explain_files(char *out, const struct fact_setup *s)
{
	if (s->files_limit == ~0ULL)
		SAY_SETUP(out, "the process has no free descriptor (fs.nr_open); close some");
	else
		SAY_SETUP(out, "the process has all descriptors open that its RLIMIT_NOFILE of %llu allows; close some, or raise it (ulimit -n, LimitNOFILE= in the unit)",
			  s->files_limit);
}

static void explain_efault(char *out, const struct fact_setup *s)
{
	if (!(s->seen & SEEN_STRUCT))
		SAY_SETUP(out, "the pointer to io_uring_params is NULL, or what it points to cannot be read; pass the address of a structure");
	else if (s->setup_flags & SETUP_NO_MMAP)
		SAY_SETUP(out, "the memory for the ring (IORING_SETUP_NO_MMAP: sq_off.user_addr and cq_off.user_addr) cannot be pinned, or is not all there; map it, writable, before the call");
	else
		SAY_SETUP(out, "io_uring_params can be read, but the kernel could not write its answer there; the structure must be writable");
}

void explain_unentered(char out[EXPLAIN_LEN], __u32 seen, __s64 result)
{
	if (seen & SEEN_FILTER && !(seen & (SEEN_TRACED | SEEN_OLDER | SEEN_SKIPPED)))
		SAY_SETUP(out, "refused before the kernel saw it: a seccomp filter (container profile) returns %s; allow io_uring_setup, io_uring_enter and io_uring_register in its profile (--security-opt seccomp= for a container, SystemCallFilter= in a unit), or in the filter that the program itself sets",
			  fact_errno_name(result));
	else
		SAY_SETUP(out, "the call %s; cause unknown: %s%s%s%s",
			  seen & (SEEN_OLDER | SEEN_SKIPPED) ? "was not seen to begin" : "did not reach io_uring",
			  seen & SEEN_FILTER ? "the task has a seccomp filter, which can refuse it" :
			  "the task has no seccomp filter",
			  seen & SEEN_TRACED ? ", another process traces it and can refuse calls" : "",
			  seen & SEEN_OLDER ? ", or it began before the trace and failed otherwise" : "",
			  seen & SEEN_SKIPPED ? ", or the kernel skipped the program that sees calls begin, and it failed otherwise" : "");
}

void explain_setup(char out[EXPLAIN_LEN], const struct fact_setup *s, const struct evidence *e)
{
	if (s->call_flags & CALL_F_UNENTERED) {
		explain_unentered(out, s->seen, s->result);
		return;
	}
	switch (-s->result) {
	case ENOMEM:
		explain_enomem(out, s, e);
		break;
	case EINVAL:
		explain_einval(out, s);
		break;
	case EPERM:
		explain_eperm(out, s);
		break;
	case EFAULT:
		explain_efault(out, s);
		break;
	case EMFILE:
		explain_files(out, s);
		break;
	case ENFILE:
		SAY_SETUP(out, "the system has as many files open as fs.file-max allows");
		break;
	case EAGAIN:
		SAY_SETUP(out, s->setup_flags & SETUP_SQPOLL ?
			  "the kernel thread of IORING_SETUP_SQPOLL could not be made: a limit of processes is reached (ulimit -u, pids.max of the cgroup, TasksMax= in the unit, kernel.threads-max); which was not looked at" :
			  "a thread or memory was not to be had at that moment; try again");
		break;
	case EACCES:
		SAY_SETUP(out, "a security module forbids it to this process; its log says which rule");
		break;
	case EBADF:
	case ENXIO:
		SAY_SETUP(out, "descriptor %d of wq_fd (IORING_SETUP_ATTACH_WQ) is not open",
			  (int)s->wq_fd);
		break;
	default:
		SAY_SETUP(out, "%s", strerror(-s->result));
	}
}
