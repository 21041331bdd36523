// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include "base/alloc.h"
#include "model/derived_gone.h"

__s64 derived_gone(struct derived_gone **all, __u64 id, __u64 level_ns, __s64 more)
{
	struct derived_gone *a;
	__s64 before;

	HASH_FIND(hh, *all, &id, sizeof(id), a);
	if (!a) {
		if (!more)
			return 0;
		a = must_alloc(1, sizeof(*a));
		a->id = id;
		HASH_ADD(hh, *all, id, sizeof(a->id), a);
	}
	/* a level that was seen since has it already */
	if (a->level_ns != level_ns)
		a->pages = 0;
	before = a->pages;
	a->level_ns = level_ns;
	a->pages += more;
	return before;
}

void derived_gone_free(struct derived_gone **all)
{
	struct derived_gone *a, *next;

	HASH_ITER(hh, *all, a, next) {
		HASH_DEL(*all, a);
		free(a);
	}
}
