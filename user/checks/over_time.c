// SPDX-License-Identifier: GPL-2.0
/*
 * Sums are compared between calls, as hindsight tells. What a level alone says
 * holds at any time: it is looked at when it is below zero, and before it sinks.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "base/alloc.h"
#include "checks/checks.h"
#include "checks/finding_index.h"
#include "checks/held_over.h"
#include "checks/hindsight.h"
#include "checks/over_time.h"
#include "checks/selected.h"

#define LEAK_REST_NS	20000000ULL
#define LOOK_REST_NS	20000000ULL	/* facts of a processor may be told so much later than others' */
#define UNTOLD_NS	2000000000LL	/* a loss is told within that: of a file that breaks off, in what is missing */
#define FREE_STEPS	(1ULL << 22)	/* for short recordings of many buffers */

struct found {
	struct findings list;
	struct finding_index *index; /* of the list */
};

struct over_time {
	const struct selection *select;
	struct found told;	/* sorted at the end of each part */
	/*
	 * Not sure before the next look or the end: a loss is told late, and may be the fact that was
	 * missed. What a level says holds whatever was lost.
	 */
	struct found since_look;
	struct hindsight *hindsight;
	struct held_over *held;
	struct findings leaks;	/* suspected; a later check that has them, too, makes them sure */
	__u64 leaks_ns;		/* when they were */
	__u64 look_ns;		/* of the look that the ledger began with */
	__u64 last_ns;		/* of the last fact that was fed */
	__s64 now_ns;		/* of the last fact that was fed, since the begin */
	__u64 budget;		/* steps that checks may take: as many as facts were told, and some */
	bool torn;		/* facts were lost since the last look */
	bool grown;		/* levels may have, against their limits, since the last check */
	bool below_zero;	/* the last fact says so of an account */
};

static void add(struct found *f, const struct finding *n, __s64 since_ns)
{
	long at = finding_index_find(f->index, n);
	struct finding *o;

	if (at < 0) {
		finding_index_add(&f->index, n, f->list.nr);
		finding_add(&f->list, *n, "%s", n->detail);
		f->list.list[f->list.nr - 1].since_ns = since_ns;
		return;
	}
	o = &f->list.list[at];
	if (n->pages > o->pages) {
		o->pages = n->pages;
		free(o->detail);
		o->detail = must_strdup(n->detail);
	}
}

static void drop(struct found *f)
{
	findings_free(&f->list);
	finding_index_free(&f->index);
}

/* There was no loss since the look; what was so by .until_ns is sure. */
static void make_sure(struct over_time *f, __s64 until_ns)
{
	const struct findings *fs = &f->since_look.list;

	for (size_t i = 0; i < fs->nr; i++)
		if (fs->list[i].since_ns <= until_ns)
			add(&f->told, &fs->list[i], fs->list[i].since_ns);
	drop(&f->since_look);
}

/* A file that does not name a tier that is known holds what every tier sees. */
static bool shows(enum tier tier, enum finding_tag tag)
{
	return (tier < TIER_TRACEPOINTS ? TIER_TRACEPOINTS : tier) >= finding_traits(tag)->replayed_from;
}

struct sight {
	enum tier tier;
	bool levels_only;
};

static bool is_to_tell(const struct finding *f, const void *arg)
{
	const struct sight *s = arg;

	return shows(s->tier, f->tag) && (!s->levels_only || finding_traits(f->tag)->by_level);
}

static void find(struct over_time *f, const struct event *t, bool levels_only, struct findings *now)
{
	const struct sight s = { t->origin->tier, levels_only };
	const struct check_options o = { .select = f->select };

	check_charges(t->ledger, &o, now);
	if (!levels_only)
		check_leaks(t->ledger, NULL, now);
	findings_keep(now, is_to_tell, &s);
	findings_keep_selected(f->select, t->ledger, now);
	for (size_t i = 0; i < now->nr; i++)
		if (finding_traits(now->list[i].tag)->by_level)
			add(&f->told, &now->list[i], f->now_ns);
	f->grown = false;
}

static void check_levels(struct over_time *f, const struct event *t)
{
	struct findings now = { 0 };

	find(f, t, true, &now);
	findings_free(&now);
}

static bool is_leak(const struct finding *f, const void *arg)
{
	(void)arg;
	return f->tag == LEAKED_PIN;
}

/*
 * A clone may be the last that holds a buffer, and its slots are told after its call. Takes .now,
 * what the ledger shows at .t_ns.
 */
static void tell_leaks(struct over_time *f, struct findings *now, __u64 t_ns, bool end)
{
	struct finding_index *before = finding_index_of(&f->leaks);
	bool rested = t_ns > f->leaks_ns + LEAK_REST_NS;

	findings_keep(now, is_leak, NULL);
	for (size_t i = 0; i < now->nr; i++)
		if (end || (rested && finding_index_find(before, &now->list[i]) >= 0))
			add(&f->since_look, &now->list[i], f->now_ns);
	finding_index_free(&before);
	if (rested || !f->leaks.nr) {
		findings_free(&f->leaks);
		f->leaks = *now;
		f->leaks_ns = t_ns;
	} else {
		findings_free(now);
	}
}

static void tell_sure(struct over_time *f)
{
	struct findings *sure = hindsight_sure(f->hindsight);

	for (size_t i = 0; i < sure->nr; i++)
		add(&f->since_look, &sure->list[i], sure->list[i].since_ns);
	findings_free(sure);
}

/* As the ledger is at .t_ns. */
static void check(struct over_time *f, const struct event *t, __u64 t_ns, bool end)
{
	bool awaits_slots = hindsight_awaits_slots(f->hindsight);
	struct findings now = { 0 };

	find(f, t, false, &now);
	hindsight_judge(f->hindsight, t->ledger, &now, t_ns, end);
	/* where the file ends amid a clone, what that has taken over was not told */
	tell_leaks(f, &now, t_ns, end && !awaits_slots);
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

/* What was known of accounts does not go on from here. */
static void forget(struct over_time *f, bool torn)
{
	hindsight_forget(f->hindsight);
	findings_free(&f->leaks);
	f->torn = torn;
}

/* What waited while the look was taken is older than levels that it read: sums of them do not add up. */
static bool can_judge(const struct over_time *f, __u64 t_ns)
{
	return t_ns > f->look_ns + LOOK_REST_NS;
}

static void judge(struct over_time *f, const struct event *t)
{
	if (can_judge(f, t->t_ns) && hindsight_is_due(f->hindsight, t->t_ns) && may_check(f, t->ledger))
		check(f, t, t->t_ns, false);
	else if (f->grown && is_release(t->fact) && may_check(f, t->ledger))
		check_levels(f, t);
}

/* What these are is settled, whatever comes. */
static void tell_held(struct over_time *f, __u64 t_ns)
{
	struct findings sure = { 0 };

	held_over_end(f->held, t_ns, &sure);
	for (size_t i = 0; i < sure.nr; i++)
		add(&f->told, &sure.list[i], sure.list[i].since_ns);
	findings_free(&sure);
}

static void before_fact(struct over_time *f, const struct event *t)
{
	if (!f->torn) {
		judge(f, t);
		hindsight_fact(f->hindsight, t);
		tell_sure(f);
	}
	if (t->fact->kind != FACT_IN_USE || selection_has_event(f->select, t->fact))
		held_over_fact(f->held, t);
	f->below_zero = is_below_zero(t->fact);
	f->grown |= t->fact->kind == FACT_CALL || t->fact->kind == FACT_CHARGE ||
		    t->fact->kind == FACT_HOLDER;
	f->now_ns = t->since_ns;
	f->last_ns = t->t_ns;
}

static void at_end(struct over_time *f, const struct event *t)
{
	bool whole = t->end.clean && !t->end.left_out;

	/* when a file that breaks off ended is not known; what was left out came after the last */
	if (!f->torn)
		check(f, t, t->t_ns > f->last_ns && !t->end.left_out ? t->t_ns : f->last_ns, true);
	tell_sure(f);
	tell_held(f, whole ? t->t_ns : f->last_ns);
	make_sure(f, whole ? INT64_MAX : f->now_ns - UNTOLD_NS);
	forget(f, false);
	findings_sort(&f->told.list);
	finding_index_free(&f->told.index);
	f->told.index = finding_index_of(&f->told.list);
}

void over_time_event(struct over_time *f, const struct event *t)
{
	f->budget++;
	if (t->kind == EVENT_LOST) {
		drop(&f->since_look);
		held_over_forget(f->held);
	}
	if (t->kind == EVENT_LOOK) {
		make_sure(f, INT64_MAX);
		f->look_ns = t->t_ns;
	}
	if (t->kind == EVENT_LOST || t->kind == EVENT_LOOK)
		forget(f, t->kind == EVENT_LOST);
	if (f->below_zero) {
		f->below_zero = false;
		if (may_check(f, t->ledger))
			check_levels(f, t);
	}
	if (t->kind == EVENT_END)
		at_end(f, t);
	else if (t->kind == EVENT_FACT && t->fed)
		before_fact(f, t);
}

struct over_time *over_time_new(const struct selection *select)
{
	struct over_time *f = must_alloc(1, sizeof(*f));

	f->select = select;
	f->hindsight = hindsight_new();
	f->held = held_over_new();
	f->budget = FREE_STEPS;
	return f;
}

const struct findings *over_time_findings(const struct over_time *f)
{
	return &f->told.list;
}

size_t over_time_ignore(struct over_time *f, const struct ignored *i)
{
	size_t nr = ignored_drop(i, &f->told.list);

	finding_index_free(&f->told.index);
	f->told.index = finding_index_of(&f->told.list);
	return nr;
}

void over_time_free(struct over_time *f)
{
	hindsight_free(f->hindsight);
	held_over_free(f->held);
	findings_free(&f->leaks);
	drop(&f->told);
	drop(&f->since_look);
	free(f);
}
