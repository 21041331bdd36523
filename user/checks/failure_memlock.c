// SPDX-License-Identifier: GPL-2.0
/* Who uses up a user's RLIMIT_MEMLOCK: exported nowhere, so the ring walk adds it up. */
#include <stdio.h>
#include <string.h>
#include "base/fmt.h"
#include "checks/failure.h"
#include "checks/shares.h"

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

void explain_memlock(char out[EXPLAIN_LEN], const struct fact_call *c,
		     const struct accounts *accounts)
{
	__u64 locked = c->user_after_pages > 0 ? c->user_after_pages * PAGE_BYTES : 0;
	__u64 need = c->need_pages * PAGE_BYTES;
	char have[FMT_LEN], limit[FMT_LEN], more[FMT_LEN], least[FMT_LEN], held[SHARES_TEXT];
	struct shares s;
	int n;

	fmt_bytes_long(have, locked);
	fmt_bytes_long(limit, c->limit_bytes);
	fmt_bytes_long(more, need);
	if (!c->user || c->limit_bytes == ~0ULL || c->op == CALL_CLONE) {
		snprintf(out, EXPLAIN_LEN, "the kernel itself ran out of memory: %s",
			 c->op == CALL_CLONE ? "clones are not charged to the user" :
			 "no RLIMIT_MEMLOCK applies to this ring");
		return;
	}
	if (need && locked + need <= c->limit_bytes) {
		snprintf(out, EXPLAIN_LEN, "user %u has %s of %s locked and this call's pages are %s, which fits: either they lie in huge pages, which are charged whole, or the kernel itself ran out of memory",
			 c->charged_uid, have, limit, more);
		return;
	}
	find_holders(&s, accounts, c, locked / PAGE_BYTES);
	n = snprintf(out, EXPLAIN_LEN, "user %u has %s of %s locked, this call needs %s more%s",
		     c->charged_uid, have, limit, need ? more : "an unknown amount",
		     shares_text(held, &s, locked / PAGE_BYTES));
	shares_free(&s);
	if (need)
		snprintf(out + n, EXPLAIN_LEN - n, "; raise RLIMIT_MEMLOCK to at least %s (ulimit -l, LimitMEMLOCK= in the unit, --ulimit memlock= for a container) or grant CAP_IPC_LOCK",
			 at_least(least, locked + need));
	else
		snprintf(out + n, EXPLAIN_LEN - n, "; raise RLIMIT_MEMLOCK (ulimit -l, LimitMEMLOCK= in the unit, --ulimit memlock= for a container) or grant CAP_IPC_LOCK");
}
