// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/array.h"
#include "base/page_size.h"
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

static void collect(struct parts *p, const struct ledger *l, __u64 user, __u32 *flags)
{
	for (const struct ring *r = l->rings; r; r = r->hh.next) {
		if (!r->user || r->user->id != user)
			continue;
		if (r->closing && r->ring_pages)
			*flags |= SHARES_CLOSING;
		for (__u32 i = 0; i < r->nr_slots; i++) {
			const struct buffer *b = r->slots[i];

			if (!b || b->buf_flags & BUFFER_F_KERNEL)
				continue;
			if (r->closing)
				*flags |= SHARES_CLOSING;
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
 * each ring (7.2 and later), or once for each user and mm (patches/6.12).
 */
static void charge(struct parts *parts)
{
	__u64 account = 0, end = 0;

	for (size_t i = 0; i < parts->nr; i++) {
		struct part *p = &parts->list[i];
		__u64 folio = 1ULL << p->buffer->folio_shift;
		bool shared = p->ring->ring_flags & RING_F_ACCT_SHARED && p->ring->mm;

		p->account = shared ? p->ring->mm->id : buffer_account(p->buffer, p->ring);
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
static void find_repeated(struct share_sum *a, struct parts *p)
{
	qsort(p->list, p->nr, sizeof(*p->list), by_place);
	for (size_t i = 0, n; i < p->nr; i += n) {
		__u64 pages = p->list[i].pages;

		for (n = 1; i + n < p->nr && !by_place(&p->list[i], &p->list[i + n]); n++)
			pages += p->list[i + n].pages;
		if (n == 1 || !mm_of(&p->list[i]) || pages == p->list[i].pages)
			continue;
		a->repeated_pages += pages;
		a->repeated_once += pages / n;
	}
}

/* Another process that has the ring open keeps it, and its charge, when the owner ends. */
static void find_keeper(struct share *s, const struct ring *r)
{
	const struct holder *other = NULL;
	bool own = false;

	for (size_t i = 0; i < r->nr_holders; i++) {
		own |= r->holders[i].pid == s->pid;
		if (!other && r->holders[i].pid != s->pid)
			other = &r->holders[i];
	}
	if (!other)
		return;
	s->left = !own;
	s->keeper_pid = other->pid;
	s->keeper_ns_pid = other->ns_pid;
	s->keeper_comm = other->comm;
	s->keeper_fd = other->fd;
}

static struct share share_of(const struct ring *r)
{
	struct share s = {
		.pid = ring_owner_pid(r), .ns_pid = ring_owner_ns_pid(r), .keeper_fd = -1,
	};

	if (r->mm && r->mm->pid)
		s.comm = r->mm->comm;
	else if (r->nr_holders)
		s.comm = r->holders[0].comm;
	find_keeper(&s, r);
	return s;
}

static int by_pid(const void *va, const void *vb)
{
	const struct share *a = va, *b = vb;

	return compare(a->pid, b->pid);
}

static __u64 all_pages(const struct share *s)
{
	return s->pages + s->ring_pages;
}

static int by_pages(const void *va, const void *vb)
{
	const struct share *a = va, *b = vb;

	return compare(all_pages(b), all_pages(a)) ? : by_pid(a, b);
}

static bool is_known(const struct ledger *const *ledgers, size_t nr, __u64 ring)
{
	for (size_t i = 0; i < nr; i++)
		if (ledger_ring(ledgers[i], ring))
			return true;
	return false;
}

/* The memory of each of the user's rings itself, where the kernel charges that. */
static void add_rings(struct shares *s, __u64 user, const struct ledger *const *ledgers, size_t nr)
{
	for (size_t i = 0; i < nr; i++)
		for (const struct ring *r = ledgers[i]->rings; r; r = r->hh.next) {
			if (!r->user || r->user->id != user || !r->ring_pages ||
			    is_known(ledgers, i, r->id))
				continue;
			array_grow(s->list, s->nr);
			s->list[s->nr] = share_of(r);
			s->list[s->nr].rings = 1;
			s->list[s->nr++].ring_pages = r->ring_pages;
		}
}

static void take_keeper(struct share *to, const struct share *from)
{
	to->keeper_pid = from->keeper_pid;
	to->keeper_ns_pid = from->keeper_ns_pid;
	to->keeper_comm = from->keeper_comm;
	to->keeper_fd = from->keeper_fd;
	to->left = from->left;
}

/* One share a process, out of one a buffer and one a ring. */
static void merge(struct shares *s)
{
	size_t n = 0;

	qsort(s->list, s->nr, sizeof(*s->list), by_pid);
	for (size_t i = 0; i < s->nr; i++) {
		struct share *one = &s->list[i];

		s->account.pages += one->pages;
		s->account.ring_pages += one->ring_pages;
		if (!i)
			continue;
		if (one->pid != s->list[n].pid) {
			s->list[++n] = *one;
			continue;
		}
		s->list[n].pages += one->pages;
		s->list[n].ring_pages += one->ring_pages;
		s->list[n].rings += one->rings;
		if (!s->list[n].keeper_pid || (one->left && !s->list[n].left))
			take_keeper(&s->list[n], one);
	}
	s->nr = n + 1;
	s->account.nr_shares = s->nr;
	qsort(s->list, s->nr, sizeof(*s->list), by_pages);
}

void shares_collect(struct shares *s, __u64 user, const struct ledger *const *ledgers, size_t nr)
{
	struct parts parts = { 0 };

	memset(s, 0, sizeof(*s));
	for (size_t i = 0; i < nr; i++) {
		const struct ledger_user *u;

		collect(&parts, ledgers[i], user, &s->account.flags);
		HASH_FIND(hh, ledgers[i]->users, &user, sizeof(user), u);
		if (u && u->partial)
			s->account.flags |= SHARES_PARTIAL;
	}
	drop_repeated(&parts);
	charge(&parts);
	if (parts.nr)
		find_repeated(&s->account, &parts);
	for (size_t i = 0; i < parts.nr; i++) {
		array_grow(s->list, s->nr);
		s->list[s->nr] = share_of(parts.list[i].ring);
		s->list[s->nr++].pages = parts.list[i].pages;
	}
	add_rings(s, user, ledgers, nr);
	if (s->nr)
		merge(s);
	free(parts.list);
}

/* Who has a ring open is seen by a look only, whose it was by what was watched. */
static void find_keepers(struct shares *s, const struct ledger *then, const struct ledger *now)
{
	for (const struct ring *r = then->rings; r; r = r->hh.next) {
		const struct ring *later = ledger_ring(now, r->id);

		for (size_t i = 0; later && i < s->nr; i++)
			if (s->list[i].pid == ring_owner_pid(r) && !s->list[i].left)
				find_keeper(&s->list[i], later);
	}
}

void shares_at(struct shares *s, __u64 user, const struct ledger *then, const struct ledger *now,
	       __u64 locked_pages)
{
	const struct ledger *const ledgers[] = { then, now };
	const struct { size_t first, nr; } ways[] = { { 0, 1 }, { 1, 1 }, { 0, 2 } };

	memset(s, 0, sizeof(*s));
	for (size_t i = 0; i < (now ? 3 : 1); i++) {
		struct shares one;
		__u64 pages;

		shares_collect(&one, user, ledgers + ways[i].first, ways[i].nr);
		pages = one.account.pages + one.account.ring_pages;
		if (pages <= locked_pages &&
		    (!s->nr || pages > s->account.pages + s->account.ring_pages)) {
			shares_free(s);
			*s = one;
		} else {
			shares_free(&one);
		}
	}
	if (now)
		find_keepers(s, then, now);
}

void shares_free(struct shares *s)
{
	free(s->list);
	memset(s, 0, sizeof(*s));
}

/* ", " or what begins the list, then .what. */
static size_t put(char *buf, size_t used, const char *what)
{
	int n = snprintf(buf + used, SHARES_TEXT - used, "%s%s", used ? ", " : ", held by: ", what);

	return used + n < SHARES_TEXT ? used + n : SHARES_TEXT - 1;
}

static void name_share(char *buf, size_t room, const struct share *s)
{
	const char *since = s->ended ? ", which has ended by now" : s->left && s->pid ? ", which has closed a ring" : "";
	size_t n;

	if (s->pid)
		n = snprintf(buf, room, "pid %s", PID_TEXT(s->pid, s->ns_pid));
	else
		n = snprintf(buf, room, "an unknown process");
	if (s->comm.bytes[0] && s->pid)
		n += snprintf(buf + n, room - n, " (%s%s", TAME_COMM(s->comm), since);
	else if (*since)
		n += snprintf(buf + n, room - n, " (%s", since + 2);
	else
		return;
	if (*since && s->keeper_pid) {
		n += snprintf(buf + n, room - n, ", but pid %s",
			      PID_TEXT(s->keeper_pid, s->keeper_ns_pid));
		if (s->keeper_comm.bytes[0])
			n += snprintf(buf + n, room - n, " (%s)", TAME_COMM(s->keeper_comm));
		n += snprintf(buf + n, room - n, " keeps %s", s->ended ? "its ring" : "it");
		if (s->keeper_fd >= 0)
			n += snprintf(buf + n, room - n, " open as descriptor %d", s->keeper_fd);
	}
	snprintf(buf + n, room - n, ")");
}

static size_t put_share(char *buf, size_t used, const struct share *s)
{
	char who[128 + 2 * TAMED_COMM_SIZE], what[sizeof(who) + 2 * FMT_LEN + 64];
	char size[FMT_LEN], own[FMT_LEN], rings[FMT_LEN] = "ring's";

	name_share(who, sizeof(who), s);
	fmt_bytes_long(size, s->pages * PAGE_BYTES);
	fmt_bytes_long(own, s->ring_pages * PAGE_BYTES);
	if (s->rings > 1)
		snprintf(rings, sizeof(rings), "%u rings'", s->rings);
	if (!s->ring_pages)
		snprintf(what, sizeof(what), "%s %s", who, size);
	else
		snprintf(what, sizeof(what), "%s %s%s%s of its %s own memory", who,
			 s->pages ? size : "", s->pages ? " and " : "", own, rings);
	return put(buf, used, what);
}

const char *shares_text(char buf[SHARES_TEXT], const struct share *list, size_t nr,
			const struct share_sum *account, __u64 locked_pages)
{
	__u64 known = account->pages + account->ring_pages, shown = 0;
	char size[FMT_LEN], text[256];
	size_t used = 0;

	buf[0] = 0;
	for (size_t i = 0; i < nr && i < SHOWN; i++) {
		used = put_share(buf, used, &list[i]);
		shown += all_pages(&list[i]);
	}
	if (account->nr_shares > SHOWN) {
		snprintf(text, sizeof(text), "%u more process%s %s", account->nr_shares - SHOWN,
			 account->nr_shares - SHOWN == 1 ? "" : "es",
			 fmt_bytes_long(size, (known - shown) * PAGE_BYTES));
		used = put(buf, used, text);
	}
	if (locked_pages <= known)
		return buf;
	fmt_bytes_long(size, (locked_pages - known) * PAGE_BYTES);
	if (account->flags & SHARES_PARTIAL)
		snprintf(text, sizeof(text),
			 "buffers that were not read, and other uses of the account %s", size);
	else
		/* a kernel that charges rings charges these, too; those of a ring that is gone are not read */
		snprintf(text, sizeof(text),
			 "other uses of the account (%s%sperf, AF_XDP%s, zero-copy sends, rings that are closing, unregistered buffers that requests still hold) %s",
			 account->ring_pages ? "provided-buffer rings, zero-copy receive, " : "",
			 account->flags & SHARES_BPF_MAPS ? "BPF maps, " : "",
			 account->flags & SHARES_NO_XDP ? " outside the caller's network namespace" : "",
			 size);
	put(buf, used, text);
	return buf;
}

static bool counts_ring(const struct check_options *o, const struct ring *r)
{
	return !o || !o->select || (!r->others && (!o->has_ring || o->has_ring(o->arg, r->id)));
}

const struct holder *user_tightest_holder(const struct ledger *l, const struct ledger_user *u,
					  const struct check_options *o)
{
	const struct holder *least = NULL;

	for (const struct ring *r = l->rings; r; r = r->hh.next) {
		if (r->user != u || !(r->ring_flags & RING_F_LIMITED) || !counts_ring(o, r))
			continue;
		for (size_t i = 0; i < r->nr_holders; i++) {
			const struct holder *h = &r->holders[i];

			if (o && o->select && !selection_has_holder(o->select, h))
				continue;
			if (h->memlock_limit_bytes != ~0ULL &&
			    (!least || h->memlock_limit_bytes < least->memlock_limit_bytes))
				least = h;
		}
	}
	return least;
}
