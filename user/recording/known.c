// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include <string.h>
#include "base/alloc.h"
#include "recording/known.h"

__u32 known_number(struct known_set *set, const void *bytes, size_t size, bool *is_new)
{
	struct known *k;

	HASH_FIND(hh, set->list, bytes, size, k);
	*is_new = !k;
	if (k)
		return k->id;
	k = must_alloc(1, sizeof(*k) + size);
	k->id = ++set->last;
	k->size = size;
	memcpy(k->bytes, bytes, size);
	set->bytes += sizeof(*k) + size;
	HASH_ADD_KEYPTR(hh, set->list, k->bytes, size, k);
	return k->id;
}

void known_forget(struct known_set *set)
{
	struct known *k, *next;

	HASH_ITER(hh, set->list, k, next) {
		HASH_DEL(set->list, k);
		free(k);
	}
	set->bytes = 0;
}
