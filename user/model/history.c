// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include <string.h>
#include "base/alloc.h"
#include "base/page_size.h"
#include "model/cause_key.h"
#include "model/fact.h"
#include "model/history.h"
#include "model/io_loss.h"
#include "model/io_select.h"
#include "model/ledger_buffers.h"
#include "model/totals.h"

/* More of a kind are not kept apart: a page has no place for them. */
#define MAX_KEPT 65536

static struct process_history *process(struct history *h, __u32 pid, __u32 uid,
				       const struct comm *comm)
{
	const struct process_key key = { pid, uid };
	struct process_history *p;

	HASH_FIND(hh, h->processes, &key, sizeof(key), p);
	if (p || HASH_COUNT(h->processes) >= MAX_KEPT)
		return p;
	p = must_alloc(1, sizeof(*p));
	p->key = key;
	p->comm = *comm;
	HASH_ADD(hh, h->processes, key, sizeof(p->key), p);
	return p;
}

static void raise_user(struct history *h, __u64 id, __u32 uid, __s64 pages, __u64 limit_bytes)
{
	struct user_history *u;

	/* the kernel makes a new account when the old one was given up */
	HASH_FIND(hh, h->users, &uid, sizeof(uid), u);
	if (!u && id && HASH_COUNT(h->users) < MAX_KEPT) {
		u = must_alloc(1, sizeof(*u));
		u->uid = uid;
		u->limit_bytes = ~0ULL;
		HASH_ADD(hh, h->users, uid, sizeof(u->uid), u);
	}
	if (!u || pages < u->peak_pages)
		return;
	u->peak_pages = pages;
	u->limit_bytes = limit_bytes;
	u->at_begin = false;
}

static void raise_mm(struct process_history *p, __u64 mm, __s64 pages)
{
	if (p && mm && pages > p->peak_pinned_pages)
		p->peak_pinned_pages = pages;
}

/* ---- calls ------------------------------------------------------------------------- */

static int kind_of(const struct fact_call *c)
{
	switch (c->op) {
	case CALL_UPDATE:
		return HISTORY_UPDATE;
	case CALL_CLONE:
		return HISTORY_CLONE;
	case CALL_UNREGISTER:
		return HISTORY_UNREGISTER;
	case CALL_SETUP:
		return HISTORY_SETUP;
	case CALL_ENTER:
		return HISTORY_ENTER;
	default:
		return HISTORY_REGISTER;
	}
}

static void note_failure(struct history *h, const struct event *t)
{
	const struct fact_call *c = (const void *)t->fact;
	const char *explain = t->why ? t->why->explain : NULL;
	struct failure_key key = {
		.pid = c->h.pid, .uid = c->h.uid, .op = kind_of(c), .result = c->result,
		.cause = explain ? cause_key(explain) : 0,
	};
	struct failure_history *f;

	HASH_FIND(hh, h->failures, &key, sizeof(key), f);
	if (!f && HASH_COUNT(h->failures) >= MAX_KEPT) {
		h->more_failures++;
		return;
	}
	if (!f) {
		f = must_alloc(1, sizeof(*f));
		f->key = key;
		f->comm = c->h.comm;
		f->ns_pid = c->ns_pid;
		f->since_ns = t->since_ns;
		f->explain = explain ? must_strdup(explain) : NULL;
		HASH_ADD(hh, h->failures, key, sizeof(f->key), f);
	}
	f->differ |= explain && f->explain && strcmp(explain, f->explain);
	f->count++;
	f->last_ns = t->since_ns;
}

static void on_call(struct history *h, const struct event *t)
{
	const struct fact_call *c = (const void *)t->fact;
	struct process_history *p = process(h, c->h.pid, c->h.uid, &c->h.comm);
	struct call_history *k = &h->calls[kind_of(c)];
	__u64 ns = c->start_ns && c->h.t_ns > c->start_ns ? c->h.t_ns - c->start_ns : 0;
	__u32 at = c->h.call % HISTORY_CALLS;

	h->under_way[at].call = c->h.call;
	h->under_way[at].kind = kind_of(c);
	k->calls++;
	if (p)
		p->calls++;
	if (c->result < 0 && p)
		p->failed++;
	if (c->result < 0) {
		k->failed++;
		note_failure(h, t);
	} else if (t->why) {
		note_failure(h, t);
	}
	if (p) {
		p->call_ns += ns;
		p->timed += ns != 0;
	}
	if (ns && c->result >= 0) {
		k->timed++;
		k->ns += ns;
		k->hist[hist_index(ns)]++;
		if (ns > k->max_ns)
			k->max_ns = ns;
	}
	raise_user(h, c->user, c->charged_uid, c->user_after_pages, c->limit_bytes);
	raise_mm(p, c->mm, c->mm_after_pages);
}

/* ---- buffers ------------------------------------------------------------------------- */

static void note_slot(struct history *h, const struct fact_buffer *b)
{
	struct io_buffer_key key = { .ring = b->h.ring, .addr = b->addr, .index = b->index };
	struct slot_history *s;

	HASH_FIND(hh, h->slots, &key, sizeof(key), s);
	if (!s && HASH_COUNT(h->slots) >= MAX_KEPT) {
		h->uses_lost = true;
		return;
	}
	if (!s) {
		s = must_alloc(1, sizeof(*s));
		s->key = key;
		HASH_ADD(hh, h->slots, key, sizeof(s->key), s);
	}
	s->buffers++;
	s->bytes += b->len_bytes;
}

static void on_buffer(struct history *h, const struct fact_buffer *b)
{
	struct process_history *p = process(h, b->h.pid, b->h.uid, &b->h.comm);
	__u32 at = b->h.call % HISTORY_CALLS;

	if (b->buf_flags & (BUFFER_F_EMPTY | BUFFER_F_TORN))
		return;
	h->buffers++;
	history_born(&h->lives, b);
	if (p) {
		p->buffers++;
		p->bytes += b->len_bytes;
	}
	if (b->h.call && h->under_way[at].call == b->h.call) {
		h->calls[h->under_way[at].kind].buffers++;
		h->calls[h->under_way[at].kind].bytes += b->len_bytes;
	}
	note_slot(h, b);
}

/* Whose account it is: a ring may be used by another user's process than it is charged to. */
static __u32 charged_uid(const struct ledger *l, const struct fact_charge *c)
{
	struct ledger_user *u;

	HASH_FIND(hh, l->users, &c->user, sizeof(c->user), u);
	return u ? u->uid : c->h.uid;
}

static void on_fact(struct history *h, const struct event *t)
{
	const struct fact_charge *c = (const void *)t->fact;
	const struct fact *f = t->fact;
	struct event as_call = *t;
	struct process_history *p;
	struct fact_call failed;

	if (!t->shown || !selection_has(h->select, f->pid, f->uid, &f->comm))
		return;
	h->shown++;
	switch (f->kind) {
	case FACT_CALL:
		on_call(h, t);
		break;
	case FACT_SETUP:
		fact_setup_call(&failed, (const void *)f);
		as_call.fact = &failed.h;
		on_call(h, &as_call);
		break;
	case FACT_BUFFER:
		on_buffer(h, (const void *)f);
		break;
	case FACT_DROP:
		h->dropped++;
		history_died(&h->lives, (const void *)f);
		break;
	case FACT_RING_CREATE:
		p = process(h, f->pid, f->uid, &f->comm);
		if (p)
			p->rings++;
		break;
	case FACT_CHARGE:
		if (f->flags & FACT_F_DERIVED || c->result < 0)
			break;
		raise_user(h, c->user, charged_uid(t->ledger, c), c->user_after_pages, c->limit_bytes);
		raise_mm(process(h, f->pid, f->uid, &f->comm), c->mm, c->mm_after_pages);
		break;
	}
}

/* ---- the end of a part ------------------------------------------------------------------ */

static void add_io(struct history *h, const struct io_model *m)
{
	for (size_t i = 0; i < m->nr_rows; i++) {
		const struct io_row *row = &m->rows[i];
		struct process_history *p = process(h, IO_WHO_TGID(row->c.who), row->c.uid,
						    &row->c.comm);

		io_row_add(IO_WHO_FIXED(row->c.who) ? &h->fixed : &h->plain, row);
		if (!p)
			continue;
		p->ops += row->c.ops;
		p->fixed_ops += row->fixed_ops;
	}
	h->io_lost += io_lost(m);
	h->io_no_cause += io_no_cause(m);
	h->causes_lost += m->loss.no_cause;
}

static void note_median(struct hist **medians, struct io_row *sum)
{
	if (sum->c.timed >= HISTORY_MEDIAN_OF)
		hist_add(medians, hist_index(hist_permille(sum->hist, 500, sum->c.max_ns)), 1);
	io_row_free(sum);
}

static void on_interval(struct history *h, const struct io_model *m)
{
	struct io_row fixed = { 0 }, plain = { 0 };

	for (size_t i = 0; m && i < m->nr_rows; i++) {
		const struct io_row *row = &m->rows[i];

		if (selection_has(h->select, IO_WHO_TGID(row->c.who), row->c.uid, &row->c.comm))
			io_row_add(IO_WHO_FIXED(row->c.who) ? &fixed : &plain, row);
	}
	note_median(&h->fixed_medians, &fixed);
	note_median(&h->plain_medians, &plain);
}

bool history_spread(const struct hist *medians, __u64 *low_ns, __u64 *high_ns)
{
	__u64 all[HIST_BUCKETS];

	if (hist_total(hist_all(medians, all)) < 4)
		return false;
	*low_ns = hist_percentile(all, 250);
	*high_ns = hist_percentile(all, 750);
	return true;
}

/* The counters know a buffer by its ring, index and address. */
static void is_used(struct history *h, const struct io_buffer_key *key)
{
	struct slot_history *s;

	HASH_FIND(hh, h->slots, key, sizeof(s->key), s);
	if (!s)
		return;
	HASH_DEL(h->slots, s);
	free(s);
}

static void note_uses(struct history *h, const struct io_model *m)
{
	h->uses_lost |= io_uses_lost(m);
	for (size_t i = 0; i < m->nr_buffers; i++)
		is_used(h, &m->buffers[i].key);
	/* I/O that failed, or was cancelled, was counted, too */
	for (size_t i = 0; i < m->nr_failures; i++) {
		struct io_buffer_key key;

		if (io_failure_buffer(&m->failures[i], &key))
			is_used(h, &key);
	}
}

static void count_unused(struct history *h)
{
	struct slot_history *s, *next;

	HASH_ITER(hh, h->slots, s, next) {
		h->unused += s->buffers;
		h->unused_bytes += s->bytes;
		HASH_DEL(h->slots, s);
		free(s);
	}
}

static void on_end(struct history *h, const struct event *t)
{
	struct ring_totals left = ledger_totals(t->ledger, h->select);
	struct io_model m = { 0 };

	io_model_copy(t->io, &m);
	io_select(&m, h->select);
	add_io(h, &m);
	note_uses(h, &m);
	io_model_free(&m);
	h->left = left.slots;
	h->left_distinct = left.buffers;
	h->left_bytes = left.registered_bytes;
	h->left_more = left.skipped_rings || left.unread_rings;
	h->facts += t->end.facts;
	h->lost += t->end.lost;
	h->duration_ns += t->t_ns - t->origin->start_ns;
	memset(h->under_way, 0, sizeof(h->under_way));
}

/* ---- what was there before --------------------------------------------------------------- */

static void older_user(struct history *h, const struct ring *r)
{
	__u64 limit = ~0ULL;
	struct user_history *u;

	for (size_t i = 0; i < r->nr_holders; i++)
		if (r->holders[i].user == r->user->id && r->holders[i].memlock_limit_bytes < limit)
			limit = r->holders[i].memlock_limit_bytes;
	HASH_FIND(hh, h->users, &r->user->uid, sizeof(u->uid), u);
	if (u && u->at_begin && u->limit_bytes < limit)
		limit = u->limit_bytes;
	raise_user(h, r->user->id, r->user->uid, r->user->locked_pages, limit);
	HASH_FIND(hh, h->users, &r->user->uid, sizeof(u->uid), u);
	if (u && u->peak_pages == r->user->locked_pages)
		u->at_begin = true;
}

static void older_slot(struct history *h, struct process_history *p, const struct ring *r, __u32 index)
{
	struct fact_buffer b = buffer_fact(r->slots[index], r, index);

	b.h.ring = r->id;
	h->older++;
	if (p) {
		p->older_buffers++;
		p->older_bytes += b.len_bytes;
	}
	note_slot(h, &b);
}

static void older_ring(struct history *h, const struct ring *r)
{
	const struct holder *by = selection_holder(h->select, r);
	struct process_history *p = by ? process(h, by->pid, by->uid, &by->comm) :
				    process(h, r->mm->pid, r->mm->uid, &r->mm->comm);

	h->older_more |= r->skipped || r->unread;
	if (p) {
		p->older_rings++;
		p->older_more |= r->skipped || r->unread;
	}
	for (__u32 i = 0; i < r->nr_slots; i++)
		if (r->slots[i])
			older_slot(h, p, r, i);
	if (r->user)
		older_user(h, r);
	if (r->mm)
		raise_mm(p, r->mm->id, r->mm->pinned_pages);
}

/* The snapshot is in the ledger with the first event after it. */
static void end_look(struct history *h, const struct event *t)
{
	if (!h->looking || (t->kind == EVENT_FACT && !fact_is_event(t->fact)))
		return;
	h->looking = false;
	for (const struct ring *r = t->ledger->rings; r; r = r->hh.next)
		if (selection_has_ring(h->select, r))
			older_ring(h, r);
}

/* What was there at the end of the part before is there no more, or is told again. */
static void on_part(struct history *h, const struct event *t)
{
	const bool goes_on = t->origin->goes_on && h->begun;

	if (t->after_loss || !goes_on)
		history_lives_forget(&h->lives);
	if (t->after_loss || goes_on)
		return;
	history_end(h);
	h->begun = h->looking = true;
}

void history_end(struct history *h)
{
	count_unused(h);
}

const struct user_history *history_nearest_limit(const struct history *h, double *percent)
{
	const struct user_history *most = NULL;

	*percent = HISTORY_NEAR_PERCENT;
	for (const struct user_history *u = h->users; u; u = u->hh.next) {
		double at = u->limit_bytes && u->limit_bytes != ~0ULL ?
			    100.0 * u->peak_pages * PAGE_BYTES / u->limit_bytes : 0;

		/* of several the first, as on the page */
		if (at < *percent || (most && at == *percent))
			continue;
		*percent = at;
		most = u;
	}
	return most;
}

void history_event(struct history *h, const struct event *t)
{
	unread_tables_event(&h->unread, h->select, t);
	end_look(h, t);
	if (t->kind == EVENT_LOOK)
		on_part(h, t);
	if (t->kind == EVENT_FACT)
		on_fact(h, t);
	else if (t->kind == EVENT_IO)
		on_interval(h, t->io_since);
	else if (t->kind == EVENT_END)
		on_end(h, t);
}

bool history_ends_unknown(const struct history *h, __u64 *nr)
{
	*nr = h->buffers - h->dropped - h->left;
	return !selection_asks(h->select) && !h->older && !h->left_more && h->buffers >= h->dropped + h->left;
}

#define FREE_ALL(set, ...) do {					\
	__typeof__(set) __e, __next;				\
								\
	HASH_ITER(hh, set, __e, __next) {			\
		HASH_DEL(set, __e);				\
		__VA_ARGS__;					\
		free(__e);					\
	}							\
} while (0)

void history_free(struct history *h)
{
	FREE_ALL(h->processes);
	FREE_ALL(h->users);
	FREE_ALL(h->failures, free(__e->explain));
	FREE_ALL(h->slots);
	history_lives_forget(&h->lives);
	io_row_free(&h->fixed);
	io_row_free(&h->plain);
	free(h->fixed_medians);
	free(h->plain_medians);
}
