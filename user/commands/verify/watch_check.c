// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include "base/clock.h"
#include "base/pid.h"
#include "capture/inspect.h"
#include "capture/slot_look.h"
#include "checks/checks.h"
#include "checks/places.h"
#include "commands/ours.h"
#include "commands/verify/watch_check.h"
#include "commands/verify/watch_meanwhile.h"
#include "commands/verify/watch_owed.h"
#include "model/ledger_buffers.h"

#define BUDGET_PAGES	(1U << 18) /* walked in one go: facts wait meanwhile */
#define BACKLOG		1024	/* facts in a row: reading them goes first */

/* ---- what is found --------------------------------------------------------------- */

static bool has_ring(const void *watch, __u64 ring)
{
	const struct watch *w = watch;

	return live_shows(w->live, ring);
}

struct check_options watch_checks(const struct watch *w)
{
	struct check_options o = { .every_page = w->o->every_page, .select = &w->o->select };

	/* who descends from our program is known by its rings */
	if (w->o->select.tree) {
		o.has_ring = has_ring;
		o.arg = w;
	}
	return o;
}

static bool keep_ours(const struct finding *f, const void *watch)
{
	const struct watch *w = watch;

	return finding_is_ours(w->live, &w->o->select, f);
}

static __u64 in_place_ns(const struct watch *w, const struct finding *f)
{
	const struct buffer *b = finding_traits(f->tag)->by_program ? ledger_buffer(live_ledger(w->live), f->buf) : NULL;

	return b && f->addr - b->addr < b->len_bytes ? b->in_place_ns : 0;
}

static struct cause find_cause(const struct finding *f, __u64 mm, void *arg)
{
	struct watch *w = arg;
	const struct cause *c = w->looking ? NULL : causes_of(&w->causes, f, mm);
	const struct unmapping *broke = !finding_traits(f->tag)->by_program ? NULL :
					unmappings_of(&w->unmappings, live_ledger(w->live), f);
	struct cause found = { .kind = w->no_cause, .fd = -1 };

	if (c)
		found = *c;
	found.seen_ns = clock_now_ns();
	found.in_place_ns = in_place_ns(w, f);
	if (!broke && found.in_place_ns)
		watch_meanwhile(w, f, found.in_place_ns, &found);
	if (broke) {
		found = (struct cause){
			.kind = CAUSE_UNMAP, .call = broke->call.call, .fd = -1, .seen_ns = found.seen_ns,
			.unmap = broke->call, .stack = stack_copy(broke->stack),
		};
		watch_meanwhile(w, f, broke->call.call.h.t_ns, &found);
		return found;
	}
	if (w->run.capture.stacks && found.kind == CAUSE_CALL)
		found.stack = stack_copy(stacks_of(w->run.capture.stacks, &found.call.h));
	return found;
}

/* One of a process is shown: what goes on beside calls is suspected, and explained, again and again. */
static void tell_suspicion(struct watch *w, const struct finding *f, const struct cause *c)
{
	struct unsettled row = suspicion_row(f);

	if (!unsettled_has(&w->unsettled, row))
		view_watch_finding(&w->o->output, f, c);
	/* where the verdict is the same anyway it is settled; the last look has its own rows */
	if (severity_of_finding(f) >= w->o->fail_on && (!w->looking || w->no_cause != CAUSE_END))
		unsettled_add(&w->unsettled, row);
}

static void tell(const struct finding *f, const struct cause *c, void *arg)
{
	enum severity s = severity_of_finding(f);
	struct watch *w = arg;

	if (ignored_has(&w->o->ignored, f)) {
		w->totals.ignored++;
		return;
	}
	if (f->unconfirmed) {
		tell_suspicion(w, f, c);
		return;
	}
	w->totals.found.nr[s]++;
	if ((int)s > w->worst)
		w->worst = s;
	view_watch_finding(&w->o->output, f, c);
}

static void grown(const struct finding *f, void *arg)
{
	struct watch *w = arg;

	if (!ignored_has(&w->o->ignored, f))
		view_watch_grown(&w->o->output, f);
}

void watch_notice_loss(struct watch *w)
{
	__u64 lost = live_ledger(w->live)->lost;

	w->torn |= lost != w->totals.lost;
	w->totals.lost = lost;
}

void watch_tell_loss(struct watch *w)
{
	if (w->totals.lost != w->lost_told)
		view_watch_lost(&w->o->output, w->totals.lost - w->lost_told,
				w->skipped - w->skipped_told);
	w->lost_told = w->totals.lost;
	w->skipped_told = w->skipped;
}

static bool any_new(const struct watch *w, const struct findings *fs)
{
	for (size_t i = 0; i < fs->nr; i++)
		if (!standing_has(w->standing, &fs->list[i]))
			return true;
	return false;
}

void watch_settle(struct watch *w)
{
	facts_settle(w->run.capture.facts);
	watch_notice_loss(w);
}

/* A buffer may live on in a ring that we were not told of. */
static void look_for_leaks(struct watch *w, struct findings *fs)
{
	struct findings leaks = { 0 };
	struct ledger *now = NULL;

	check_leaks(live_ledger(w->live), NULL, &leaks);
	if (any_new(w, &leaks)) {
		now = ledger_new();
		if (walk_rings(w->run.capture.walk, now))
			w->torn = true;
	}
	findings_free(&leaks);
	check_leaks(live_ledger(w->live), now, fs);
	ledger_free(now);
}

void watch_check(struct watch *w)
{
	const struct check_options o = watch_checks(w);
	struct findings fs = { 0 };
	__u64 begun = clock_now_ns();

	check_pages(live_ledger(w->live), &o, &fs);
	check_charges(live_ledger(w->live), &o, &fs);
	look_for_leaks(w, &fs);
	findings_keep(&fs, keep_ours, w);
	if (any_new(w, &fs))
		watch_settle(w);
	w->checked_ns = clock_now_ns();
	if (!w->torn)
		standing_merge(w->standing, live_ledger(w->live), &fs, w->checked_ns,
			       w->levels_ns);
	for (size_t i = 0; i < w->nr_busy; i++)
		standing_explain(w->standing, w->busy_mms[i], w->levels_ns);
	w->nr_busy = 0;
	findings_free(&fs);
	causes_clear(&w->causes);
	for (struct ledger_mm *mm = live_ledger(w->live)->mms; mm; mm = mm->hh.next)
		mm->unchecked = false;
	w->no_cause = CAUSE_BETWEEN;
	w->dirty = w->below_zero = false;
	w->moved_ns = 0;
	w->check_took_ns = w->checked_ns - begun;
}

void watch_check_if_cheap(struct watch *w)
{
	if (w->torn || ((w->to_walk || w->in_a_row > BACKLOG) && !w->below_zero))
		return;
	if (w->below_zero || clock_now_ns() - w->checked_ns >= w->check_took_ns)
		watch_check(w);
}

void watch_add_cause(struct watch *w, const struct cause *c)
{
	const struct ring *r = ledger_ring(live_ledger(w->live), c->call.h.ring);

	if (c->kind == CAUSE_CALL && r && r->mm && live_shows(w->live, r->id))
		r->mm->unchecked = true;
	causes_add(&w->causes, c);
	w->dirty = true;
}

/* ---- pages ------------------------------------------------------------------------ */

static bool is_unwalked(const struct buffer *b)
{
	return b && !b->walked && !b->tried && !(b->buf_flags & BUFFER_F_KERNEL);
}

/* Of slots [first, end) those that were compared since then, for the first time. */
static void note_in_place(struct ring *r, __u32 first, __u32 end, __u64 begun_ns)
{
	for (__u32 i = first; i < r->nr_slots && i < end; i++)
		if (r->slots[i] && !r->slots[i]->in_place_ns && watch_is_in_place(r->slots[i]))
			r->slots[i]->in_place_ns = begun_ns;
}

void watch_walk_batch(struct watch *w, const struct batch *b)
{
	struct ring *r = ledger_ring(live_ledger(w->live), b->cause.call.h.ring);
	__u64 pages = 0, begun_ns = clock_now_ns();

	for (__u32 i = b->first; r && i < r->nr_slots && i < b->first + b->nr; i++) {
		struct buffer *buffer = r->slots[i];

		if (!is_unwalked(buffer))
			continue;
		pages += buffer_pages(buffer);
		if (pages > BUDGET_PAGES || w->in_a_row > BACKLOG) {
			w->to_walk = true;
			break;
		}
		if (page_walk_slot(w->run.capture.pages, r, i,
				   (struct whose){ .pid = pid_in_proc(b->cause.call.h.pid,
								      b->cause.call.ns_pid) }))
			buffer->tried = true;
	}
	page_walk_rest(w->run.capture.pages);
	if (r)
		note_in_place(r, b->first, b->first + b->nr, begun_ns);
}

void watch_walk_rest(struct watch *w)
{
	__u64 pages = 0, begun_ns = clock_now_ns();

	for (struct ring *r = live_ledger(w->live)->rings; r && pages <= BUDGET_PAGES; r = r->hh.next) {
		if (!live_shows(w->live, r->id))
			continue;
		for (__u32 i = 0; i < r->nr_slots && pages <= BUDGET_PAGES; i++) {
			struct buffer *b = r->slots[i];

			if (!is_unwalked(b))
				continue;
			if (look_at_slot(w->run.capture.walk, w->run.capture.pages, r, i))
				b->tried = true;
			pages += buffer_pages(b);
		}
	}
	page_walk_rest(w->run.capture.pages);
	for (struct ring *r = live_ledger(w->live)->rings; r; r = r->hh.next)
		note_in_place(r, 0, r->nr_slots, begun_ns);
	if (pages > BUDGET_PAGES)
		return;
	w->to_walk = false;
	w->dirty = true;
}

struct standing *watch_standing(struct watch *w)
{
	return standing_new(&(struct standing_teller){ tell, find_cause, grown, w });
}
