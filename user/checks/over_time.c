// SPDX-License-Identifier: GPL-2.0
/*
 * Between a charge and its call, a call and its slots, sums do not add up:
 * the ledger is checked when it has rested a while, and at its end. What a
 * level alone says holds at any time: it is looked at when it is below zero,
 * and before it sinks.
 */
#include <stdlib.h>
#include <string.h>
#include "base/alloc.h"
#include "checks/checks.h"
#include "checks/finding_index.h"
#include "checks/over_time.h"
#include "checks/selected.h"

#define REST_NS		20000000ULL
#define FREE_STEPS	(1ULL << 22)	/* for short recordings of many buffers */

struct over_time {
	const struct selection *select;
	struct findings list;	/* sorted at the end of each part */
	struct finding_index *index; /* of the list */
	__u64 last_ns;		/* of the last fact that was fed */
	__s64 now_ns;		/* the same since the begin */
	__u64 budget;		/* steps that checks may take: as many as facts were told, and some */
	bool torn;		/* facts were lost since the last look */
	bool dirty;		/* facts came since the last check */
	bool grown;		/* levels may have, since the last check */
	bool below_zero;	/* the last fact says so of an account */
};

static void add(struct over_time *f, const struct finding *n)
{
	long at = finding_index_find(f->index, n);
	struct finding *o;

	if (at < 0) {
		finding_index_add(&f->index, n, f->list.nr);
		finding_add(&f->list, *n, "%s", n->detail);
		f->list.list[f->list.nr - 1].since_ns = f->now_ns;
		return;
	}
	o = &f->list.list[at];
	if (n->pages > o->pages) {
		o->pages = n->pages;
		free(o->detail);
		o->detail = strdup(n->detail);
	}
}

/* A file that does not name a tier that is known holds what every tier sees. */
static bool shows(enum tier tier, enum finding_tag tag)
{
	return (tier < TIER_TRACEPOINTS ? TIER_TRACEPOINTS : tier) >= finding_traits(tag)->replayed_from;
}

/* .only_levels: in the middle of something. */
static void check(struct over_time *f, const struct event *t, bool only_levels)
{
	const struct check_options o = { 0 };
	const struct ledger *l = t->ledger;
	struct findings now = { 0 };

	check_charges(l, &o, &now);
	if (!only_levels)
		check_leaks(l, NULL, &now);
	findings_keep_selected(f->select, l, &now);
	for (size_t i = 0; i < now.nr; i++) {
		const struct finding *n = &now.list[i];

		if (only_levels && !finding_traits(n->tag)->by_level)
			continue;
		if (shows(t->origin->tier, n->tag))
			add(f, n);
	}
	findings_free(&now);
	f->dirty = only_levels && f->dirty;
	f->grown = false;
}

static __u64 steps(const struct ledger *l)
{
	return 16 + l->nr_slots + HASH_COUNT(l->rings) + HASH_COUNT(l->pins);
}

static bool may_check(struct over_time *f, const struct ledger *l)
{
	if (f->budget < steps(l))
		return false;
	f->budget -= steps(l);
	return true;
}

static bool is_below_zero(const struct fact *f)
{
	const struct fact_call *call = (const void *)f;
	const struct fact_charge *charge = (const void *)f;
	const struct fact_ring *ring = (const void *)f;

	switch (f->kind) {
	case FACT_CALL:
		return (call->user && call->user_after_pages < 0) ||
		       (call->mm && call->mm_after_pages < 0);
	case FACT_CHARGE:
	case FACT_UNCHARGE:
		return !(f->flags & FACT_F_DERIVED) &&
		       ((charge->user && charge->user_after_pages < 0) ||
			(charge->mm && charge->mm_after_pages < 0));
	case FACT_RING_CLOSE:
	case FACT_RING_CREATE:
	case FACT_RING:
		return (ring->user && ring->user_locked_pages < 0) ||
		       (ring->mm && ring->mm_pinned_pages < 0);
	default:
		return false;
	}
}

/* A call or ring that gives something back. */
static bool is_release(const struct fact *f)
{
	const struct fact_call *call = (const void *)f;

	return f->kind == FACT_RING_CLOSE || f->kind == FACT_UNCHARGE ||
	       (f->kind == FACT_CALL && call->result >= 0 &&
		(call->op == CALL_UNREGISTER || call->op == CALL_UPDATE));
}

void over_time_event(struct over_time *f, const struct event *t)
{
	const struct ledger *l = t->ledger;

	f->budget++;
	if (t->kind == EVENT_LOST)
		f->torn = true;
	if (t->kind == EVENT_LOOK)
		f->torn = false;
	if (f->below_zero) {
		f->below_zero = false;
		if (may_check(f, l))
			check(f, t, true);
	}
	if (t->kind == EVENT_END) {
		if (f->dirty && !f->torn)
			check(f, t, false);
		findings_sort(&f->list);
		finding_index_free(&f->index);
		f->index = finding_index_of(&f->list);
		return;
	}
	if (t->kind != EVENT_FACT || !t->fed)
		return;
	if (f->dirty && !f->torn && t->t_ns > f->last_ns + REST_NS && may_check(f, l))
		check(f, t, false);
	else if (f->grown && !f->torn && is_release(t->fact) && may_check(f, l))
		check(f, t, true);
	f->below_zero = is_below_zero(t->fact);
	f->grown |= t->fact->kind == FACT_CALL || t->fact->kind == FACT_CHARGE;
	f->dirty = true;
	f->last_ns = t->t_ns;
	f->now_ns = t->since_ns;
}

struct over_time *over_time_new(const struct selection *select)
{
	struct over_time *f = must_alloc(1, sizeof(*f));

	f->select = select;
	f->budget = FREE_STEPS;
	return f;
}

const struct findings *over_time_findings(const struct over_time *f)
{
	return &f->list;
}

void over_time_free(struct over_time *f)
{
	findings_free(&f->list);
	finding_index_free(&f->index);
	free(f);
}
