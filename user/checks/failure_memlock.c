// SPDX-License-Identifier: GPL-2.0
/* Who uses up a user's RLIMIT_MEMLOCK: exported nowhere, so the ring walk adds it up. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "base/pid.h"
#include "checks/failure.h"
#include "checks/shares.h"

#define NO_MEMORY "the kernel got no memory for it: there was none, or the limit of a memory cgroup was reached (neither was looked at)"

static void take_better(struct shares *best, struct shares *s, __u64 locked)
{
	if (s->pages <= locked && (!best->nr || s->pages > best->pages)) {
		shares_free(best);
		*best = *s;
	} else {
		shares_free(s);
	}
}

/*
 * The ledger knows what watched processes held at the call, also of one that
 * has ended since; the walk knows the others, but as they are now. What
 * explains most of the account, and no more than it held at the call, is taken.
 */
static void find_holders(struct shares *best, const struct accounts *from,
			 const struct fact_call *c, __u64 locked)
{
	const struct ledger *const ledgers[] = { from->then, from->now };
	const struct { size_t first, nr; } ways[] = { { 0, 1 }, { 1, 1 }, { 0, 2 } };
	struct shares s;

	memset(best, 0, sizeof(*best));
	for (size_t i = 0; i < (from->now ? 3 : 1); i++) {
		shares_collect(&s, c->user, ledgers + ways[i].first, ways[i].nr);
		take_better(best, &s, locked);
	}
}

/* Rounded up, so that it suffices. */
static const char *at_least(char buf[FMT_LEN], __u64 bytes)
{
	if (bytes >= 10ULL << 20)
		snprintf(buf, FMT_LEN, "%llu MiB", (bytes + (1 << 20) - 1) >> 20);
	else
		snprintf(buf, FMT_LEN, "%llu KiB", (bytes + 1023) >> 10);
	return buf;
}

/* Adds to .out, as far as there is room. */
static void add(char *out, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void add(char *out, const char *format, ...)
{
	size_t n = strlen(out);
	va_list ap;

	va_start(ap, format);
	vsnprintf(out + n, EXPLAIN_LEN - n, format, ap);
	va_end(ap);
}

static void add_holders(char *out, const struct fact_call *c, const struct accounts *from,
			__u64 locked)
{
	char held[SHARES_TEXT], all[FMT_LEN], once[FMT_LEN];
	struct shares s;

	find_holders(&s, from, c, locked / PAGE_BYTES);
	/* the caller had not, when it called */
	for (size_t i = 0; from->has_ended && i < s.nr; i++) {
		__u32 pid = pid_in_proc(s.list[i].pid, s.list[i].ns_pid);

		s.list[i].ended = pid && s.list[i].pid != c->h.pid && from->has_ended(pid);
	}
	add(out, "%s", shares_text(held, &s, locked / PAGE_BYTES));
	if (s.repeated_pages) {
		add(out, "; %s of it are the same %s of addresses, registered again",
		    fmt_bytes_long(all, s.repeated_pages * PAGE_BYTES),
		    fmt_bytes_long(once, s.repeated_once * PAGE_BYTES));
		if (s.repeated_pages % s.repeated_once == 0)
			add(out, ", %llu times in all", s.repeated_pages / s.repeated_once);
		/* what a clone is charged from 7.2 on was not looked at */
		if (c->seen & SEEN_KNOWS_CLONE && !(c->ring_flags & RING_F_ACCT_PER_RING))
			add(out, ": clone the table instead (IORING_REGISTER_CLONE_BUFFERS)");
	}
	shares_free(&s);
}

/* What this caller can do: without a privilege up to its hard limit. */
static void add_remedy(char *out, const struct fact_call *c, __u64 locked, __u64 need)
{
	bool hard_known = c->seen & SEEN_ARGS, inside = c->seen & SEEN_USER_NS;
	char least[FMT_LEN], hard[FMT_LEN] = "unlimited";

	at_least(least, locked + need);
	if (c->hard_limit_bytes != ~0ULL)
		fmt_bytes_long(hard, c->hard_limit_bytes);
	if (inside)
		add(out, "; CAP_IPC_LOCK of a user namespace, in which the caller lives, does not count");
	if (hard_known && (c->hard_limit_bytes == ~0ULL ||
			   (need && c->hard_limit_bytes >= locked + need))) {
		add(out, "; this is the soft limit, the hard limit is %s: raise the soft limit of RLIMIT_MEMLOCK%s%s (setrlimit(), ulimit -S -l)",
		    hard, need ? " to at least " : "", need ? least : "");
		return;
	}
	add(out, "; raise RLIMIT_MEMLOCK%s%s", need ? " to at least " : "", need ? least : "");
	if (hard_known)
		add(out, ", also the hard limit, now %s%s", hard,
		    inside ? ", where the container is started" : "");
	add(out, " (ulimit -l, LimitMEMLOCK= in the unit, --ulimit memlock= for a container)%s",
	    inside ? "" : " or grant CAP_IPC_LOCK");
}

void explain_memlock(char out[EXPLAIN_LEN], const struct fact_call *c,
		     const struct accounts *accounts)
{
	__u64 locked = c->user_after_pages > 0 ? c->user_after_pages * PAGE_BYTES : 0;
	__u64 need = c->need_pages * PAGE_BYTES;
	char have[FMT_LEN], limit[FMT_LEN], more[FMT_LEN];

	fmt_bytes_long(have, locked);
	fmt_bytes_long(limit, c->limit_bytes);
	fmt_bytes_long(more, need);
	if (!c->user || c->limit_bytes == ~0ULL || c->op == CALL_CLONE) {
		snprintf(out, EXPLAIN_LEN, "%s, so " NO_MEMORY,
			 c->op == CALL_CLONE ? "clones are not charged to the user" :
			 "no RLIMIT_MEMLOCK applies to this ring");
		return;
	}
	if (need && locked + need <= c->limit_bytes) {
		snprintf(out, EXPLAIN_LEN, "user %u has %s of %s locked and this call's pages are %s, which fits now: they lie in huge pages, which are charged whole, or more was locked during the call, or " NO_MEMORY,
			 c->charged_uid, have, limit, more);
		return;
	}
	snprintf(out, EXPLAIN_LEN, "user %u%s has %s of %s locked, this call needs %s more",
		 c->charged_uid, c->seen & SEEN_USER_NS ? " (as it is outside)" : "", have, limit,
		 need ? more : "an unknown amount");
	add_holders(out, c, accounts, locked);
	add_remedy(out, c, locked, need);
}
