// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include "base/array.h"
#include "capture/sharers.h"

struct search {
	const struct holders *h;
	const struct selection *select;
	struct fact_holder *list;	/* the selected processes, by address space */
	size_t nr;
	struct fact_holder *found;
	size_t nr_found;
};

static int by_mm(const void *a, const void *b)
{
	const struct fact_holder *x = a, *y = b;

	if (x->mm != y->mm)
		return x->mm < y->mm ? -1 : 1;
	return x->h.pid < y->h.pid ? -1 : x->h.pid > y->h.pid;
}

static bool is_selected(const struct selection *s, const struct fact_holder *f)
{
	return selection_has_task(s, &f->h);
}

/* Those among the records of no ring, which are the processes and come first. */
static void take_selected(struct search *s)
{
	const struct holders *h = s->h;

	for (size_t i = 0; i < h->nr && !h->list[i].h.ring; i++) {
		if (!h->list[i].mm || !is_selected(s->select, &h->list[i]))
			continue;
		array_grow(s->list, s->nr);
		s->list[s->nr++] = h->list[i];
	}
	if (s->nr)
		qsort(s->list, s->nr, sizeof(*s->list), by_mm);
}

static size_t first_with(const struct search *s, __u64 mm)
{
	size_t lo = 0, hi = s->nr;

	while (lo < hi) {
		size_t mid = (lo + hi) / 2;

		if (s->list[mid].mm < mm)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static bool holds(const struct search *s, size_t first, size_t end, __u32 pid)
{
	__u64 ring = s->h->list[first].h.ring;

	for (size_t i = first; i < end; i++)
		if (s->h->list[i].h.pid == pid)
			return true;
	for (size_t i = s->nr_found; i-- && s->found[i].h.ring == ring;)
		if (s->found[i].h.pid == pid)
			return true;
	return false;
}

static void add_found(struct search *s, const struct fact_holder *process, __u64 ring)
{
	struct fact_holder *f;

	array_grow(s->found, s->nr_found);
	f = &s->found[s->nr_found++];
	*f = *process;
	f->h.ring = ring;
	f->how = HOLDER_SHARING;
}

/* Of one ring, whose records are [first, end). */
static void look_at_ring(struct search *s, size_t first, size_t end)
{
	__u64 ring = s->h->list[first].h.ring;

	/* of processes that were named each has its own answer; else one is as good as all of them */
	for (size_t i = first; !s->select->nr_pids && i < end; i++)
		if (is_selected(s->select, &s->h->list[i]))
			return;
	for (size_t i = first; i < end; i++) {
		__u64 mm = s->h->list[i].mm;

		for (size_t k = first_with(s, mm); mm && k < s->nr && s->list[k].mm == mm; k++) {
			if (holds(s, first, end, s->list[k].h.pid))
				continue;
			add_found(s, &s->list[k], ring);
			if (!s->select->nr_pids)
				return;
		}
	}
}

void sharers_find(struct holders *h, const struct selection *select)
{
	struct search s = { .h = h, .select = select };
	size_t end;

	if (!selection_asks(select))
		return;
	take_selected(&s);
	for (size_t i = 0; s.nr && i < h->nr; i = end) {
		end = holders_next_ring(h, i);
		if (h->list[i].h.ring)
			look_at_ring(&s, i, end);
	}
	for (size_t i = 0; i < s.nr_found; i++)
		*holders_add(h) = s.found[i];
	if (s.nr_found)
		holders_sort(h);
	free(s.list);
	free(s.found);
}
