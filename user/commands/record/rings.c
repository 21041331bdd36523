// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include "base/alloc.h"
#include "commands/record/rings.h"

void written_forget_all(struct written_ring **rings)
{
	struct written_ring *w, *next;

	HASH_ITER(hh, *rings, w, next) {
		HASH_DEL(*rings, w);
		free(w);
	}
}

struct written_ring *written_find(struct written_ring *rings, __u64 id)
{
	struct written_ring *w;

	HASH_FIND(hh, rings, &id, sizeof(id), w);
	return w;
}

struct written_ring *written_get(struct written_ring **rings, __u64 id)
{
	struct written_ring *w = written_find(*rings, id);

	if (w)
		return w;
	w = must_alloc(1, sizeof(*w));
	w->id = id;
	HASH_ADD(hh, *rings, id, sizeof(w->id), w);
	return w;
}

void written_forget(struct written_ring **rings, __u64 id)
{
	struct written_ring *w = written_find(*rings, id);

	if (!w)
		return;
	HASH_DEL(*rings, w);
	free(w);
}
