// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "base/alloc.h"
#include "base/err.h"
#include "recording/reader_fact.h"
#include "recording/replay.h"

/* Bounds of what a file may make of the ledger: more than any machine was seen to hold. */
#define MAX_OBJECTS	(8U << 20)	/* rings, buffers, users and address spaces */
#define MAX_SLOTS	(64ULL << 20)	/* of all rings */
#define MAX_HOLDERS	16384		/* of a ring */

static struct ledger *new_ledger(const struct replay *p)
{
	struct ledger *l = ledger_new();

	l->exact = recording_about(p->r)->tier > TIER_TRACEPOINTS;
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

static bool has_room(const struct replay *p, const struct fact *f)
{
	const struct ring *r = f->kind == FACT_HOLDER ? ledger_ring(p->ledger, f->ring) : NULL;

	if (r && r->nr_holders >= MAX_HOLDERS)
		return false;
	return objects(p->ledger) < MAX_OBJECTS && p->ledger->nr_slots < MAX_SLOTS;
}

int replay_next(struct replay *p, struct told *told)
{
	int n = recording_next(p->r, told);
	bool derived = n > 0 && told->kind == TOLD_FACT && !told->fed &&
		       told->fact->flags & FACT_F_DERIVED;

	/* what was concluded from a fact was told before the ledger had it */
	if (!derived)
		feed_last(p);
	if (n <= 0)
		return n;
	switch (told->kind) {
	case TOLD_LOOK:
		ledger_free(p->ledger);
		p->ledger = new_ledger(p);
		p->ledger->lost = told->after_loss ? p->lost : 0;
		p->ledger->pins_since_ns = told->t_ns;
		break;
	case TOLD_LOST:
		p->lost += told->lost.count;
		p->ledger->lost += told->lost.count;
		break;
	case TOLD_FACT:
		p->facts++;
		if (!told->fed)
			break;
		if (!has_room(p, told->fact))
			return err_set(E2BIG, "at offset %llu: more rings, buffers or slots than any machine holds; the file is damaged, or not of this program",
				       told->offset);
		memcpy(p->last, told->fact, told->fact->size);
		p->has_last = true;
		break;
	default:
		break;
	}
	return 1;
}

void replay_close(struct replay *p)
{
	recording_close(p->r);
	ledger_free(p->ledger);
	free(p->last);
	memset(p, 0, sizeof(*p));
}
