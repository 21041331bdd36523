// SPDX-License-Identifier: GPL-2.0
#include <abi/fact.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "base/array.h"
#include "capture/peek.h"
#include "capture/ring_memory.h"
#include "capture/xarray.h"
#include "walk.skel.h"

#define TRIES		10
/* Of the trees of a user's groups so many nodes are read; all that a ring may have take 1041, twice. */
#define USER_NODES	4096
#define TOP_SHIFT	18	/* numbers of groups have 16 bits */

/* A node of the xarray of groups, whose first is .group; .above: the shift of the node that has it. */
struct todo {
	__u64 at;
	__u32 group, above;
};

struct tree {
	struct walk_bpf *skel;
	const struct fact_holder *holder;
	struct payers *payers;
};

void ring_memory_prepare(struct walk_bpf *skel)
{
	bpf_program__set_autoload(skel->progs.peek_memory, true);
	bpf_program__set_autoload(skel->progs.peek_groups, true);
}

static void add(struct ring_memories *to, const struct ring_memory *list, size_t nr)
{
	for (size_t i = 0; i < nr; i++) {
		if (!list[i].pages)
			continue;
		array_grow(to->list, to->nr);
		to->list[to->nr++] = list[i];
	}
}

/* Nothing is locked: a node may read as anything, but each level has a lower shift in a tree that is whole. */
static int read_nodes(const struct tree *t, __u64 head, struct ring_memories *to)
{
	struct walk_bpf *skel = t->skel;
	struct todo *list = NULL;
	size_t nr = 0;
	int err = 0;

	array_grow(list, nr);
	list[nr++] = (struct todo){ .at = XA_NODE(head), .above = TOP_SHIFT };
	while (nr && !err) {
		const struct xa_slots *node = &skel->bss->out_nodes[0];
		struct todo now = list[--nr];

		if (!payers_spend(t->payers, t->holder, USER_NODES)) {
			err = -ENOSPC;
			break;
		}
		skel->bss->in_nodes[0] = now.at;
		err = peek(skel->progs.peek_nodes, 1, 0, 0);
		if (!err && node->shift >= now.above)
			err = -EAGAIN;
		if (!err && !node->shift) {
			err = peek(skel->progs.peek_groups, now.at, now.group, 0);
			if (!err)
				add(to, skel->bss->out_groups, PEEK_GROUPS);
			continue;
		}
		for (__u32 i = 0; !err && i < 1 << XA_SLOT_BITS; i++) {
			if (!XA_IS_NODE(node->slot[i]))
				continue;
			array_grow(list, nr);
			list[nr++] = (struct todo){
				.at = XA_NODE(node->slot[i]), .group = now.group + (i << node->shift),
				.above = node->shift,
			};
		}
	}
	free(list);
	return err;
}

static int read_once(const struct tree *t, struct ring_memories *to)
{
	struct walk_bpf *skel = t->skel;
	int err = peek(skel->progs.peek_memory, t->holder->h.ring, 0, 0);

	if (err)
		return err;
	add(to, skel->bss->out_regions, RING_MEMORY_PROVIDED);
	add(to, skel->bss->out_groups, PEEK_GROUPS);
	return XA_IS_NODE(skel->bss->out_more_groups) ?
	       read_nodes(t, skel->bss->out_more_groups, to) : 0;
}

/* Keeps of what was added since .first what is no group. */
static void drop_groups(struct ring_memories *to, size_t first)
{
	while (to->nr > first && to->list[to->nr - 1].what == RING_MEMORY_PROVIDED)
		to->nr--;
}

static int by_what(const void *a, const void *b)
{
	const struct ring_memory *x = a, *y = b;

	return x->what != y->what ? x->what - y->what : x->group - y->group;
}

int ring_memory_read(struct walk_bpf *skel, const struct fact_holder *h, struct payers *payers,
		     struct ring_memories *to, bool *whole)
{
	const struct tree t = { skel, h, payers };
	size_t first = to->nr, second;
	int err = -EAGAIN;

	for (int i = 0; i < TRIES && err == -EAGAIN; i++) {
		to->nr = first;
		err = read_once(&t, to);
		second = to->nr;
		/* what most rings have: no group */
		if (err || second == first || to->list[second - 1].what != RING_MEMORY_PROVIDED)
			continue;
		err = read_once(&t, to);
		if (!err && (to->nr - second != second - first ||
			     memcmp(to->list + first, to->list + second, (second - first) * sizeof(*to->list))))
			err = -EAGAIN;
		to->nr = second;
	}
	*whole = !err;
	if (err)
		drop_groups(to, first);
	if (to->nr > first)
		qsort(to->list + first, to->nr - first, sizeof(*to->list), by_what);
	return err == -EAGAIN || err == -ENOSPC ? 0 : err;
}
