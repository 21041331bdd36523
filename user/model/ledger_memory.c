// SPDX-License-Identifier: GPL-2.0
/* What rings have besides their buffers. */
#include <stdlib.h>
#include <string.h>
#include "base/alloc.h"
#include "model/ledger.h"

void ledger_set_memory(struct ring *r, const struct ring_memory *list, size_t nr)
{
	free(r->memory);
	r->memory = nr ? memcpy(must_alloc(nr, sizeof(*list)), list, nr * sizeof(*list)) : NULL;
	r->nr_memory = nr;
	r->knows_memory = true;
}

bool ledger_same_memory(const struct ring *a, const struct ring *b)
{
	return a->knows_memory == b->knows_memory && a->memory_cut == b->memory_cut &&
	       a->nr_memory == b->nr_memory &&
	       (!a->nr_memory || !memcmp(a->memory, b->memory, a->nr_memory * sizeof(*a->memory)));
}

const char *ring_memory_name(__u8 what)
{
	static const char *const names[] = {
		[RING_MEMORY_QUEUES] = "queues", [RING_MEMORY_SQES] = "sqes",
		[RING_MEMORY_REGION] = "region", [RING_MEMORY_PROVIDED] = "provided",
	};

	return what < sizeof(names) / sizeof(names[0]) ? names[what] : "other";
}
