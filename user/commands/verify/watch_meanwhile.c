// SPDX-License-Identifier: GPL-2.0
#include "base/clock.h"
#include "capture/io_programs.h"
#include "commands/verify/watch_meanwhile.h"

static void forget(struct io_model *m)
{
	io_model_free(m);
	*m = (struct io_model){ 0 };
}

static void read_now(struct watch *w, struct io_model *m)
{
	forget(m);
	/* without it nothing is known */
	if (io_stat_read(w->run.capture.io, m, NULL))
		forget(m);
}

void watch_meanwhile_note(struct watch *w)
{
	if (!w->run.capture.io)
		return;
	if (!w->noted_for_none) {
		forget(&w->noted[0]);
		w->noted[0] = w->noted[1];
		w->noted[1] = (struct io_model){ 0 };
	}
	w->noted_for_none = w->noted[0].t_ns;
	read_now(w, &w->noted[1]);
}

/* Whether requests that ended between two readings may be in neither's counters. */
static bool may_lack(const struct io_model *m)
{
	const struct io_loss *l = &m->loss;

	return m->missed || l->no_start || l->evicted || l->ambiguous || l->skipped || l->unpolled ||
	       l->overflowed || l->no_cell || l->no_buffer;
}

/* Whether that slot has the buffer. */
static bool is_of(const struct watch *w, const struct io_buffer_key *k, const struct finding *f)
{
	const struct ring *r = ledger_ring(live_ledger(w->live), k->ring);

	return r && k->index < r->nr_slots && r->slots[k->index] && r->slots[k->index]->id == f->buf;
}

void watch_meanwhile(struct watch *w, const struct finding *f, __u64 since_ns, struct cause *c)
{
	const struct io_model *before = w->noted[1].t_ns <= since_ns ? &w->noted[1] : &w->noted[0];
	struct io_model m = { 0 };

	if (!w->run.capture.io || !before->t_ns || before->t_ns > since_ns)
		return;
	/* of one look all is found after it */
	if (!w->looking || w->now.t_ns < w->looked_ns)
		read_now(w, &w->now);
	if (!w->now.t_ns)
		return;
	io_model_losses_between(before, &w->now, &m);
	io_model_lists_between(before, &w->now, &m);
	c->meanwhile_known = !may_lack(&m);
	for (size_t i = 0; i < m.nr_buffers; i++)
		if (is_of(w, &m.buffers[i].key, f)) {
			c->meanwhile_ops += m.buffers[i].use.ops;
			c->meanwhile_bytes += m.buffers[i].use.bytes;
		}
	io_model_free(&m);
}

void watch_meanwhile_free(struct watch *w)
{
	forget(&w->noted[0]);
	forget(&w->noted[1]);
	forget(&w->now);
}
