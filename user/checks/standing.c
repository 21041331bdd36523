// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include <uthash.h>
#include "base/alloc.h"
#include "checks/selected.h"
#include "checks/standing.h"

struct stood {
	struct finding_key key;
	struct finding finding;	/* as found last; .detail owned */
	struct cause cause;	/* of what was not told yet */
	__u64 mm;		/* whose account it is about, 0 = none */
	__u64 since_ns;		/* nothing happened to that account since */
	bool told;
	bool present;		/* what follows the events has it */
	bool seen;		/* the last look at everything had it */
	UT_hash_handle hh;
};

struct standing {
	struct standing_teller teller;
	struct stood *all;
	size_t waiting;
};

/* What is found of single buffers comes from their own facts: it is sure without a rest. */
static __u64 rest_ns(const struct finding *f)
{
	return f->ring ? 0 : finding_traits(f->tag)->rest_ns;
}

static struct stood *find(const struct standing *s, const struct finding *f)
{
	struct finding_key key = finding_key(f);
	struct stood *one = NULL;

	if (s->all)
		HASH_FIND(hh, s->all, &key, sizeof(key), one);
	return one;
}

static void forget_cause(struct stood *one)
{
	stack_free(one->cause.stack);
	one->cause.stack = NULL;
}

static void forget(struct standing *s, struct stood *one)
{
	s->waiting -= !one->told;
	HASH_DEL(s->all, one);
	forget_cause(one);
	free(one->finding.detail);
	free(one);
}

static void tell(struct standing *s, struct stood *one)
{
	s->teller.tell(&one->finding, &one->cause, s->teller.arg);
	s->waiting--;
	one->told = true;
	forget_cause(one);
}

static struct stood *add(struct standing *s, const struct ledger *l, const struct finding *f,
			 __u64 now_ns)
{
	struct stood *one = must_alloc(1, sizeof(*one));

	one->key = finding_key(f);
	one->mm = finding_mm(l, f);
	one->since_ns = now_ns;
	one->cause = s->teller.cause(f, one->mm, s->teller.arg);
	HASH_ADD(hh, s->all, key, sizeof(one->key), one);
	s->waiting++;
	return one;
}

static void take(struct stood *one, struct finding *f)
{
	free(one->finding.detail);
	one->finding = *f;
	f->detail = NULL;
}

static void forget_gone(struct standing *s)
{
	struct stood *one, *next;

	HASH_ITER(hh, s->all, one, next)
		if (!one->present && !one->seen)
			forget(s, one);
}

struct standing *standing_new(const struct standing_teller *teller)
{
	struct standing *s = must_alloc(1, sizeof(*s));

	s->teller = *teller;
	return s;
}

bool standing_has(const struct standing *s, const struct finding *f)
{
	return find(s, f);
}

size_t standing_waiting(const struct standing *s)
{
	return s->waiting;
}

void standing_merge(struct standing *s, const struct ledger *l, struct findings *now, __u64 now_ns)
{
	struct stood *one;

	for (one = s->all; one; one = one->hh.next)
		one->present = false;
	for (size_t i = 0; i < now->nr; i++) {
		struct finding *f = &now->list[i];

		one = find(s, f);
		if (!one)
			one = add(s, l, f, now_ns);
		take(one, f);
		one->present = true;
		if (!one->told && !rest_ns(&one->finding))
			tell(s, one);
	}
	forget_gone(s);
}

void standing_stir(struct standing *s, __u64 mm, __u64 now_ns)
{
	for (struct stood *one = s->waiting ? s->all : NULL; one; one = one->hh.next)
		if (!one->told && one->mm == mm)
			one->since_ns = now_ns;
}

void standing_tell_rested(struct standing *s, __u64 now_ns)
{
	for (struct stood *one = s->waiting ? s->all : NULL; one; one = one->hh.next)
		if (!one->told && now_ns >= one->since_ns + rest_ns(&one->finding))
			tell(s, one);
}

void standing_look(struct standing *s, const struct ledger *l, struct findings *now, bool all)
{
	struct stood *one;

	for (one = all ? s->all : NULL; one; one = one->hh.next)
		one->seen = false;
	for (size_t i = 0; i < now->nr; i++) {
		struct finding *f = &now->list[i];

		one = find(s, f);
		if (!one && f->unconfirmed)
			continue;
		if (!one)
			one = add(s, l, f, 0);
		one->seen = true;
		if (f->unconfirmed)
			continue;
		take(one, f);
		if (!one->told)
			tell(s, one);
	}
	if (all)
		forget_gone(s);
}

void standing_drop_waiting(struct standing *s)
{
	struct stood *one, *next;

	HASH_ITER(hh, s->all, one, next)
		if (!one->told)
			forget(s, one);
}

void standing_free(struct standing *s)
{
	struct stood *one, *next;

	if (!s)
		return;
	HASH_ITER(hh, s->all, one, next)
		forget(s, one);
	free(s);
}
