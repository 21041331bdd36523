// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include "base/alloc.h"
#include "model/totals.h"

static int by_address(const void *a, const void *b)
{
	const struct buffer *x = *(struct buffer *const *)a, *y = *(struct buffer *const *)b;

	return x < y ? -1 : x > y;
}

static void add(struct ring_totals *t, const struct buffer *b)
{
	t->buffers++;
	t->registered_bytes += b->len_bytes;
	if (b->charged_pages != ACCT_UNKNOWN)
		t->charged_pages += b->charged_pages;
}

/* Adds the buffers that only one slot has; the others to .shared, unless that is NULL. Their number. */
static size_t add_ring(struct ring_totals *t, const struct ring *r, struct buffer **shared)
{
	size_t nr = 0;

	for (__u32 i = 0; i < r->nr_slots; i++) {
		struct buffer *b = r->slots[i];

		if (!b)
			continue;
		t->slots += !shared;
		if (b->slots > 1) {
			if (shared)
				shared[nr] = b;
			nr++;
		} else if (!shared) {
			add(t, b);
		}
	}
	return nr;
}

/* Each once; sorts them. */
static void add_distinct(struct ring_totals *t, struct buffer **list, size_t nr)
{
	qsort(list, nr, sizeof(*list), by_address);
	for (size_t i = 0; i < nr; i++)
		if (!i || list[i] != list[i - 1])
			add(t, list[i]);
}

static void count_ring(struct ring_totals *t, const struct ring *r)
{
	t->rings++;
	t->skipped_rings += r->skipped > 0;
	t->skipped_slots += r->skipped;
	t->unread_rings += r->unread;
}

struct ring_totals ring_totals(const struct ring *r)
{
	struct ring_totals t = { 0 };
	size_t nr = add_ring(&t, r, NULL);
	struct buffer **shared;

	count_ring(&t, r);
	if (!nr)
		return t;
	shared = must_alloc(nr, sizeof(*shared));
	add_ring(&t, r, shared);
	add_distinct(&t, shared, nr);
	free(shared);
	return t;
}

struct ring_totals rings_totals(const struct ring *const *rings, size_t nr_rings)
{
	struct ring_totals t = { 0 };
	struct buffer **shared;
	size_t nr = 0, n = 0;

	for (size_t i = 0; i < nr_rings; i++) {
		count_ring(&t, rings[i]);
		nr += add_ring(&t, rings[i], NULL);
	}
	if (!nr)
		return t;
	shared = must_alloc(nr, sizeof(*shared));
	for (size_t i = 0; i < nr_rings; i++)
		n += add_ring(&t, rings[i], shared + n);
	add_distinct(&t, shared, n);
	free(shared);
	return t;
}

struct ring_totals ledger_totals(const struct ledger *l, const struct selection *select)
{
	const struct ring **rings = must_alloc(HASH_COUNT(l->rings) + 1, sizeof(*rings));
	struct ring_totals t;
	size_t nr = 0;

	for (const struct ring *r = l->rings; r; r = r->hh.next)
		if (selection_has_ring(select, r))
			rings[nr++] = r;
	t = rings_totals(rings, nr);
	free(rings);
	return t;
}
