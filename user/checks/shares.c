// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/array.h"
#include "base/pid.h"
#include "base/untrusted.h"
#include "checks/places.h"
#include "checks/shares.h"
#include "model/ledger_buffers.h"

#define SHOWN 4

/* A buffer as it is charged. */
struct part {
	const struct ring *ring; /* the first that holds it */
	const struct buffer *buffer;
	size_t order;
	__u64 account;		/* whose folios are charged once: a ring's, or an address space's */
	__u64 start, end;	/* addresses of its whole folios */
	__u64 pages;
};

struct parts {
	struct part *list;
	size_t nr;
};

static void collect(struct parts *p, const struct ledger *l, __u64 user)
{
	for (const struct ring *r = l->rings; r; r = r->hh.next) {
		if (!r->user || r->user->id != user)
			continue;
		for (__u32 i = 0; i < r->nr_slots; i++) {
			const struct buffer *b = r->slots[i];

			if (!b || b->buf_flags & BUFFER_F_KERNEL)
				continue;
			array_grow(p->list, p->nr);
			p->list[p->nr] = (struct part){ .ring = r, .buffer = b, .order = p->nr };
			p->nr++;
		}
	}
}

static int compare(__u64 a, __u64 b)
{
	return a < b ? -1 : a > b;
}

static int by_buffer(const void *va, const void *vb)
{
	const struct part *a = va, *b = vb;

	return compare(a->buffer->id, b->buffer->id) ? : compare(a->order, b->order);
}

static int by_address(const void *va, const void *vb)
{
	const struct part *a = va, *b = vb;

	return compare(a->account, b->account) ? : compare(a->start, b->start);
}

static void drop_repeated(struct parts *p)
{
	size_t n = 0;

	if (p->nr)
		qsort(p->list, p->nr, sizeof(*p->list), by_buffer);
	for (size_t i = 0; i < p->nr; i++)
		if (!n || p->list[i].buffer->id != p->list[n - 1].buffer->id)
			p->list[n++] = p->list[i];
	p->nr = n;
}

static bool says_charge(const struct part *p)
{
	return p->buffer->charged_pages != ACCT_UNKNOWN;
}

/*
 * Small pages are charged for each buffer that touches them. A large folio is charged once for
 * each ring (7.2 and later), or once for each user and mm (patches/).
 */
static void charge(struct parts *parts)
{
	__u64 account = 0, end = 0;

	for (size_t i = 0; i < parts->nr; i++) {
		struct part *p = &parts->list[i];
		__u64 folio = 1ULL << p->buffer->folio_shift;
		bool shared = p->ring->ring_flags & RING_F_ACCT_SHARED && p->ring->mm;

		p->account = shared ? p->ring->mm->id : p->ring->id;
		p->start = p->buffer->addr & ~(folio - 1);
		p->end = (p->buffer->addr + p->buffer->len_bytes + folio - 1) & ~(folio - 1);
	}
	if (parts->nr)
		qsort(parts->list, parts->nr, sizeof(*parts->list), by_address);
	for (size_t i = 0; i < parts->nr; i++) {
		struct part *p = &parts->list[i];
		__u64 from;

		if (says_charge(p) || p->buffer->folio_shift <= PAGE_SHIFT) {
			p->pages = says_charge(p) ? p->buffer->charged_pages : buffer_pages(p->buffer);
			continue;
		}
		if (p->account != account)
			end = 0;
		account = p->account;
		from = p->start > end ? p->start : end;
		if (p->end > from) {
			p->pages = (p->end - from) / PAGE_BYTES;
			end = p->end;
		}
	}
}

static __u64 mm_of(const struct part *p)
{
	return p->ring->mm ? p->ring->mm->id : 0;
}

static int by_place(const void *va, const void *vb)
{
	const struct part *a = va, *b = vb;

	return compare(mm_of(a), mm_of(b)) ? : compare(a->start, b->start) ? :
	       compare(a->end, b->end);
}

/* Buffers of their own over the same addresses: each is charged again. */
static void find_repeated(struct shares *s, struct parts *p)
{
	qsort(p->list, p->nr, sizeof(*p->list), by_place);
	for (size_t i = 0, n; i < p->nr; i += n) {
		__u64 pages = p->list[i].pages;

		for (n = 1; i + n < p->nr && !by_place(&p->list[i], &p->list[i + n]); n++)
			pages += p->list[i + n].pages;
		if (n == 1 || !mm_of(&p->list[i]) || pages == p->list[i].pages)
			continue;
		s->repeated_pages += pages;
		s->repeated_once += pages / n;
	}
}

static struct share share_of(const struct part *p)
{
	const struct ring *r = p->ring;
	struct share s = {
		.pid = ring_owner_pid(r), .ns_pid = ring_owner_ns_pid(r), .pages = p->pages,
	};

	if (r->mm && r->mm->pid)
		s.comm = r->mm->comm;
	else if (r->nr_holders)
		s.comm = r->holders[0].comm;
	return s;
}

static int by_pid(const void *va, const void *vb)
{
	const struct share *a = va, *b = vb;

	return compare(a->pid, b->pid);
}

static int by_pages(const void *va, const void *vb)
{
	const struct share *a = va, *b = vb;

	return compare(b->pages, a->pages) ? : by_pid(a, b);
}

void shares_collect(struct shares *s, __u64 user, const struct ledger *const *ledgers, size_t nr)
{
	struct parts parts = { 0 };
	size_t n = 0;

	memset(s, 0, sizeof(*s));
	for (size_t i = 0; i < nr; i++) {
		const struct ledger_user *u;

		collect(&parts, ledgers[i], user);
		HASH_FIND(hh, ledgers[i]->users, &user, sizeof(user), u);
		s->partial |= u && u->partial;
	}
	drop_repeated(&parts);
	charge(&parts);
	if (!parts.nr)
		return;
	find_repeated(s, &parts);
	s->list = must_alloc(parts.nr, sizeof(*s->list));
	for (size_t i = 0; i < parts.nr; i++) {
		s->list[i] = share_of(&parts.list[i]);
		s->pages += s->list[i].pages;
	}
	qsort(s->list, parts.nr, sizeof(*s->list), by_pid);
	for (size_t i = 1; i < parts.nr; i++) {
		if (s->list[i].pid != s->list[n].pid)
			s->list[++n] = s->list[i];
		else
			s->list[n].pages += s->list[i].pages;
	}
	s->nr = n + 1;
	qsort(s->list, s->nr, sizeof(*s->list), by_pages);
	free(parts.list);
}

void shares_free(struct shares *s)
{
	free(s->list);
	memset(s, 0, sizeof(*s));
}

static size_t put(char *buf, size_t used, const char *what, __u64 pages)
{
	char size[FMT_LEN];
	int n = snprintf(buf + used, SHARES_TEXT - used, "%s%s %s", used ? ", " : ", held by: ", what,
			 fmt_bytes_long(size, pages * PAGE_BYTES));

	return used + n < SHARES_TEXT ? used + n : SHARES_TEXT - 1;
}

const char *shares_text(char buf[SHARES_TEXT], const struct shares *s, __u64 locked_pages)
{
	__u64 shown = 0;
	size_t used = 0;
	char who[64 + TAMED_COMM_SIZE];

	buf[0] = 0;
	for (size_t i = 0; i < s->nr && i < SHOWN; i++) {
		const struct share *one = &s->list[i];

		if (one->pid && one->comm.bytes[0])
			snprintf(who, sizeof(who), "pid %s (%s%s)",
				 PID_TEXT(one->pid, one->ns_pid), TAME_COMM(one->comm),
				 one->ended ? ", which has ended" : "");
		else if (one->pid)
			snprintf(who, sizeof(who), "pid %s%s", PID_TEXT(one->pid, one->ns_pid),
				 one->ended ? " (which has ended)" : "");
		else
			snprintf(who, sizeof(who), "an unknown process");
		used = put(buf, used, who, one->pages);
		shown += one->pages;
	}
	if (s->nr > SHOWN) {
		snprintf(who, sizeof(who), "%zu more process%s", s->nr - SHOWN,
			 s->nr - SHOWN == 1 ? "" : "es");
		used = put(buf, used, who, s->pages - shown);
	}
	if (locked_pages > s->pages && s->partial)
		put(buf, used, "buffers that were not read, and other uses of the account",
		    locked_pages - s->pages);
	else if (locked_pages > s->pages)
		put(buf, used, "other uses of the account (ring memory, perf, AF_XDP, zero-copy "
		    "sends, rings that are closing)", locked_pages - s->pages);
	return buf;
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
