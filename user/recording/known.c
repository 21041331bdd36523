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

void known_drop(struct known_set *set)
{
	known_forget(set);
	set->last = 0;
}

/* ---- entries of one size ---------------------------------------------------------------- */

static int compare(const void *a, const void *b, void *size)
{
	return memcmp(*(const void *const *)a, *(const void *const *)b, *(size_t *)size);
}

struct known_list known_list(const void *list, size_t nr, size_t size)
{
	struct known_list l = { must_alloc(nr, sizeof(*l.entries)), nr, size };

	for (size_t i = 0; i < nr; i++)
		l.entries[i] = (const char *)list + i * size;
	qsort_r(l.entries, nr, sizeof(*l.entries), compare, &l.size);
	return l;
}

bool known_in_list(const struct known_list *l, const void *entry)
{
	size_t from = 0, to = l->nr;

	while (from < to) {
		size_t at = from + (to - from) / 2;
		int d = memcmp(entry, l->entries[at], l->size);

		if (!d)
			return true;
		if (d < 0)
			to = at;
		else
			from = at + 1;
	}
	return false;
}

void known_list_free(struct known_list *l)
{
	free(l->entries);
	*l = (struct known_list){ 0 };
}
