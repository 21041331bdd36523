// SPDX-License-Identifier: GPL-2.0
#include "base/array.h"
#include "checks/holdings.h"
#include "checks/ring_changes.h"

static bool have_holder_in_common(const struct ring *a, const struct ring *b)
{
	for (size_t i = 0; i < a->nr_holders; i++)
		for (size_t k = 0; k < b->nr_holders; k++)
			if (a->holders[i].pid == b->holders[k].pid)
				return true;
	return !a->nr_holders && !b->nr_holders;
}

/* Addresses become other rings' as soon as they are free: it has to be the same people's, too. */
static const struct ring *same_ring(const struct ledger *l, const struct ring *r)
{
	const struct ring *other = ledger_ring(l, r->id);

	if (!other || (other->mm && r->mm && other->mm->id != r->mm->id))
		return NULL;
	return have_holder_in_common(other, r) ? other : NULL;
}

static bool is_read(const struct ring *r)
{
	return !r->unread && !r->skipped;
}

static bool have_the_same(const struct ring *a, const struct ring *b)
{
	if (a->nr_slots != b->nr_slots)
		return false;
	for (__u32 i = 0; i < a->nr_slots; i++) {
		const struct buffer *x = a->slots[i], *y = b->slots[i];

		if (!x != !y || (x && (x->id != y->id || x->addr != y->addr ||
				       x->len_bytes != y->len_bytes ||
				       x->charged_pages != y->charged_pages)))
			return false;
	}
	return true;
}

static bool is_wanted(const struct ring *r, const struct selection *select, __u64 min_bytes)
{
	return selection_has_ring(select, r) && ring_has_size(r, min_bytes);
}

struct ring_change *ring_changes(const struct ledger *before, const struct ledger *after,
				 const struct selection *select, __u64 min_bytes, size_t *nr)
{
	struct ring_change *list = NULL;

	*nr = 0;
	for (const struct ring *r = before->rings; r; r = r->hh.next) {
		if (!is_wanted(r, select, min_bytes) || same_ring(after, r))
			continue;
		array_grow(list, *nr);
		list[(*nr)++] = (struct ring_change){ .was = r, .had = ring_totals(r) };
	}
	for (const struct ring *r = after->rings; r; r = r->hh.next) {
		const struct ring *was = same_ring(before, r);

		if (!is_read(r) || !(is_wanted(r, select, min_bytes) ||
				     (was && is_wanted(was, select, min_bytes))))
			continue;
		if (was && is_read(was) && have_the_same(was, r))
			continue;
		array_grow(list, *nr);
		list[(*nr)++] = (struct ring_change){
			.was = was, .is = r, .has = ring_totals(r),
			.had = was ? ring_totals(was) : (struct ring_totals){ 0 },
			.compared = was && is_read(was),
		};
	}
	return list;
}
