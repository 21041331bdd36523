// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include "base/alloc.h"
#include "model/page_uses.h"

static struct page_use_key key_of(const struct page *p, const struct page_life *l)
{
	const __u32 pid = p->rings[l->ring - 1].pid;

	/* of a process that is not known only the ring tells it from others */
	return (struct page_use_key){
		.who = pid ? pid : 1ULL << 32 | l->ring, .addr = l->addr, .len_bytes = l->len_bytes, .slot = l->slot,
	};
}

static struct page_use *find(struct page_use *uses, const struct page_use_key *key)
{
	struct page_use *u;

	HASH_FIND(hh, uses, key, sizeof(*key), u);
	return u;
}

static int most_first(const struct page_use *a, const struct page_use *b)
{
	return (a->ops < b->ops) - (a->ops > b->ops);
}

struct page_use *page_uses(const struct page *p)
{
	struct page_use *uses = NULL, *u;

	for (size_t i = 0; i < p->nr_lives; i++) {
		const struct page_use_key key = key_of(p, &p->lives[i]);

		if (!p->lives[i].ops || find(uses, &key))
			continue;
		u = must_alloc(1, sizeof(*u));
		u->key = key;
		u->ring = p->lives[i].ring;
		HASH_ADD(hh, uses, key, sizeof(u->key), u);
	}
	/* also the lives without I/O: so often it was registered */
	for (size_t i = 0; i < p->nr_lives; i++) {
		const struct page_life *l = &p->lives[i];
		const struct page_use_key key = key_of(p, l);

		u = find(uses, &key);
		if (!u)
			continue;
		u->times++;
		u->ops += l->ops;
		u->rings_differ |= u->ring != l->ring;
		for (size_t k = 0; k < LIFE_BINS; k++)
			u->bins[k] += l->bins[k];
	}
	HASH_SORT(uses, most_first);
	return uses;
}

void page_uses_free(struct page_use *uses)
{
	struct page_use *u, *next;

	HASH_ITER(hh, uses, u, next) {
		HASH_DEL(uses, u);
		free(u);
	}
}
