// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/alloc.h"
#include "model/derived_kept.h"
#include "model/fact.h"
#include "model/ledger_buffers.h"
#include "model/timeline_private.h"

/* Far more than exist at once anywhere: beyond, a file is damaged. */
#define MAX_RINGS (1U << 20)

struct timeline_ring *timeline_ring(const struct timeline *h, __u64 id)
{
	struct timeline_ring *r;

	HASH_FIND(hh, h->rings, &id, sizeof(id), r);
	return r;
}

/* ---- rings and lives --------------------------------------------------------------- */

static void name_ring(struct timeline *h, struct timeline_ring *r, const struct fact *f)
{
	const struct ring *known = ledger_ring(h->ledger, r->id);
	const struct holder *holder = known ? selection_holder(h->select, known) : NULL;

	if (!holder && known && known->nr_holders && f)
		holder = &known->holders[0];
	r->fd = -1;
	if (holder) {
		r->pid = holder->pid;
		r->ns_pid = holder->ns_pid;
		r->uid = holder->uid;
		r->fd = holder->fd;
		r->comm = holder->comm;
	} else if (f) {
		r->pid = f->pid;
		r->ns_pid = fact_ns_pid(f);
		r->uid = f->uid;
		r->comm = f->comm;
	} else if (known && known->mm) {
		/* who made it has passed it on */
		r->pid = known->mm->pid;
		r->ns_pid = known->mm->ns_pid;
		r->uid = known->mm->uid;
		r->comm = known->mm->comm;
	}
}

static struct timeline_ring *add_ring(struct timeline *h, const struct fact *f)
{
	struct timeline_ring *r = timeline_ring(h, f->ring);

	if (r || !f->ring || HASH_COUNT(h->rings) == MAX_RINGS)
		return r;
	r = must_alloc(1, sizeof(*r));
	r->id = f->ring;
	r->from_ns = h->now_ns;
	HASH_ADD(hh, h->rings, id, sizeof(r->id), r);
	return r;
}

static void end_life(struct timeline *h, struct timeline_ring *r, __u32 slot)
{
	struct life *life = slot < r->nr_slots ? r->slots[slot] : NULL;

	if (!life)
		return;
	r->slots[slot] = NULL;
	if (r->watched)
		TELL(h, life_ends, life, h->now_ns, h->call);
	free(life->bins);
	free(life);
}

static void begin_life(struct timeline *h, struct timeline_ring *r, __u32 slot,
		       const struct buffer *b, bool older)
{
	struct life *life = slot < r->nr_slots ? r->slots[slot] : NULL;

	/* seen again by a look; a call that gives the slot the same memory registers it anew */
	if (older && life && life->buf == b->id && life->addr == b->addr && life->len_bytes == b->len_bytes)
		return;
	end_life(h, r, slot);
	if (slot >= r->nr_slots) {
		__u32 room = slot + 1 > 2 * r->nr_slots ? slot + 1 : 2 * r->nr_slots;

		r->slots = must_realloc(r->slots, room, sizeof(*r->slots));
		memset(r->slots + r->nr_slots, 0, (room - r->nr_slots) * sizeof(*r->slots));
		r->nr_slots = room;
	}
	life = must_alloc(1, sizeof(*life));
	life->ring = r;
	life->number = ++h->nr_lives;
	life->buf = b->id;
	life->addr = b->addr;
	life->len_bytes = b->len_bytes;
	life->charged_pages = b->charged_pages;
	life->folio_shift = b->folio_shift;
	life->segments = b->segments;
	life->from_ns = h->now_ns;
	life->slot = slot;
	life->call = h->call;
	life->older = older;
	life->counted = older ? h->begins : h->counts;
	r->slots[slot] = life;
	if (r->watched)
		TELL(h, life_begins, life);
}

/* From now on it is told of; what it holds already was there before. .f: why, NULL = a look found it. */
static void watch_ring(struct timeline *h, struct timeline_ring *r, const struct fact *f)
{
	if (!r || r->watched)
		return;
	r->watched = true;
	r->number = ++h->nr_rings;
	name_ring(h, r, f);
	TELL(h, ring_begins, r);
	for (__u32 i = 0; i < r->nr_slots; i++) {
		if (!r->slots[i])
			continue;
		/* the look did not select the ring: only what happened to it since is of interest */
		if (f && r->slots[i]->older)
			r->slots[i]->counted = false;
		TELL(h, life_begins, r->slots[i]);
	}
}

static void remove_ring(struct timeline *h, struct timeline_ring *r)
{
	for (__u32 i = 0; i < r->nr_slots; i++)
		end_life(h, r, i);
	timeline_drop_memory(h, r);
	if (r->watched)
		TELL(h, ring_ends, r, h->now_ns);
	HASH_DEL(h->rings, r);
	free(r->slots);
	free(r);
}

/* What the ledger concludes while it is fed. */
static void on_derived(const struct fact *f, void *arg)
{
	const struct fact_buffer *b = (const void *)f;
	struct timeline *h = arg;
	struct timeline_ring *r = timeline_ring(h, f->ring);

	if (f->kind == FACT_DROP && r)
		end_life(h, r, b->index);
	else
		timeline_account(h, f);
}

static void set_slot(struct timeline *h, const struct fact_buffer *f)
{
	const struct ring *ring = ledger_ring(h->ledger, f->h.ring);
	const struct buffer *b = ring && f->index < ring->nr_slots ? ring->slots[f->index] : NULL;
	bool older = f->h.flags & FACT_F_SNAPSHOT;
	struct timeline_ring *r = add_ring(h, &f->h);

	if (!r || f->buf_flags & BUFFER_F_TORN)
		return;
	if (!b) {
		end_life(h, r, f->index);
		return;
	}
	begin_life(h, r, f->index, b, older);
	if (older && !(b->buf_flags & BUFFER_F_KERNEL))
		timeline_pin(h, f->h.ring, b->id, buffer_pages(b));
}

/* ---- what is told ------------------------------------------------------------------- */

static void new_ledger(struct timeline *h, bool exact)
{
	ledger_free(h->ledger);
	h->ledger = ledger_new();
	h->ledger->exact = exact;
	h->derived.tell = on_derived;
	h->derived.arg = h;
	derived_observe(&h->derived, h->ledger);
	/* of a ring that the look finds it is not known whether it is the one that was there */
	derived_keep(&h->derived, NULL, 0);
}

/* What is there before any event: rings of the selection, and where their accounts stand. */
static void tell_found(struct timeline *h)
{
	for (struct timeline_ring *r = h->rings; r; r = r->hh.next) {
		const struct ring *found = ledger_ring(h->ledger, r->id);

		if (selection_has_ring(h->select, found))
			watch_ring(h, r, NULL);
		if (r->watched)
			timeline_learn_limit(h, found);
	}
	for (struct timeline_ring *r = h->rings; r; r = r->hh.next) {
		const struct ring *found = ledger_ring(h->ledger, r->id);

		if (r->watched)
			timeline_levels(h, found);
	}
}

/* What the look did not see again is gone. */
static void end_look(struct timeline *h)
{
	struct timeline_ring *r, *next;

	h->looking = false;
	h->call = 0;
	HASH_ITER(hh, h->rings, r, next) {
		const struct ring *seen = ledger_ring(h->ledger, r->id);

		if (!seen) {
			remove_ring(h, r);
			continue;
		}
		for (__u32 i = 0; i < r->nr_slots; i++)
			if (i >= seen->nr_slots || !seen->slots[i])
				end_life(h, r, i);
	}
	tell_found(h);
}

static void end_gap(struct timeline *h)
{
	if (!h->gap.count)
		return;
	TELL(h, gap, h->gap.from_ns, h->now_ns, h->gap.count);
	h->gap.count = 0;
}

/* By the clock of the part before. */
static void tell_unrecorded(struct timeline *h, const struct event *t)
{
	const __u64 ns = t->origin->unrecorded_ns;

	if (h->begun && ns)
		TELL(h, gap, h->end_ns, h->end_ns + ns, 0);
}

static void tell_io(struct timeline *h, const struct event *t)
{
	const struct fact_io *io = (const void *)t->fact;
	struct timeline_ring *r = add_ring(h, t->fact);
	struct life *life = NULL;

	watch_ring(h, r, t->fact);
	if (r && !(io->io_flags & IO_F_NAMELESS) && io->index < r->nr_slots)
		life = r->slots[io->index];
	if (life) {
		life->ops++;
		if (io->io_flags & IO_F_OFFSET && io->offset_bytes < life->len_bytes &&
		    life->len_bytes) {
			__u64 end = io->offset_bytes + (io->io_flags & IO_F_RANGE ? io->len_bytes : 1);
			double bin = (double)life->len_bytes / LIFE_BINS;

			if (end > life->len_bytes)
				end = life->len_bytes;
			if (!life->bins)
				life->bins = must_alloc(LIFE_BINS, sizeof(*life->bins));
			for (size_t i = io->offset_bytes / bin; i < LIFE_BINS && i * bin < end; i++)
				life->bins[i]++;
		}
	}
	TELL(h, io, r, life, t);
}

static void tell_fact(struct timeline *h, const struct event *t)
{
	const struct fact *f = t->fact;
	struct event as_call = *t;
	struct fact_call failed;
	struct timeline_ring *r;

	h->call = f->call;
	h->counts = t->shown && selection_has(h->select, f->pid, f->uid, &f->comm);
	if (fact_is_io(f)) {
		if (t->shown && f->kind != FACT_IO_NOTICE)
			tell_io(h, t);
		return;
	}
	if (f->kind == FACT_SETUP) {
		fact_setup_call(&failed, (const void *)f);
		as_call.fact = &failed.h;
		if (t->shown)
			TELL(h, call, NULL, &as_call);
		return;
	}
	/* before what it drops, and after what makes the ring known */
	if (f->kind == FACT_CALL && t->shown) {
		r = add_ring(h, f);
		watch_ring(h, r, f);
		TELL(h, call, r, t);
	}
	if (t->fed) {
		if (f->kind == FACT_RING_CREATE && timeline_ring(h, f->ring))
			remove_ring(h, timeline_ring(h, f->ring));
		ledger_feed(h->ledger, f);
	}
	if (f->kind == FACT_RING_CREATE || f->kind == FACT_RING || f->kind == FACT_CALL)
		add_ring(h, f);
	r = timeline_ring(h, f->ring);
	if (t->shown)
		watch_ring(h, r, f);
	if (!t->fed)
		return;
	timeline_account(h, f);
	if (f->kind == FACT_BUFFER)
		set_slot(h, (const void *)f);
	else if (f->kind == FACT_RING_GONE && r && !ledger_ring(h->ledger, f->ring))
		remove_ring(h, r);
}

/* After another start of the machine its clock counts anew, and nothing of before is there. */
static void begin_clock(struct timeline *h, const struct event *t)
{
	const char *boot_id = t->origin->boot_id;
	struct timeline_ring *r, *next;

	if (h->boot_id[0] && strcmp(h->boot_id, boot_id)) {
		h->call = 0;
		HASH_ITER(hh, h->rings, r, next)
			remove_ring(h, r);
		h->now_ns = t->t_ns;
	}
	snprintf(h->boot_id, sizeof(h->boot_id), "%s", boot_id);
}

void timeline_event(struct timeline *h, const struct event *t)
{
	/* at the moment of the look */
	if (h->looking && !(t->kind == EVENT_FACT && t->fact->flags & FACT_F_SNAPSHOT))
		end_look(h);
	if (event_begins_part(t)) {
		tell_unrecorded(h, t);
		begin_clock(h, t);
	}
	if (t->t_ns > h->now_ns)
		h->now_ns = t->t_ns;
	if (t->kind != EVENT_LOST && t->kind != EVENT_END)
		end_gap(h);
	switch (t->kind) {
	case EVENT_LOOK:
		new_ledger(h, t->origin->tier != TIER_TRACEPOINTS);
		h->looking = true;
		h->begins = !t->after_loss && !(t->origin->goes_on && h->begun);
		h->begun = true;
		break;
	case EVENT_FACT:
		tell_fact(h, t);
		break;
	case EVENT_LOST:
		if (!h->gap.count)
			h->gap.from_ns = t->t_ns;
		h->gap.count += t->lost.count;
		break;
	case EVENT_IO:
		TELL(h, reading, t);
		break;
	case EVENT_MEMORY:
		timeline_memory(h, t);
		break;
	case EVENT_END:
		end_gap(h);
		h->end_ns = t->t_ns;
		break;
	}
}

const struct timeline_ring *timeline_rings(const struct timeline *h)
{
	return h->rings;
}

struct timeline *timeline_new(const struct timeline_listener *view, const struct selection *select)
{
	struct timeline *h = must_alloc(1, sizeof(*h));

	h->view = *view;
	h->select = select;
	new_ledger(h, false);
	return h;
}

void timeline_free(struct timeline *h)
{
	struct timeline_ring *r, *next_ring;

	if (!h)
		return;
	h->view = (struct timeline_listener){ 0 };
	HASH_ITER(hh, h->rings, r, next_ring)
		remove_ring(h, r);
	timeline_free_accounts(h);
	ledger_free(h->ledger);
	derived_free(&h->derived);
	free(h);
}
