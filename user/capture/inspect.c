// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "base/alloc.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/fmt.h"
#include "base/page_size.h"
#include "base/pid.h"
#include "base/signals.h"
#include "capture/inspect.h"
#include "capture/mapped.h"
#include "capture/peek.h"
#include "capture/slot_look.h"
#include "checks/checks.h"
#include "checks/confirm.h"
#include "checks/places.h"
#include "checks/selected.h"
#include "model/ledger_buffers.h"

#define MAX_LOOKS	16
#define LUCKY_LOOKS	5	/* until nothing changes too fast to be looked at */
#define MAX_FOLLOWS	16	/* in a look */
#define MAX_TORN	16	/* slots in a row that could not be read: the ring is gone, or as good as */
/*
 * What a user has locked is looked at, in so many rings; all that the users of its namespaces have
 * is its own (bpf/kernel/payer.h). Beyond that it is the same memory again: a
 * huge page is charged once, in however many buffers of a ring it is.
 */
#define LOCKED_TIMES	16
#define USER_PAGES	(1ULL << 20)
#define USER_EXTENTS	(1ULL << 18)

struct budget {
	__u32 payer;
	__u64 pages, extents;	/* that were looked at */
	__u64 locked;		/* pages, by all of its users */
	UT_hash_handle hh;
};

static void show_progress(struct progress *p, __u64 pages)
{
	char a[FMT_LEN], b[FMT_LEN];

	p->done += pages;
	if (!p->on || clock_now_ns() - p->begun_ns < 1000000000ULL)
		return;
	fprintf(stderr, "\rchecked %s of %s (%.0f%%) ", fmt_bytes(a, p->done * PAGE_BYTES),
		fmt_bytes(b, p->total * PAGE_BYTES), p->total ? 100.0 * p->done / p->total : 0);
	p->shown = true;
}

void progress_end(struct progress *p)
{
	if (p->shown)
		fprintf(stderr, "\r%60s\r", "");
	p->shown = false;
}

static void add_unsettled(struct look *look, enum unsettled_what what, const struct ring *r,
			  __u64 count)
{
	if (count)
		unsettled_add(&look->unsettled, (struct unsettled){
			.what = what, .has_uid = true, .uid = ring_uid(r), .pid = ring_pid(r),
			.ns_pid = ring_ns_pid(r), .count = count,
		});
}

/* What became of a buffer of the selection, which .err says of its walk. */
static void count_pages(struct look *look, const struct ring *r, const struct buffer *b, int err,
			bool denied)
{
	__u64 unseen = err ? 0 : buffer_pages_with(b, MAPPING_UNKNOWN);

	if (err) {
		look->unsteady_buffers++;
		add_unsettled(look, UNSETTLED_BUFFERS, r, 1);
		return;
	}
	look->pages += buffer_pages(b) - unseen;
	look->not_compared_pages += unseen;
	if (b->contested) {
		add_unsettled(look, UNSETTLED_CONTESTED, r, 1);
	} else if (b->orphan) {
		add_unsettled(look, UNSETTLED_ORPHANS, r, 1);
	} else if (denied && unseen) {
		look->denied_buffers++;
		add_unsettled(look, UNSETTLED_DENIED, r, 1);
	} else {
		add_unsettled(look, UNSETTLED_PAGES, r, unseen);
	}
}

/* Takes over what the walk of the same buffer in another ring has read. */
static void take_pages(struct buffer *b, struct buffer *from)
{
	buffer_set_extents(b, from->extents, from->nr_extents);
	b->bad_segment_at = from->bad_segment_at;
	b->segment_bytes = from->segment_bytes;
	b->seen_by = from->seen_by;
	b->contested = from->contested;
	b->orphan = from->orphan;
	b->walked = true;
	from->extents = NULL;
	from->nr_extents = 0;
}

/*
 * A buffer that is cloned from ring to ring, each closed soon, is in no ring for long: looked for
 * where it is now. As look_at_slot().
 */
static int follow(struct walk *walk, struct page_walk *pages, struct buffer *b, struct look *look)
{
	int err = -EAGAIN;

	while (err == -EAGAIN && look->follows++ < MAX_FOLLOWS) {
		struct ledger *now = ledger_new();
		struct buffer *same;

		err = walk_rings(walk, now) ? -EIO : -EAGAIN;
		HASH_FIND(hh, now->buffers, &b->id, sizeof(b->id), same);
		for (struct ring *r = now->rings; same && err == -EAGAIN && r; r = r->hh.next)
			for (__u32 i = 0; err == -EAGAIN && i < r->nr_slots; i++)
				if (r->slots[i] == same && same->addr == b->addr &&
				    same->len_bytes == b->len_bytes)
					err = look_at_slot(walk, pages, r, i);
		if (!err)
			take_pages(b, same);
		ledger_free(now);
	}
	return err;
}

/* NULL: who is not limited has the capability for it. */
static struct budget *budget_of(struct budget **all, const struct ring *r)
{
	__u32 payer = r->payer ? r->payer : ring_uid(r);
	struct budget *b;

	if (!r->user)
		return NULL;
	HASH_FIND(hh, *all, &payer, sizeof(payer), b);
	if (!b) {
		b = must_alloc(1, sizeof(*b));
		b->payer = payer;
		HASH_ADD(hh, *all, payer, sizeof(payer), b);
	}
	return b;
}

static struct budget *make_budgets(const struct ledger *l)
{
	struct budget *all = NULL, *b;

	for (struct ring *r = l->rings; r; r = r->hh.next) {
		b = budget_of(&all, r);
		if (!b || r->user->budgeted)
			continue;
		r->user->budgeted = true;
		b->locked += r->user->locked_pages > 0 ? r->user->locked_pages : 0;
	}
	return all;
}

static void free_budgets(struct budget *all)
{
	struct budget *b, *next;

	HASH_ITER(hh, all, b, next) {
		HASH_DEL(all, b);
		free(b);
	}
}

static bool is_beyond(const struct budget *of, const struct buffer *b)
{
	return of && (of->pages + buffer_pages(b) > USER_PAGES + LOCKED_TIMES * of->locked ||
		      of->extents > USER_EXTENTS + LOCKED_TIMES * of->locked);
}

static void count_looked(struct budget *of, const struct buffer *b)
{
	__u32 times = b->views ? : 1;

	if (!of)
		return;
	of->pages += buffer_pages(b) * times;
	of->extents += b->nr_extents * times;
}

/*
 * What is in place for those who have the ring in which it was looked at may be lost for those who have
 * a clone of it. The first fault that is seen stays.
 */
static bool is_to_look_again(const struct ring *r, const struct buffer *b)
{
	return (b->views > 1 || ring_is_shared(r)) &&
	       buffer_pages_with(b, MAPPING_SAME) == buffer_pages(b);
}

/* As look_at_slot(). What was seen before stays, unless this is a fault or contests it. */
static int look_again(struct walk *walk, struct page_walk *pages, struct ring *r, __u32 index,
		      struct look *look)
{
	struct buffer *b = r->slots[index], before = *b;
	int err;

	b->extents = NULL;
	b->nr_extents = 0;
	err = look_at_slot(walk, pages, r, index);
	if (!err && (b->contested || buffer_pages_with(b, MAPPING_SAME) +
				     buffer_pages_with(b, MAPPING_UNKNOWN) < buffer_pages(b))) {
		free(before.extents);
	} else {
		buffer_set_extents(b, NULL, 0);
		take_pages(b, &before);
	}
	if (!err && b->contested) {
		look->pages -= buffer_pages(b);
		look->not_compared_pages += buffer_pages(b);
		add_unsettled(look, UNSETTLED_CONTESTED, r, 1);
	}
	return err == -EAGAIN ? 0 : err;
}

/* 0, or -errno with a sentence. .ours: the ring is one of the selection. */
static int look_at_ring(struct walk *walk, struct page_walk *pages, struct ring *r, bool ours,
			struct budget *budget, struct look *look, struct progress *p)
{
	unsigned int torn = 0;

	for (__u32 i = 0; i < r->nr_slots; i++) {
		struct buffer *b = r->slots[i];
		__u64 denials = page_walk_denials(pages);
		int err = -EAGAIN;

		if (!b || b->buf_flags & BUFFER_F_KERNEL ||
		    (b->walked && !(ours && is_to_look_again(r, b))))
			continue;
		if (interrupted || walk_is_over(walk))
			return peek_end();
		if (is_beyond(budget, b)) {
			add_unsettled(look, UNSETTLED_BEYOND, r, ours);
			continue;
		}
		if (b->walked) {
			err = look_again(walk, pages, r, i, look);
			count_looked(budget, b);
			if (err)
				return err;
			continue;
		}
		if (torn < MAX_TORN)
			err = look_at_slot(walk, pages, r, i);
		count_looked(budget, b);
		if (err == -EAGAIN && ours)
			err = follow(walk, pages, b, look);
		torn = err == -EAGAIN ? torn + 1 : 0;
		if (err && err != -EAGAIN)
			return err;
		if (ours)
			count_pages(look, r, b, err, page_walk_denials(pages) != denials);
		show_progress(p, buffer_pages(b));
	}
	return 0;
}

/*
 * The selection first: a buffer that it shares with others is one of its own. Others' count
 * for sums, since they may share a folio or an account.
 */
static int look_at_pages(struct walk *walk, struct page_walk *pages, const struct selection *select,
			 struct look *look, struct progress *p)
{
	struct budget *budgets = make_budgets(look->ledger);
	int err = 0;

	for (int ours = 1; ours >= (select->nr_pids ? 1 : 0); ours--)
		for (struct ring *r = look->ledger->rings; !err && r; r = r->hh.next)
			if (selection_has_ring(select, r) == ours)
				err = look_at_ring(walk, pages, r, ours, budget_of(&budgets, r), look, p);
	free_budgets(budgets);
	return err;
}

struct seen_rings {
	const struct ledger *ledger;
	const struct selection *select;
};

static bool has_ring_of(size_t part, const void *arg)
{
	const struct seen_rings *s = arg;
	const struct selection only = selection_part(s->select, part);

	for (const struct ring *r = s->ledger->rings; r; r = r->hh.next)
		if (selection_has_ring(&only, r))
			return true;
	return false;
}

/* Healthy as the ring may be: its process goes on no more. */
static void count_ending(struct look *look, const struct ring *r)
{
	const struct holder *h = r->nr_holders ? &r->holders[0] : NULL;

	if (h && h->ending && h->in_flight && h->how != HOLDER_CLOSING)
		unsettled_add(&look->unsettled, (struct unsettled){
			.what = UNSETTLED_ENDING, .has_uid = true, .uid = ring_uid(r),
			.pid = h->pid, .ns_pid = h->ns_pid, .count = 1,
			.ending = h->ending, .in_flight = h->in_flight,
		});
}

static void count_rings(struct look *look, const struct selection *select)
{
	struct seen_rings seen = { look->ledger, select };

	for (const struct ring *r = look->ledger->rings; r; r = r->hh.next) {
		if (!selection_has_ring(select, r))
			continue;
		count_ending(look, r);
		add_unsettled(look, UNSETTLED_SLOTS, r, r->skipped);
		if (!r->unread)
			continue;
		look->unsteady_rings++;
		add_unsettled(look, UNSETTLED_RINGS, r, 1);
	}
	unsettled_selection(&look->unsettled, UNSETTLED_SELECTION, select, has_ring_of, &seen);
}

/* Rings of the selection that were closed while they were read. */
static void count_left(struct look *look, const struct walk *walk, const struct selection *select)
{
	const struct fact_holder *left;
	unsigned int nr = walk_left(walk, &left);

	for (unsigned int i = 0; i < nr; i++) {
		const struct fact *h = &left[i].h;

		if (!selection_has_task(select, h))
			continue;
		look->unsteady_rings++;
		unsettled_add(&look->unsettled, (struct unsettled){
			.what = UNSETTLED_RINGS, .has_uid = true, .uid = h->uid, .pid = h->pid,
			.ns_pid = left[i].ns_pid, .count = 1,
		});
	}
}

/* No user makes the verdict on another's processes unsettled. */
static bool concerns(const struct selection *select, const struct ledger *l, __u32 uid)
{
	if (!selection_asks(select))
		return true;
	for (const struct ring *r = l->rings; r; r = r->hh.next)
		for (size_t i = 0; i < r->nr_holders; i++)
			if (r->holders[i].uid == uid && selection_has_ring(select, r))
				return true;
	return select->has_uid && select->uid == uid;
}

static void count_cuts(struct look *look, const struct walk *walk, const struct selection *select)
{
	const struct walk_cuts *cuts = walk_cuts(walk);

	for (size_t i = 0; i < cuts->nr; i++)
		if (concerns(select, look->ledger, cuts->list[i].uid))
			unsettled_add(&look->unsettled, (struct unsettled){
				.what = UNSETTLED_MAPPINGS, .has_uid = true,
				.uid = cuts->list[i].uid, .count = cuts->list[i].processes,
			});
}

/* Whoever is asked for by name, by user, or not at all, may be outside. */
static void count_outside(struct look *look, const struct walk *walk,
			  const struct selection *select)
{
	if (walk_is_inside(walk) && !select->nr_pids && !select->tree)
		unsettled_add(&look->unsettled, (struct unsettled){
			.what = UNSETTLED_OUTSIDE, .count = 1,
		});
}

/* Naming what was named already helps nobody. */
static void note_alone(struct look *look, const struct selection *select)
{
	for (size_t i = 0; i < look->unsettled.nr; i++)
		look->unsettled.list[i].alone = select->nr_pids == 1;
}

static int take_look(struct walk *walk, struct page_walk *pages, const struct selection *select,
		     const struct check_options *o, struct look *look, struct progress *p)
{
	int err;

	memset(look, 0, sizeof(*look));
	look->ledger = ledger_new();
	walk_be_thorough(walk);
	err = walk_rings(walk, look->ledger);
	if (err)
		return err;
	count_left(look, walk, select);
	for (struct ring *r = look->ledger->rings; r; r = r->hh.next)
		r->last_call_ns = page_walk_last_call(pages, r->id);
	p->done = p->total = 0;
	for (struct buffer *b = look->ledger->buffers; b; b = b->hh.next)
		p->total += b->buf_flags & BUFFER_F_KERNEL ? 0 : buffer_pages(b);
	err = look_at_pages(walk, pages, select, look, p);
	page_walk_rest(pages);
	if (err)
		return err;
	check_pages(look->ledger, o, &look->findings);
	check_charges(look->ledger, o, &look->findings);
	findings_keep_selected(select, look->ledger, &look->findings);
	count_rings(look, select);
	count_cuts(look, walk, select);
	count_outside(look, walk, select);
	note_alone(look, select);
	return 0;
}

void look_free(struct look *look)
{
	if (look->ledger)
		ledger_free(look->ledger);
	findings_free(&look->findings);
	unsettled_free(&look->unsettled);
	memset(look, 0, sizeof(*look));
}

/*
 * What was not there, or changed too fast, may stand still in one of the next looks; who was just
 * forked has called exec by the last of them, or goes on with the ring.
 */
static unsigned int looks_to_settle(const struct look *look)
{
	unsigned int looks = 0;

	for (size_t i = 0; i < look->unsettled.nr; i++)
		if (look->unsettled.list[i].what == UNSETTLED_ORPHANS)
			return MAX_LOOKS;
		else if (look->unsettled.list[i].what <= UNSETTLED_ENDING)
			looks = LUCKY_LOOKS;
	return looks;
}

int looks_next(struct looks *s, struct walk *walk, struct page_walk *pages,
	       const struct selection *select, const struct check_options *o, struct progress *p)
{
	struct look next;
	int err = take_look(walk, pages, select, o, &next, p);

	if (!err)
		s->sure = confirm(&next.findings, next.ledger, s->nr ? &s->last.findings : NULL,
				  s->last.ledger);
	if (s->nr && !err)
		confirm_gone(&s->gone, &s->last.findings, &next.findings);
	if (s->nr++)
		look_free(&s->last);
	s->last = next;
	return err;
}

bool looks_done(const struct looks *s)
{
	return s->nr >= MAX_LOOKS || (s->sure && s->nr >= looks_to_settle(&s->last));
}

void looks_end(struct looks *s, struct look *last)
{
	confirm_rest(&s->last.findings, &s->gone, s->last.ledger, &s->last.unsettled);
	findings_sort(&s->last.findings);
	*last = s->last;
	memset(s, 0, sizeof(*s));
}

int look_closely(struct walk *walk, struct page_walk *pages, const struct selection *select,
		 const struct check_options *o, struct look *look, struct progress *p)
{
	const struct timespec apart = { .tv_nsec = LOOK_APART_NS };
	struct looks s = { 0 };
	int err = looks_next(&s, walk, pages, select, o, p);

	while (!err && !looks_done(&s)) {
		nanosleep(&apart, NULL);
		err = looks_next(&s, walk, pages, select, o, p);
	}
	looks_end(&s, look);
	return err;
}
