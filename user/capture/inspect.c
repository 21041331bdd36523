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
#include "base/signals.h"
#include "capture/inspect.h"
#include "checks/finding_index.h"
#include "checks/places.h"
#include "checks/selected.h"
#include "model/ledger_buffers.h"

#define LOOKS		3	/* in a row that have a finding: it is confirmed */
#define MAX_LOOKS	9	/* in all */
#define LOOK_APART_NS	20000000L

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

static __u64 pages_with(const struct buffer *b, enum mapping mapping)
{
	__u64 nr = 0;

	for (size_t i = 0; i < b->nr_extents; i++)
		if (b->extents[i].mapping == mapping)
			nr += b->extents[i].pages;
	return nr;
}

/* A living process that holds the ring and has this address space, 0 = none. */
static __u32 holder_with(const struct ring *r, __u64 mm)
{
	for (size_t h = 0; h < r->nr_holders; h++)
		if (r->holders[h].mm == mm)
			return r->holders[h].pid;
	return 0;
}

/* The i-th address space that the ring's buffers may lie in: the creator's, then the holders'. */
static struct whose candidate(const struct walk *w, const struct ring *r, size_t i)
{
	if (!i && !r->mm)
		return (struct whose){ 0 };
	if (!i) {
		__u32 pid = walk_pid_of_mm(w, r->mm->id) ? : holder_with(r, r->mm->id);

		return (struct whose){ pid ? : r->mm->pid, r->mm->id };
	}
	for (size_t h = 0; h < r->nr_holders; h++) {
		bool seen = !r->holders[h].mm || (r->mm && r->holders[h].mm == r->mm->id);

		for (size_t k = 0; k < h; k++)
			seen |= r->holders[k].mm == r->holders[h].mm;
		if (!seen && !--i)
			return (struct whose){ r->holders[h].pid, r->holders[h].mm };
	}
	return (struct whose){ 0 };
}

int look_at_slot(struct walk *walk, struct page_walk *pages, struct ring *r, __u32 index)
{
	struct buffer *b = r->slots[index];
	struct whose first = candidate(walk, r, 0), best = first, next;
	__u64 same, best_same = 0;
	int err = page_walk_slot(pages, r, index, first);

	if (err)
		return err;
	best_same = pages_with(b, MAPPING_SAME);
	for (size_t i = 1; best_same < buffer_pages(b); i++) {
		next = candidate(walk, r, i);
		if (!next.pid)
			break;
		err = page_walk_slot(pages, r, index, next);
		if (err)
			return err;
		same = pages_with(b, MAPPING_SAME);
		if (same > best_same || !best.pid) {
			best = next;
			best_same = same;
		}
		first = next;
	}
	return first.mm == best.mm ? 0 : page_walk_slot(pages, r, index, best);
}

static void add_unsettled(struct look *look, enum unsettled_what what, const struct ring *r,
			  __u64 count)
{
	if (count)
		unsettled_add(&look->unsettled, (struct unsettled){
			.what = what, .has_uid = true, .uid = ring_uid(r), .pid = ring_pid(r),
			.count = count,
		});
}

/* What became of a buffer of the selection, which .err says of its walk. */
static void count_pages(struct look *look, const struct ring *r, const struct buffer *b, int err,
			bool denied)
{
	__u64 unseen = err ? 0 : pages_with(b, MAPPING_UNKNOWN);

	if (err) {
		look->unsteady_buffers++;
		add_unsettled(look, UNSETTLED_BUFFERS, r, 1);
		return;
	}
	look->pages += buffer_pages(b) - unseen;
	look->not_compared_pages += unseen;
	if (denied && unseen) {
		look->denied_buffers++;
		add_unsettled(look, UNSETTLED_DENIED, r, 1);
	} else {
		add_unsettled(look, UNSETTLED_PAGES, r, unseen);
	}
}

/* 0, or -errno with a sentence. .ours: the ring is one of the selection. */
static int look_at_ring(struct walk *walk, struct page_walk *pages, struct ring *r, bool ours,
			struct look *look, struct progress *p)
{
	for (__u32 i = 0; i < r->nr_slots; i++) {
		struct buffer *b = r->slots[i];
		__u64 denials = page_walk_denials(pages);
		int err;

		if (!b || b->walked || b->buf_flags & BUFFER_F_KERNEL)
			continue;
		if (interrupted)
			return err_set(EINTR, "interrupted before all pages were checked");
		err = look_at_slot(walk, pages, r, i);
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
	for (int ours = 1; ours >= (select->nr_pids ? 1 : 0); ours--) {
		for (struct ring *r = look->ledger->rings; r; r = r->hh.next) {
			int err = 0;

			if (selection_has_ring(select, r) == ours)
				err = look_at_ring(walk, pages, r, ours, look, p);
			if (err)
				return err;
		}
	}
	return 0;
}

struct seen_rings {
	const struct ledger *ledger;
	const struct selection *select;
};

static bool has_ring_of(__u32 pid, const void *arg)
{
	const struct seen_rings *s = arg;

	for (const struct ring *r = s->ledger->rings; r; r = r->hh.next) {
		if (!selection_has_ring(s->select, r))
			continue;
		for (size_t i = 0; i < r->nr_holders; i++)
			if (!pid || r->holders[i].pid == pid)
				return true;
	}
	return false;
}

static void count_rings(struct look *look, const struct selection *select)
{
	struct seen_rings seen = { look->ledger, select };

	for (const struct ring *r = look->ledger->rings; r; r = r->hh.next) {
		if (!r->unread || !selection_has_ring(select, r))
			continue;
		look->unsteady_rings++;
		add_unsettled(look, UNSETTLED_RINGS, r, 1);
	}
	unsettled_selection(&look->unsettled, select, has_ring_of, &seen);
}

static int take_look(struct walk *walk, struct page_walk *pages, const struct selection *select,
		     const struct check_options *o, struct look *look, struct progress *p)
{
	size_t n = 0;
	int err;

	memset(look, 0, sizeof(*look));
	look->ledger = ledger_new();
	walk_be_thorough(walk);
	err = walk_rings(walk, look->ledger);
	if (err)
		return err;
	look->calls = must_alloc(HASH_COUNT(look->ledger->rings), sizeof(*look->calls));
	for (struct ring *r = look->ledger->rings; r; r = r->hh.next)
		look->calls[n++] = page_walk_last_call(pages, r->id);
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
	return 0;
}

void look_free(struct look *look)
{
	if (look->ledger)
		ledger_free(look->ledger);
	findings_free(&look->findings);
	unsettled_free(&look->unsettled);
	free(look->calls);
	memset(look, 0, sizeof(*look));
}

/* Whether .b has all rings of .a that charge this address space, with no call on them between. */
static bool rings_rested(const struct look *a, const struct look *b, __u64 mm)
{
	size_t i = 0;

	for (struct ring *r = a->ledger->rings; r; r = r->hh.next, i++) {
		size_t k = 0;
		struct ring *o;

		if (!r->mm || r->mm->id != mm)
			continue;
		for (o = b->ledger->rings; o && o->id != r->id; o = o->hh.next)
			k++;
		if (!o || a->calls[i] != b->calls[k])
			return false;
	}
	return true;
}

/*
 * A sum over buffers against an account: a call under way has changed one and
 * not yet the other, so that it only counts when the rings rested.
 */
static bool account_rested(const struct look *a, const struct look *b, const struct finding *f)
{
	__u64 mm;

	if (!finding_traits(f->tag)->rest_ns)
		return true;
	mm = finding_mm(a->ledger, f);
	return rings_rested(a, b, mm) && rings_rested(b, a, mm);
}

/* How many looks in a row had each finding, and its account at rest. */
static bool count_looks(struct look *now, const struct look *before)
{
	struct finding_index *found = before ? finding_index_of(&before->findings) : NULL;
	bool all = true;

	for (size_t i = 0; i < now->findings.nr; i++) {
		struct finding *f = &now->findings.list[i];
		long k = before ? finding_index_find(found, f) : -1;

		f->looks = 1;
		if (k >= 0 && account_rested(now, before, f))
			f->looks += before->findings.list[k].looks;
		all &= f->looks >= LOOKS;
	}
	finding_index_free(&found);
	return all;
}

static void mark_suspicions(struct look *look)
{
	for (size_t i = 0; i < look->findings.nr; i++) {
		struct finding *f = &look->findings.list[i];

		f->unconfirmed = f->looks < LOOKS;
		if (f->unconfirmed)
			unsettled_add(&look->unsettled, (struct unsettled){
				.what = UNSETTLED_FINDINGS, .has_uid = true, .uid = f->uid,
				.pid = f->pid, .count = 1,
			});
	}
}

int look_closely(struct walk *walk, struct page_walk *pages, const struct selection *select,
		 const struct check_options *o, struct look *look, struct progress *p)
{
	struct timespec apart = { .tv_nsec = LOOK_APART_NS };
	int err = take_look(walk, pages, select, o, look, p);
	bool sure = !err && count_looks(look, NULL);

	for (int i = 1; !err && !sure && i < MAX_LOOKS; i++) {
		struct look next;

		nanosleep(&apart, NULL);
		err = take_look(walk, pages, select, o, &next, p);
		if (!err)
			sure = count_looks(&next, look);
		look_free(look);
		*look = next;
	}
	mark_suspicions(look);
	findings_sort(&look->findings);
	return err;
}
