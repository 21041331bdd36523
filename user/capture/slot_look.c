// SPDX-License-Identifier: GPL-2.0
#include <linux/io_uring.h>
#include <string.h>
#include "base/pid.h"
#include "capture/backing.h"
#include "capture/decisive.h"
#include "capture/mms.h"
#include "capture/peek.h"
#include "capture/slot_look.h"
#include "walk.skel.h"
#include "model/ledger_buffers.h"

#define EXEC_NS		250000000ULL /* from a fork to exec it takes less */
#define MAX_VIEWS	64	/* address spaces that are looked into for one buffer */
#define MAX_HOLDERS	128	/* who are asked: each is compared with each, for every slot */

struct slot_look {
	struct walk *walk;
	struct page_walk *pages;
	struct ring *ring;
	__u32 index;
	__u64 maker;			/* mm, 0 = not known */
	struct whose whose[MAX_VIEWS];
	struct view views[MAX_VIEWS];
	size_t nr;
	bool holder_sees;		/* all that is pinned */
	bool cut;			/* there are holders that are not looked at, and no maker decides */
	bool maker_ended;		/* its address space is gone */
	__u64 submitters[PEEK_SUBMITTERS];
	long nr_submitters;		/* -1: not asked for, or it cannot be told */
};

static bool has_index(const struct holder *h)
{
	return h->fd >= 0 || h->reg_index >= 0;
}

static bool has_descriptor(const struct ring *r)
{
	for (size_t i = 0; i < r->nr_holders; i++)
		if (has_index(&r->holders[i]))
			return true;
	return false;
}

/*
 * Whether one who has this address space can use the ring. Where nobody has a descriptor, what lies in
 * a mapping of it goes nowhere without the kernel's thread; who made it may still have I/O under way.
 */
static bool can_use(const struct slot_look *l, __u64 mm)
{
	const struct ring *r = l->ring;
	bool any = false;

	for (size_t i = 0; i < r->nr_holders && i < MAX_HOLDERS; i++) {
		if (has_index(&r->holders[i]) && r->holders[i].mm == mm)
			return true;
		any |= has_index(&r->holders[i]);
	}
	return !any && (mm == l->maker || r->setup_flags & IORING_SETUP_SQPOLL);
}

/* A living process that holds the ring and has this address space, as /proc has it, 0 = none. */
static __u32 holder_with(const struct ring *r, __u64 mm)
{
	for (size_t h = 0; h < r->nr_holders; h++)
		if (r->holders[h].mm == mm)
			return pid_in_proc(r->holders[h].pid, r->holders[h].ns_pid);
	return 0;
}

/* Whether it is known that nothing was ever pinned in this address space. */
static bool has_no_pins(const struct slot_look *l, __u64 mm)
{
	const struct mm_owner *o = mms_find(walk_mms(l->walk), mm);

	return o && o->no_pins;
}

static struct whose find_maker(const struct slot_look *l)
{
	const struct ledger_mm *mm = l->ring->mm;
	const struct mm_owner *o = mms_find(walk_mms(l->walk), l->maker);
	__u32 pid = o ? pid_in_proc(o->pid, o->ns_pid) : 0;

	if (!l->maker)
		return (struct whose){ 0 };
	pid = pid ? : holder_with(l->ring, l->maker);
	if (!pid && mm)
		pid = pid_in_proc(mm->pid, mm->ns_pid);
	return (struct whose){ pid, l->maker, has_no_pins(l, l->maker) };
}

bool ring_is_shared(const struct ring *r)
{
	__u64 mm = r->mm ? r->mm->id : r->nr_holders ? r->holders[0].mm : 0;

	for (size_t h = 0; h < r->nr_holders; h++)
		if (r->holders[h].mm && r->holders[h].mm != mm)
			return true;
	return false;
}

/* They live; one that submitted and ended sees nothing any more. */
static void find_submitters(struct slot_look *l)
{
	const struct walk_bpf *skel = walk_peek(l->walk)->skel;

	if (peek(skel->progs.peek_submitters, l->ring->id, 0, 0) ||
	    skel->bss->out_nr > PEEK_SUBMITTERS)
		return;
	l->nr_submitters = skel->bss->out_nr;
	memcpy(l->submitters, skel->bss->out_submitters, l->nr_submitters * sizeof(l->submitters[0]));
}

/*
 * From 7.2 a ring of a CAP_IPC_LOCK owner keeps no address space: the one that has used it for longest
 * is as good, as who makes a ring is the first in its list.
 */
static __u64 maker_of(const struct slot_look *l)
{
	const struct ring *r = l->ring;

	if (r->mm)
		return r->mm->id;
	if (l->nr_submitters > 0)
		return l->submitters[l->nr_submitters - 1];
	return r->nr_holders && !ring_is_shared(r) ? r->holders[0].mm : 0;
}

static enum submits submits(const struct slot_look *l, __u64 mm)
{
	/* the kernel's thread submits for all: it is one of the maker's, and ends with it */
	if (l->ring->setup_flags & IORING_SETUP_SQPOLL)
		return l->maker_ended ? SUBMITS_NOT : SUBMITS_UNKNOWN;
	if (l->nr_submitters < 0)
		return SUBMITS_UNKNOWN;
	for (long i = 0; i < l->nr_submitters; i++)
		if (l->submitters[i] == mm)
			return SUBMITS;
	return SUBMITS_NOT;
}

static bool is_looked_at(const struct slot_look *l, __u64 mm)
{
	for (size_t i = 0; i < l->nr; i++)
		if (l->whose[i].mm == mm)
			return true;
	return false;
}

static bool shows_other(const struct buffer *b)
{
	for (size_t i = 0; i < b->nr_extents; i++)
		if (mapping_is_other(b->extents[i].mapping))
			return true;
	return false;
}

/* 0, or as page_walk_slot(). */
static int look(struct slot_look *l, struct whose whose)
{
	const struct buffer *b = l->ring->slots[l->index];
	int err = page_walk_slot(l->pages, l->ring, l->index, whose);
	struct view *v = &l->views[l->nr];

	if (err)
		return err;
	l->whose[l->nr++] = whose;
	*v = (struct view){
		.same = buffer_pages_with(b, MAPPING_SAME),
		.unseen = buffer_pages_with(b, MAPPING_UNKNOWN) == buffer_pages(b),
		.other = shows_other(b),
		.shared = page_walk_shared(l->pages),
		.maker = whose.mm && whose.mm == l->maker && (l->ring->mm || !whose.no_pins),
		.holds = can_use(l, whose.mm),
		.may_have = whose.pid && !whose.no_pins,
		.submits = submits(l, whose.mm),
	};
	v->ended = v->maker && l->maker_ended;
	v->passes_by = !v->may_have && (!has_descriptor(l->ring) ||
					(l->ring->setup_flags & IORING_SETUP_SQPOLL ? l->maker_ended :
					 whose.pid && pid_age_ns(whose.pid) < EXEC_NS));
	v->all = v->same == buffer_pages(b);
	l->holder_sees |= v->all && view_may_use(v);
	return 0;
}

/* Those who cannot make a difference are not asked. */
static bool is_of_no_use(const struct slot_look *l, const struct whose *whose)
{
	struct view v = {
		.holds = can_use(l, whose->mm), .may_have = !whose->no_pins,
		.submits = submits(l, whose->mm),
	};

	if (view_decides(&l->views[0]))
		return !view_may_doubt(&v);
	return l->holder_sees && whose->no_pins && v.submits != SUBMITS;
}

static int look_at_holders(struct slot_look *l)
{
	const struct ring *r = l->ring;
	int err = 0;

	for (size_t h = 0; !err && h < r->nr_holders; h++) {
		struct whose whose = {
			pid_in_proc(r->holders[h].pid, r->holders[h].ns_pid), r->holders[h].mm,
			has_no_pins(l, r->holders[h].mm),
		};

		if (h == MAX_HOLDERS || l->nr == MAX_VIEWS) {
			l->cut = !view_decides(&l->views[0]);
			break;
		}
		if (!whose.mm || is_looked_at(l, whose.mm) || is_of_no_use(l, &whose))
			continue;
		/* in another pid namespace: what it sees is not known */
		if (!whose.pid)
			l->cut = l->cut || !view_decides(&l->views[0]);
		else
			err = look(l, whose);
	}
	return err;
}

/* Keeps the view of whom it is told by: the last one looked at is what the buffer has now. */
static int keep(struct slot_look *l, size_t told, bool contested)
{
	struct ring *r = l->ring;
	struct buffer *b = r->slots[l->index];
	__u64 shown = r->nr_holders ? r->holders[0].mm : l->maker;
	int err = told + 1 == l->nr ? 0 :
		  page_walk_slot(l->pages, r, l->index, l->whose[told]);

	if (err)
		return err;
	b->views = l->nr;
	b->contested = contested;
	b->orphan = !contested && !l->cut && view_is_bystanders(&l->views[told]);
	b->seen_by = l->whose[told].mm != shown ? l->whose[told].pid : 0;
	/* the rest of many may see other memory, or be the only ones who have what is pinned */
	for (size_t i = 0; (contested || l->cut || b->orphan) && i < b->nr_extents; i++)
		b->extents[i].mapping = MAPPING_UNKNOWN;
	return 0;
}

int look_at_slot(struct walk *walk, struct page_walk *pages, struct ring *r, __u32 index)
{
	struct slot_look l = {
		.walk = walk, .pages = pages, .ring = r, .index = index,
		.nr_submitters = -1,
	};
	bool contested = false, shared = ring_is_shared(r);
	struct whose whose;
	size_t told = 0;
	int err;

	/* who has a ring that does not say whose it is may have it by chance */
	if (shared || !r->mm)
		find_submitters(&l);
	l.maker = maker_of(&l);
	whose = find_maker(&l);
	/* in a pid namespace of ours it may live outside, and then what holders here see decides nothing */
	l.cut = l.maker && !whose.pid && walk_is_inside(walk);
	l.maker_ended = l.maker && !whose.pid && !l.cut;
	err = look(&l, whose);
	if (!err && shared) {
		err = look_at_holders(&l);
		if (!err)
			told = decisive_view(l.views, l.nr, &contested);
	}
	err = err ? : keep(&l, told, contested);
	/* a view that nobody decided on is none */
	if (err) {
		buffer_set_extents(r->slots[index], NULL, 0);
		r->slots[index]->walked = false;
	}
	return err;
}
