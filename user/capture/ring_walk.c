// SPDX-License-Identifier: GPL-2.0
/*
 * An iterator says which tasks there are, and where to look for their rings; the peek programs say
 * what a ring holds. Nothing is locked meanwhile: a table is read until it stands still, and rings
 * that are gone then are not reported.
 */
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "base/alloc.h"
#include "base/array.h"
#include "base/err.h"
#include "base/own_ring.h"
#include "base/page_size.h"
#include "base/pid.h"
#include "capture/charges.h"
#include "capture/descriptors.h"
#include "capture/holders.h"
#include "capture/in_flight.h"
#include "capture/kernel.h"
#include "capture/mapped.h"
#include "capture/mms.h"
#include "capture/peek.h"
#include "capture/pid_namespace.h"
#include "capture/polled.h"
#include "capture/ring_again.h"
#include "capture/ring_reader.h"
#include "capture/ring_walk.h"
#include "capture/sharers.h"
#include "capture/submitters.h"
#include "capture/symbols_kernel.h"
#include "capture/waited.h"
#include "walk.skel.h"

struct walk {
	struct peek peek;
	struct ring_raw own;
	__u64 own_ring;
	struct bpf_link *tasks;
	struct mms mms;			/* a record for each process */
	unsigned int unsteady;
	bool all_charged;
	bool thorough;
	bool accounts;			/* processes without rings are fed, too, and no slots */
	struct fact_holder *left;	/* of rings with buffers that were closed during the last walk */
	unsigned int nr_left;
	struct walk_cuts cuts;
	const struct selection *select;	/* whose rings are read first; not owned */
	struct charges wanted;		/* accounts of the selection; unused when it is everybody */
	struct ring_reader reader;
};

struct walk *walk_prepare(const struct selection *select, bool everybody, unsigned int memory)
{
	static const struct selection all;
	struct walk_bpf *skel = walk_bpf__open_opts(kern_opts());
	struct walk *w;
	int err = kern_opened(skel ? skel->obj : NULL);

	if (err) {
		walk_bpf__destroy(skel);
		return NULL;
	}
	w = must_alloc(1, sizeof(*w));
	w->peek.skel = w->reader.skel = skel;
	w->select = everybody ? &all : select;
	skel->rodata->select_cgroup = select->cgroup_id;
	skel->rodata->select_cgroup_level = select->cgroup_level;
	err = ring_raw_open(&w->own, 4, 0);
	if (err)
		skel->bss->ring_fops = symbols_kernel_ring_fops();
	if (err && !skel->bss->ring_fops) {
		err_set(-err, "no ring of our own: %s; rings are known without one where /proc/kallsyms shows io_uring_fops, and it does not (lockdown, kernel.kptr_restrict)",
			ring_raw_why(err));
		walk_bpf__destroy(skel);
		free(w);
		return NULL;
	}
	skel->rodata->page_shift = page_shift;
	skel->rodata->own_ring_fd = w->own.fd;
	bpf_program__set_autoload(skel->progs.learn_own, true);
	bpf_program__set_autoload(skel->progs.find_tasks, true);
	bpf_program__set_autoload(skel->progs.peek_ring, true);
	bpf_program__set_autoload(skel->progs.peek_slots, true);
	descriptors_prepare(skel);
	in_flight_prepare(skel);
	submitters_prepare(skel);
	mapped_prepare(skel);
	polled_prepare(skel);
	reader_prepare(&w->reader, memory);
	return w;
}

void walk_free(struct walk *w)
{
	if (!w)
		return;
	bpf_link__destroy(w->tasks);
	ring_raw_close(&w->own);
	walk_bpf__destroy(w->peek.skel);
	mms_free(&w->mms);
	free(w->left);
	free(w->cuts.list);
	reader_free(&w->reader);
	free(w);
}

int walk_load(struct walk *w)
{
	return kern_load(w->peek.skel->skeleton);
}

int walk_start(struct walk *w)
{
	int err;

	w->tasks = bpf_program__attach_iter(w->peek.skel->progs.find_tasks, NULL);
	if (!w->tasks)
		return err_set(errno, "this kernel has no iterators over tasks: %s; Linux 5.8 or later is needed",
			       strerror(errno));
	err = peek(w->peek.skel->progs.learn_own, 0, 0, 0);
	w->own_ring = w->peek.skel->bss->own_ring;
	if (!err && !w->own_ring && w->own.fd >= 0)
		err = err_set(ENOENT, "the walk does not find our own ring; this kernel's io_uring has an unknown layout");
	if (!err)
		pid_namespace_learn(w->peek.skel);
	if (!err)
		err = peek(w->peek.skel->progs.peek_ring, w->own_ring, 0, 0);
	/* where rings that are not limited charge nobody no account tells that one is missing */
	w->all_charged = !(w->peek.skel->bss->out_ring.ring_flags & RING_F_ACCT_PER_RING);
	if (!w->all_charged)
		w->thorough = true;
	return err;
}

int walk_translate_pids(struct walk *w, struct selection *s)
{
	struct holders h = { 0 };
	int err = w->peek.skel->bss->ns_level && s->nr_pids ? holders_iterate(&w->peek, w->tasks, &h) : 0;

	if (!err && h.nr)
		err = pid_namespace_translate(s, &h);
	free(h.list);
	return err;
}

void walk_tell_self(const struct walk *w, struct own_process *self)
{
	const struct walk_bpf__bss *bss = w->peek.skel->bss;

	*self = (struct own_process){ bss->own_tgid, bss->ns_level, bss->own_pid };
}

bool walk_is_inside(const struct walk *w)
{
	return w->peek.skel->bss->own_level;
}

int walk_slots(struct walk *w, __u64 ring, __u32 first, __u32 nr, struct ledger *l)
{
	int err = reader_slots(&w->reader, ring, first, nr);

	for (__u32 i = 0; !err && i < nr; i++)
		ledger_feed(l, &w->reader.raw[i].h);
	return err;
}

static int find_holders(struct walk *w, struct holders *h, struct walk_cuts *cuts)
{
	int err = holders_iterate(&w->peek, w->tasks, h);

	if (!err)
		err = descriptors_find(&w->peek, h, w->select, cuts);
	return err ? : in_flight_find(&w->peek, h) ? : submitters_find(&w->peek, h, cuts);
}

/* The same as .before, rings found by mapping, or by who polls them, included. */
static int find_holders_again(struct walk *w, struct holders *h, const struct holders *before)
{
	int err = find_holders(w, h, NULL) ? : mapped_find(&w->peek, h, before, NULL) ? :
		  waited_again(&w->peek, w->tasks, h, before) ? : polled_again(&w->peek, h, before);

	if (!err)
		sharers_find(h, w->select);
	return err;
}

int walk_tasks(struct walk *w, struct holders *h)
{
	return holders_iterate(&w->peek, w->tasks, h);
}

const struct mms *walk_mms(const struct walk *w)
{
	return &w->mms;
}

/* Whether no account that a process shows has more than the rings that were found put there. */
static bool rings_explain(const struct walk *w, const struct holders *h,
			  const struct reading *readings)
{
	struct charges c = { 0 };
	bool explained;

	for (size_t i = w->mms.nr; i < h->nr; i = holders_next_ring(h, i)) {
		const struct reading *r = &readings[i];
		struct slot_at at = { 0 };
		struct fact_buffer b;
		__s64 pages = 0;

		while (reader_next_slot(&w->reader, r, &at, &b))
			pages += charge_of_buffer(&b);
		/* what is not known explains anything: nobody makes us look for what is not there */
		if (r->skipped || r->left_out)
			pages = CHARGES_ANY;
		charges_add(&c, r->ring.mm, pages);
		charges_add(&c, r->ring.user, pages == CHARGES_ANY ? pages :
						   pages + r->ring.ring_pages);
	}
	explained = charges_explain(&c, h->list, w->mms.nr);
	charges_free(&c);
	return explained;
}

static bool is_selected(const struct walk *w, const struct fact_holder *h, size_t nr)
{
	for (size_t i = 0; i < nr; i++)
		if (selection_has_task(w->select, &h[i].h))
			return true;
	return false;
}

/* The accounts of the selected processes and, as those are read, of their rings. */
static void want_accounts(struct walk *w, const struct holders *h)
{
	charges_free(&w->wanted);
	for (size_t i = 0; i < w->mms.nr; i++) {
		if (!is_selected(w, &h->list[i], 1))
			continue;
		charges_add(&w->wanted, h->list[i].mm, 0);
		charges_add(&w->wanted, h->list[i].user, 0);
	}
}

/*
 * The rings of the selection, then those that share an account with it; of others only what they
 * are, for they tell nothing of it, and nobody pays for what another has. All of everybody, when
 * nobody in particular was asked for.
 */
static int read_rings(struct walk *w, const struct holders *h, struct reading *out)
{
	bool asks = selection_asks(w->select);
	int err = 0;

	reader_reset(&w->reader);
	if (asks)
		want_accounts(w, h);
	for (int ours = 1; ours >= 0; ours--) {
		for (size_t i = w->mms.nr, nr; !err && i < h->nr; i += nr) {
			struct reading *r = &out[i];

			nr = holders_next_ring(h, i) - i;
			if (is_selected(w, &h->list[i], nr) != ours)
				continue;
			if (peek_is_over(&w->peek))
				return peek_end();
			err = reader_ring(&w->reader, h->list[i].h.ring, r);
			r->left_out = w->accounts ||
				      (asks && !ours && !charges_have(&w->wanted, r->ring.mm) &&
				       !charges_have(&w->wanted, r->ring.user));
			if (!err && !r->left_out)
				err = reader_table(&w->reader, &h->list[i], r);
			err = err ? : reader_memory(&w->reader, &h->list[i], ours, r);
			if (ours && asks) {
				charges_add(&w->wanted, r->ring.mm, 0);
				charges_add(&w->wanted, r->ring.user, 0);
			}
		}
		charges_sort(&w->wanted);
	}
	return err;
}

/* Reads every ring into *readings; others are looked for where an account has more than they explain. */
static int find_and_read(struct walk *w, struct holders *h, struct reading **readings)
{
	bool mapped = w->thorough || w->accounts;
	int err;

	free(w->cuts.list);
	w->cuts = (struct walk_cuts){ 0 };
	err = find_holders(w, h, &w->cuts);
	for (;;) {
		if (!err && mapped)
			err = mapped_find(&w->peek, h, NULL, &w->cuts) ? :
			      waited_find(&w->peek, w->tasks, h, &w->cuts) ? :
			      polled_find(&w->peek, h, &w->cuts);
		if (err)
			return err;
		sharers_find(h, w->select);
		mms_take(&w->mms, h);
		free(*readings);
		*readings = must_alloc(h->nr, sizeof(**readings));
		err = read_rings(w, h, *readings);
		if (err || mapped || rings_explain(w, h, *readings))
			return err;
		mapped = true;
	}
}

/* The ring with room for so many slots; none is made for what is not fed. */
static void feed_room(const struct reading *r, __u32 nr_slots, struct ledger *l)
{
	struct fact_ring f = r->ring;

	/* which ring it was is settled, and what tells it is made of addresses */
	f.whose = 0;
	f.nr_slots = nr_slots;
	ledger_feed(l, &f.h);
}

static void feed_slots(const struct walk *w, const struct reading *r, struct ledger *l)
{
	struct slot_at at = { 0 };
	struct fact_buffer slot;

	feed_room(r, r->nr, l);
	while (reader_next_slot(&w->reader, r, &at, &slot))
		ledger_feed(l, &slot.h);
}

/* All but its slots. */
static void feed_ring(struct walk *w, const struct reading *r, struct fact_holder *h, size_t nr,
		      struct ledger *l)
{
	struct ring *ring;

	feed_room(r, 0, l);
	for (size_t i = 0; i < nr; i++) {
		h[i].whose = 0;
		ledger_feed(l, &h[i].h);
	}
	/* again: its levels are newer than the holders' */
	feed_room(r, 0, l);
	w->unsteady += r->unsteady;
	ring = ledger_ring(l, r->ring.h.ring);
	if (!ring)
		return;
	ring->unread = r->unsteady;
	ring->skipped = r->skipped;
	reader_give_memory(&w->reader, r, ring);
	if (r->skipped || r->left_out || r->memory_cut)
		ledger_know_less(ring);
}

static void leave_out(struct walk *w, const struct fact_holder *h)
{
	array_grow(w->left, w->nr_left);
	w->left[w->nr_left++] = *h;
}

/*
 * Feeds what is still there, without slots, and puts it to the front of .readings. Returns their
 * number.
 */
static size_t feed_rings(struct walk *w, struct holders *h, const struct holders *again,
			 struct reading *readings, struct ledger *l)
{
	size_t kept = 0;

	for (size_t i = w->mms.nr, nr, held; i < h->nr; i += nr) {
		struct fact_holder *first = &h->list[i];

		nr = holders_next_ring(h, i) - i;
		if (first->h.ring == w->own_ring && !w->accounts)
			continue;
		held = ring_holders_again(first, nr, again);
		if (ring_is_there_again(&w->peek, &readings[i], first, held, again)) {
			feed_ring(w, &readings[i], first, held, l);
			readings[kept++] = readings[i];
		} else if (readings[i].ring.nr_slots && first->how != HOLDER_CLOSING) {
			leave_out(w, first);
		}
	}
	mms_name(&w->mms, w->select, l);
	return kept;
}

static int on_slots(const struct walk *w, const struct reading *readings, size_t nr,
		    struct ledger *l, const struct ring_told *told)
{
	for (size_t i = 0; i < nr && !peek_is_over(&w->peek); i++) {
		feed_slots(w, &readings[i], l);
		if (!told)
			continue;
		told->on_ring(ledger_ring(l, readings[i].ring.h.ring), told->arg);
		feed_room(&readings[i], 0, l);
	}
	return peek_is_over(&w->peek) ? peek_end() : 0;
}

int walk_each_ring(struct walk *w, struct ledger *l, const struct ring_told *told)
{
	struct holders h = { 0 }, again = { 0 };
	struct reading *readings = NULL;
	int err;

	w->unsteady = 0;
	free(w->left);
	w->left = NULL;
	w->nr_left = 0;
	err = find_and_read(w, &h, &readings);
	reader_tell_cuts(&w->reader, &w->cuts);
	/* what was freed meanwhile may have been read as anything */
	if (!err)
		err = find_holders_again(w, &again, &h);
	for (size_t i = 0; !err && w->accounts && i < w->mms.nr; i++)
		ledger_feed(l, &h.list[i].h);
	if (!err)
		err = on_slots(w, readings, feed_rings(w, &h, &again, readings, l), l, told);
	/* as much again as the ledger takes, until the next walk */
	reader_free(&w->reader);
	charges_free(&w->wanted);
	free(readings);
	free(h.list);
	free(again.list);
	return err;
}

int walk_rings(struct walk *w, struct ledger *l)
{
	return walk_each_ring(w, l, NULL);
}

int walk_accounts(struct walk *w, struct ledger *l)
{
	int err;

	w->accounts = true;
	err = walk_rings(w, l);
	w->accounts = false;
	return err;
}

void walk_see_through(struct walk *w)
{
	w->peek.seen_through = true;
}

void walk_until(struct walk *w, __u64 deadline_ns)
{
	w->peek.deadline_ns = deadline_ns;
}

bool walk_is_over(const struct walk *w)
{
	return peek_is_over(&w->peek);
}

bool walk_all_are_charged(const struct walk *w)
{
	return w->all_charged;
}

void walk_be_thorough(struct walk *w)
{
	w->thorough = true;
}

const struct walk_cuts *walk_cuts(const struct walk *w)
{
	return &w->cuts;
}

unsigned int walk_unsteady(const struct walk *w)
{
	return w->unsteady;
}

unsigned int walk_left(const struct walk *w, const struct fact_holder **list)
{
	*list = w->left;
	return w->nr_left;
}

const struct peek *walk_peek(const struct walk *w)
{
	return &w->peek;
}

__u64 walk_own_ring(const struct walk *w)
{
	return w->own_ring;
}

const struct ring_raw *walk_own(const struct walk *w)
{
	return &w->own;
}
