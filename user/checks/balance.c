// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include "base/alloc.h"
#include "base/array.h"
#include "base/fmt.h"
#include "base/page_size.h"
#include "checks/balance.h"
#include "checks/places.h"
#include "checks/selected.h"
#include "checks/shares.h"

#define MUCH_PAGES	((1ULL << 20) >> PAGE_SHIFT)
#define MUCH_OF_LIMIT	10	/* one part in so many */
#define MOVES		2	/* one ring may well come or go while an account is read */

static void add(struct balance *b, struct rest r)
{
	array_grow(b->list, b->nr);
	b->list[b->nr++] = r;
}

/* An address space and a user that rings of the ledger are both charged to. */
struct pair {
	const struct ledger_mm *mm;
	const struct ledger_user *user;
};

static int by_pair(const void *va, const void *vb)
{
	const struct pair *a = va, *b = vb;

	if (a->user != b->user)
		return a->user < b->user ? -1 : 1;
	return a->mm < b->mm ? -1 : a->mm > b->mm;
}

/* Each once; *nr of them. To be freed. */
static struct pair *collect_pairs(const struct ledger *l, size_t *nr)
{
	struct pair *list = must_alloc(HASH_COUNT(l->rings), sizeof(*list));
	size_t all = 0;

	for (const struct ring *r = l->rings; r; r = r->hh.next)
		if (r->mm && r->user)
			list[all++] = (struct pair){ r->mm, r->user };
	qsort(list, all, sizeof(*list), by_pair);
	*nr = 0;
	for (size_t i = 0; i < all; i++)
		if (!i || by_pair(&list[i - 1], &list[i]))
			list[(*nr)++] = list[i];
	return list;
}

static __s64 above_zero(__s64 pages)
{
	return pages > 0 ? pages : 0;
}

/*
 * What is charged to a user for buffers is charged to the address space, too. One that no ring
 * explains has a rest of its own, and is not told twice.
 */
static __s64 user_rest(const struct ledger *l, const struct ledger_user *u,
		       const struct pair *pairs, size_t nr)
{
	__s64 rest = u->locked_pages;

	for (const struct ring *r = l->rings; r; r = r->hh.next) {
		if (r->user != u)
			continue;
		/* what was not read may explain all of it, and the user is unsettled for that */
		if (r->memory_cut)
			return 0;
		rest -= r->ring_pages;
	}
	for (size_t i = 0; i < nr; i++)
		if (pairs[i].user == u)
			rest -= above_zero(pairs[i].mm->pinned_pages);
	for (const struct ledger_mm *mm = l->mms; mm; mm = mm->hh.next)
		if (!mm->rings && mm->pid && mm->uid == u->uid)
			rest -= above_zero(mm->pinned_pages);
	return rest;
}

void balance_take(struct balance *b, const struct ledger *l)
{
	size_t nr;
	struct pair *pairs = collect_pairs(l, &nr);

	/* where rings charge it, what they do not explain is a ghost-pin */
	for (const struct ledger_mm *mm = l->mms; mm; mm = mm->hh.next)
		if (!mm->rings && mm->pinned_pages > 0)
			add(b, (struct rest){
				.id = mm->id, .uid = mm->uid, .pid = mm->pid,
				.ns_pid = mm->ns_pid,
				.pages = mm->pinned_pages,
			});
	for (const struct ledger_user *u = l->users; u; u = u->hh.next) {
		__s64 rest = user_rest(l, u, pairs, nr);

		/* root's rings are rarely limited, but perf's buffers, and BPF before 5.11, count */
		if (rest > 0 && (u->uid || user_tightest_holder(l, u, NULL)))
			add(b, (struct rest){
				.id = u->id, .is_user = true, .uid = u->uid, .pages = rest,
			});
	}
	free(pairs);
}

static const struct rest *find(const struct balance *b, const struct rest *r)
{
	for (size_t i = 0; i < b->nr; i++)
		if (b->list[i].id == r->id && b->list[i].is_user == r->is_user)
			return &b->list[i];
	return NULL;
}

static bool is_charged(const struct ring *ring, const struct rest *r)
{
	return r->is_user ? ring->user && ring->user->id == r->id :
			    ring->mm && ring->mm->id == r->id;
}

/*
 * The accounts of the rings that .a has and .b has not. A ring that closed and one that was made at its
 * address in the same account are not told apart.
 */
static void note_moves(struct balance *accounts, const struct ledger *a, const struct ledger *b)
{
	for (const struct ring *ring = a->rings; ring; ring = ring->hh.next) {
		const struct ring *same = ledger_ring(b, ring->id);

		for (size_t i = 0; i < accounts->nr; i++) {
			struct rest *r = &accounts->list[i];

			r->moves |= is_charged(ring, r) && !(same && is_charged(same, r));
		}
	}
}

void balance_again(struct balance *b, const struct ledger *before, const struct ledger *l)
{
	struct balance now = { 0 };
	size_t kept = 0;

	balance_take(&now, l);
	note_moves(b, before, l);
	note_moves(b, l, before);
	for (size_t i = 0; i < b->nr; i++) {
		const struct rest *r = find(&now, &b->list[i]);

		if (!r)
			continue;
		b->list[kept] = b->list[i];
		if (r->pages < b->list[kept].pages)
			b->list[kept].pages = r->pages;
		b->list[kept].moved += b->list[kept].moves;
		b->list[kept].moves = false;
		kept++;
	}
	b->nr = kept;
	balance_free(&now);
}

/* What is told of it, but for the words. */
static struct finding finding_of(const struct rest *r)
{
	return (struct finding){
		.tag = UNEXPLAINED_CHARGE, .pid = r->pid, .ns_pid = r->ns_pid, .fd = -1,
		.index = -1, .uid = r->uid, .pages = r->pages,
	};
}

void balance_keep_selected(struct balance *b, const struct ledger *l, const struct selection *select)
{
	size_t kept = 0;

	if (!selection_asks(select))
		return;
	for (size_t i = 0; i < b->nr; i++) {
		const struct finding f = finding_of(&b->list[i]);

		if (finding_is_selected(select, l, &f))
			b->list[kept++] = b->list[i];
	}
	b->nr = kept;
}

void balance_explain(struct balance *b, size_t i, __u64 pages)
{
	struct rest *r = &b->list[i];

	r->pages -= pages < r->pages ? pages : r->pages;
}

void balance_free(struct balance *b)
{
	free(b->list);
	b->list = NULL;
	b->nr = 0;
}

/* A user whom no ring's limit binds is in nobody's way. */
static bool is_much(const struct ledger *l, const struct rest *r)
{
	const struct holder *h = NULL;
	__u64 much = MUCH_PAGES;

	for (const struct ledger_user *u = l->users; u && r->is_user; u = u->hh.next)
		if (u->id == r->id)
			h = user_tightest_holder(l, u, NULL);
	if (r->is_user && !h)
		return false;
	if (h && h->memlock_limit_bytes / MUCH_OF_LIMIT > much * PAGE_BYTES)
		much = h->memlock_limit_bytes / MUCH_OF_LIMIT / PAGE_BYTES;
	return r->pages > much;
}

static void report(const struct rest *r, const struct ledger *l, struct findings *out)
{
	struct finding f = finding_of(r);
	char name[NAME_LEN], size[FMT_LEN], count[FMT_LEN];

	f.cause = is_much(l, r) ? UNEXPLAINED_MUCH : UNEXPLAINED_LITTLE;
	f.unconfirmed = r->moved >= MOVES;

	fmt_bytes_long(size, r->pages * PAGE_BYTES);
	fmt_count_pages(count, r->pages);
	for (const struct ledger_mm *mm = l->mms; mm; mm = mm->hh.next) {
		if (r->is_user || mm->id != r->id)
			continue;
		f.comm = mm->comm;
		finding_add(out, f, "%s (%s) %s charged to %s, and no ring that was found "
			    "explains that; looked at: descriptors, registered rings, rings that "
			    "living threads submitted to or sleep in, mappings, polls of rings. Not seen: a "
			    "ring that is closing, or that only a poll(2) of thousands of descriptors "
			    "keeps",
			    count, size, is_or_are(r->pages), mm_name(name, mm));
		return;
	}
	if (r->is_user)
		finding_add(out, f, "%s (%s) of what user %u has locked %s not explained by rings "
			    "that were found; looked at: descriptors, registered rings, rings that "
			    "living threads submitted to or sleep in, mappings, polls of rings. Not seen: a "
			    "ring that is closing, or that only a poll(2) of thousands of descriptors "
			    "keeps",
			    count, size, r->uid, is_or_are(r->pages));
}

void check_balance(const struct balance *b, const struct ledger *l, struct findings *out)
{
	for (size_t i = 0; i < b->nr; i++)
		if (b->list[i].pages)
			report(&b->list[i], l, out);
}
