// SPDX-License-Identifier: GPL-2.0
/*
 * Iterators say who holds which ring; the peek programs say what a ring
 * holds. Nothing is locked meanwhile: a table is read until it stands still,
 * and rings that are gone when the iterators run again are not reported.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/alloc.h"
#include "base/array.h"
#include "base/err.h"
#include "base/own_ring.h"
#include "base/pid.h"
#include "base/signals.h"
#include "capture/charges.h"
#include "capture/holders.h"
#include "capture/in_flight.h"
#include "capture/mapped.h"
#include "capture/mms.h"
#include "capture/pid_namespace.h"
#include "capture/ring_reader.h"
#include "capture/ring_walk.h"
#include "capture/submitters.h"
#include "fixbuf.skel.h"

struct walk {
	struct fixbuf_bpf *skel;
	struct ring_raw own;
	__u64 own_ring;
	struct bpf_link *files, *tasks;
	struct mms mms;			/* a record for each process */
	unsigned int unsteady;
	bool thorough;
	bool accounts;			/* processes without rings are fed, too, and no slots */
	struct fact_holder *left;	/* of rings with buffers that were closed during the last walk */
	unsigned int nr_left;
	struct mapped_cuts cuts;
	const struct selection *select;	/* whose rings are read first; not owned */
	bool seen_through;		/* a signal ends no walk */
	int came_before;		/* signal that did, before this walk */
	struct charges wanted;		/* accounts of the selection; unused when it is everybody */
	struct ring_reader reader;
};

struct walk *walk_prepare(struct fixbuf_bpf *skel, const struct selection *select)
{
	struct walk *w = calloc(1, sizeof(*w));
	int err;

	if (!w) {
		err_set(ENOMEM, "out of memory");
		return NULL;
	}
	w->skel = w->reader.skel = skel;
	w->select = select;
	err = ring_raw_open(&w->own, 4, 0);
	if (err) {
		err_set(-err, "cannot create an io_uring of our own: %s; see /proc/sys/kernel/io_uring_disabled",
			strerror(-err));
		free(w);
		return NULL;
	}
	skel->rodata->own_ring_fd = w->own.fd;
	bpf_program__set_autoload(skel->progs.find_rings, true);
	bpf_program__set_autoload(skel->progs.find_registered, true);
	bpf_program__set_autoload(skel->progs.peek_ring, true);
	bpf_program__set_autoload(skel->progs.peek_slots, true);
	in_flight_prepare(skel);
	submitters_prepare(skel);
	mapped_prepare(skel);
	return w;
}

void walk_free(struct walk *w)
{
	if (!w)
		return;
	bpf_link__destroy(w->files);
	bpf_link__destroy(w->tasks);
	ring_raw_close(&w->own);
	mms_free(&w->mms);
	free(w->left);
	free(w->cuts.list);
	reader_free(&w->reader);
	free(w);
}

bool walk_is_over(const struct walk *w)
{
	return interrupted && !w->came_before && !w->seen_through;
}

int walk_end(void)
{
	return err_set(EINTR, "interrupted before all rings were read");
}

int walk_start(struct walk *w)
{
	struct holders h = { 0 };
	int err;

	w->files = bpf_program__attach_iter(w->skel->progs.find_rings, NULL);
	w->tasks = bpf_program__attach_iter(w->skel->progs.find_registered, NULL);
	if (!w->files || !w->tasks)
		return err_set(errno, "this kernel has no iterators over tasks: %s; Linux 5.8 or later is needed",
			       strerror(errno));
	err = holders_iterate(w, w->files, &h);
	for (size_t i = 0; !err && i < h.nr; i++)
		if (h.list[i].h.pid == w->skel->bss->own_tgid && h.list[i].fd == w->own.fd)
			w->own_ring = h.list[i].h.ring;
	free(h.list);
	if (!err && !w->own_ring)
		err = err_set(ENOENT, "the walk does not find our own ring; this kernel's io_uring has an unknown layout");
	if (!err)
		pid_namespace_learn(w->skel);
	if (!err)
		err = walk_peek(w->skel->progs.peek_ring, w->own_ring, 0, 0);
	/* rings that are not limited charge nobody there: no account tells that one is missing */
	if (!err && w->skel->bss->out_ring.ring_flags & RING_F_ACCT_PER_RING)
		w->thorough = true;
	return err;
}

int walk_translate_pids(struct walk *w, struct selection *s)
{
	struct holders h = { 0 };
	int err = w->skel->bss->ns_level && s->nr_pids ? holders_iterate(w, w->tasks, &h) : 0;

	if (!err && h.nr)
		err = pid_namespace_translate(s, &h);
	free(h.list);
	return err;
}

bool walk_is_inside(const struct walk *w)
{
	return w->skel->bss->own_level;
}

int walk_peek(const struct bpf_program *prog, __u64 arg0, __u64 arg1, __u64 arg2)
{
	__u64 args[3] = { arg0, arg1, arg2 };
	LIBBPF_OPTS(bpf_test_run_opts, opts, .ctx_in = args, .ctx_size_in = sizeof(args));

	if (!bpf_prog_test_run_opts(bpf_program__fd(prog), &opts))
		return 0;
	return err_set(errno, "this kernel does not run %s: %s; Linux 5.10 or later is needed",
		       bpf_program__name(prog), strerror(errno));
}

int walk_slots(struct walk *w, __u64 ring, __u32 first, __u32 nr, struct ledger *l)
{
	int err = reader_slots(&w->reader, ring, first, nr);

	for (__u32 i = 0; !err && i < nr; i++)
		ledger_feed(l, &w->reader.raw[i].h);
	return err;
}

static int find_holders(struct walk *w, struct holders *h)
{
	int err = holders_iterate(w, w->files, h);

	if (!err)
		err = holders_iterate(w, w->tasks, h);
	if (!err)
		err = in_flight_find(w, h);
	return err ? err : submitters_find(w, h);
}

/* The same as .before, rings found by mapping included. */
static int find_holders_again(struct walk *w, struct holders *h, const struct holders *before)
{
	int err = find_holders(w, h);

	return err ? err : mapped_find(w, h, before, NULL);
}

__u32 walk_pid_of_mm(const struct walk *w, __u64 mm)
{
	const struct mm_owner *owner = mms_find(&w->mms, mm);

	return owner ? pid_in_proc(owner->pid, owner->ns_pid) : 0;
}

/* A creator that no longer holds its ring still has the address space that is charged. */
static void name_mms(const struct walk *w, struct ledger *l)
{
	for (struct ledger_mm *m = l->mms; m; m = m->hh.next) {
		const struct mm_owner *owner = m->pid ? NULL : mms_find(&w->mms, m->id);

		if (!owner)
			continue;
		m->pid = owner->pid;
		m->ns_pid = owner->ns_pid;
		m->comm = owner->comm;
	}
}

/* Whether no account that a process shows has more than the rings that were found put there. */
static bool rings_explain(const struct walk *w, const struct holders *h,
			  const struct reading *readings)
{
	struct charges c = { 0 };
	bool explained;

	for (size_t i = w->mms.nr; i < h->nr; i = holders_next_ring(h, i)) {
		const struct reading *r = &readings[i];
		__s64 pages = 0;

		for (__u32 k = 0; k < r->nr; k++) {
			struct fact_buffer b = reader_slot(&w->reader, r, k);

			pages += charge_of_buffer(&b);
		}
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
		if (selection_has(w->select, h[i].h.pid, h[i].h.uid, &h[i].h.comm))
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
			if (walk_is_over(w))
				return walk_end();
			err = reader_ring(&w->reader, h->list[i].h.ring, r);
			r->left_out = w->accounts ||
				      (asks && !ours && !charges_have(&w->wanted, r->ring.mm) &&
				       !charges_have(&w->wanted, r->ring.user));
			if (!err && !r->left_out)
				err = reader_table(&w->reader, h->list[i].h.ring,
						   h->list[i].h.uid, r);
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
	int err = find_holders(w, h);

	w->cuts.nr = 0;
	for (;;) {
		if (!err && mapped)
			err = mapped_find(w, h, NULL, &w->cuts);
		if (err)
			return err;
		mms_take(&w->mms, h);
		free(*readings);
		*readings = must_alloc(h->nr, sizeof(**readings));
		err = read_rings(w, h, *readings);
		if (err || mapped || rings_explain(w, h, *readings))
			return err;
		mapped = true;
	}
}

static void feed_ring(struct walk *w, const struct reading *r, const struct fact_holder *h,
		      size_t nr, struct ledger *l)
{
	struct fact_ring f = r->ring;
	struct ring *ring;

	/* no room is made for slots that are not fed */
	if (!r->nr)
		f.nr_slots = 0;
	ledger_feed(l, &f.h);
	for (size_t i = 0; i < nr; i++)
		ledger_feed(l, &h[i].h);
	/* again: its levels are newer than the holders' */
	ledger_feed(l, &f.h);
	for (__u32 i = 0; i < r->nr; i++) {
		struct fact_buffer slot = reader_slot(&w->reader, r, i);

		ledger_feed(l, &slot.h);
	}
	w->unsteady += r->unsteady;
	ring = ledger_ring(l, r->ring.h.ring);
	if (!ring)
		return;
	ring->unread = r->unsteady;
	ring->skipped = r->skipped;
	if (r->skipped || r->left_out)
		ledger_know_less(ring);
}

static void leave_out(struct walk *w, const struct fact_holder *h)
{
	array_grow(w->left, w->nr_left);
	w->left[w->nr_left++] = *h;
}

/*
 * Whether the ring that .h hold is still there, with what was read of it. Its address may be
 * another process's ring by now, or was already when it was read. One that none of its holders
 * has any more may have been inherited: it is still charged to the address space that it was, and
 * that is not who has it now.
 */
static bool is_still_there(struct walk *w, const struct reading *r, const struct fact_holder *h,
			   size_t nr, const struct holders *again)
{
	size_t begin = holders_first(again, h->h.ring), end, k = 0;

	if (begin == again->nr || again->list[begin].h.ring != h->h.ring)
		return false;
	end = holders_next_ring(again, begin);
	/* what is closed is gone soon, and its address another process's, time and again */
	if (h->how == HOLDER_CLOSING && (again->list[begin].how != h->how || h->mm != r->ring.mm))
		return false;
	/* both are in order of their processes */
	for (size_t i = begin; i < end; i++) {
		while (k < nr && h[k].h.pid < again->list[i].h.pid)
			k++;
		/* its own address may have been another's in between: what was read has to be its */
		if (k < nr && h[k].h.pid == again->list[i].h.pid && h[k].mm == r->ring.mm)
			return true;
	}
	for (size_t i = begin; i < end; i++)
		if (again->list[i].mm == r->ring.mm)
			return false;
	return !walk_peek(w->skel->progs.peek_ring, h->h.ring, 0, 0) &&
	       w->skel->bss->out_ring.mm == r->ring.mm;
}

int walk_rings(struct walk *w, struct ledger *l)
{
	struct holders h = { 0 }, again = { 0 };
	struct reading *readings = NULL;
	int err;

	w->came_before = interrupted;
	w->unsteady = 0;
	free(w->left);
	w->left = NULL;
	w->nr_left = 0;
	err = find_and_read(w, &h, &readings);
	/* what was freed meanwhile may have been read as anything */
	if (!err)
		err = find_holders_again(w, &again, &h);
	for (size_t i = 0; !err && w->accounts && i < w->mms.nr; i++)
		ledger_feed(l, &h.list[i].h);
	for (size_t i = w->mms.nr, nr; !err && i < h.nr; i += nr) {
		nr = holders_next_ring(&h, i) - i;
		if (h.list[i].h.ring == w->own_ring && !w->accounts)
			continue;
		if (is_still_there(w, &readings[i], &h.list[i], nr, &again))
			feed_ring(w, &readings[i], &h.list[i], nr, l);
		else if (readings[i].ring.nr_slots && h.list[i].how != HOLDER_CLOSING)
			leave_out(w, &h.list[i]);
	}
	if (!err)
		name_mms(w, l);
	/* as much again as the ledger takes, until the next walk */
	reader_free(&w->reader);
	charges_free(&w->wanted);
	free(readings);
	free(h.list);
	free(again.list);
	return err;
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
	w->seen_through = true;
}

void walk_be_thorough(struct walk *w)
{
	w->thorough = true;
}

const struct mapped_cuts *walk_cuts(const struct walk *w)
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

struct fixbuf_bpf *walk_skel(struct walk *w)
{
	return w->skel;
}

__u64 walk_own_ring(const struct walk *w)
{
	return w->own_ring;
}

int walk_own_fd(const struct walk *w)
{
	return w->own.fd;
}
