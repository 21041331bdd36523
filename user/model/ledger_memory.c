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
