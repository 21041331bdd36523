// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include "base/alloc.h"
#include "base/hash_table.h"
#include "checks/finding_index.h"

struct finding_index {
	struct finding_key key;
	size_t at;
	UT_hash_handle hh;
};

static struct finding_index *find(const struct finding_index *index, const struct finding *f)
{
	struct finding_key key = finding_key(f);
	struct finding_index *one = NULL;

	if (index)
		HASH_FIND(hh, index, &key, sizeof(key), one);
	return one;
}

void finding_index_add(struct finding_index **index, const struct finding *f, size_t at)
{
	struct finding_index *one;

	/* the first of its key stays */
	if (find(*index, f))
		return;
	one = must_alloc(1, sizeof(*one));
	one->key = finding_key(f);
	one->at = at;
	HASH_ADD(hh, *index, key, sizeof(one->key), one);
}

struct finding_index *finding_index_of(const struct findings *fs)
{
	struct finding_index *index = NULL;

	for (size_t i = 0; i < fs->nr; i++)
		finding_index_add(&index, &fs->list[i], i);
	return index;
}

long finding_index_find(const struct finding_index *index, const struct finding *f)
{
	const struct finding_index *one = find(index, f);

	return one ? (long)one->at : -1;
}

void finding_index_free(struct finding_index **index)
{
	struct finding_index *one, *next;

	HASH_ITER(hh, *index, one, next) {
		HASH_DEL(*index, one);
		free(one);
	}
}
