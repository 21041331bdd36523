// SPDX-License-Identifier: GPL-2.0
/*
 * Nothing is locked, so what is read may be torn or freed: a mapping counts only when it says
 * that it is of the address space it was found in, and the walk looks for its ring again at its end.
 */
#include <bpf/libbpf.h>
#include <stdlib.h>
#include "base/array.h"
#include "capture/mapped.h"
#include "capture/peek.h"
#include "walk.skel.h"

#define USER_NODES	(1U << 15) /* read for one user in a walk: half a million mappings */
#define LEVELS		8	/* of a tree, more than 16^8 mappings */

struct todo {
	__u64 at;		/* 0 = the first of the process's */
	size_t process;		/* in h */
	unsigned int level;
};

struct search {
	struct walk_bpf *skel;
	struct holders *h;
	struct fact_holder *found;
	struct todo *todo;
	struct payers payers;
	size_t nr_found, nr_todo;
};

void mapped_prepare(struct walk_bpf *skel)
{
	bpf_program__set_autoload(skel->progs.peek_maps, true);
}

static void add(struct search *s, struct todo t)
{
	array_grow(s->todo, s->nr_todo);
	s->todo[s->nr_todo++] = t;
}

static void add_found(struct search *s, const struct todo *t, __u64 ring)
{
	struct fact_holder f = s->h->list[t->process];

	if (holders_have(s->h, ring))
		return;
	for (size_t i = s->nr_found; i-- && s->found[i].h.pid == f.h.pid;)
		if (s->found[i].h.ring == ring)
			return;
	f.h.ring = ring;
	f.how = HOLDER_MAPPING;
	array_grow(s->found, s->nr_found);
	s->found[s->nr_found++] = f;
}

static void take(struct search *s, const struct todo *t, const struct map_node *n)
{
	struct todo next = *t;

	for (int i = 0; i < MAP_SLOTS; i++) {
		if (n->slot[i] && n->is_leaf)
			add_found(s, t, n->slot[i]);
		next.at = n->slot[i];
		next.level = t->level + 1;
		/* the last words of a node are not always slots */
		if (next.at > 4096 && !n->is_leaf && next.level <= LEVELS)
			add(s, next);
	}
	next.at = n->next;
	next.level = t->level;
	if (next.at)
		add(s, next);
}

static int read_on(struct search *s)
{
	struct todo now[PEEK_NODES];
	size_t nr = 0;
	int err;

	while (s->nr_todo && nr < PEEK_NODES) {
		const struct todo *t = &s->todo[--s->nr_todo];

		if (!payers_spend(&s->payers, &s->h->list[t->process], USER_NODES))
			continue;
		s->skel->bss->in_maps[nr] = t->at;
		s->skel->bss->in_mms[nr] = s->h->list[t->process].mm;
		now[nr++] = *t;
	}
	err = peek(s->skel->progs.peek_maps, nr, s->skel->bss->ring_fops, 0);
	for (size_t i = 0; !err && i < nr; i++)
		take(s, &now[i], &s->skel->bss->out_maps[i]);
	return err;
}

/* The processes that hold a ring by mapping it, in order. */
struct mappers {
	__u32 *pids;
	size_t nr;
};

static int by_pid(const void *a, const void *b)
{
	const __u32 *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

/* Once: a process may be forked ten thousand times, and each has all the rings. */
static void take_mappers(struct mappers *m, const struct holders *h)
{
	for (size_t i = 0; i < h->nr; i++) {
		if (h->list[i].how != HOLDER_MAPPING)
			continue;
		array_grow(m->pids, m->nr);
		m->pids[m->nr++] = h->list[i].h.pid;
	}
	if (m->nr)
		qsort(m->pids, m->nr, sizeof(*m->pids), by_pid);
}

static bool has_mapper(const struct mappers *m, __u32 pid)
{
	return m->nr && bsearch(&pid, m->pids, m->nr, sizeof(*m->pids), by_pid);
}

int mapped_find(const struct peek *p, struct holders *h, const struct holders *only,
		struct walk_cuts *cuts)
{
	struct search s = { .skel = p->skel, .h = h };
	struct mappers again = { 0 };
	int err = 0;

	if (only)
		take_mappers(&again, only);
	/* those of no ring come first: the processes */
	for (size_t i = 0; i < h->nr && !h->list[i].h.ring; i++)
		if (!only || has_mapper(&again, h->list[i].h.pid))
			add(&s, (struct todo){ .process = i });
	while (!err && s.nr_todo)
		err = peek_is_over(p) ? peek_end() : read_on(&s);
	for (size_t i = 0; !err && i < s.nr_found; i++)
		*holders_add(h) = s.found[i];
	holders_sort(h);
	payers_end(&s.payers, cuts);
	free(again.pids);
	free(s.found);
	free(s.todo);
	return err;
}
