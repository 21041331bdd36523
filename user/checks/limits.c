// SPDX-License-Identifier: GPL-2.0
/* A user's charge against RLIMIT_MEMLOCK. */
#include "base/page_size.h"
#include "base/pid.h"
#include "base/untrusted.h"
#include "checks/checks.h"
#include "checks/places.h"
#include "checks/shares.h"

static void report(const struct ledger *l, const struct ledger_user *u, const struct holder *h,
		   enum finding_tag tag, struct findings *out)
{
	__u64 locked = u->locked_pages, limit = h->memlock_limit_bytes >> PAGE_SHIFT;
	struct finding f = {
		.tag = tag,
		.pid = h->pid,
		.ns_pid = h->ns_pid,
		.fd = -1,
		.index = -1,
		.uid = u->uid,
		.comm = h->comm,
		.pages = tag == OVER_LIMIT ? locked - limit : locked,
	};
	char a[FMT_LEN], b[FMT_LEN], text[SHARES_TEXT];
	struct shares s;

	shares_collect(&s, u->id, &l, 1);
	finding_add(out, f, "user %u has %s locked of the %s that RLIMIT_MEMLOCK of pid %s "
		    "allows%s", u->uid, fmt_bytes_long(a, locked * PAGE_BYTES),
		    fmt_bytes_long(b, h->memlock_limit_bytes), WHO_TEXT(h->pid, h->ns_pid, h->comm),
		    shares_text(text, s.list, s.nr, &s.account, locked));
	shares_free(&s);
}

void check_limits(const struct ledger *l, const struct check_options *o, struct findings *out)
{
	unsigned int percent = o->near_limit_percent ? o->near_limit_percent : NEAR_LIMIT_PERCENT;

	for (const struct ledger_user *u = l->users; u; u = u->hh.next) {
		const struct holder *h = u->locked_pages > 0 ? user_tightest_holder(l, u, o) : NULL;
		__u64 locked = u->locked_pages, limit;

		if (!h)
			continue;
		limit = h->memlock_limit_bytes >> PAGE_SHIFT;
		if (locked > limit)
			report(l, u, h, OVER_LIMIT, out);
		else if (locked * 100 >= limit * percent)
			report(l, u, h, NEAR_LIMIT, out);
	}
}
