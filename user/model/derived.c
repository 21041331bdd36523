// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include <string.h>
#include "base/array.h"
#include "model/derived.h"
#include "model/fact.h"
#include "model/ledger_buffers.h"

#define MAX_IN_USE 65536	/* then the end of its slot is taken for its own */

/*
 * An account of rings that were closed: what they were charged for leaves it until they are gone, and
 * the levels that are seen meanwhile do not tell how much of that has left already.
 */
struct derived_leaving {
	__u64 id;		/* of the user or mm */
	__s64 pages;		/* of rings that are not gone */
	__s64 rest;		/* what stays when they are */
	UT_hash_handle hh;
};

/* What was there before the watch began was done by no call that it saw. */
static bool is_snapshot(const struct fact *cause)
{
	return cause->flags & FACT_F_SNAPSHOT;
}

static struct fact head(const struct fact *cause, const struct ring *r, enum fact_kind kind,
			__u16 size)
{
	struct fact h = *cause;

	h.size = size;
	h.kind = kind;
	h.flags = FACT_F_DERIVED;
	h.seq = 0;
	h.ring = r->id;
	return h;
}

/* Concluded of the same process. */
static void tell(const struct derived *d, const struct fact *cause, struct fact *f)
{
	fact_set_ns_pid(f, fact_ns_pid(cause));
	d->tell(f, d->arg);
}

static void on_dropped(const struct ledger *l, const struct fact *cause, const struct ring *r,
		       __u32 index, const struct buffer *b, void *arg)
{
	struct derived *d = arg;
	struct fact_buffer f = buffer_fact(b, r, index);

	(void)l;
	/* one that was seen needs no conclusion */
	if (is_snapshot(cause) || cause->kind == FACT_DROP)
		return;
	f.h = head(cause, r, FACT_DROP, sizeof(f));
	tell(d, cause, &f.h);
}

static void derive_pin(const struct derived *d, const struct fact *cause, const struct ring *r,
		       const struct buffer *b, enum fact_kind kind)
{
	struct fact_pin f = {
		.h = head(cause, r, kind, sizeof(f)),
		.buf = b->id,
		.addr = b->addr,
		.pages = buffer_pages(b),
		.refs = b->segments,
		.stacks = { -1, -1, 0 },
		.folio_shift = b->folio_shift,
	};

	tell(d, cause, &f.h);
}

static __u64 charge_of(const struct ring *r, const struct buffer *b)
{
	if (b->charged_pages != ACCT_UNKNOWN)
		return b->charged_pages;
	return ring_is_charged(r) ? buffer_pages(b) : 0;
}

static struct derived_leaving *leaving(const struct derived *d, __u64 id)
{
	struct derived_leaving *a;

	HASH_FIND(hh, d->leaving, &id, sizeof(id), a);
	return a;
}

/* A ring of that account is closed, with so many pages, of so many that are seen to be charged. */
static void begin_leaving(struct derived *d, __u64 id, __s64 pages, __s64 seen)
{
	struct derived_leaving *a = leaving(d, id);

	if (!id)
		return;
	if (!a) {
		a = must_alloc(1, sizeof(*a));
		a->id = id;
		HASH_ADD(hh, d->leaving, id, sizeof(a->id), a);
	}
	/* without others on their way out all of this ring's are still there */
	a->rest = a->pages ? a->rest - pages : seen - pages;
	a->pages += pages;
	if (a->rest > seen)
		a->rest = seen;
	else if (a->rest < seen - a->pages)
		a->rest = seen - a->pages;
}

/* False when no ring of the account is on its way out. */
static bool leave(const struct derived *d, __u64 id, __s64 pages, __s64 *before, __s64 *after)
{
	struct derived_leaving *a = leaving(d, id);
	__s64 known;

	if (!a)
		return false;
	known = pages < a->pages ? pages : a->pages;
	*before = a->rest + a->pages;
	a->pages -= known;
	a->rest -= pages - known;
	*after = a->rest + a->pages;
	return true;
}

/* All of it has left with the ring that was gone last. */
static void tidy_leaving(struct derived *d)
{
	for (size_t i = 0; i < 2; i++) {
		struct derived_leaving *a = leaving(d, d->gone[i]);

		d->gone[i] = 0;
		if (!a || a->pages)
			continue;
		HASH_DEL(d->leaving, a);
		free(a);
	}
}

static void forget_leaving(struct derived *d)
{
	struct derived_leaving *a, *next;

	HASH_ITER(hh, d->leaving, a, next) {
		HASH_DEL(d->leaving, a);
		free(a);
	}
}

/* What a ring shares with others leaves with the last of them. */
static void on_close(struct derived *d, const struct fact_ring *f)
{
	const struct ring *r = ledger_ring(d->ledger, f->h.ring);
	__s64 pages = 0;

	if (!r || r->closing || d->ledger->exact)
		return;
	for (__u32 i = 0; i < r->nr_slots && r->filled; i++)
		if (r->slots[i] && r->slots[i]->slots == 1 && !(r->slots[i]->buf_flags & BUFFER_F_KERNEL))
			pages += charge_of(r, r->slots[i]);
	if (r->user)
		begin_leaving(d, r->user->id, pages + r->ring_pages, r->user->id == f->user ?
			      f->user_locked_pages : r->user->locked_pages);
	if (r->mm)
		begin_leaving(d, r->mm->id, pages, r->mm->id == f->mm ?
			      f->mm_pinned_pages : r->mm->pinned_pages);
}

/* Its own memory leaves with its buffers. */
static void on_gone(struct derived *d, const struct fact *f)
{
	const struct ring *r = ledger_ring(d->ledger, f->ring);
	__s64 before, after;

	if (!r || !r->closing)
		return;
	d->gone[0] = r->user ? r->user->id : 0;
	d->gone[1] = r->mm ? r->mm->id : 0;
	if (r->user)
		leave(d, r->user->id, r->ring_pages, &before, &after);
}

static void derive_charge(struct derived *d, const struct fact *cause, const struct ring *r,
			  const struct buffer *b, enum fact_kind kind)
{
	__s64 pages = charge_of(r, b);
	__s64 change = kind == FACT_CHARGE ? pages : -pages;
	bool ended = cause->kind == FACT_IN_USE;
	struct fact_charge f = {
		.h = head(cause, r, kind, sizeof(f)),
		.user = r->user ? r->user->id : 0,
		.mm = r->mm ? r->mm->id : 0,
		.buf = b->id,
		.pages = pages,
		.stacks = { -1, -1, 0 },
	};

	if (!pages)
		return;
	if (ended || !d->level.valid || d->level.call != cause->call || d->level.ring != cause->ring) {
		/* levels as last seen: after a charge, but before a release */
		__s64 ahead = kind == FACT_CHARGE ? pages : 0;

		d->level.valid = true;
		d->level.call = cause->call;
		d->level.ring = cause->ring;
		d->level.limit_bytes = ~0ULL;
		d->level.user_pages = r->user ? r->user->locked_pages - ahead : 0;
		d->level.mm_pages = r->mm ? r->mm->pinned_pages - ahead : 0;
	}
	if (ended && r->user)
		d->level.user_pages -= derived_gone(&d->have_gone, r->user->id, r->user->level_ns, pages);
	if (ended && r->mm)
		d->level.mm_pages -= derived_gone(&d->have_gone, r->mm->id, r->mm->level_ns, pages);
	f.limit_bytes = d->level.limit_bytes;
	if (r->user && !(r->closing && leave(d, f.user, -change, &f.user_before_pages, &f.user_after_pages))) {
		f.user_before_pages = d->level.user_pages;
		f.user_after_pages = d->level.user_pages += change;
	}
	if (r->mm && !(r->closing && leave(d, f.mm, -change, &f.mm_before_pages, &f.mm_after_pages))) {
		f.mm_before_pages = d->level.mm_pages;
		f.mm_after_pages = d->level.mm_pages += change;
	}
	tell(d, cause, &f.h);
}

static void release(struct derived *d, const struct fact *cause, const struct ring *r,
		    const struct buffer *b)
{
	derive_pin(d, cause, r, b, FACT_UNPIN);
	derive_charge(d, cause, r, b, FACT_UNCHARGE);
}

static bool is_held(const struct derived *d, __u64 buf)
{
	for (size_t i = 0; i < d->nr_in_use; i++)
		if (d->in_use[i].b.id == buf)
			return true;
	return false;
}

/* Clones share it: it is unpinned with the last that held it, and uncharged from that one's ring. */
static void let_go(struct derived *d, size_t i, const struct fact *cause)
{
	struct derived_in_use u = d->in_use[i];
	const struct ring *r = ledger_ring(d->ledger, u.ring);

	d->in_use[i] = d->in_use[--d->nr_in_use];
	if (u.released && r && !d->ledger->exact && !is_held(d, u.b.id))
		release(d, cause, r, &u.b);
}

/*
 * Its address is another's, so that the requests have ended, before this call charged what it
 * registered: its levels have that already.
 */
static void let_go_before(struct derived *d, const struct fact *cause, __u64 buf)
{
	for (size_t i = d->nr_in_use; i--;) {
		struct derived_in_use *u = &d->in_use[i];
		const struct ring *r = ledger_ring(d->ledger, u->ring);

		if (u->b.id != buf)
			continue;
		if (u->released && r && d->level.valid) {
			d->level.user_pages += charge_of(r, &u->b);
			d->level.mm_pages += charge_of(r, &u->b);
		}
		let_go(d, i, cause);
	}
}

/* A ring ends when none of its requests is left. */
static void follow_requests(struct derived *d, const struct fact *f)
{
	const struct fact_in_use *u = (const void *)f;

	if (f->kind == FACT_IN_USE && u->requests) {
		if (d->nr_in_use == MAX_IN_USE)
			return;
		array_grow(d->in_use, d->nr_in_use);
		d->in_use[d->nr_in_use++] = (struct derived_in_use){
			.ring = f->ring, .node = u->node, .call = f->call, .b.id = u->buf };
		return;
	}
	for (size_t i = d->nr_in_use; i--;)
		if (d->in_use[i].ring == f->ring &&
		    (f->kind == FACT_RING_GONE || (f->kind == FACT_IN_USE && d->in_use[i].node == u->node &&
						   d->in_use[i].b.id == u->buf)))
			let_go(d, i, f);
}

/*
 * Whether requests hold on to it, of this ring or of one that shared it, which was told before: then it
 * is kept until the last of them does not.
 */
static bool is_in_use(struct derived *d, const struct buffer *b)
{
	bool held = false;

	for (size_t i = 0; i < d->nr_in_use; i++) {
		struct derived_in_use *u = &d->in_use[i];

		if (u->b.id != b->id || u->released)
			continue;
		u->b = *b;
		u->b.extents = NULL;
		u->released = true;
		held = true;
	}
	return held;
}

static bool is_concluded(const struct ledger *l, const struct fact *cause, const struct buffer *b)
{
	return !is_snapshot(cause) && !l->exact && !(b->buf_flags & BUFFER_F_KERNEL);
}

static void on_released(const struct ledger *l, const struct fact *cause, const struct ring *r,
			const struct buffer *b, void *arg)
{
	if (is_concluded(l, cause, b) && !is_in_use(arg, b))
		release(arg, cause, r, b);
}

static void on_taken(const struct ledger *l, const struct fact *cause, const struct ring *r,
		     const struct buffer *b, void *arg)
{
	if (!is_concluded(l, cause, b))
		return;
	let_go_before(arg, cause, b->id);
	derive_pin(arg, cause, r, b, FACT_PIN);
	derive_charge(arg, cause, r, b, FACT_CHARGE);
}

static void on_fact(const struct fact *f, void *arg)
{
	const struct fact_call *c = (const void *)f;
	struct derived *d = arg;

	tidy_leaving(d);
	if (f->kind == FACT_RING_CLOSE)
		on_close(d, (const void *)f);
	else if (f->kind == FACT_RING_GONE)
		on_gone(d, f);
	follow_requests(d, f);
	/* what no call ties together ends with its fact */
	if (!d->level.call)
		d->level.valid = false;
	if (f->kind != FACT_CALL || c->result < 0 || !f->ring)
		return;
	d->level.valid = true;
	d->level.call = f->call;
	d->level.ring = f->ring;
	d->level.limit_bytes = c->limit_bytes;
	d->level.user_pages = c->user_before_pages;
	d->level.mm_pages = c->mm_before_pages;
}

void derived_observe(struct derived *d, struct ledger *l)
{
	d->observer = (struct ledger_observer){ on_fact, on_taken, on_dropped, on_released, d };
	memset(&d->level, 0, sizeof(d->level));
	forget_leaving(d);
	derived_gone_free(&d->have_gone);
	d->ledger = l;
	l->observer = &d->observer;
}

void derived_free(struct derived *d)
{
	forget_leaving(d);
	derived_gone_free(&d->have_gone);
	free(d->in_use);
	d->in_use = NULL;
	d->nr_in_use = 0;
}
