// SPDX-License-Identifier: GPL-2.0
/* Who uses up a user's RLIMIT_MEMLOCK: exported nowhere, so the ring walk adds it up. */
#include <abi/limits.h>
#include <stdio.h>
#include "base/fmt.h"
#include "base/page_size.h"
#include "checks/failure_words.h"
#include "checks/shares.h"

/* Rounded up, so that it suffices. */
static const char *at_least(char buf[FMT_LEN], __u64 bytes)
{
	if (bytes >= 10ULL << 20)
		snprintf(buf, FMT_LEN, "%llu MiB", (bytes + (1 << 20) - 1) >> 20);
	else
		snprintf(buf, FMT_LEN, "%llu KiB", (bytes + 1023) >> 10);
	return buf;
}

static void add_holders(struct words *w, __u64 locked)
{
	const struct share_sum *a = w->seen->account;
	char held[SHARES_TEXT], all[FMT_LEN], once[FMT_LEN];

	if (!a)
		return;
	say_more(w, "%s", shares_text(held, w->seen->shares, w->seen->nr_shares, a,
				      locked / PAGE_BYTES));
	if (a->flags & SHARES_CLOSING)
		say_more(w, "; some of it is of rings that were closed, which the kernel releases a moment later: unregister buffers before the close, or try again");
	if (!a->repeated_pages)
		return;
	say_more(w, "; %s of it are the same %s of addresses, registered again",
		 fmt_bytes_long(all, a->repeated_pages * PAGE_BYTES),
		 fmt_bytes_long(once, a->repeated_once * PAGE_BYTES));
	if (a->repeated_once && a->repeated_pages % a->repeated_once == 0)
		say_more(w, ", %llu times in all", a->repeated_pages / a->repeated_once);
	/* what a clone is charged from 7.2 on was not looked at */
	if (w->c->seen & SEEN_KNOWS_CLONE && !(w->c->ring_flags & RING_F_ACCT_PER_RING))
		say_more(w, ": clone the table instead (IORING_REGISTER_CLONE_BUFFERS)");
}

/* What this caller can do: without a privilege up to its hard limit. */
static void add_remedy(struct words *w, __u64 locked, __u64 need)
{
	const struct fact_call *c = w->c;
	bool hard_known = c->seen & SEEN_ARGS, inside = c->seen & SEEN_USER_NS;
	char least[FMT_LEN], hard[FMT_LEN] = "unlimited";

	at_least(least, locked + need);
	if (c->hard_limit_bytes != ~0ULL)
		fmt_bytes_long(hard, c->hard_limit_bytes);
	if (inside)
		say_more(w, "; CAP_IPC_LOCK of a user namespace, in which the caller lives, does not count");
	if (hard_known && (c->hard_limit_bytes == ~0ULL ||
			   (need && c->hard_limit_bytes >= locked + need))) {
		say_more(w, "; this is the soft limit, the hard limit is %s: raise the soft limit of RLIMIT_MEMLOCK%s%s (setrlimit(), ulimit -S -l)",
			 hard, need ? " to at least " : "", need ? least : "");
		return;
	}
	say_more(w, "; raise RLIMIT_MEMLOCK%s%s", need ? " to at least " : "", need ? least : "");
	if (hard_known)
		say_more(w, ", also the hard limit, now %s, %s", hard,
			 inside ? "where the container is started" :
				  "which takes an administrator");
	say_more(w, " (ulimit -l, LimitMEMLOCK= in the unit, --ulimit memlock= for a container)%s",
		 inside ? "" : ", or grant CAP_IPC_LOCK before the ring is made");
}

static bool is_of_another(const struct fact_call *c)
{
	return c->h.uid != c->charged_uid && c->charged_uid != ~0U && !(c->seen & SEEN_USER_NS);
}

void explain_memlock(struct words *w)
{
	const struct fact_call *c = w->c;
	__u64 locked = c->user_after_pages > 0 ? c->user_after_pages * PAGE_BYTES : 0;
	__u64 need = c->need_pages * PAGE_BYTES;
	char have[FMT_LEN], limit[FMT_LEN], more[FMT_LEN];

	fmt_bytes_long(have, locked);
	fmt_bytes_long(limit, c->limit_bytes);
	fmt_bytes_long(more, need);
	if (!c->user || c->limit_bytes == ~0ULL || c->op == CALL_CLONE) {
		SAY(w, "%s; ", c->op == CALL_CLONE ? "clones are not charged to the user" :
		    "no RLIMIT_MEMLOCK applies to this ring");
		say_no_memory(w);
		return;
	}
	if (need && locked + need <= c->limit_bytes) {
		SAY(w, "user %u has %s of %s locked and this call's pages are %s, which fits now: ",
		    c->charged_uid, have, limit, more);
		if (say_full_cgroup(w))
			return;
		say_more(w, "they lie in huge pages, which are charged whole, or more was locked during the call, or ");
		say_no_memory(w);
		return;
	}
	/* io_account_mem(): the account is that of the ring's user, the limit that of who calls */
	if (is_of_another(c))
		SAY(w, "user %u, who made the ring, has %s locked of the %s that the caller's limit allows, this call needs %s more",
		    c->charged_uid, have, limit, need ? more : "an unknown amount");
	else
		SAY(w, "user %u%s has %s of %s locked, this call needs %s more",
		    c->charged_uid, c->seen & SEEN_USER_NS ? " (as it is outside)" : "", have, limit,
		    need ? more : "an unknown amount");
	if (is_of_another(c))
		say_more(w, "; a ring that this process makes itself is charged to its own user");
	add_holders(w, locked);
	add_remedy(w, locked, need);
}
