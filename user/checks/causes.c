// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include "base/alloc.h"
#include "base/hash_table.h"
#include "checks/causes.h"

struct cause_key {
	__u64 ring, mm;
	__u64 uid;		/* without padding behind it */
};

struct kept_cause {
	struct cause_key key;
	struct cause cause;
	UT_hash_handle hh;
};

void causes_add(struct causes *cs, const struct cause *c)
{
	const struct cause_key key = { c->call.h.ring, c->call.mm, c->call.charged_uid };
	struct kept_cause *k = NULL;

	if (cs->all)
		HASH_FIND(hh, cs->all, &key, sizeof(key), k);
	if (!k && HASH_COUNT(cs->all) >= MAX_CAUSES)
		k = cs->all;
	if (k)
		HASH_DEL(cs->all, k);
	else
		k = must_alloc(1, sizeof(*k));
	k->key = key;
	k->cause = *c;
	HASH_ADD(hh, cs->all, key, sizeof(k->key), k);
}

static bool has_caused(const struct cause *c, const struct finding *f, __u64 mm)
{
	if (f->ring && c->call.h.ring == f->ring)
		return true;
	return mm ? c->call.mm == mm : !f->ring && c->call.charged_uid == f->uid;
}

const struct cause *causes_of(const struct causes *cs, const struct finding *f, __u64 mm)
{
	const struct cause *last = NULL;

	for (const struct kept_cause *k = cs->all; k; k = k->hh.next)
		if (has_caused(&k->cause, f, mm))
			last = &k->cause;
	return last;
}

void causes_clear(struct causes *cs)
{
	struct kept_cause *k, *next;

	HASH_ITER(hh, cs->all, k, next) {
		HASH_DEL(cs->all, k);
		free(k);
	}
}
