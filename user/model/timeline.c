// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include <string.h>
#include "base/alloc.h"
#include "model/derived.h"
#include "model/fact.h"
#include "model/ledger_buffers.h"
#include "model/timeline.h"

/* Far more than exist at once anywhere: beyond, a file is damaged. */
#define MAX_RINGS (1U << 20)

struct held {			/* whom a buffer's pages are counted for */
	__u64 buf;
	__u64 user, mm;
	__s64 pages;
	UT_hash_handle hh;
};

struct timeline {
	struct timeline_listener view;
	struct ledger *ledger;
	struct derived derived;
	struct timeline_ring *rings;
	struct account *accounts;
	struct held *held;
	__u32 nr_rings, nr_accounts;
	__u64 nr_lives;
	bool looking;		/* facts of a snapshot follow */
	bool all;		/* rings that nothing was shown of are wanted, too */
	__u64 now_ns;
	__u32 call;		/* of the fact that is being fed */
	bool ours;		/* it is of a ring that is watched */
	struct { __u64 from_ns, count; } gap;
};

#define TELL(h, name, ...) do {							\
	if ((h)->view.name)							\
		(h)->view.name(__VA_ARGS__, (h)->view.arg);			\
} while (0)

static struct timeline_ring *find_ring(const struct timeline *h, __u64 id)
{
	struct timeline_ring *r;

	HASH_FIND(hh, h->rings, &id, sizeof(id), r);
	return r;
}

/* ---- accounts -------------------------------------------------------------------- */

static struct account *account(struct timeline *h, __u64 id, bool is_mm)
{
	struct account *a;

	if (!id)
		return NULL;
	HASH_FIND(hh, h->accounts, &id, sizeof(id), a);
	if (a)
		return a;
	a = must_alloc(1, sizeof(*a));
	a->id = id;
	a->is_mm = is_mm;
	a->number = ++h->nr_accounts;
	a->limit_bytes = ~0ULL;
	HASH_ADD(hh, h->accounts, id, sizeof(a->id), a);
	return a;
}

static void level(struct timeline *h, struct account *a, __s64 charged, __u64 limit)
{
	if (!a || (a->told && a->charged_pages == charged && a->limit_bytes == limit))
		return;
	a->charged_pages = charged;
	a->limit_bytes = limit;
	if (!h->ours)
		return;
	a->told = true;
	TELL(h, level, a, h->now_ns);
}

static void user_level(struct timeline *h, __u64 id, __s64 charged, __u64 limit)
{
	struct account *a = account(h, id, false);
	struct ledger_user *u;

	if (!a)
		return;
	HASH_FIND(hh, h->ledger->users, &id, sizeof(id), u);
	if (u)
		a->uid = u->uid;
	level(h, a, charged, limit ? limit : a->limit_bytes);
}

static void mm_level(struct timeline *h, __u64 id, __s64 charged)
{
	struct account *a = account(h, id, true);
	struct ledger_mm *mm;

	if (!a)
		return;
	HASH_FIND(hh, h->ledger->mms, &id, sizeof(id), mm);
	if (mm && mm->pid) {
		a->pid = mm->pid;
		a->ns_pid = mm->ns_pid;
		a->uid = mm->uid;
		a->comm = mm->comm;
	}
	level(h, a, charged, a->limit_bytes);
}

static void pinned(struct timeline *h, __u64 id, bool is_mm, __s64 pages)
{
	struct account *a = account(h, id, is_mm);

	if (!a)
		return;
	a->pinned_pages += pages;
	if (a->told)
		TELL(h, level, a, h->now_ns);
}

static void pin(struct timeline *h, __u64 ring, __u64 buf, __s64 pages)
{
	const struct ring *r = ledger_ring(h->ledger, ring);
	struct held *held;

	HASH_FIND(hh, h->held, &buf, sizeof(buf), held);
	if (held || !buf)
		return;
	held = must_alloc(1, sizeof(*held));
	held->buf = buf;
	held->user = r && r->user ? r->user->id : 0;
	held->mm = r && r->mm ? r->mm->id : 0;
	held->pages = pages;
	HASH_ADD(hh, h->held, buf, sizeof(held->buf), held);
	pinned(h, held->user, false, pages);
	pinned(h, held->mm, true, pages);
}

static void unpin(struct timeline *h, __u64 buf)
{
	struct held *held;

	HASH_FIND(hh, h->held, &buf, sizeof(buf), held);
	if (!held)
		return;
	pinned(h, held->user, false, -held->pages);
	pinned(h, held->mm, true, -held->pages);
	HASH_DEL(h->held, held);
	free(held);
}

static void account_of(struct timeline *h, const struct fact *f)
{
	const struct fact_charge *charge = (const void *)f;
	const struct fact_call *call = (const void *)f;
	const struct fact_ring *ring = (const void *)f;
	const struct fact_pin *p = (const void *)f;
	const struct timeline_ring *r = find_ring(h, f->ring);

	h->ours = r && r->watched;
	switch (f->kind) {
	case FACT_CALL:
		user_level(h, call->user, call->user_after_pages, call->limit_bytes);
		mm_level(h, call->mm, call->mm_after_pages);
		break;
	case FACT_RING_CREATE:
	case FACT_RING_CLOSE:
	case FACT_RING:
		user_level(h, ring->user, ring->user_locked_pages, 0);
		mm_level(h, ring->mm, ring->mm_pinned_pages);
		break;
	case FACT_CHARGE:
	case FACT_UNCHARGE:
		user_level(h, charge->user, charge->user_after_pages, 0);
		mm_level(h, charge->mm, charge->mm_after_pages);
		break;
	case FACT_PIN:
		if (p->result >= 0)
			pin(h, f->ring, p->buf, p->pages);
		break;
	case FACT_UNPIN:
		unpin(h, p->buf);
		break;
	}
}

/* ---- rings and lives --------------------------------------------------------------- */

static void name_ring(struct timeline *h, struct timeline_ring *r, const struct fact *f)
{
	const struct ring *known = ledger_ring(h->ledger, r->id);
	const struct holder *holder = known && known->nr_holders ? &known->holders[0] : NULL;

	r->pid = holder ? holder->pid : f->pid;
	r->ns_pid = holder ? holder->ns_pid : fact_ns_pid(f);
	r->uid = holder ? holder->uid : f->uid;
	r->fd = holder ? holder->fd : -1;
	r->comm = holder ? holder->comm : f->comm;
}

static struct timeline_ring *add_ring(struct timeline *h, const struct fact *f)
{
	struct timeline_ring *r = find_ring(h, f->ring);

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

	if (life && life->buf == b->id && life->addr == b->addr && life->len_bytes == b->len_bytes)
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
	r->slots[slot] = life;
	if (r->watched)
		TELL(h, life_begins, life);
}

/* From now on it is told of; what it holds already was there before. */
static void watch_ring(struct timeline *h, struct timeline_ring *r, const struct fact *f)
{
	if (!r || r->watched)
		return;
	r->watched = true;
	r->number = ++h->nr_rings;
	name_ring(h, r, f);
	TELL(h, ring_begins, r);
	for (__u32 i = 0; i < r->nr_slots; i++)
		if (r->slots[i])
			TELL(h, life_begins, r->slots[i]);
}

static void remove_ring(struct timeline *h, struct timeline_ring *r)
{
	for (__u32 i = 0; i < r->nr_slots; i++)
		end_life(h, r, i);
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
	struct timeline_ring *r = find_ring(h, f->ring);

	if (f->kind == FACT_DROP && r)
		end_life(h, r, b->index);
	else
		account_of(h, f);
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
		pin(h, f->h.ring, b->id, buffer_pages(b));
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
}

static void end_gap(struct timeline *h)
{
	if (!h->gap.count)
		return;
	TELL(h, gap, h->gap.from_ns, h->now_ns, h->gap.count);
	h->gap.count = 0;
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
		if (f->kind == FACT_RING_CREATE && find_ring(h, f->ring))
			remove_ring(h, find_ring(h, f->ring));
		ledger_feed(h->ledger, f);
	}
	if (f->kind == FACT_RING_CREATE || f->kind == FACT_RING || f->kind == FACT_CALL)
		add_ring(h, f);
	r = find_ring(h, f->ring);
	if (t->shown || h->all)
		watch_ring(h, r, f);
	if (!t->fed)
		return;
	account_of(h, f);
	if (f->kind == FACT_BUFFER)
		set_slot(h, (const void *)f);
	else if (f->kind == FACT_RING_GONE && r && !ledger_ring(h->ledger, f->ring))
		remove_ring(h, r);
}

void timeline_event(struct timeline *h, const struct event *t)
{
	if (t->t_ns > h->now_ns)
		h->now_ns = t->t_ns;
	if (h->looking && !(t->kind == EVENT_FACT && t->fact->flags & FACT_F_SNAPSHOT))
		end_look(h);
	if (t->kind != EVENT_LOST && t->kind != EVENT_END)
		end_gap(h);
	switch (t->kind) {
	case EVENT_LOOK:
		h->all = t->origin->snapshot;
		new_ledger(h, t->origin->tier != TIER_TRACEPOINTS);
		h->looking = true;
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
	case EVENT_END:
		end_gap(h);
		break;
	}
}

const struct timeline_ring *timeline_rings(const struct timeline *h)
{
	return h->rings;
}

struct timeline *timeline_new(const struct timeline_listener *view)
{
	struct timeline *h = must_alloc(1, sizeof(*h));

	h->view = *view;
	new_ledger(h, false);
	return h;
}

void timeline_free(struct timeline *h)
{
	struct timeline_ring *r, *next_ring;
	struct account *a, *next;
	struct held *held, *next_held;

	if (!h)
		return;
	h->view = (struct timeline_listener){ 0 };
	HASH_ITER(hh, h->rings, r, next_ring)
		remove_ring(h, r);
	HASH_ITER(hh, h->accounts, a, next) {
		HASH_DEL(h->accounts, a);
		free(a->data);
		free(a);
	}
	HASH_ITER(hh, h->held, held, next_held) {
		HASH_DEL(h->held, held);
		free(held);
	}
	ledger_free(h->ledger);
	derived_free(&h->derived);
	free(h);
}
