// SPDX-License-Identifier: GPL-2.0
#include "base/alloc.h"
#include "capture/family.h"
#include "checks/places.h"
#include "commands/verify/watch_io.h"
#include "commands/verify/watch_look.h"
#include "commands/verify/watch_owed.h"
#include "model/ledger_buffers.h"

/* By user, however many processes come and go. */
static void owe(struct watch *w, enum unsettled_what what, __u32 uid)
{
	unsettled_add(&w->unsettled, (struct unsettled){
		.what = what, .has_uid = true, .uid = uid, .count = 1,
	});
}

static bool is_seen(const struct buffer *b)
{
	for (size_t i = 0; i < b->nr_extents; i++)
		if (b->extents[i].mapping == MAPPING_UNKNOWN)
			return false;
	return b->walked;
}

bool watch_is_in_place(const struct buffer *b)
{
	for (size_t i = 0; i < b->nr_extents; i++)
		if (b->extents[i].mapping != MAPPING_SAME)
			return false;
	return b->walked && b->nr_extents;
}

/*
 * For how long what broke its pages would not have been seen: they are compared when it is registered.
 * Whether that was longer than it is to be.
 */
static bool note_unlooked(struct watch *w, const struct buffer *b, __u64 end_ns)
{
	__u64 from_ns = b->looked_ns > b->t_ns ? b->looked_ns : b->t_ns;

	if (end_ns > from_ns && end_ns - from_ns > w->totals.unlooked_ns)
		w->totals.unlooked_ns = end_ns - from_ns;
	return watch_look_was_late(w, from_ns, end_ns);
}

/* It is looked at no more. */
static void left(struct watch *w, const struct ring *r, const struct buffer *b, __u64 end_ns)
{
	bool late;

	if (b->buf_flags & BUFFER_F_KERNEL || !live_shows(w->live, r->id))
		return;
	late = note_unlooked(w, b, end_ns);
	watch_io_released(w, r, b);
	if (late || (!b->looked_ns && !is_seen(b)) ||
	    unmappings_broke(&w->unmappings, r, b, w->compared_ns, end_ns))
		owe(w, UNSETTLED_MISSED, ring_uid(r));
}

static void on_released(const struct ledger *l, const struct fact *cause, const struct ring *r,
			const struct buffer *b, void *arg)
{
	(void)l;
	left(arg, r, b, r->closed_ns ? : cause->t_ns);
}

void watch_owe_closing(struct watch *w)
{
	for (const struct ring *r = live_ledger(w->live)->rings; r; r = r->hh.next)
		for (__u32 i = 0; r->closing && i < r->nr_slots; i++)
			if (r->slots[i])
				left(w, r, r->slots[i], r->closed_ns);
}

void watch_mind_buffers(struct watch *w)
{
	w->on_ledger = (struct ledger_observer){ .released = on_released, .arg = w };
	live_ledger(w->live)->observer = &w->on_ledger;
}

static bool *had_ring(struct watch *w)
{
	if (!w->had_ring)
		w->had_ring = must_alloc(selection_nr_parts(&w->o->select), sizeof(*w->had_ring));
	return w->had_ring;
}

/* Which id was asked for of a process that ended a while ago is not known: each may have been. */
static void note_family(struct watch *w, __u32 pid)
{
	__u32 asked = family_asked(w->run.capture.family, pid);
	const struct selection *s = &w->o->select;

	for (size_t i = 0; i < s->nr_pids; i++)
		w->had_ring[i] = w->had_ring[i] || !asked || asked == s->pids[i];
}

static void note_families(struct watch *w, const struct ring *r)
{
	const struct selection *s = &w->o->select;

	if (!selection_has_ring(s, r))
		return;
	if (r->mm && r->mm->chosen)
		note_family(w, r->mm->pid);
	for (size_t i = 0; i < r->nr_holders; i++)
		if (selection_has_holder(s, &r->holders[i]))
			note_family(w, r->holders[i].pid);
}

static bool had_all(struct watch *w)
{
	const bool *had = had_ring(w);

	for (size_t i = 0; i < selection_nr_parts(&w->o->select); i++)
		if (!had[i])
			return false;
	return true;
}

void watch_note_rings(struct watch *w, const struct ledger *seen)
{
	const struct selection *s = &w->o->select;

	if (had_all(w))
		return;
	for (const struct ring *r = seen->rings; r; r = r->hh.next) {
		if (s->follow)
			note_families(w, r);
		for (size_t i = 0; !s->follow && i < selection_nr_parts(s); i++) {
			const struct selection part = selection_part(s, i);

			w->had_ring[i] = w->had_ring[i] || selection_has_ring(&part, r);
		}
	}
}

void watch_note_event(struct watch *w, const struct fact *f)
{
	const struct selection *s = &w->o->select;

	if (!f->ring || had_all(w))
		return;
	if (s->follow && selection_has_event(s, f))
		note_family(w, f->pid);
	for (size_t i = 0; !s->follow && i < selection_nr_parts(s); i++) {
		const struct selection part = selection_part(s, i);

		w->had_ring[i] = w->had_ring[i] || selection_has_event(&part, f);
	}
}

static bool had_one(size_t part, const void *arg)
{
	return ((const struct watch *)arg)->had_ring[part];
}

void watch_owe_selection(struct watch *w)
{
	had_ring(w);
	unsettled_selection(&w->unsettled, UNSETTLED_SELECTION, &w->o->select, had_one, w);
}

static void note_look(const struct watch *w, struct buffer *ours, const struct buffer *seen)
{
	if (is_seen(seen))
		ours->looked_ns = w->looks_begun_ns;
	if (watch_is_in_place(seen))
		ours->in_place_ns = w->looks_begun_ns;
}

void watch_looked_at(struct watch *w, const struct ledger *seen)
{
	struct buffer *ours;

	for (const struct buffer *b = seen->buffers; b; b = b->hh.next) {
		HASH_FIND(hh, live_ledger(w->live)->buffers, &b->id, sizeof(b->id), ours);
		if (ours && ours->addr == b->addr && ours->len_bytes == b->len_bytes)
			note_look(w, ours, b);
	}
}

/* Whether it takes something away: what is only added to is checked later, as it was and with that. */
static bool undoes(const struct fact *f)
{
	const struct fact_call *c = (const void *)f;

	return f->kind == FACT_RING_GONE ||
	       (f->kind == FACT_CALL && c->result >= 0 && c->op != CALL_REGISTER);
}

void watch_before_change(struct watch *w, const struct fact *f)
{
	const struct ring *r = undoes(f) ? ledger_ring(live_ledger(w->live), f->ring) : NULL;

	/* what took pages from it goes before what drops it */
	if (r)
		watch_read_unmaps(w);
	if (!r || !r->mm || !r->mm->unchecked)
		return;
	watch_check_if_cheap(w);
	if (r->mm->unchecked)
		owe(w, UNSETTLED_CALLS, ring_uid(r));
}

void watch_owe_ring(struct watch *w, const struct ring *r)
{
	if ((r->unread || r->skipped) && live_shows(w->live, r->id))
		owe(w, UNSETTLED_MISSED, ring_uid(r));
}

void watch_too_late(struct watch *w, const struct fact *f)
{
	if (f->kind == FACT_CALL && f->t_ns < w->unread_ns &&
	    ((const struct fact_call *)f)->result >= 0 && selection_has_event(&w->o->select, f))
		owe(w, UNSETTLED_CALLS, f->uid);
}
