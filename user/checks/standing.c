// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include <string.h>
#include "base/alloc.h"
#include "checks/selected.h"
#include "checks/standing.h"

/* What is found of single buffers comes from their own facts: it is sure without a rest. */
static __u64 rest_ns(const struct finding *f)
{
	return f->ring ? 0 : finding_traits(f->tag)->rest_ns;
}

struct known *known_find(const struct known_set *s, const struct finding *f)
{
	struct finding_key key = finding_key(f);
	struct known *k = NULL;

	if (s->all)
		HASH_FIND(hh, s->all, &key, sizeof(key), k);
	return k;
}

static void forget(struct known_set *s, struct known *k)
{
	s->nr_waiting -= !k->told;
	HASH_DEL(s->all, k);
	told_cause_free(&k->cause);
	free(k->finding.detail);
	free(k);
}

static void tell(struct known_set *s, struct known *k)
{
	s->tell(k, s->arg);
	s->nr_waiting--;
	k->told = true;
	told_cause_free(&k->cause);
}

static struct known *add(struct known_set *s, const struct ledger *l, const struct finding *f,
			 __u64 now_ns)
{
	struct known *k = must_alloc(1, sizeof(*k));

	k->key = finding_key(f);
	k->mm = finding_mm(l, f);
	k->since_ns = now_ns;
	k->cause = s->cause(f, k->mm, s->arg);
	HASH_ADD(hh, s->all, key, sizeof(k->key), k);
	s->nr_waiting++;
	return k;
}

static void take(struct known *k, struct finding *f)
{
	free(k->finding.detail);
	k->finding = *f;
	f->detail = NULL;
	k->present = true;
}

void known_merge(struct known_set *s, const struct ledger *l, struct findings *now, __u64 now_ns)
{
	struct known *k, *next;

	for (k = s->all; k; k = k->hh.next)
		k->present = false;
	for (size_t i = 0; i < now->nr; i++) {
		struct finding *f = &now->list[i];

		k = known_find(s, f);
		if (!k)
			k = add(s, l, f, now_ns);
		take(k, f);
		if (!k->told && !rest_ns(&k->finding))
			tell(s, k);
	}
	HASH_ITER(hh, s->all, k, next)
		if (!k->present)
			forget(s, k);
}

void known_stir(struct known_set *s, __u64 mm, __u64 now_ns)
{
	for (struct known *k = s->nr_waiting ? s->all : NULL; k; k = k->hh.next)
		if (!k->told && k->mm == mm)
			k->since_ns = now_ns;
}

void known_tell_rested(struct known_set *s, __u64 now_ns)
{
	for (struct known *k = s->nr_waiting ? s->all : NULL; k; k = k->hh.next)
		if (!k->told && now_ns >= k->since_ns + rest_ns(&k->finding))
			tell(s, k);
}

void known_add(struct known_set *s, const struct ledger *l, struct finding *f)
{
	struct known *k = known_find(s, f);

	if (k && k->told)
		return;
	if (!k)
		k = add(s, l, f, 0);
	take(k, f);
	tell(s, k);
}

void known_drop_waiting(struct known_set *s)
{
	struct known *k, *next;

	HASH_ITER(hh, s->all, k, next)
		if (!k->told)
			forget(s, k);
}

void known_free(struct known_set *s)
{
	struct known *k, *next;

	HASH_ITER(hh, s->all, k, next)
		forget(s, k);
}
