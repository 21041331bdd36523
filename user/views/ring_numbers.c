// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include "base/alloc.h"
#include "base/hash_table.h"
#include "views/ring_numbers.h"

/* Rings of one address, the newest first. */
struct ring_number {
	__u64 id;		/* struct io_ring_ctx * */
	__u64 from_ns;
	__u32 number;
	struct ring_number *older; /* owned */
	UT_hash_handle hh;
};

static struct ring_number *newest(const struct ring_numbers *all, __u64 id)
{
	struct ring_number *n;

	HASH_FIND(hh, all->by_id, &id, sizeof(id), n);
	return n;
}

void ring_number_add(struct ring_numbers *all, __u64 id, __u32 number, __u64 from_ns)
{
	struct ring_number *n = must_alloc(1, sizeof(*n)), *older = newest(all, id);

	n->id = id;
	n->number = number;
	n->from_ns = from_ns;
	if (older)
		HASH_DEL(all->by_id, older);
	n->older = older;
	HASH_ADD(hh, all->by_id, id, sizeof(n->id), n);
}

static __u64 apart(__u64 a, __u64 b)
{
	return a > b ? a - b : b - a;
}

/* Two programs of the kernel side saw it made, one shortly after the other. */
__u32 ring_number(const struct ring_numbers *all, __u64 id, __u64 born_ns)
{
	const struct ring_number *best = newest(all, id);

	for (const struct ring_number *n = best; n && born_ns; n = n->older)
		if (apart(n->from_ns, born_ns) < apart(best->from_ns, born_ns))
			best = n;
	return best ? best->number : 0;
}

void ring_numbers_free(struct ring_numbers *all)
{
	struct ring_number *n, *next;

	HASH_ITER(hh, all->by_id, n, next) {
		HASH_DEL(all->by_id, n);
		for (struct ring_number *older; n; n = older) {
			older = n->older;
			free(n);
		}
	}
}
