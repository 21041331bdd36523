// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include "base/array.h"
#include "checks/stuck_past.h"

struct stuck_kept {
	struct stuck was;	/* at the look that saw the oldest of them */
	__u64 ops, cancelled;	/* of the kind, that had ended by then */
	bool mixed;		/* a later look saw younger ones: which of them ended how is not known */
	bool told;
};

static void count_kind(const struct io_model *m, const struct io_under_way *u, __u64 *ops, __u64 *cancelled)
{
	*ops = *cancelled = 0;
	for (size_t i = 0; i < m->nr_rows; i++) {
		const struct io_counts *c = &m->rows[i].c;

		if (c->ring != u->ring || c->who != u->who)
			continue;
		*ops += c->ops;
		*cancelled += c->cancelled;
	}
}

static bool same_place(const struct io_under_way *a, const struct io_under_way *b)
{
	return a->ring == b->ring && a->index == b->index && a->who == b->who;
}

/* What waits for the other side still does when its process has ended. */
static unsigned int kind(const struct stuck *s)
{
	return s->about.cause == STUCK_BY_END ? STUCK_BY_DESIGN : s->about.cause;
}

static struct stuck_kept *find(const struct stuck_past *p, const struct stuck *s)
{
	for (size_t i = 0; i < p->nr; i++)
		if (same_place(&p->list[i].was.oldest, &s->oldest) &&
		    kind(&p->list[i].was) == kind(s))
			return &p->list[i];
	return NULL;
}

/* What was told is kept so that it is not told again. */
static void make_room(struct stuck_past *p)
{
	size_t at = 0;

	while (at < p->nr && !p->list[at].told)
		at++;
	if (at < p->nr)
		p->list[at] = p->list[--p->nr];
}

static void keep(struct stuck_past *p, const struct stuck *s, const struct io_model *whole, bool told)
{
	struct stuck_kept *k = find(p, s);
	bool anew = !k || s->oldest.age_ns > k->was.oldest.age_ns;

	if (!k && p->nr == STUCK_KEPT)
		make_room(p);
	if (!k && p->nr == STUCK_KEPT)
		return;
	if (!k) {
		array_grow(p->list, p->nr);
		k = &p->list[p->nr++];
		*k = (struct stuck_kept){ 0 };
	}
	/* younger ones are others, of which nothing was told */
	k->told = anew ? k->told || told : told;
	k->mixed = !anew;
	if (!anew && k->was.nr < s->nr)
		k->was.nr = s->nr;
	if (!anew)
		return;
	k->was = *s;
	count_kind(whole, &s->oldest, &k->ops, &k->cancelled);
}

void stuck_past_add(struct stuck_past *p, const struct stuck_list *now, const struct io_model *whole, bool told)
{
	for (size_t i = 0; i < now->nr; i++)
		keep(p, &now->list[i], whole, told);
}

static bool goes_on(const struct stuck_kept *k, const struct io_model *m)
{
	for (size_t i = 0; i < m->nr_under_way; i++)
		if (m->under_way[i].age_ns >= STUCK_NS && same_place(&m->under_way[i], &k->was.oldest))
			return true;
	return false;
}

/* That they were cancelled is known where all of the kind that ended since were. */
static const char *ended(const struct stuck_kept *k, const struct io_model *m, const struct io_model *whole)
{
	__u64 ops, cancelled;

	/* more are under way than are looked at */
	if (!m->sees_under_way)
		return "they were not looked at again";
	count_kind(whole, &k->was.oldest, &ops, &cancelled);
	if (!k->mixed && ops - k->ops == cancelled - k->cancelled && ops - k->ops >= k->was.nr)
		return k->was.nr == 1 ? "it was cancelled since" : "they were cancelled since";
	return k->was.nr == 1 ? "it has ended since" : "they have ended since";
}

void stuck_past_tell(struct stuck_past *p, const struct io_model *m, const struct io_model *whole,
		     struct findings *out)
{
	for (size_t i = 0; i < p->nr; i++) {
		struct stuck_kept *k = &p->list[i];

		if (k->told || goes_on(k, m))
			continue;
		stuck_tell(&k->was, ended(k, m, whole), out);
		k->told = true;
	}
}

void stuck_past_free(struct stuck_past *p)
{
	free(p->list);
	*p = (struct stuck_past){ 0 };
}
