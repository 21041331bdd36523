// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include "base/alloc.h"
#include "model/totals.h"

static int by_address(const void *a, const void *b)
{
	const struct buffer *x = *(struct buffer *const *)a, *y = *(struct buffer *const *)b;

	return x < y ? -1 : x > y;
}

/* The buffers of the selected rings, each once; *nr of them. To be freed. */
static struct buffer **distinct_buffers(const struct ledger *l, const struct selection *select,
					size_t *nr)
{
	struct buffer **list;
	size_t n = 0, room = 0;

	for (const struct ring *r = l->rings; r; r = r->hh.next)
		room += r->nr_slots;
	*nr = 0;
	list = must_alloc(room + 1, sizeof(*list));
	for (const struct ring *r = l->rings; r; r = r->hh.next)
		for (__u32 i = 0; selection_has_ring(select, r) && i < r->nr_slots; i++)
			if (r->slots[i])
				list[n++] = r->slots[i];
	qsort(list, n, sizeof(*list), by_address);
	for (size_t i = 0; i < n; i++)
		if (!i || list[i] != list[i - 1])
			list[(*nr)++] = list[i];
	return list;
}

struct ring_totals ledger_totals(const struct ledger *l, const struct selection *select)
{
	struct ring_totals t = { 0 };
	struct buffer **list = distinct_buffers(l, select, &t.buffers);

	for (size_t i = 0; i < t.buffers; i++) {
		t.registered_bytes += list[i]->len_bytes;
		if (list[i]->charged_pages != ACCT_UNKNOWN)
			t.charged_pages += list[i]->charged_pages;
	}
	for (const struct ring *r = l->rings; r; r = r->hh.next)
		t.rings += selection_has_ring(select, r);
	free(list);
	return t;
}
