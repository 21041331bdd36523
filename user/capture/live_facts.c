// SPDX-License-Identifier: GPL-2.0
/* What becomes of a fact: selected, explained, told, entered into the ledger. */
#include <abi/limits.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "base/array.h"
#include "base/pid.h"
#include "capture/evidence.h"
#include "capture/live_private.h"
#include "capture/setup_evidence.h"
#include "checks/failure_setup.h"
#include "model/ledger_buffers.h"
#include "model/fact.h"

/* A ring's end is nobody's doing: show whose ring it was, not the kernel's worker. */
static void name_owner(struct fact *f, const struct ring *r)
{
	if (!r || !r->nr_holders)
		return;
	f->pid = r->holders[0].pid;
	fact_set_ns_pid(f, r->holders[0].ns_pid);
	f->tid = r->holders[0].tid;
	f->uid = r->holders[0].uid;
	f->comm = r->holders[0].comm;
}

/* After a loss a look is newer than events that wait: the address may be another's ring there. */
static bool is_others(const struct live *l, const struct ring *r)
{
	return r && r->nr_holders && !selection_has_ring(l->select, r);
}

void live_on_derived(const struct fact *f, void *arg)
{
	struct live *l = arg;
	union {
		struct fact h;
		struct fact_buffer buffer;
		struct fact_pin pin;
		struct fact_charge charge;
	} copy;

	if (!l->show_derived || f->size > sizeof(copy))
		return;
	memcpy(&copy, f, f->size);
	if (l->cause->kind == FACT_RING_GONE) {
		name_owner(&copy.h, ledger_ring(l->ledger, f->ring));
		if (is_others(l, ledger_ring(l->ledger, f->ring)) ||
		    !selection_has(l->select, copy.h.pid, copy.h.uid, &copy.h.comm))
			return;
	}
	live_tell_fact(l, &copy.h, false, true, NULL);
}

/*
 * What came before the look is in what it saw. Of a ring that is gone since, the begin may have been
 * seen and not the end, as one program is attached after the other.
 */
static bool is_in_look(const struct live *l, const struct fact *f)
{
	return f->t_ns < l->look_ns;
}

void live_enter(struct live *l, const struct fact *f, bool shown, bool derive,
		const struct failure *why)
{
	if (is_in_look(l, f)) {
		live_tell_fact(l, f, false, shown, why);
		return;
	}
	live_tell_fact(l, f, true, shown, why);
	l->cause = f;
	l->show_derived = derive;
	ledger_feed(l->ledger, f);
	if (f->kind == FACT_BUFFER)
		live_note_slot(l, (const void *)f);
}

/* What the start of the call would have shown, from what was seen last. */
static void guess_before(const struct live *l, struct fact_call *c)
{
	const struct ring *r = ledger_ring(l->ledger, c->h.ring);

	c->user_before_pages = r && r->user ? r->user->locked_pages : c->user_after_pages;
	c->mm_before_pages = r && r->mm ? r->mm->pinned_pages : c->mm_after_pages;
}

static struct told *told_of(struct live *l, const struct fact *f)
{
	while (l->nr_told <= f->cpu) {
		array_grow(l->told, l->nr_told);
		l->told[l->nr_told++] = (struct told){ 0 };
	}
	return &l->told[f->cpu];
}

static void note_entry(struct live *l, const struct fact *f)
{
	struct told *t = told_of(l, f);

	if (t->nr_entries && t->entries[0].h.call != f->call)
		t->nr_entries = 0;
	array_grow(t->entries, t->nr_entries);
	memcpy(&t->entries[t->nr_entries++], f, sizeof(*t->entries));
}

/* How many entries, and who called, were told of this call. */
static size_t entries_of(const struct told *t, const struct fact_call *c)
{
	return t->nr_entries && t->entries[0].h.call == c->h.call ? t->nr_entries : 0;
}

static const struct fact_caller *caller_of(const struct told *t, const struct fact_call *c)
{
	return t->caller.h.call == c->h.call ? &t->caller : NULL;
}

void live_told(struct live *l, const struct fact_call *c, struct evidence_room *to)
{
	const struct told *t = told_of(l, &c->h);

	evidence_told(to, t->entries, entries_of(t, c), caller_of(t, c));
}

void live_forget_told(struct live *l)
{
	for (size_t i = 0; i < l->nr_told; i++)
		l->told[i].nr_entries = 0;
}

void live_free_told(struct live *l)
{
	for (size_t i = 0; i < l->nr_told; i++)
		free(l->told[i].entries);
	free(l->told);
}

/*
 * A ring that had the address before the one that the ledger has of a look: what waited to be read
 * meanwhile is older than that. But of one that was closed when it was looked at.
 */
static bool is_of_older(const struct live *l, const struct fact *f)
{
	const struct ring *r = ledger_ring(l->ledger, f->ring);

	return r && f->t_ns < r->since_ns &&
	       !(r->nr_holders && r->holders[0].how == HOLDER_CLOSING);
}

/* Something selected did it to the ring: that one is shown from now on. */
static void show_ring_of(struct live *l, const struct fact *f)
{
	if (!is_of_older(l, f))
		live_show_ring(l, f->ring);
}

/* Tells and enters a call that is shown, with its explanation. */
static void enter_failure(struct live *l, struct fact_call *c)
{
	struct evidence_room seen;
	char text[EXPLAIN_LEN];
	struct failure why = { text, &seen.e };
	struct told *t = told_of(l, &c->h);
	size_t nr = entries_of(t, c);

	if (nr < c->nr_entries)
		c->seen |= SEEN_ENTRIES_LOST;
	evidence_gather(&seen, l->capture->walk, l->ledger, c, t->entries, nr, caller_of(t, c));
	explain_call(text, c, &seen.e);
	live_enter(l, &c->h, true, true, &why);
	t->nr_entries = 0;
}

static void note_rest(struct live *l, const struct fact_call *c)
{
	__u64 first = 0, end = c->nr_slots;

	if (fact_args_known(c) && (c->op == CALL_UPDATE || (c->op == CALL_CLONE && c->nr))) {
		first = c->offset;
		end = first + (c->op == CALL_UPDATE ? (__u64)c->result : c->nr);
	}
	if (end > c->nr_slots)
		end = c->nr_slots;
	if (l->tells_all || c->op == CALL_UNREGISTER || end <= first + BOUNDED_SLOTS)
		return;
	l->rest.call = *c;
	l->rest.first = first + BOUNDED_SLOTS;
	l->rest.nr = end - l->rest.first;
}

static void on_call(struct live *l, const struct fact *f, bool show)
{
	struct fact_call c;

	memcpy(&c, f, sizeof(c));
	if (show)
		show_ring_of(l, f);
	if (!(c.call_flags & CALL_F_BEFORE_SEEN))
		guess_before(l, &c);
	if (c.result >= 0 && show && l->on_event)
		live_note_in_use(l, &c);
	if (fact_call_incomplete(&c) && show && l->on_event)
		enter_failure(l, &c);
	else
		live_enter(l, &c.h, show, show, NULL);
	if (c.result >= 0)
		note_rest(l, &c);
}

static void show_slot(struct live *l, const struct ring *r, __u32 index, bool show)
{
	const struct buffer *b = index < r->nr_slots ? r->slots[index] : NULL;
	struct fact_buffer f = buffer_fact(b, r, index);

	f.h = l->rest.call.h;
	f.h.size = sizeof(f);
	f.h.kind = FACT_BUFFER;
	f.h.seq = 0;
	live_enter(l, &f.h, show && (b || l->rest.call.op == CALL_UPDATE), show, NULL);
}

/* Reads the slots that the kernel side left out. */
void live_complete(struct live *l)
{
	const struct fact *call = &l->rest.call.h;
	bool show = selection_has_event(l->select, call);
	struct ledger *now;
	struct ring *r;

	if (!l->rest.nr)
		return;
	now = ledger_new();
	if (walk_slots(l->capture->walk, call->ring, l->rest.first, l->rest.nr, now)) {
		/* gone or refilled before we came */
		live_lost(l, &(struct lost_events){ .count = l->rest.nr, .cpu = call->cpu,
						    .after_seq = call->seq });
	} else {
		r = ledger_ring(now, call->ring);
		for (__u32 i = l->rest.first; r && i < l->rest.first + l->rest.nr; i++)
			show_slot(l, r, i, show);
	}
	ledger_free(now);
	l->rest.nr = 0;
}

/* Where facts were lost, an address that was shown may have become another process's ring. */
static bool is_another(const struct live *l, const struct fact_ring *f, bool show)
{
	const struct ring *r = ledger_ring(l->ledger, f->h.ring);

	if (!l->ledger->lost)
		return false;
	return r ? r->mm && f->mm && r->mm->id != f->mm : !show;
}

static bool is_holder(const struct ring *r, __u32 pid)
{
	for (size_t i = 0; i < r->nr_holders; i++)
		if (r->holders[i].pid == pid)
			return true;
	return false;
}

/* The last reference may be of who only looked at its file: a walk, or another tool's. */
static void on_close(struct live *l, const struct fact *f, bool show)
{
	const struct ring *known;
	struct shown_ring *r;
	struct fact_ring copy;

	if (is_of_older(l, f)) {
		/* anybody's ends are told: a filter of the kernel side's has not looked at who it was of */
		show = show && !(l->select->tree || l->select->follow || l->select->cgroup);
		live_enter(l, f, show, show, NULL);
		return;
	}
	if (is_another(l, (const void *)f, show))
		live_forget_ring(l, f->ring);
	r = live_ring(l, f->ring);
	if (r)
		r->closing = true;
	known = ledger_ring(l->ledger, f->ring);
	memcpy(&copy, f, sizeof(copy));
	if (known && known->nr_holders && !is_holder(known, f->pid)) {
		name_owner(&copy.h, known);
		/* that task did not do it, and may be in a call */
		copy.h.tid = 0;
	}
	live_enter(l, &copy.h, r, r, NULL);
}

static void on_gone(struct live *l, const struct fact *f)
{
	const struct shown_ring *shown = live_ring(l, f->ring);

	if (!ledger_takes_end(l->ledger, f->ring))
		return;
	live_enter(l, f, false, shown && shown->closing, NULL);
	live_forget_ring(l, f->ring);
}

static void on_create(struct live *l, const struct fact *f, bool show)
{
	if (!is_of_older(l, f))
		live_forget_ring(l, f->ring);
	if (show)
		show_ring_of(l, f);
	live_enter(l, f, show, show, NULL);
}

/* A ring that was not made: no ring, so the ledger has nothing of it. */
static void on_setup(struct live *l, const struct fact *f)
{
	struct evidence_room seen = { 0 };
	char text[EXPLAIN_LEN];
	struct failure why = { text, &seen.e };
	struct fact_setup s;

	memcpy(&s, f, sizeof(s));
	if (!l->on_event)
		return;
	setup_look(&s);
	if (s.result == -ENOMEM && s.user)
		evidence_of_account(&seen, l->capture->walk, l->ledger, s.user,
				    s.user_pages > 0 ? s.user_pages : 0, s.h.pid,
				    pid_in_proc(s.h.pid, s.ns_pid));
	explain_setup(text, &s, &seen.e);
	live_tell_fact(l, &s.h, false, true, &why);
}

/* A pin or a charge, or its end: as such, or by a worker of the kernel for the ring's owner. */
static void on_account(struct live *l, const struct fact *f, bool show)
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
		const struct ring *r = ledger_ring(l->ledger, f->ring);

		name_owner(&copy.h, r);
		show = live_ring(l, f->ring) && !is_others(l, r);
	} else if (show && f->kind == FACT_PIN) {
		show_ring_of(l, f);
	}
	live_enter(l, &copy.h, show, show, NULL);
}

void live_fact(struct live *l, const struct fact *f)
{
	/* a thread whose process has the name was let through by the kernel side, too */
	bool show = selection_has_event(l->select, f);

	l->last_ns = f->t_ns;
	/* tells nothing of a table */
	if (fact_is_io(f)) {
		/* it came as its ring was selected when it was made */
		l->io_unshown += !show && f->kind != FACT_IO_NOTICE;
		if (show)
			live_tell_fact(l, f, false, true, NULL);
		return;
	}
	if (f->kind == FACT_SETUP) {
		if (show)
			on_setup(l, f);
		return;
	}
	if (f->call != l->rest.call.h.call)
		live_complete(l);
	switch (f->kind) {
	case FACT_ENTRY:
		note_entry(l, f);
		break;
	case FACT_CALLER:
		memcpy(&told_of(l, f)->caller, f, sizeof(struct fact_caller));
		break;
	case FACT_CALL:
		on_call(l, f, show);
		break;
	case FACT_RING_CREATE:
		on_create(l, f, show);
		break;
	case FACT_PIN:
	case FACT_UNPIN:
	case FACT_CHARGE:
	case FACT_UNCHARGE:
		on_account(l, f, show);
		break;
	case FACT_RING_CLOSE:
		on_close(l, f, show);
		break;
	case FACT_RING_GONE:
		on_gone(l, f);
		break;
	default:
		live_enter(l, f, show, show, NULL);
		break;
	}
}
