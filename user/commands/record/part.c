// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include <string.h>
#include "base/alloc.h"
#include "commands/record/part.h"
#include "model/ledger_snapshot.h"
#include "recording/reader_fact.h"

#define MAX_STACKS	65536	/* kept in mind */

/* A stack that was written, so that its names need not be looked up again. */
struct written_stack {
	struct stack_key key;
	__u32 id;
	UT_hash_handle hh;
};

static void forget_stacks(struct part *p)
{
	struct written_stack *w, *next;

	HASH_ITER(hh, p->stacks, w, next) {
		HASH_DEL(p->stacks, w);
		free(w);
	}
}

/* The number of the fact's stack in the file. */
static __u32 write_stack(struct part *p, const struct fact *f)
{
	struct stacks *stacks = p->capture->stacks;
	struct written_stack *w;
	struct stack_key key;

	if (!stacks_key(stacks, f, &key))
		return writer_stack(p->to, stacks_of(stacks, f));
	if (key.emptied != p->emptied || HASH_COUNT(p->stacks) >= MAX_STACKS)
		forget_stacks(p);
	p->emptied = key.emptied;
	HASH_FIND(hh, p->stacks, &key, sizeof(key), w);
	if (!w) {
		w = must_alloc(1, sizeof(*w));
		w->key = key;
		w->id = writer_stack(p->to, stacks_of(stacks, f));
		HASH_ADD(hh, p->stacks, key, sizeof(w->key), w);
	}
	return w->id;
}

/*
 * What others do is of use only to rings that the file knows, as an address may become another's.
 * That others made a ring is kept until something that is shown happens to it, or it is gone.
 */
static bool is_of_use(struct part *p, const struct event *e)
{
	const struct fact *f = e->fact;
	struct written_ring *w = written_find(p->rings, f->ring);

	if (e->shown || !f->ring || (w && w->written))
		return true;
	if (f->kind == FACT_RING_CREATE && f->size <= sizeof(w->create)) {
		w = written_get(&p->rings, f->ring);
		memcpy(&w->create, f, f->size);
		w->create.h.flags |= FACT_F_OTHERS;
		if (names_hide(&p->names, f))
			memset(&w->create.h.comm, 0, sizeof(w->create.h.comm));
	} else if (f->kind == FACT_RING_GONE) {
		written_forget(&p->rings, f->ring);
	}
	return false;
}

static void note_ring(struct part *p, const struct fact *f)
{
	struct written_ring *w;

	if (f->kind == FACT_RING_GONE || !f->ring) {
		written_forget(&p->rings, f->ring);
		return;
	}
	w = written_get(&p->rings, f->ring);
	if (!w->written && w->create.h.kind && f->kind != FACT_RING_CREATE)
		writer_fact(p->to, &w->create.h, true, false, NULL, 0);
	w->written = true;
}

void part_fact(struct part *p, const struct event *e)
{
	const struct fact *f = e->fact;
	union any_fact copy;
	struct evidence_room room;
	struct failure why;
	bool others, hidden;

	if (!is_of_use(p, e))
		return;
	note_ring(p, f);
	others = !e->shown && !live_shows(p->live, f->ring);
	hidden = names_hide(&p->names, f);
	if ((others || hidden) && f->size <= sizeof(copy)) {
		memcpy(&copy, f, f->size);
		if (others)
			copy.h.flags |= FACT_F_OTHERS;
		if (hidden)
			memset(&copy.h.comm, 0, sizeof(copy.h.comm));
		f = &copy.h;
	}
	writer_fact(p->to, f, e->fed, e->shown, names_failure(&p->names, e->why, f->pid, &why, &room),
		    e->shown && p->capture->stacks ? write_stack(p, f) : 0);
}

static void write_older(const struct fact *f, void *arg)
{
	struct part *p = arg;
	union {
		struct fact_ring ring;
		struct fact_holder holder;
		struct fact_buffer buffer;
		struct fact h;
	} copy;

	memcpy(&copy, f, f->size);
	if (!p->everybody && !live_shows(p->live, f->ring))
		copy.h.flags |= FACT_F_OTHERS;
	if (names_hide(&p->names, f))
		memset(&copy.h.comm, 0, sizeof(copy.h.comm));
	note_ring(p, f);
	writer_fact(p->to, &copy.h, true, false, NULL, 0);
}

/* Of rings that the file knows. */
void part_limit(const struct fact *f, void *arg)
{
	const struct written_ring *w = written_find(((struct part *)arg)->rings, f->ring);

	if (w && w->written)
		write_older(f, arg);
}

void part_memory(const struct ring *r, void *arg)
{
	struct part *p = arg;
	const struct written_ring *w = written_find(p->rings, r->id);

	if (w && w->written)
		writer_memory(p->to, live_known_ns(p->live), r, false);
}

/* .known_ns: what is there is so as of then, and what is written later is younger. */
static void begin_with(struct part *p, const struct event *look, __u64 known_ns)
{
	writer_look(p->to, look->t_ns, look->after_loss);
	written_forget_all(&p->rings);
	ledger_facts(look->ledger, known_ns, write_older, p);
	for (const struct ring *r = look->ledger->rings; r; r = r->hh.next)
		if (r->knows_memory)
			writer_memory(p->to, known_ns, r, true);
}

void part_look(struct part *p, const struct event *e)
{
	begin_with(p, e, e->t_ns);
}

/* ---- counters ----------------------------------------------------------------------------- */

static __u64 errors_of(const struct io_model *m)
{
	__u64 n = 0;

	for (size_t i = 0; i < m->nr_rows; i++)
		n += m->rows[i].c.errors;
	return n;
}

/* Lists and losses since the part began, in place of those since record did. */
static void leave_earlier_out(struct part *p, struct io_model *now)
{
	struct io_model since = { 0 };

	io_model_lists_between(&p->begin, now, &since);
	io_model_losses_between(&p->begin, now, &since);
	since.t_ns = now->t_ns;
	since.since_ns = 0;
	since.in_flight = now->in_flight;
	io_model_free(&p->now);
	p->now = *now;
	*now = since;
}

__u64 part_counters(struct part *p)
{
	struct io_model now = { 0 }, since = { 0 };
	__u64 failed = 0;

	if (!io_stat_read(p->capture->io, &now, &since)) {
		failed = errors_of(&since);
		/* the file holds what was added by row, and all else as it stands */
		io_model_drop_rows(&now);
		if (p->goes_on)
			leave_earlier_out(p, &now);
		now.rows = since.rows;
		now.nr_rows = since.nr_rows;
		now.room = since.room;
		io_model_forget_index(&since);
		memset(&since, 0, sizeof(since));
		writer_io(p->to, &p->last, &now);
		io_model_drop_rows(&now);
		io_model_free(&p->last);
		p->last = now;
		memset(&now, 0, sizeof(now));
		writer_flush(p->to);
	}
	io_model_free(&now);
	io_model_free(&since);
	io_stat_tidy(p->capture->io, live_ledger(p->live));
	return failed;
}

/* ---- from part to part ---------------------------------------------------------------------- */

static __u64 lost_before(const struct part *p, __u32 uid)
{
	for (size_t i = 0; i < p->nr_losers; i++)
		if (p->losers[i].uid == uid)
			return p->losers[i].count;
	return 0;
}

static void write_losers(struct part *p)
{
	size_t nr;
	const struct user_loss *now = facts_losses(p->capture->facts, &nr);
	struct user_loss *since = must_alloc(nr, sizeof(*since));
	size_t nr_since = 0;

	for (size_t i = 0; i < nr; i++) {
		since[nr_since] = now[i];
		since[nr_since].count -= lost_before(p, now[i].uid);
		nr_since += since[nr_since].count != 0;
	}
	writer_losers(p->to, since, nr_since);
	free(since);
	free(p->losers);
	p->losers = must_alloc(nr, sizeof(*now));
	if (nr)
		memcpy(p->losers, now, nr * sizeof(*now));
	p->nr_losers = nr;
}

static __u64 io_lost_before(const struct part *p, const struct io_loser *l)
{
	for (size_t i = 0; i < p->nr_io_losers; i++)
		if (p->io_losers[i].uid == l->uid && p->io_losers[i].table == l->table)
			return p->io_losers[i].count;
	return 0;
}

static void write_io_losers(struct part *p)
{
	struct io_loser *now;
	size_t nr = io_stat_losers(p->capture->io, &now);

	for (size_t i = 0; i < nr; i++) {
		struct io_loser since = now[i];

		since.count -= io_lost_before(p, &since);
		if (since.count)
			writer_io_losers(p->to, &since, 1);
	}
	free(p->io_losers);
	p->io_losers = now;
	p->nr_io_losers = nr;
}

void part_end(struct part *p, __u64 end_ns)
{
	__u64 lost = p->capture->stacks ? stacks_lost(p->capture->stacks) : 0;

	if (p->capture->facts)
		write_losers(p);
	if (p->capture->io)
		write_io_losers(p);
	writer_end(p->to, end_ns, lost - p->stacks_lost);
	p->stacks_lost = lost;
}

void part_go_on(struct part *p, FILE *out, const struct origin *about)
{
	const struct event look = {
		.kind = EVENT_LOOK, .ledger = live_ledger(p->live), .t_ns = about->start_ns,
	};

	forget_stacks(p);
	io_model_free(&p->last);
	io_model_free(&p->begin);
	p->begin = p->now;
	io_stat_forget_gone(p->capture->io);
	memset(&p->now, 0, sizeof(p->now));
	writer_go_on(p->to, out, about);
	begin_with(p, &look, live_known_ns(p->live));
	writer_flush(p->to);
}

void part_free(struct part *p)
{
	forget_stacks(p);
	written_forget_all(&p->rings);
	io_model_free(&p->last);
	io_model_free(&p->begin);
	io_model_free(&p->now);
	free(p->losers);
	free(p->io_losers);
	writer_free(p->to);
}
