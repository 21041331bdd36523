// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include "base/alloc.h"
#include "base/clock.h"
#include "capture/call_hooks.h"
#include "capture/live_private.h"

static struct event event_of(const struct live *l, enum event_kind kind, __u64 t_ns)
{
	return (struct event){
		.kind = kind, .origin = l->origin, .ledger = l->ledger, .t_ns = t_ns,
		.since_ns = l->origin ? t_ns - l->origin->start_ns : 0,
	};
}

void live_tell_fact(struct live *l, const struct fact *f, bool fed, bool shown,
		    const struct failure *why)
{
	struct event e;

	if (!l->on_event)
		return;
	e = event_of(l, EVENT_FACT, f->t_ns);
	e.fact = f;
	e.fed = fed;
	e.shown = shown;
	e.why = why;
	if (l->stacks && shown)
		e.stack = stacks_of(l->capture->stacks, f);
	if (l->where && shown)
		e.by = whereabouts_of(l->where, f);
	l->on_event(&e, l->arg);
}

struct shown_ring *live_ring(const struct live *l, __u64 id)
{
	struct shown_ring *r;

	HASH_FIND(hh, l->rings, &id, sizeof(id), r);
	return r;
}

void live_show_ring(struct live *l, __u64 id)
{
	struct shown_ring *r = live_ring(l, id);

	if (r || !id)
		return;
	r = must_alloc(1, sizeof(*r));
	r->id = id;
	HASH_ADD(hh, l->rings, id, sizeof(r->id), r);
}

void live_forget_ring(struct live *l, __u64 id)
{
	struct shown_ring *r = live_ring(l, id);

	if (!r)
		return;
	HASH_DEL(l->rings, r);
	free(r);
}

void live_lost(struct live *l, const struct lost_events *lost)
{
	struct event e;

	l->ledger->lost += lost->count;
	if (!l->on_event)
		return;
	e = event_of(l, EVENT_LOST, l->last_ns);
	e.lost = *lost;
	l->on_event(&e, l->arg);
}

bool live_read(struct live *l)
{
	bool more = facts_read(l->capture->facts);

	if (!more) {
		live_complete(l);
		live_look_in_use(l);
	}
	if (!more && l->capture->stacks)
		stacks_drained(l->capture->stacks);
	return more;
}

bool live_awaits_close(const struct live *l)
{
	for (const struct shown_ring *r = l->rings; r; r = r->hh.next)
		if (r->closing)
			return true;
	return false;
}

/* Rings that were there before; a program that we start has none yet. */
static void show_older(struct live *l)
{
	for (const struct ring *r = l->ledger->rings; r && !l->select->tree; r = r->hh.next)
		if (selection_has_ring(l->select, r))
			live_show_ring(l, r->id);
}

/* A ledger of what is there now. */
static int look(struct live *l)
{
	l->ledger = ledger_new();
	l->ledger->exact = l->exact;
	if (l->on_event) {
		l->derived.tell = live_on_derived;
		l->derived.arg = l;
		derived_observe(&l->derived, l->ledger);
	} else {
		l->ledger->track_pins = l->exact;
		/* one probe was attached after the other */
		l->ledger->pins_since_ns = clock_now_ns();
	}
	l->look_ns = clock_now_ns();
	return walk_rings(l->capture->walk, l->ledger);
}

static void on_fact(const struct fact *f, void *live)
{
	live_fact(*(struct live **)live, f);
}

static void on_lost(const struct lost_events *lost, void *live)
{
	live_lost(*(struct live **)live, lost);
}

struct facts_handler live_handler(struct live **live)
{
	return (struct facts_handler){ on_fact, on_lost, live };
}

static void tell_look(struct live *l, bool after_loss)
{
	/* what happened while it was taken is told after it, and counts */
	struct event e = event_of(l, EVENT_LOOK, l->look_ns);

	e.after_loss = after_loss;
	if (l->on_event)
		l->on_event(&e, l->arg);
}

int live_start(struct live **live, struct capture *capture, const struct selection *select,
	       const struct origin *origin,
	       void (*on_event)(const struct event *e, void *arg), void *arg)
{
	struct live *l = must_alloc(1, sizeof(*l));
	int err;

	*live = l;
	l->capture = capture;
	l->select = select;
	l->origin = origin;
	l->on_event = on_event;
	l->arg = arg;
	l->tells_all = attach_tells_all(capture->attach);
	l->exact = attach_tier(capture->attach) != TIER_TRACEPOINTS;
	l->in_use_time.free_ns = NS_PER_S / 4;
	err = look(l);
	if (err)
		return err;
	show_older(l);
	for (const struct shown_ring *r = l->rings; r; r = r->hh.next)
		attach_want_ring(capture->attach, r->id);
	tell_look(l, false);
	walk_see_through(capture->walk);
	return 0;
}

void live_bring_stacks(struct live *l)
{
	l->stacks = l->capture->stacks;
}

void live_bring_whereabouts(struct live *l)
{
	l->where = whereabouts_new();
}

static __u64 mm_of(const struct live *l, __u64 id)
{
	const struct ring *r = ledger_ring(l->ledger, id);

	return r && r->mm ? r->mm->id : 0;
}

/*
 * Meanwhile the address of a ring that was shown may have become another's, and rings were made: of the
 * shown ones stay those that are known to be the same.
 */
int live_look_anew(struct live *l)
{
	struct shown_ring *r, *next;
	__u64 lost;
	int err;

	/* what was lost before is no loss of what follows */
	facts_settle(l->capture->facts);
	lost = l->ledger->lost;
	for (r = l->rings; r; r = r->hh.next)
		r->mm = mm_of(l, r->id);
	ledger_free(l->ledger);
	l->rest.nr = 0;
	live_forget_told(l);
	err = look(l);
	l->ledger->lost = lost;
	HASH_ITER(hh, l->rings, r, next)
		if (!r->mm || r->mm != mm_of(l, r->id))
			live_forget_ring(l, r->id);
	show_older(l);
	live_keep_in_use(l);
	if (!err)
		tell_look(l, true);
	return err;
}

void live_end(struct live *l, const struct io_model *io)
{
	struct event e = event_of(l, EVENT_END, clock_now_ns());

	e.io = io;
	e.end.clean = true;
	e.end.t_ns = e.t_ns;
	e.end.lost = l->ledger->lost;
	if (l->capture->facts)
		e.end.losers = facts_losses(l->capture->facts, &e.end.nr_losers);
	e.end.io_unshown = l->io_unshown;
	e.end.stacks_lost = l->capture->stacks ? stacks_lost(l->capture->stacks) : 0;
	if (l->on_event)
		l->on_event(&e, l->arg);
}

__u64 live_known_ns(const struct live *l)
{
	return l->last_ns > l->look_ns ? l->last_ns : l->look_ns;
}

struct ledger *live_ledger(const struct live *l)
{
	return l->ledger;
}

bool live_shows(const struct live *l, __u64 ring)
{
	return live_ring(l, ring);
}

bool live_shows_any(const struct live *l)
{
	return l->rings;
}

bool live_tells_all(const struct live *l)
{
	return l->tells_all;
}

void live_free(struct live *l)
{
	struct shown_ring *r, *next;

	if (!l)
		return;
	HASH_ITER(hh, l->rings, r, next) {
		HASH_DEL(l->rings, r);
		free(r);
	}
	live_free_told(l);
	whereabouts_free(l->where);
	free(l->in_use);
	ledger_free(l->ledger);
	derived_free(&l->derived);
	free(l);
}
