// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include "base/alloc.h"
#include "capture/mms.h"

static int by_mm(const void *a, const void *b)
{
	const struct mm_owner *x = a, *y = b;

	if (x->mm != y->mm)
		return x->mm < y->mm ? -1 : 1;
	return x->pid < y->pid ? -1 : x->pid > y->pid;
}

void mms_take(struct mms *m, const struct holders *h)
{
	mms_free(m);
	m->nr = holders_next_ring(h, 0);
	if (h->nr && h->list[0].h.ring)
		m->nr = 0;
	m->list = must_alloc(m->nr, sizeof(*m->list));
	for (size_t i = 0; i < m->nr; i++)
		m->list[i] = (struct mm_owner){
			h->list[i].mm, h->list[i].h.pid, h->list[i].ns_pid, h->list[i].h.uid,
			h->list[i].h.comm, h->list[i].h.flags & FACT_F_CHOSEN,
			h->list[i].h.flags & FACT_F_NO_PINS,
		};
	qsort(m->list, m->nr, sizeof(*m->list), by_mm);
}

const struct mm_owner *mms_find(const struct mms *m, __u64 mm)
{
	size_t lo = 0, hi = m->nr;

	while (lo < hi) {
		size_t mid = (lo + hi) / 2;

		if (m->list[mid].mm < mm)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < m->nr && m->list[lo].mm == mm ? &m->list[lo] : NULL;
}

/* Whoever was asked for before others: it is theirs as much. */
static const struct mm_owner *owner_to_name(const struct mms *m, const struct selection *select,
					    __u64 mm)
{
	const struct mm_owner *first = mms_find(m, mm);

	for (const struct mm_owner *o = first; o && o < m->list + m->nr && o->mm == mm; o++)
		if (selection_has_found(select, o->chosen, o->pid, o->uid, &o->comm))
			return o;
	return first;
}

void mms_name(const struct mms *m, const struct selection *select, struct ledger *l)
{
	for (struct ledger_mm *mm = l->mms; mm; mm = mm->hh.next) {
		const struct mm_owner *owner = mm->pid ? NULL : owner_to_name(m, select, mm->id);

		if (!owner)
			continue;
		mm->pid = owner->pid;
		mm->ns_pid = owner->ns_pid;
		mm->uid = owner->uid;
		mm->comm = owner->comm;
		mm->chosen = owner->chosen;
	}
}

void mms_free(struct mms *m)
{
	free(m->list);
	*m = (struct mms){ 0 };
}
