// SPDX-License-Identifier: GPL-2.0
/*
 * A task's rings are the entries of an xarray, whose index is the ring's address: eleven levels,
 * with a leaf for nearly each ring. Nothing is locked: a node that was freed meanwhile may read as
 * anything, so an entry counts only when it names the ring that its index says, and the walk looks
 * for the ring again at its end.
 */
#include <bpf/libbpf.h>
#include <stdlib.h>
#include "base/array.h"
#include "capture/peek.h"
#include "capture/submitters.h"
#include "capture/xarray.h"
#include "walk.skel.h"

/*
 * A thread costs its user little, and each may have used each of its rings: of one user so many are
 * read in a walk. A torn tree has no end of its own either.
 */
#define USER_NODES	(1U << 17)

/* A node to read, or, with .is_entry, an entry at that index. */
struct todo {
	__u64 at, index;
	size_t task;		/* in tasks */
	__u32 above;		/* shift of the node that has it */
};

struct descent {
	struct walk_bpf *skel;
	const struct peek *peek;
	struct holders *h;
	struct fact_holder *tasks;
	struct todo *nodes, *entries;
	size_t nr_tasks, nr_nodes, nr_entries;
	struct payers payers;
};

void submitters_prepare(struct walk_bpf *skel)
{
	bpf_program__set_autoload(skel->progs.peek_nodes, true);
	bpf_program__set_autoload(skel->progs.peek_submitted, true);
}

static void add(struct todo **list, size_t *nr, struct todo t)
{
	array_grow(*list, *nr);
	(*list)[(*nr)++] = t;
}

/* Takes the xarrays out of the list, and sorts what is left. */
static void take_tasks(struct descent *d)
{
	struct holders *h = d->h;
	size_t left = 0;

	for (size_t i = 0; i < h->nr; i++) {
		const struct fact_holder *f = &h->list[i];

		if (f->how != HOLDER_XARRAY) {
			h->list[left++] = *f;
			continue;
		}
		/* an array whose head is an entry has it at 0, where no ring is */
		if (XA_IS_NODE(f->h.ring))
			add(&d->nodes, &d->nr_nodes, (struct todo){
				.at = XA_NODE(f->h.ring), .task = d->nr_tasks, .above = 64 + XA_SLOT_BITS,
			});
		array_grow(d->tasks, d->nr_tasks);
		d->tasks[d->nr_tasks++] = *f;
	}
	h->nr = left;
	holders_sort(h);
}

static void take_slots(struct descent *d, const struct todo *t, const struct xa_slots *node)
{
	/* each level has a lower shift, in a tree that is whole */
	if (node->shift >= t->above || node->shift >= 64)
		return;
	for (__u64 i = 0; i < 1 << XA_SLOT_BITS; i++) {
		struct todo next = {
			.at = node->slot[i], .index = t->index | i << node->shift,
			.task = t->task, .above = node->shift,
		};

		if (node->shift && XA_IS_NODE(next.at)) {
			next.at = XA_NODE(next.at);
			add(&d->nodes, &d->nr_nodes, next);
		} else if (!node->shift && next.at && !(next.at & 3) &&
			   !holders_have(d->h, next.index)) {
			add(&d->entries, &d->nr_entries, next);
		}
	}
}

static int descend(struct descent *d)
{
	struct todo now[PEEK_NODES];

	while (d->nr_nodes) {
		size_t nr = 0;
		int err;

		if (peek_is_over(d->peek))
			return peek_end();
		while (d->nr_nodes && nr < PEEK_NODES) {
			now[nr] = d->nodes[--d->nr_nodes];
			d->skel->bss->in_nodes[nr] = now[nr].at;
			nr += payers_spend(&d->payers, &d->tasks[now[nr].task], USER_NODES);
		}
		if (!nr)
			break;
		err = peek(d->skel->progs.peek_nodes, nr, 0, 0);
		if (err)
			return err;
		for (size_t i = 0; i < nr; i++)
			take_slots(d, &now[i], &d->skel->bss->out_nodes[i]);
	}
	return 0;
}

/* .waits_for: requests, if it is closed and waits for some. */
static void add_holder(struct descent *d, const struct todo *t, __u32 waits_for, __u32 whose)
{
	struct fact_holder *f = holders_add(d->h);

	*f = d->tasks[t->task];
	f->h.ring = t->index;
	f->whose = whose;
	f->how = waits_for ? HOLDER_CLOSING : HOLDER_SUBMITTED;
	if (waits_for)
		f->in_flight = waits_for;
}

/* As it was answered for: a node that was freed may be another task's by now. */
static void take_entry(struct descent *d, const struct todo *t, size_t i)
{
	const struct walk_bpf__bss *bss = d->skel->bss;

	if (bss->out_submitted[i] == t->index && bss->out_tids[i] == (__s32)d->tasks[t->task].h.tid)
		add_holder(d, t, bss->out_waits_for[i], bss->out_whose[i]);
}

static int confirm(struct descent *d)
{
	for (size_t first = 0; first < d->nr_entries; first += PEEK_NODES) {
		size_t nr = d->nr_entries - first;
		int err;

		if (peek_is_over(d->peek))
			return peek_end();
		if (nr > PEEK_NODES)
			nr = PEEK_NODES;
		for (size_t i = 0; i < nr; i++)
			d->skel->bss->in_nodes[i] = d->entries[first + i].at;
		err = peek(d->skel->progs.peek_submitted, nr, 0, 0);
		if (err)
			return err;
		for (size_t i = 0; i < nr; i++)
			take_entry(d, &d->entries[first + i], i);
	}
	return 0;
}

int submitters_find(const struct peek *p, struct holders *h, struct walk_cuts *cuts)
{
	struct descent d = { .skel = p->skel, .peek = p, .h = h };
	int err;

	take_tasks(&d);
	err = descend(&d);
	if (!err)
		err = confirm(&d);
	if (!err && d.nr_entries)
		holders_sort(h);
	payers_end(&d.payers, cuts);
	free(d.tasks);
	free(d.nodes);
	free(d.entries);
	return err;
}
