// SPDX-License-Identifier: GPL-2.0
#include "capture/peek.h"
#include "capture/ring_again.h"
#include "walk.skel.h"

size_t ring_holders_again(struct fact_holder *h, size_t nr, const struct holders *again)
{
	size_t k = holders_first(again, h->h.ring), end = k < again->nr ? holders_next_ring(again, k) : k;
	size_t kept = 0;

	if (k == end || again->list[k].h.ring != h->h.ring)
		return nr;
	/* both are in order of their processes */
	for (size_t i = 0; i < nr; i++) {
		while (k < end && again->list[k].h.pid < h[i].h.pid)
			k++;
		if (k < end && again->list[k].h.pid == h[i].h.pid) {
			struct fact_holder one = h[i];

			h[i] = h[kept];
			h[kept++] = one;
		}
	}
	return kept ? kept : nr;
}

/* Whether these were found with a ring that is another than what was read at its address. */
static bool held_another(const struct reading *r, const struct fact_holder *h, size_t nr)
{
	for (size_t i = 0; i < nr; i++)
		if (h[i].whose && h[i].whose != r->ring.whose)
			return true;
	return false;
}

bool ring_is_there_again(const struct peek *p, const struct reading *r, const struct fact_holder *h,
			 size_t nr, const struct holders *again)
{
	size_t begin = holders_first(again, h->h.ring), end, k = 0;

	if (begin == again->nr || again->list[begin].h.ring != h->h.ring)
		return false;
	end = holders_next_ring(again, begin);
	if (held_another(r, h, nr) || held_another(r, &again->list[begin], end - begin))
		return false;
	/* what is closed is gone soon, and its address another process's, time and again */
	if (h->how == HOLDER_CLOSING && (again->list[begin].how != h->how || h->mm != r->ring.mm))
		return false;
	/* both are in order of their processes */
	for (size_t i = begin; i < end; i++) {
		while (k < nr && h[k].h.pid < again->list[i].h.pid)
			k++;
		/* its own address may have been another's in between: what was read has to be its */
		if (k < nr && h[k].h.pid == again->list[i].h.pid && h[k].mm == r->ring.mm)
			return true;
	}
	for (size_t i = begin; i < end; i++)
		if (again->list[i].mm == r->ring.mm)
			return false;
	return !peek(p->skel->progs.peek_ring, h->h.ring, 0, 0) &&
	       p->skel->bss->out_ring.mm == r->ring.mm;
}
