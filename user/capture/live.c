// SPDX-License-Identifier: GPL-2.0
#include <abi/limits.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "base/alloc.h"
#include "base/clock.h"
#include "base/err.h"
#include "capture/call_hooks.h"
#include "capture/live.h"
#include "capture/proc_maps.h"
#include "capture/ring_walk.h"
#include "capture/session.h"
#include "checks/failure.h"

static struct shown_ring *shown_ring(const struct tracer *t, __u64 id)
{
	struct shown_ring *r;

	HASH_FIND(hh, t->rings, &id, sizeof(id), r);
	return r;
}

static void show_ring(struct tracer *t, __u64 id)
{
	struct shown_ring *r = shown_ring(t, id);

	if (r || !id)
		return;
	r = must_alloc(1, sizeof(*r));
	r->id = id;
	HASH_ADD(hh, t->rings, id, sizeof(r->id), r);
}

static void forget_ring(struct tracer *t, __u64 id)
{
	struct shown_ring *r = shown_ring(t, id);

	if (!r)
		return;
	HASH_DEL(t->rings, r);
	free(r);
}

/* A ring's end is nobody's doing: show whose ring it was, not the kernel's worker. */
static void name_owner(struct fact *f, const struct ring *r)
{
	if (!r || !r->nr_holders)
		return;
	f->pid = r->holders[0].pid;
	f->tid = r->holders[0].tid;
	f->uid = r->holders[0].uid;
	memcpy(f->comm, r->holders[0].comm, sizeof(f->comm));
}

static void on_derived(const struct fact *f, void *arg)
{
	struct tracer *t = arg;
	union {
		struct fact h;
		struct fact_buffer buffer;
		struct fact_pin pin;
		struct fact_charge charge;
	} copy;

	if (!t->show_derived || f->size > sizeof(copy))
		return;
	memcpy(&copy, f, f->size);
	if (t->cause->kind == FACT_RING_GONE) {
		name_owner(&copy.h, ledger_ring(t->ledger, f->ring));
		/* after a loss the ring may not be whose we think it is */
		if (!selection_has(t->select, copy.h.pid, copy.h.uid, copy.h.comm))
			return;
	}
	t->out->fact(&copy.h, false, true, NULL, t->out->arg);
}

/* .derive: whether what is concluded from it is shown. */
static void enter(struct tracer *t, const struct fact *f, bool shown, bool derive,
		  const struct failure *why)
{
	if (t->out)
		t->out->fact(f, true, shown, why, t->out->arg);
	t->cause = f;
	t->show_derived = derive;
	ledger_feed(t->ledger, f);
}

/* What the start of the call would have shown, from what was seen last. */
static void guess_before(const struct tracer *t, struct fact_call *c)
{
	const struct ring *r = ledger_ring(t->ledger, c->h.ring);

	c->user_before_pages = r && r->user ? r->user->locked_pages : c->user_after_pages;
	c->mm_before_pages = r && r->mm ? r->mm->pinned_pages : c->mm_after_pages;
}

static void note_entry(struct tracer *t, const struct fact *f)
{
	if (t->nr_entries && t->entries[0].h.call != f->call)
		t->nr_entries = 0;
	t->entries = must_realloc(t->entries, t->nr_entries + 1, sizeof(*t->entries));
	memcpy(&t->entries[t->nr_entries++], f, sizeof(*t->entries));
}

/* An update that did some slots gives their number: what stopped it is concluded. */
static __s64 concluded_error(const struct fact_call *c, const struct fact_entry *blamed)
{
	if (!blamed && c->user && c->need_pages * PAGE_BYTES + c->user_after_pages * PAGE_BYTES >
	    c->limit_bytes)
		return -ENOMEM;
	return -EFAULT;
}

/* All rings as they are now, where who holds the user's limit is asked for; NULL otherwise. */
static struct ledger *others_now(const struct tracer *t, const struct fact_call *failed)
{
	struct ledger *now;

	if (failed->result != -ENOMEM || !failed->user)
		return NULL;
	now = ledger_new();
	if (!walk_rings(t->walk, now))
		return now;
	ledger_free(now);
	return NULL;
}

/* Tells and enters a call that is shown, with its explanation. */
static void enter_failure(struct tracer *t, struct fact_call *c)
{
	bool told = t->nr_entries && t->entries[0].h.call == c->h.call;
	char text[EXPLAIN_LEN];
	struct failure why = { .explain = text };
	struct fact_call failed = *c;
	struct ledger *now;

	if (c->result >= 0) {
		failed.result = -EFAULT;
		for (size_t i = 0; told && i < t->nr_entries; i++)
			t->entries[i].index += c->result;
	}
	why.entry = explain_find_entry(&failed, t->entries, told ? t->nr_entries : 0);
	if (c->result >= 0)
		failed.result = concluded_error(&failed, why.entry);
	now = others_now(t, &failed);
	explain_call(text, &failed, why.entry, &(struct accounts){ t->ledger, now });
	ledger_free(now);
	c->need_pages = failed.need_pages;
	enter(t, &c->h, true, true, &why);
	t->nr_entries = 0;
}

/* Failed, or stopped before it had done all. */
static bool is_incomplete(const struct fact_call *c)
{
	return c->result < 0 || (c->op == CALL_UPDATE && c->result < c->nr);
}

static void note_rest(struct tracer *t, const struct fact_call *c)
{
	__u64 first = 0, end = c->nr_slots;

	if (c->op == CALL_UPDATE || (c->op == CALL_CLONE && c->nr)) {
		first = c->offset;
		end = first + (c->op == CALL_UPDATE ? (__u64)c->result : c->nr);
	}
	if (end > c->nr_slots)
		end = c->nr_slots;
	if (t->tells_all || c->op == CALL_UNREGISTER || end <= first + BOUNDED_SLOTS)
		return;
	t->rest.call = *c;
	t->rest.first = first + BOUNDED_SLOTS;
	t->rest.nr = end - t->rest.first;
}

static void on_call(struct tracer *t, const struct fact *f, bool show)
{
	struct fact_call c;

	memcpy(&c, f, sizeof(c));
	if (show)
		show_ring(t, f->ring);
	if (!(c.call_flags & CALL_F_BEFORE_SEEN))
		guess_before(t, &c);
	if (is_incomplete(&c) && show && t->out)
		enter_failure(t, &c);
	else
		enter(t, &c.h, show, show, NULL);
	if (c.result >= 0)
		note_rest(t, &c);
}

static void show_slot(struct tracer *t, const struct buffer *b, __u32 index, bool show)
{
	struct fact_buffer f = {
		.h = t->rest.call.h,
		.buf_flags = BUFFER_F_EMPTY,
		.index = index,
	};

	f.h.size = sizeof(f);
	f.h.kind = FACT_BUFFER;
	f.h.seq = 0;
	if (b) {
		f.buf = b->id;
		f.addr = b->addr;
		f.len_bytes = b->len_bytes;
		f.bvec = b->bvec;
		f.charged_pages = b->charged_pages;
		f.segments = b->segments;
		f.folio_shift = b->folio_shift;
		f.refs = b->refs;
		f.buf_flags = b->buf_flags;
	}
	enter(t, &f.h, show && (b || t->rest.call.op == CALL_UPDATE), show, NULL);
}

void tracer_lost(const struct lost_events *lost, void *tracer)
{
	struct tracer *t = tracer;

	t->ledger->lost += lost->count;
	if (t->out)
		t->out->lost(lost, t->out->arg);
}

/* Reads the slots that the kernel side left out. */
static void complete(struct tracer *t)
{
	const struct fact *call = &t->rest.call.h;
	bool show = selection_has(t->select, call->pid, call->uid, call->comm);
	struct ledger *now;
	struct ring *r;

	if (!t->rest.nr)
		return;
	now = ledger_new();
	if (walk_slots(t->walk, call->ring, t->rest.first, t->rest.nr, now)) {
		/* gone or refilled before we came */
		tracer_lost(&(struct lost_events){ .count = t->rest.nr, .cpu = call->cpu,
						  .after_seq = call->seq }, t);
	} else {
		r = ledger_ring(now, call->ring);
		for (__u32 i = t->rest.first; r && i < t->rest.first + t->rest.nr; i++)
			show_slot(t, i < r->nr_slots ? r->slots[i] : NULL, i, show);
	}
	ledger_free(now);
	t->rest.nr = 0;
}

/* Where facts were lost, an address that was shown may have become another process's ring. */
static bool is_another(const struct tracer *t, const struct fact_ring *f)
{
	const struct ring *r = ledger_ring(t->ledger, f->h.ring);

	return t->ledger->lost && r && r->mm && f->mm && r->mm->id != f->mm;
}

static void on_close(struct tracer *t, const struct fact *f)
{
	struct shown_ring *r;

	if (is_another(t, (const void *)f))
		forget_ring(t, f->ring);
	r = shown_ring(t, f->ring);
	if (r)
		r->closing = true;
	enter(t, f, r, r, NULL);
}

static void on_gone(struct tracer *t, const struct fact *f)
{
	const struct ring *r = ledger_ring(t->ledger, f->ring);
	const struct shown_ring *shown = shown_ring(t, f->ring);

	/* the address may be a new ring's before the worker that freed the old one is done */
	if (r && !r->closing)
		return;
	enter(t, f, false, shown && shown->closing, NULL);
	forget_ring(t, f->ring);
}

static void on_create(struct tracer *t, const struct fact *f, bool show)
{
	forget_ring(t, f->ring);
	if (show)
		show_ring(t, f->ring);
	enter(t, f, show, show, NULL);
}

/* A pin or a charge, or its end: as such, or by a worker of the kernel for the ring's owner. */
static void on_account(struct tracer *t, const struct fact *f, bool show)
{
	union {
		struct fact h;
		struct fact_pin pin;
		struct fact_charge charge;
	} copy;

	if (f->size > sizeof(copy))
		return;
	memcpy(&copy, f, f->size);
	if (f->flags & FACT_F_WORKER) {
		name_owner(&copy.h, ledger_ring(t->ledger, f->ring));
		show = shown_ring(t, f->ring);
	} else if (show && f->kind == FACT_PIN) {
		show_ring(t, f->ring);
	}
	enter(t, &copy.h, show, show, NULL);
}

void tracer_fact(const struct fact *f, void *tracer)
{
	struct tracer *t = tracer;
	/* process and user were selected in the kernel */
	bool show = !(f->flags & FACT_F_OTHERS) && selection_has(t->select, f->pid, f->uid, f->comm);

	/* tells nothing of a table */
	if (f->kind == FACT_IO_DONE) {
		if (show && t->out)
			t->out->fact(f, false, true, NULL, t->out->arg);
		return;
	}
	if (f->call != t->rest.call.h.call)
		complete(t);
	switch (f->kind) {
	case FACT_ENTRY:
		note_entry(t, f);
		break;
	case FACT_CALL:
		on_call(t, f, show);
		break;
	case FACT_RING_CREATE:
		on_create(t, f, show);
		break;
	case FACT_PIN:
	case FACT_UNPIN:
	case FACT_CHARGE:
	case FACT_UNCHARGE:
		on_account(t, f, show);
		break;
	case FACT_RING_CLOSE:
		on_close(t, f);
		break;
	case FACT_RING_GONE:
		on_gone(t, f);
		break;
	default:
		enter(t, f, show, show, NULL);
		break;
	}
}

void tracer_drained(struct tracer *t)
{
	complete(t);
}

bool tracer_awaits_close(const struct tracer *t)
{
	for (const struct shown_ring *r = t->rings; r; r = r->hh.next)
		if (r->closing)
			return true;
	return false;
}

/* Rings that were there before; a program that we start has none yet. */
static void show_older(struct tracer *t)
{
	for (const struct ring *r = t->ledger->rings; r && !t->select->tree; r = r->hh.next)
		for (size_t i = 0; i < r->nr_holders; i++)
			if (selection_has(t->select, r->holders[i].pid, r->holders[i].uid,
					r->holders[i].comm))
				show_ring(t, r->id);
}

/* A ledger of what is there now. */
static int look(struct tracer *t)
{
	t->ledger = ledger_new();
	t->ledger->exact = t->exact;
	if (t->out) {
		t->derived.tell = on_derived;
		t->derived.arg = t;
		derived_observe(&t->derived, t->ledger);
	} else {
		t->ledger->track_pins = t->exact;
		/* one probe was attached after the other */
		t->ledger->pins_since_ns = clock_now_ns();
	}
	return walk_rings(t->walk, t->ledger);
}

int tracer_start(struct tracer *t, const struct selection *select, struct walk *walk,
		 const struct attach *attach, const struct tracer_output *out)
{
	int err;

	memset(t, 0, sizeof(*t));
	t->select = select;
	t->walk = walk;
	t->out = out;
	t->tells_all = attach_tells_all(attach);
	t->exact = attach_tier(attach) != TIER_TRACEPOINTS;
	err = look(t);
	if (err)
		return err;
	show_older(t);
	for (const struct shown_ring *r = t->rings; r; r = r->hh.next)
		attach_want_ring(attach, r->id);
	if (out)
		out->look(t->ledger, false, out->arg);
	return 0;
}

int tracer_look_anew(struct tracer *t)
{
	struct shown_ring *r, *next;
	__u64 lost = t->ledger->lost;
	int err;

	ledger_free(t->ledger);
	t->rest.nr = 0;
	t->nr_entries = 0;
	err = look(t);
	t->ledger->lost = lost;
	HASH_ITER(hh, t->rings, r, next)
		if (!ledger_ring(t->ledger, r->id))
			forget_ring(t, r->id);
	if (!err && t->out)
		t->out->look(t->ledger, true, t->out->arg);
	return err;
}

bool tracer_shows(const struct tracer *t, __u64 ring)
{
	return shown_ring(t, ring);
}

void tracer_free(struct tracer *t)
{
	struct shown_ring *r, *next;

	if (!t->ledger)
		return;
	HASH_ITER(hh, t->rings, r, next) {
		HASH_DEL(t->rings, r);
		free(r);
	}
	free(t->entries);
	ledger_free(t->ledger);
}
