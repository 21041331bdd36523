// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/alloc.h"
#include "base/err.h"
#include "recording/reader_fact.h"
#include "recording/replay.h"

/* Bounds of what a file may make of the ledger: more than any machine was seen to hold. */
#define MAX_OBJECTS	(8U << 20)	/* rings, buffers, users and address spaces */
#define MAX_ALL_SLOTS	(64ULL << 20)	/* of all rings */
#define MAX_HOLDERS	16384		/* of a ring */
/* Of work, which grows with the square of holders and slots: half a second, and more for a larger file. */
#define FREE_STEPS	(64ULL << 20)
#define STEPS_A_BYTE	128

static struct ledger *new_ledger(const struct replay *p)
{
	struct ledger *l = ledger_new();

	l->exact = recording_origin(p->r)->tier > TIER_TRACEPOINTS;
	l->track_pins = l->exact;
	return l;
}

void replay_begin(struct replay *p, struct recording *r)
{
	memset(p, 0, sizeof(*p));
	p->last = must_alloc(1, sizeof(union any_fact));
	p->r = r;
	p->ledger = new_ledger(p);
}

static void feed_last(struct replay *p)
{
	if (p->has_last)
		ledger_feed(p->ledger, p->last);
	p->has_last = false;
}

static size_t objects(const struct ledger *l)
{
	return HASH_COUNT(l->rings) + HASH_COUNT(l->buffers) + HASH_COUNT(l->users) +
	       HASH_COUNT(l->mms) + HASH_COUNT(l->pins);
}

/* 0, or -E2BIG with a sentence. */
static int is_slow(const struct replay *p, const struct event *e)
{
	__u64 steps = p->steps + p->ledger->steps;

	if (p->trusted || steps < FREE_STEPS || (steps - FREE_STEPS) / STEPS_A_BYTE < p->before + e->offset)
		return 0;
	return err_set(E2BIG, "at offset %llu: this takes more work than a recording of its size should, as one does that was made to; give --max-memory 2G if you trust it",
		       e->offset);
}

static bool has_room(const struct replay *p, const struct fact *f)
{
	const struct ring *r = f->kind == FACT_HOLDER ? ledger_ring(p->ledger, f->ring) : NULL;

	if (r && r->nr_holders >= MAX_HOLDERS)
		return false;
	return objects(p->ledger) < MAX_OBJECTS && p->ledger->nr_slots < MAX_ALL_SLOTS;
}

/* What holds for an event of any kind. */
static void place(struct replay *p, struct event *e)
{
	const struct origin *o = recording_origin(p->r);

	/* one that was cut off early has no look */
	if (!p->parts && (event_begins_part(e) || e->kind == EVENT_END))
		p->begin_ns = o->start_ns + o->realtime_ns;
	if (event_begins_part(e)) {
		p->parts += !(o->goes_on && p->parts);
		p->unrecorded_ns += o->unrecorded_ns;
		p->resumed += o->resumes;
	}
	if (e->kind == EVENT_END && !e->end.clean) {
		p->cut_at = e->offset;
		snprintf(p->cut_in, sizeof(p->cut_in), "%s", recording_name(p->r));
	}
	if (e->kind == EVENT_END)
		p->left_out += e->end.left_out;
	e->ledger = p->ledger;
	e->since_ns = e->t_ns + o->realtime_ns - p->begin_ns;
	if (event_begins_part(e))
		p->overlap |= e->since_ns < p->end_ns - OVERLAP_NS;
	if (e->kind == EVENT_END)
		p->end_ns = e->since_ns;
}

static void count_bytes(struct replay *p, const struct event *e)
{
	if (e->offset < p->offset)
		p->before += p->offset;
	p->offset = e->offset;
}

static void take_memory(struct replay *p, const struct memory_seen *m)
{
	struct ring *r = ledger_ring(p->ledger, m->ring);

	if (!r)
		return;
	ledger_set_memory(r, m->list, m->nr);
	r->memory_cut = m->cut;
}

int replay_next(struct replay *p, struct event *e)
{
	int n = recording_next(p->r, e);
	bool derived = n > 0 && e->kind == EVENT_FACT && !e->fed &&
		       e->fact->flags & FACT_F_DERIVED;

	/* what was concluded from a fact was e before the ledger had it */
	if (!derived)
		feed_last(p);
	if (n <= 0)
		return n;
	count_bytes(p, e);
	if (is_slow(p, e))
		return -E2BIG;
	switch (e->kind) {
	case EVENT_LOOK:
		p->steps += p->ledger->steps;
		ledger_free(p->ledger);
		p->ledger = new_ledger(p);
		p->ledger->lost = e->after_loss ? p->lost : 0;
		p->ledger->pins_since_ns = e->t_ns;
		break;
	case EVENT_LOST:
		p->lost += e->lost.count;
		if (e->lost.cpu == SKIPPED_CPU)
			p->skipped += e->lost.count;
		p->ledger->lost += e->lost.count;
		break;
	case EVENT_FACT:
		p->facts++;
		if (!e->fed)
			break;
		if (!has_room(p, e->fact))
			return err_set(E2BIG, "at offset %llu: more rings, buffers or slots than any machine holds; the file is damaged, or fixbuf-trace did not write it",
				       e->offset);
		memcpy(p->last, e->fact, e->fact->size);
		p->has_last = true;
		break;
	case EVENT_MEMORY:
		take_memory(p, &e->memory);
		break;
	default:
		break;
	}
	place(p, e);
	return 1;
}

void replay_close(struct replay *p)
{
	recording_close(p->r);
	ledger_free(p->ledger);
	free(p->last);
	memset(p, 0, sizeof(*p));
}
