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
#include "capture/charges.h"
#include "capture/holders.h"
#include "capture/mapped.h"
#include "capture/mms.h"
#include "capture/pid_namespace.h"
#include "capture/ring_walk.h"
#include "capture/submitters.h"
#include "fixbuf.skel.h"

#define TRIES 50
#define UNLOCKED_TRIES 10	/* for a moment at which no call is half done */

struct walk {
	struct fixbuf_bpf *skel;
	struct ring_raw own;
	__u64 own_ring;
	struct bpf_link *files, *tasks;
	struct mms mms;			/* a record for each process */
	unsigned int unsteady;
	bool thorough;
	bool accounts;			/* processes without rings are fed, too */
	struct fact_holder *left;	/* of rings with buffers that were closed during the last walk */
	unsigned int nr_left;
	struct mapped_cuts cuts;
	struct fact_buffer *slots;	/* as read, ring after ring */
	size_t nr, room;
};

/* A ring as read: its slots are w->slots[first .. first + ring.nr_slots), none when unsteady. */
struct reading {
	struct fact_ring ring;
	size_t first;
	bool steady;
};

struct walk *walk_prepare(struct fixbuf_bpf *skel)
{
	struct walk *w = calloc(1, sizeof(*w));
	int err;

	if (!w) {
		err_set(ENOMEM, "out of memory");
		return NULL;
	}
	w->skel = skel;
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
	free(w->slots);
	free(w);
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
	err = holders_iterate(w->files, &h);
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
	int err = w->skel->bss->ns_level && s->nr_pids ? holders_iterate(w->tasks, &h) : 0;

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

/* Appends slots [first, first + nr) to w->slots; -EAGAIN when the table does not stand still. */
static int read_slots_once(struct walk *w, __u64 ring, __u32 first, __u32 nr, __u64 table)
{
	struct fixbuf_bpf__bss *bss = w->skel->bss;
	__u32 table_nr = 0;

	for (__u32 done = 0; done < nr; done += bss->out_nr) {
		int err = walk_peek(w->skel->progs.peek_slots, ring, first + done, nr - done);

		if (err)
			return err;
		if (!done)
			table_nr = bss->out_table_nr;
		if (bss->out_table != table || bss->out_table_nr != table_nr || !bss->out_nr)
			return -EAGAIN;
		for (__u32 i = 0; i < bss->out_nr; i++)
			if (bss->out_slots[i].buf_flags & BUFFER_F_TORN)
				return -EAGAIN;
		/* there is room for a whole answer, see make_room() */
		memcpy(w->slots + w->nr + done, bss->out_slots, bss->out_nr * sizeof(*w->slots));
	}
	if (walk_peek(w->skel->progs.peek_ring, ring, 0, 0) || bss->out_ring.table != table)
		return -EAGAIN;
	w->nr += nr;
	return 0;
}

static int make_room(struct walk *w, size_t nr)
{
	struct fact_buffer *more;

	nr += w->nr + PEEK_CHUNK;
	if (nr <= w->room)
		return 0;
	if (nr < 2 * w->room)
		nr = 2 * w->room;
	more = realloc(w->slots, nr * sizeof(*more));
	if (!more)
		return err_set(ENOMEM, "out of memory");
	w->slots = more;
	w->room = nr;
	return 0;
}

/*
 * Reads the ring into *ring and appends all its slots to w->slots. RING_F_LOCKED: somebody held
 * its lock before or after.
 */
static int read_ring(struct walk *w, __u64 id, struct fact_ring *ring)
{
	__u32 locked = 0;
	int err = -EAGAIN;

	for (int i = 0; i < TRIES && err == -EAGAIN; i++) {
		err = walk_peek(w->skel->progs.peek_ring, id, 0, 0);
		if (err)
			return err;
		*ring = w->skel->bss->out_ring;
		locked = ring->ring_flags & RING_F_LOCKED;
		if (!ring->nr_slots)
			return 0;
		err = -EAGAIN;
		/* a larger count than any kernel allows is a torn read */
		if (ring->nr_slots > LEDGER_MAX_SLOTS)
			continue;
		err = make_room(w, ring->nr_slots);
		if (!err)
			err = read_slots_once(w, id, 0, ring->nr_slots, ring->table);
		/* a table of another length may come to lie where this one was */
		if (!err && w->skel->bss->out_ring.nr_slots != ring->nr_slots) {
			w->nr -= ring->nr_slots;
			err = -EAGAIN;
		}
		locked |= w->skel->bss->out_ring.ring_flags & RING_F_LOCKED;
		if (!err && locked && i < UNLOCKED_TRIES) {
			w->nr -= ring->nr_slots;
			err = -EAGAIN;
		}
	}
	/* the levels of user and mm as they were while the table still stood */
	if (!err)
		*ring = w->skel->bss->out_ring;
	ring->ring_flags |= locked;
	return err;
}

int walk_slots(struct walk *w, __u64 ring, __u32 first, __u32 nr, struct ledger *l)
{
	int err = -EAGAIN;

	w->nr = 0;
	for (int i = 0; i < TRIES && err == -EAGAIN; i++) {
		err = walk_peek(w->skel->progs.peek_ring, ring, 0, 0);
		if (err)
			return err;
		err = make_room(w, nr);
		if (!err)
			err = read_slots_once(w, ring, first, nr, w->skel->bss->out_ring.table);
	}
	for (__u32 i = 0; !err && i < nr; i++)
		ledger_feed(l, &w->slots[i].h);
	return err;
}

static int find_holders(struct walk *w, struct holders *h)
{
	int err = holders_iterate(w->files, h);

	if (!err)
		err = holders_iterate(w->tasks, h);
	return err ? err : submitters_find(w->skel, h);
}

/* The same as .before, rings found by mapping included. */
static int find_holders_again(struct walk *w, struct holders *h, const struct holders *before)
{
	int err = find_holders(w, h);

	return err ? err : mapped_find(w->skel, h, before, NULL);
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

		for (__u32 k = 0; r->steady && k < r->ring.nr_slots; k++)
			pages += charge_of_buffer(&w->slots[r->first + k]);
		charges_add(&c, r->ring.mm, pages);
		charges_add(&c, r->ring.user, pages + r->ring.ring_pages);
	}
	explained = charges_explain(&c, h->list, w->mms.nr);
	charges_free(&c);
	return explained;
}

/* Reads every ring that is held into out, which has room for all. */
static int read_rings(struct walk *w, const struct holders *h, struct reading *out)
{
	int err = 0;

	w->nr = 0;
	for (size_t i = w->mms.nr; !err && i < h->nr; i = holders_next_ring(h, i)) {
		struct reading *r = &out[i];

		r->first = w->nr;
		err = read_ring(w, h->list[i].h.ring, &r->ring);
		r->steady = !err;
		if (err == -EAGAIN)
			err = 0;
	}
	return err;
}

/* Reads every ring into *readings; others are looked for where an account has more than they explain. */
static int find_and_read(struct walk *w, struct holders *h, struct reading **readings)
{
	bool mapped = w->thorough;
	int err = find_holders(w, h);

	w->cuts.nr = 0;
	for (;;) {
		if (!err && mapped)
			err = mapped_find(w->skel, h, NULL, &w->cuts);
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
	struct ring *ring;

	ledger_feed(l, &r->ring.h);
	for (size_t i = 0; i < nr; i++)
		ledger_feed(l, &h[i].h);
	/* again: its levels are newer than the holders' */
	ledger_feed(l, &r->ring.h);
	for (__u32 i = 0; r->steady && i < r->ring.nr_slots; i++)
		ledger_feed(l, &w->slots[r->first + i].h);
	w->unsteady += !r->steady;
	ring = ledger_ring(l, r->ring.h.ring);
	if (ring)
		ring->unread = !r->steady;
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
	/* both are in order of their processes */
	for (size_t i = begin; i < end; i++) {
		while (k < nr && h[k].h.pid < again->list[i].h.pid)
			k++;
		if (k < nr && h[k].h.pid == again->list[i].h.pid)
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
		else if (readings[i].ring.nr_slots)
			leave_out(w, &h.list[i]);
	}
	if (!err)
		name_mms(w, l);
	/* as much again as the ledger takes, until the next walk */
	free(w->slots);
	w->slots = NULL;
	w->room = w->nr = 0;
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
