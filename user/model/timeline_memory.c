// SPDX-License-Identifier: GPL-2.0
/* What rings have besides buffers: each reading tells all, and what it does not is gone. */
#include <stdlib.h>
#include <string.h>
#include "base/alloc.h"
#include "model/timeline_private.h"

/* Readings are in this order. */
static int compare(const struct ring_memory *a, const struct ring_memory *b)
{
	return a->what != b->what ? a->what - b->what : a->group - b->group;
}

static void end(struct timeline *h, const struct timeline_ring *r, const struct memory_life *m)
{
	if (r->watched)
		TELL(h, memory_ends, r, m, h->now_ns);
}

/* Rings of provided buffers that could not be read are taken to be as they were. */
static bool is_unread(const struct event *t, const struct memory_life *m)
{
	return t->memory.cut && m->m.what == RING_MEMORY_PROVIDED;
}

void timeline_memory(struct timeline *h, const struct event *t)
{
	struct timeline_ring *r = timeline_ring(h, t->memory.ring);
	struct memory_life *now, *old;
	size_t nr = 0, k = 0;

	if (!r)
		return;
	old = r->memory;
	now = must_alloc(t->memory.nr + r->nr_memory, sizeof(*now));
	for (size_t i = 0; i < t->memory.nr; i++) {
		const struct ring_memory *m = &t->memory.list[i];

		while (k < r->nr_memory && compare(&old[k].m, m) < 0)
			end(h, r, &old[k++]);
		now[nr] = (struct memory_life){ *m, t->t_ns };
		if (k < r->nr_memory && !memcmp(&old[k].m, m, sizeof(*m)))
			now[nr] = old[k++];
		else if (k < r->nr_memory && !compare(&old[k].m, m))
			end(h, r, &old[k++]);
		nr++;
	}
	for (; k < r->nr_memory; k++) {
		if (is_unread(t, &old[k]))
			now[nr++] = old[k];
		else
			end(h, r, &old[k]);
	}
	free(old);
	r->memory = now;
	r->nr_memory = nr;
}

void timeline_drop_memory(struct timeline *h, struct timeline_ring *r)
{
	for (size_t i = 0; i < r->nr_memory; i++)
		end(h, r, &r->memory[i]);
	free(r->memory);
	r->memory = NULL;
	r->nr_memory = 0;
}
