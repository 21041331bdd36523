// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include <string.h>
#include "base/alloc.h"
#include "base/array.h"
#include "checks/holdings.h"
#include "checks/places.h"

bool ring_has_size(const struct ring *r, __u64 min_bytes)
{
	for (__u32 i = 0; min_bytes && i < r->nr_slots; i++)
		if (r->slots[i] && r->slots[i]->len_bytes >= min_bytes)
			return true;
	return !min_bytes || r->skipped || r->unread;
}

/* ---- who ------------------------------------------------------------------------------- */

static const char *cgroup_of_ring(const struct ring *r)
{
	return r->nr_holders ? r->holders[0].cgroup : NULL;
}

static int by_number(__u32 a, __u32 b)
{
	return a < b ? -1 : a > b;
}

/* 0: both are of one owner. */
static int by_owner(const struct ring *a, const struct ring *b, enum holdings_by by)
{
	const char *x = cgroup_of_ring(a), *y = cgroup_of_ring(b);

	switch (by) {
	case BY_USER:
		return by_number(ring_uid(a), ring_uid(b));
	case BY_CGROUP:
		return x && y ? strcmp(x, y) : !!x - !!y;
	default:
		return by_number(ring_pid(a), ring_pid(b));
	}
}

/* Those of one owner in the order of their addresses. */
static int by_owner_and_ring(const void *a, const void *b, void *by)
{
	const struct ring *x = *(const struct ring *const *)a, *y = *(const struct ring *const *)b;
	int order = by_owner(x, y, *(enum holdings_by *)by);

	return order ? order : x->id < y->id ? -1 : x->id > y->id;
}

static void add_ring(struct holding *h, const struct ring *r)
{
	h->ring_pages += r->ring_pages;
	for (size_t i = 0; i < r->nr_memory; i++)
		if (r->memory[i].pinned)
			h->other_pinned_pages += r->memory[i].pages;
	if (r->user)
		h->user = r->user;
	for (__u32 i = 0; i < r->nr_slots; i++)
		if (r->slots[i] && r->slots[i]->refs > h->refs)
			h->refs = r->slots[i]->refs;
	for (size_t i = 0; i < r->nr_holders; i++)
		if (r->holders[i].memlock_limit_bytes < h->limit_bytes)
			h->limit_bytes = r->holders[i].memlock_limit_bytes;
}

static int by_address(const void *a, const void *b)
{
	const struct ledger_mm *x = *(struct ledger_mm *const *)a, *y = *(struct ledger_mm *const *)b;

	return x < y ? -1 : x > y;
}

/* Each address space once. */
static void add_mms(struct holding *h, struct ledger_mm **mms, size_t nr)
{
	if (nr)
		qsort(mms, nr, sizeof(*mms), by_address);
	for (size_t i = 0; i < nr; i++)
		if (!i || mms[i] != mms[i - 1]) {
			h->pinned_pages += mms[i]->pinned_pages;
			h->nr_mms++;
		}
}

static void sum_up(struct holding *h, const struct ring *const *rings, size_t nr)
{
	struct ledger_mm **mms = must_alloc(nr, sizeof(*mms));
	size_t nr_mms = 0;

	for (size_t i = 0; i < nr; i++) {
		add_ring(h, rings[i]);
		if (rings[i]->mm)
			mms[nr_mms++] = rings[i]->mm;
	}
	add_mms(h, mms, nr_mms);
	free(mms);
	h->t = rings_totals(rings, nr);
}

struct holding *holdings_of(const struct ledger *l, const struct selection *select,
			    enum holdings_by by, __u64 min_bytes, size_t *nr)
{
	const struct ring **rings = must_alloc(HASH_COUNT(l->rings) + 1, sizeof(*rings));
	struct holding *list = NULL;
	size_t nr_rings = 0, end;

	for (const struct ring *r = l->rings; r; r = r->hh.next)
		if (selection_has_ring(select, r) && ring_has_size(r, min_bytes))
			rings[nr_rings++] = r;
	if (nr_rings)
		qsort_r(rings, nr_rings, sizeof(*rings), by_owner_and_ring, &by);
	*nr = 0;
	for (size_t i = 0; i < nr_rings; i = end) {
		const struct ring *r = rings[i];

		for (end = i + 1; end < nr_rings && !by_owner(rings[end], r, by);)
			end++;
		array_grow(list, *nr);
		list[*nr] = (struct holding){ .ring = r, .uid = ring_uid(r), .limit_bytes = ~0ULL,
					      .pid = by == BY_PROCESS ? ring_pid(r) : 0,
					      .cgroup = cgroup_of_ring(r),
					      .cgroup_bytes = ~0ULL, .cgroup_max_bytes = ~0ULL };
		sum_up(&list[(*nr)++], &rings[i], end - i);
	}
	free(rings);
	return list;
}

/* ---- in which order -------------------------------------------------------------------- */

static int most_first(__u64 a, __u64 b)
{
	return a > b ? -1 : a < b;
}

static int compare(const struct holding *a, const struct holding *b, enum holdings_sort by)
{
	switch (by) {
	case SORT_CHARGED:
		return most_first(a->t.charged_pages + a->ring_pages, b->t.charged_pages + b->ring_pages);
	case SORT_REFS:
		return most_first(a->refs, b->refs);
	case SORT_PID:
		return -most_first(a->pid, b->pid);
	case SORT_UID:
		return -most_first(a->uid, b->uid);
	default:
		return most_first(a->t.registered_bytes, b->t.registered_bytes);
	}
}

/* What is equal stays in order of processes, then of rings. */
static int compare_as(const void *a, const void *b, void *by)
{
	const struct holding *x = a, *y = b;
	int order = compare(x, y, *(enum holdings_sort *)by);

	if (!order)
		order = compare(x, y, SORT_PID);
	return order ? order : -most_first(x->ring->id, y->ring->id);
}

void holdings_sort(struct holding *list, size_t nr, enum holdings_sort by)
{
	if (nr)
		qsort_r(list, nr, sizeof(*list), compare_as, &by);
}

static int by_place(const struct ring *a, const struct ring *b)
{
	return a->place < b->place ? -1 : a->place > b->place;
}

void holdings_sort_rings(struct ledger *l, enum holdings_sort by)
{
	size_t nr = HASH_COUNT(l->rings), i = 0;
	struct holding *list;
	struct ring *r;

	if (!nr)
		return;
	list = must_alloc(nr, sizeof(*list));
	for (r = l->rings; r; r = r->hh.next, i++) {
		list[i] = (struct holding){ .ring = r, .pid = ring_pid(r), .uid = ring_uid(r),
					    .limit_bytes = ~0ULL };
		add_ring(&list[i], r);
		list[i].t = ring_totals(r);
	}
	holdings_sort(list, nr, by);
	for (i = 0; i < nr; i++)
		ledger_ring(l, list[i].ring->id)->place = i;
	HASH_SRT(hh, l->rings, by_place);
	free(list);
}

/* Slots of the user's other processes that were read: if this one is named, its rings come first. */
static __u64 read_of_others(const struct ledger *l, const struct ring *r)
{
	__u64 slots = 0;

	for (const struct ring *other = l->rings; other; other = other->hh.next)
		if (ring_uid(other) == ring_uid(r) && ring_pid(other) != ring_pid(r))
			slots += other->nr_slots;
	return slots;
}

bool naming_helps(const struct ledger *l, const struct selection *select)
{
	__u32 uid = 0, pid = 0;

	if (select->nr_pids == 1)
		return false;
	for (const struct ring *r = l->rings; r; r = r->hh.next) {
		if (!r->skipped || !selection_has_ring(select, r) || (ring_pid(r) == pid && ring_uid(r) == uid))
			continue;
		uid = ring_uid(r);
		pid = ring_pid(r);
		if (read_of_others(l, r) >= r->skipped)
			return true;
	}
	return false;
}
