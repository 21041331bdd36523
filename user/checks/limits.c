// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/alloc.h"
#include "base/fmt.h"
#include "checks/places.h"

#define NEAR_PERCENT	90
#define SHOWN_SHARES	4

/* What one process's rings have charged to the user. */
struct share {
	__u32 pid;
	__u64 pages;
	UT_hash_handle hh;
};

static int by_pages(const struct share *a, const struct share *b)
{
	return (a->pages < b->pages) - (a->pages > b->pages);
}

/* "pid 812 holds 5 MiB, pid 977 holds 2.9 MiB"; returns the sum. */
static __u64 share_out(const struct ledger_user *u, const struct place *places, size_t nr,
		       char *text, size_t len)
{
	struct share *shares = NULL, *s, *next;
	__u64 sum = 0;
	size_t used = 0, shown = 0;
	char size[FMT_LEN];

	for (size_t i = 0; i < nr; i++) {
		const struct ring *r = places[i].ring;
		const struct buffer *b = places[i].buffer;
		__u32 pid = r->mm && r->mm->pid ? r->mm->pid : ring_pid(r);
		__u64 pages = b->charged_pages;

		if (r->user != u)
			continue;
		/* 7.2 and later do not say; nearly always it is the size */
		if (pages == ACCT_UNKNOWN)
			pages = buffer_pages(b);
		HASH_FIND(hh, shares, &pid, sizeof(pid), s);
		if (!s) {
			s = must_alloc(1, sizeof(*s));
			s->pid = pid;
			HASH_ADD(hh, shares, pid, sizeof(s->pid), s);
		}
		s->pages += pages;
		sum += pages;
	}
	HASH_SORT(shares, by_pages);
	text[0] = 0;
	HASH_ITER(hh, shares, s, next) {
		if (shown++ < SHOWN_SHARES && used < len)
			used += snprintf(text + used, len - used, "pid %u holds %s, ", s->pid,
					 fmt_bytes_long(size, s->pages * PAGE_BYTES));
		HASH_DEL(shares, s);
		free(s);
	}
	if (shown > SHOWN_SHARES && used < len)
		snprintf(text + used, len - used, "%zu more processes hold the rest, ",
			 shown - SHOWN_SHARES);
	return sum;
}

const struct holder *user_tightest_holder(const struct ledger *l, const struct ledger_user *u)
{
	const struct holder *least = NULL;

	for (const struct ring *r = l->rings; r; r = r->hh.next) {
		if (r->user != u || !(r->ring_flags & RING_F_LIMITED))
			continue;
		for (size_t i = 0; i < r->nr_holders; i++) {
			const struct holder *h = &r->holders[i];

			if (h->memlock_limit_bytes != ~0ULL &&
			    (!least || h->memlock_limit_bytes < least->memlock_limit_bytes))
				least = h;
		}
	}
	return least;
}

static void report(const struct ledger_user *u, const struct holder *h, enum finding_tag tag,
		   const struct place *places, size_t nr, struct findings *out)
{
	__u64 locked = u->locked_pages, limit = h->memlock_limit_bytes >> PAGE_SHIFT;
	struct finding f = {
		.tag = tag,
		.pid = h->pid,
		.fd = -1,
		.index = -1,
		.uid = u->uid,
		.pages = tag == OVER_LIMIT ? locked - limit : locked,
	};
	char a[FMT_LEN], b[FMT_LEN], c[FMT_LEN], text[512];
	__u64 ours = share_out(u, places, nr, text, sizeof(text));

	finding_add(out, f, "user %u has %s locked, RLIMIT_MEMLOCK of pid %u (%s) allows %s: "
		    "%s%s by others (ring memory, perf, AF_XDP, zero-copy sends)", u->uid,
		    fmt_bytes_long(a, locked * PAGE_BYTES), h->pid, h->comm,
		    fmt_bytes_long(b, h->memlock_limit_bytes), text,
		    fmt_bytes_long(c, locked > ours ? (locked - ours) * PAGE_BYTES : 0));
}

void check_limits(const struct ledger *l, const struct check_options *o,
		  const struct place *places, size_t nr, struct findings *out)
{
	unsigned int percent = o->near_limit_percent ? o->near_limit_percent : NEAR_PERCENT;

	for (const struct ledger_user *u = l->users; u; u = u->hh.next) {
		const struct holder *h = u->locked_pages > 0 ? user_tightest_holder(l, u) : NULL;
		__u64 locked = u->locked_pages, limit;

		if (!h)
			continue;
		limit = h->memlock_limit_bytes >> PAGE_SHIFT;
		if (locked > limit)
			report(u, h, OVER_LIMIT, places, nr, out);
		else if (locked * 100 >= limit * percent)
			report(u, h, NEAR_LIMIT, places, nr, out);
	}
}
