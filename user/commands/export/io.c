// SPDX-License-Identifier: GPL-2.0
/* What the I/O counters have gained since they were last read, to whose it is. */
#include <stdlib.h>
#include <string.h>
#include "base/array.h"
#include "checks/failure_io.h"
#include "commands/export/model.h"

/* .hist: NULL = none. */
static void fold(const struct hist *hist, __u64 sum_ns, struct bounded *out)
{
	unsigned int bound = 0;

	out->sum_ns += sum_ns;
	for (unsigned int i = 0; hist && i < HIST_BUCKETS; i++) {
		while (bound < BOUNDS && hist_low(i) > BOUND_NS(bound))
			bound++;
		out->count[bound] += hist_at(hist, i);
	}
}

static struct io_count *count_of(struct owner *o, __u8 opcode, bool fixed)
{
	size_t i = 0;

	while (i < o->nr_ios && (o->ios[i].opcode != opcode || o->ios[i].fixed != fixed))
		i++;
	if (i == o->nr_ios) {
		array_grow(o->ios, o->nr_ios);
		memset(&o->ios[o->nr_ios++], 0, sizeof(*o->ios));
		o->ios[i].opcode = opcode;
		o->ios[i].fixed = fixed;
	}
	return &o->ios[i];
}

/* ---- why they failed --------------------------------------------------------------- */

static void add_failure(struct export_model *m, const struct io_model *since,
			const struct io_failure_row *row, __u64 now_ns)
{
	const struct io_counts *c = io_model_whose(since, row->key.ring, row->born_ns, row->key.pid);
	char explain[EXPLAIN_LEN];
	struct owner_key key;
	struct owner *o;

	if (row->key.kind != IO_FAILED || !c)
		return;
	explain_io(explain, &row->failure.seen, row->key.result);
	key = export_process_key(m, c->uid, &c->comm, row->key.pid, row->key.ring);
	o = export_owner(m, &key, now_ns);
	o->told = false;
	export_cause(&count_of(o, IO_WHO_OP(row->key.what), IO_WHO_FIXED(row->key.what))->causes,
		     -row->key.result, explain, row->failure.count);
}

void export_io_free(struct owner *o)
{
	for (size_t i = 0; i < o->nr_ios; i++)
		export_causes_free(&o->ios[i].causes);
	free(o->ios);
}

/* ---- all ---------------------------------------------------------------------------- */

static void add_row(struct export_model *m, const struct io_row *r, __u64 now_ns)
{
	struct owner_key key;
	struct io_count *c;
	struct owner *o;

	if (!r->c.ops && !r->c.punts && !r->notices.count)
		return;
	key = export_process_key(m, r->c.uid, &r->c.comm, IO_WHO_TGID(r->c.who), r->c.ring);
	o = export_owner(m, &key, now_ns);
	o->told = false;
	c = count_of(o, IO_WHO_OP(r->c.who), IO_WHO_FIXED(r->c.who));
	fold(r->hist, r->c.latency_ns, &c->latency);
	fold(r->notices.hist, r->notices.sum_ns, &c->notices);
	c->ops += r->c.ops;
	c->bytes += r->c.bytes;
	c->errors += r->c.errors;
	c->shorts += r->c.shorts;
	c->punts += r->c.punts;
}

void export_io(struct export_model *m, const struct io_model *all, const struct io_model *since,
	       __u64 now_ns)
{
	for (size_t i = 0; i < since->nr_rows; i++)
		add_row(m, &since->rows[i], now_ns);
	for (size_t i = 0; i < since->nr_failures; i++)
		add_failure(m, since, &since->failures[i], now_ns);
	m->io_loss = all->loss;
	m->io_missed = all->missed;
}

static void add_bounded(struct bounded *to, const struct bounded *from)
{
	to->sum_ns += from->sum_ns;
	for (int b = 0; b <= BOUNDS; b++)
		to->count[b] += from->count[b];
}

void export_io_merge(struct owner *to, const struct owner *from)
{
	for (size_t i = 0; i < from->nr_ios; i++) {
		const struct io_count *f = &from->ios[i];
		struct io_count *t = count_of(to, f->opcode, f->fixed);

		t->ops += f->ops;
		t->bytes += f->bytes;
		t->errors += f->errors;
		t->shorts += f->shorts;
		t->punts += f->punts;
		add_bounded(&t->latency, &f->latency);
		add_bounded(&t->notices, &f->notices);
		export_causes_merge(&t->causes, &f->causes);
	}
}
