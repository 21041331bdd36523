// SPDX-License-Identifier: GPL-2.0
#include "base/signals.h"
#include "capture/heap.h"
#include "model/ledger_buffers.h"

/* As its ring's process sees it. */
static bool is_in_place(const struct buffer *b)
{
	return b && b->walked && !b->seen_by && buffer_pages(b) &&
	       buffer_pages_with(b, MAPPING_SAME) == buffer_pages(b);
}

static void look_at(struct page_walk *pages, struct ring *r)
{
	__u64 start = 0, end = 0;
	bool asked = false;

	for (__u32 i = 0; i < r->nr_slots; i++) {
		struct buffer *b = r->slots[i];

		if (!is_in_place(b))
			continue;
		if (!asked && !page_walk_heap(pages, r, &start, &end))
			return;
		asked = true;
		b->on_heap = b->addr >= start && b->addr + b->len_bytes <= end;
	}
}

void look_at_heaps(struct page_walk *pages, struct ledger *l, const struct selection *select)
{
	for (struct ring *r = l->rings; r && !interrupted; r = r->hh.next)
		if (selection_has_ring(select, r))
			look_at(pages, r);
	page_walk_rest(pages);
}
