// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include "base/alloc.h"
#include "base/hash_table.h"
#include "checks/selected.h"
#include "checks/standing.h"

enum state {
	WAITS,		/* until its account has rested */
	DOUBTED,	/* was told as a suspicion, which a look could not confirm */
	TOLD
};

struct stood {
	struct finding_key key;
	struct finding finding;	/* as found last; .detail owned */
	struct cause cause;	/* of what was not told yet */
	__u64 told_requests;	/* .requests of it when it was told */
	__u64 mm;		/* whose account it is about, 0 = none */
	__u64 since_ns;		/* nothing happened to that account since */
	__u64 levels_ns;	/* of when the levels are by which it was first seen */
	bool explained;		/* a call or a release was under way then */
	enum state state;
	bool present;		/* what follows the events has it */
	bool seen;		/* the last look at everything had it */
	UT_hash_handle hh;
};

struct standing {
	struct standing_teller teller;
	struct stood *all;
	size_t waiting;
};

/*
 * What is found of single buffers comes from their own facts: it is sure without a rest, unless a
 * ring whose events are on their way may bear the charge.
 */
static __u64 rest_ns(const struct finding *f)
{
	return f->ring && !f->moving ? 0 : finding_traits(f->tag)->rest_ns;
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
	s->waiting -= one->state == WAITS;
	HASH_DEL(s->all, one);
	forget_cause(one);
	free(one->finding.detail);
	free(one);
}

static void change(struct standing *s, struct stood *one, enum state state)
{
	s->waiting += (state == WAITS) - (one->state == WAITS);
	one->state = state;
}

static void tell(struct standing *s, struct stood *one)
{
	s->teller.tell(&one->finding, &one->cause, s->teller.arg);
	change(s, one, one->finding.unconfirmed ? DOUBTED : TOLD);
	one->told_requests = one->finding.requests;
	if (one->state == TOLD)
		forget_cause(one);
}

static void tell_grown(struct standing *s, struct stood *one)
{
	if (one->state != TOLD || one->finding.requests <= one->told_requests)
		return;
	s->teller.grown(&one->finding, s->teller.arg);
	one->told_requests = one->finding.requests;
}

/* Nobody is vouched for who was suspected; an info, as what is released late, is no suspicion. */
static bool is_suspicion(const struct finding *f)
{
	return severity_of_finding(f) >= SEVERITY_WARNING;
}

static void tell_suspicion(struct standing *s, struct stood *one)
{
	if (one->state != WAITS || one->explained || !is_suspicion(&one->finding))
		return;
	one->finding.unconfirmed = true;
	tell(s, one);
}

static bool is_releasing(const struct ledger *l, __u64 mm)
{
	for (const struct ring *r = l->rings; r; r = r->hh.next)
		if (r->closing && r->mm && r->mm->id == mm)
			return true;
	return false;
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

/* Who holds a ring is not known any more when it has ended, or its process. */
static void keep_holder(struct finding *now, const struct finding *before)
{
	if (!finding_traits(now->tag)->of_io || now->fd >= 0 || before->fd < 0)
		return;
	now->fd = before->fd;
	now->uid = before->uid;
	now->ns_pid = before->ns_pid;
	now->comm = before->comm;
}

static void take(struct stood *one, struct finding *f)
{
	if (one->finding.detail)
		keep_holder(f, &one->finding);
	free(one->finding.detail);
	one->finding = *f;
	f->detail = NULL;
}

static void forget_gone(struct standing *s)
{
	struct stood *one, *next;

	HASH_ITER(hh, s->all, one, next) {
		if (one->present || one->seen)
			continue;
		tell_suspicion(s, one);
		tell_grown(s, one);
		forget(s, one);
	}
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

void standing_explain(struct standing *s, __u64 mm, __u64 start_ns)
{
	for (struct stood *one = s->waiting ? s->all : NULL; one; one = one->hh.next)
		if (one->mm == mm && start_ns <= one->levels_ns)
			one->explained = true;
}

void standing_merge(struct standing *s, const struct ledger *l, struct findings *now, __u64 now_ns,
		    __u64 levels_ns)
{
	struct stood *one;

	for (one = s->all; one; one = one->hh.next)
		one->present = false;
	for (size_t i = 0; i < now->nr; i++) {
		struct finding *f = &now->list[i];

		one = find(s, f);
		if (!one) {
			one = add(s, l, f, now_ns);
			one->levels_ns = levels_ns;
			one->explained = one->cause.kind == CAUSE_RELEASE ||
					 is_releasing(l, one->mm);
		}
		take(one, f);
		one->present = true;
		if (one->state == DOUBTED) {
			one->since_ns = now_ns;
			change(s, one, WAITS);
		}
		if (one->state == WAITS && !rest_ns(&one->finding))
			tell(s, one);
	}
	forget_gone(s);
}

void standing_stir(struct standing *s, __u64 mm, __u64 now_ns)
{
	for (struct stood *one = s->waiting ? s->all : NULL; one; one = one->hh.next)
		if (one->state == WAITS && one->mm == mm)
			one->since_ns = now_ns;
}

void standing_tell_rested(struct standing *s, __u64 now_ns)
{
	for (struct stood *one = s->waiting ? s->all : NULL; one; one = one->hh.next)
		if (one->state == WAITS && one->present &&
		    now_ns >= one->since_ns + rest_ns(&one->finding))
			tell(s, one);
}

static void take_look(struct standing *s, const struct ledger *l, struct findings *now, bool all,
		      bool balance)
{
	struct stood *one;

	for (one = all ? s->all : NULL; one; one = one->hh.next)
		one->seen &= (one->finding.tag == UNEXPLAINED_CHARGE) != balance;
	for (size_t i = 0; i < now->nr; i++) {
		struct finding *f = &now->list[i];

		one = find(s, f);
		if (one && f->unconfirmed) {
			one->seen = true;
			continue;
		}
		if (f->unconfirmed && !is_suspicion(f))
			continue;
		if (!one)
			one = add(s, l, f, 0);
		one->seen = true;
		take(one, f);
		if (one->finding.unconfirmed)
			tell_suspicion(s, one);
		else if (one->state != TOLD)
			tell(s, one);
	}
	if (all)
		forget_gone(s);
}

void standing_look(struct standing *s, const struct ledger *l, struct findings *now, bool all)
{
	take_look(s, l, now, all, false);
}

void standing_balance(struct standing *s, const struct ledger *l, struct findings *now)
{
	take_look(s, l, now, true, true);
}

void standing_tell_grown(struct standing *s)
{
	for (struct stood *one = s->all; one; one = one->hh.next)
		tell_grown(s, one);
}

void standing_drop_waiting(struct standing *s)
{
	struct stood *one, *next;

	HASH_ITER(hh, s->all, one, next) {
		if (one->state != WAITS)
			continue;
		tell_suspicion(s, one);
		forget(s, one);
	}
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
