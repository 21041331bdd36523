// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include "base/alloc.h"
#include "checks/folios.h"
#include "model/ledger_buffers.h"

/* Frames [start, end): whole folios of one extent. */
struct piece {
	__u64 start, end;
	size_t owner;		/* index of its place */
	__u64 ring;		/* sorts before .start; 0 where rings do not matter */
	bool large;
};

bool folios_known(const struct buffer *b)
{
	return b->walked && !b->bad_segment_at && b->segment_bytes == b->len_bytes;
}

static int by_start(const void *va, const void *vb)
{
	const struct piece *a = va, *b = vb;

	if (a->ring != b->ring)
		return a->ring < b->ring ? -1 : 1;
	return (a->start > b->start) - (a->start < b->start);
}

static struct piece *collect(const struct place *list, size_t nr, size_t *nr_pieces)
{
	struct piece *pieces;
	size_t room = 0, n = 0;

	for (size_t i = 0; i < nr; i++)
		room += list[i].buffer->nr_extents;
	pieces = must_alloc(room, sizeof(*pieces));
	for (size_t i = 0; i < nr; i++) {
		const struct buffer *b = list[i].buffer;

		for (size_t k = 0; folios_known(b) && k < b->nr_extents; k++) {
			const struct extent *e = &b->extents[k];
			__u64 inside = (1ULL << e->order) - 1;

			pieces[n++] = (struct piece){
				.start = e->pfn & ~inside,
				.end = ((e->pfn + e->pages - 1) | inside) + 1,
				.owner = i,
				.large = e->order > 0,
			};
		}
	}
	*nr_pieces = n;
	return pieces;
}

/* Pages that .p adds to those up to .end of the sweep, which it moves on. */
static __u64 advance(const struct piece *p, __u64 *end)
{
	__u64 from = p->start > *end ? p->start : *end;

	if (p->end <= from)
		return 0;
	*end = p->end;
	return p->end - from;
}

static size_t root_of(size_t *parent, size_t i)
{
	while (parent[i] != i) {
		parent[i] = parent[parent[i]];
		i = parent[i];
	}
	return i;
}

/* The lesser index stays the root: components keep the order of arrival. */
static void unite(size_t *parent, size_t a, size_t b)
{
	a = root_of(parent, a);
	b = root_of(parent, b);
	if (a < b)
		parent[b] = a;
	else
		parent[a] = b;
}

/* Fills parent[], and pages[i] with what place i adds to its component. */
static void sweep(const struct place *list, size_t nr, size_t *parent, __u64 *pages)
{
	size_t n, last = 0;
	struct piece *pieces = collect(list, nr, &n);
	__u64 end = 0;

	for (size_t i = 0; i < nr; i++)
		parent[i] = i;
	qsort(pieces, n, sizeof(*pieces), by_start);
	for (size_t i = 0; i < n; i++) {
		if (i && pieces[i].start < end)
			unite(parent, pieces[i].owner, last);
		pages[pieces[i].owner] += advance(&pieces[i], &end);
		last = pieces[i].owner;
	}
	free(pieces);
}

void components_find(struct components *c, const struct place *list, size_t nr)
{
	size_t *parent = must_alloc(nr, sizeof(*parent));
	size_t *number = must_alloc(nr, sizeof(*number));
	__u64 *added = must_alloc(nr, sizeof(*added));

	c->nr = 0;
	c->pages = must_alloc(nr, sizeof(*c->pages));
	c->begin = must_alloc(nr + 1, sizeof(*c->begin));
	c->members = must_alloc(nr, sizeof(*c->members));
	sweep(list, nr, parent, added);
	for (size_t i = 0; i < nr; i++) {
		size_t root = root_of(parent, i);

		if (root == i)
			number[i] = c->nr++;
		c->pages[number[root]] += added[i];
		c->begin[number[root] + 1]++;
	}
	for (size_t k = 0; k < c->nr; k++)
		c->begin[k + 1] += c->begin[k];
	/* begin[k] runs through its members, to where begin[k + 1] was: shift back after */
	for (size_t i = 0; i < nr; i++)
		c->members[c->begin[number[root_of(parent, i)]]++] = i;
	for (size_t k = c->nr; k > 0; k--)
		c->begin[k] = c->begin[k - 1];
	c->begin[0] = 0;
	free(parent);
	free(number);
	free(added);
}

void components_free(struct components *c)
{
	free(c->pages);
	free(c->begin);
	free(c->members);
}

static __u64 unique(struct piece *pieces, size_t n)
{
	__u64 pages = 0, end = 0;

	qsort(pieces, n, sizeof(*pieces), by_start);
	for (size_t i = 0; i < n; i++) {
		if (i && pieces[i].ring != pieces[i - 1].ring)
			end = 0;
		pages += advance(&pieces[i], &end);
	}
	return pages;
}

void folios_count(const struct place *list, size_t nr, bool per_ring, __u64 *pinned,
		  __u64 *expected)
{
	size_t n, large = 0;
	struct piece *pieces = collect(list, nr, &n);

	*pinned = unique(pieces, n);
	*expected = 0;
	for (size_t i = 0; i < n; i++) {
		const struct place *p = &list[pieces[i].owner];

		if (!pieces[i].large) {
			*expected += pieces[i].end - pieces[i].start;
			continue;
		}
		pieces[large] = pieces[i];
		pieces[large++].ring = per_ring ? buffer_account(p->buffer, p->ring) : 0;
	}
	*expected += unique(pieces, large);
	free(pieces);
}
