// SPDX-License-Identifier: GPL-2.0
/* What becomes of a fact: selected, explained, told, entered into the ledger. */
#include <abi/limits.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include "base/array.h"
#include "base/own_ring.h"
#include "capture/live_private.h"
#include "capture/proc_maps.h"
#include "checks/failure.h"
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
		/* after a loss the ring may not be whose we think it is */
		if (!selection_has(l->select, copy.h.pid, copy.h.uid, &copy.h.comm))
			return;
	}
	live_tell_fact(l, &copy.h, false, true, NULL);
}

/* .derive: whether what is concluded from it is shown. */
static void enter(struct live *l, const struct fact *f, bool shown, bool derive,
		  const struct failure *why)
{
	live_tell_fact(l, f, true, shown, why);
	l->cause = f;
	l->show_derived = derive;
	ledger_feed(l->ledger, f);
}

/* What the start of the call would have shown, from what was seen last. */
static void guess_before(const struct live *l, struct fact_call *c)
{
	const struct ring *r = ledger_ring(l->ledger, c->h.ring);

	c->user_before_pages = r && r->user ? r->user->locked_pages : c->user_after_pages;
	c->mm_before_pages = r && r->mm ? r->mm->pinned_pages : c->mm_after_pages;
}

static void note_entry(struct live *l, const struct fact *f)
{
	if (l->nr_entries && l->entries[0].h.call != f->call)
		l->nr_entries = 0;
	array_grow(l->entries, l->nr_entries);
	memcpy(&l->entries[l->nr_entries++], f, sizeof(*l->entries));
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
static struct ledger *others_now(const struct live *l, const struct fact_call *failed)
{
	struct ledger *now;

	if (failed->result != -ENOMEM || !failed->user)
		return NULL;
	now = ledger_new();
	if (!walk_rings(l->capture->walk, now))
		return now;
	ledger_free(now);
	return NULL;
}

#define FEAT_REG_REG_RING (1U << 13)	/* IORING_FEAT_REG_REG_RING, 6.3 */

/* Whether this kernel takes the index of a registered ring: only a ring of our own says so. */
static void look_at_features(struct fact_call *c)
{
	struct ring_raw r;

	if (!(c->call_flags & CALL_F_NO_RING) || !(c->call_flags & CALL_F_REG_RING) ||
	    ring_raw_open(&r, 1, 0))
		return;
	c->seen |= SEEN_FEATURES | (r.features & FEAT_REG_REG_RING ? SEEN_KNOWS_INDEX : 0);
	ring_raw_close(&r);
}

static bool has_ended(__u32 pid)
{
	return kill(pid, 0) && errno == ESRCH;
}

/* Tells and enters a call that is shown, with its explanation. */
static void enter_failure(struct live *l, struct fact_call *c)
{
	bool told = l->nr_entries && l->entries[0].h.call == c->h.call;
	char text[EXPLAIN_LEN];
	struct failure why = { .explain = text };
	struct fact_call failed = *c;
	struct ledger *now;

	if (c->result >= 0) {
		failed.result = -EFAULT;
		for (size_t i = 0; told && i < l->nr_entries; i++)
			l->entries[i].index += c->result;
	}
	why.entry = explain_find_entry(&failed, l->entries, told ? l->nr_entries : 0);
	if (c->result >= 0)
		failed.result = concluded_error(&failed, why.entry);
	look_at_features(&failed);
	now = others_now(l, &failed);
	explain_call(text, &failed, why.entry, &(struct accounts){ l->ledger, now, has_ended });
	ledger_free(now);
	c->need_pages = failed.need_pages;
	c->seen = failed.seen;
	enter(l, &c->h, true, true, &why);
	l->nr_entries = 0;
}

/* Failed, or stopped before it had done all. */
static bool is_incomplete(const struct fact_call *c)
{
	return c->result < 0 || (c->op == CALL_UPDATE && c->result < c->nr);
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
		live_show_ring(l, f->ring);
	if (!(c.call_flags & CALL_F_BEFORE_SEEN))
		guess_before(l, &c);
	if (is_incomplete(&c) && show && l->on_event)
		enter_failure(l, &c);
	else
		enter(l, &c.h, show, show, NULL);
	if (c.result >= 0)
		note_rest(l, &c);
}

static void show_slot(struct live *l, const struct buffer *b, __u32 index, bool show)
{
	struct fact_buffer f = buffer_fact(b, index);

	f.h = l->rest.call.h;
	f.h.size = sizeof(f);
	f.h.kind = FACT_BUFFER;
	f.h.seq = 0;
	enter(l, &f.h, show && (b || l->rest.call.op == CALL_UPDATE), show, NULL);
}

/* Reads the slots that the kernel side left out. */
void live_complete(struct live *l)
{
	const struct fact *call = &l->rest.call.h;
	bool show = selection_has(l->select, call->pid, call->uid, &call->comm);
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
			show_slot(l, i < r->nr_slots ? r->slots[i] : NULL, i, show);
	}
	ledger_free(now);
	l->rest.nr = 0;
}

/* Where facts were lost, an address that was shown may have become another process's ring. */
static bool is_another(const struct live *l, const struct fact_ring *f)
{
	const struct ring *r = ledger_ring(l->ledger, f->h.ring);

	return l->ledger->lost && r && r->mm && f->mm && r->mm->id != f->mm;
}

static void on_close(struct live *l, const struct fact *f)
{
	struct shown_ring *r;

	if (is_another(l, (const void *)f))
		live_forget_ring(l, f->ring);
	r = live_ring(l, f->ring);
	if (r)
		r->closing = true;
	enter(l, f, r, r, NULL);
}

static void on_gone(struct live *l, const struct fact *f)
{
	const struct shown_ring *shown = live_ring(l, f->ring);

	if (!ledger_takes_end(l->ledger, f->ring))
		return;
	enter(l, f, false, shown && shown->closing, NULL);
	live_forget_ring(l, f->ring);
}

static void on_create(struct live *l, const struct fact *f, bool show)
{
	live_forget_ring(l, f->ring);
	if (show)
		live_show_ring(l, f->ring);
	enter(l, f, show, show, NULL);
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
		name_owner(&copy.h, ledger_ring(l->ledger, f->ring));
		show = live_ring(l, f->ring);
	} else if (show && f->kind == FACT_PIN) {
		live_show_ring(l, f->ring);
	}
	enter(l, &copy.h, show, show, NULL);
}

void live_fact(struct live *l, const struct fact *f)
{
	/* a thread whose process has the name was let through by the kernel side, too */
	bool show = !(f->flags & FACT_F_OTHERS) && selection_has(l->select, f->pid, f->uid, &f->comm);

	l->last_ns = f->t_ns;
	/* tells nothing of a table */
	if (f->kind == FACT_IO_DONE) {
		if (show)
			live_tell_fact(l, f, false, true, NULL);
		return;
	}
	if (f->call != l->rest.call.h.call)
		live_complete(l);
	switch (f->kind) {
	case FACT_ENTRY:
		note_entry(l, f);
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
		on_close(l, f);
		break;
	case FACT_RING_GONE:
		on_gone(l, f);
		break;
	default:
		enter(l, f, show, show, NULL);
		break;
	}
}
