// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <linux/io_uring.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/alloc.h"
#include "base/array.h"
#include "base/fmt.h"
#include "checks/failure_io.h"
#include "checks/io_failures.h"
#include "model/cause_key.h"
#include "model/fact.h"

#define MAX_KINDS 4096	/* of a process that fails in ever new ways the rest is left to the counts */

/* Which of the failures had been punted is not counted: only where all failed is it known. */
bool io_punt_is_refused(const struct io_model *m, const struct io_failure_row *row)
{
	__u64 ended = 0, refused = 0;

	if (row->failure.seen.sqe_flags & (IOSQE_ASYNC | IOSQE_IO_DRAIN))
		return false;
	for (size_t i = 0; i < m->nr_failures; i++) {
		const struct io_failure_row *f = &m->failures[i];

		if (f->key.ring == row->key.ring && f->born_ns == row->born_ns && f->key.kind == IO_FAILED &&
		    f->key.result == -EOPNOTSUPP && f->failure.seen.setup_flags & IORING_SETUP_IOPOLL &&
		    IO_WHO_OP(f->key.what) == IO_WHO_OP(row->key.what))
			refused += f->failure.count;
	}
	for (size_t i = 0; refused && i < m->nr_rows; i++) {
		const struct io_counts *c = &m->rows[i].c;

		if (c->ring == row->key.ring && c->born_ns == row->born_ns && IO_WHO_OP(c->who) == IO_WHO_OP(row->key.what))
			ended += c->ops;
	}
	return refused && refused == ended;
}

static void explain(char text[EXPLAIN_LEN], const struct io_model *m, const struct io_failure_row *row)
{
	switch (row->key.kind) {
	case IO_PUNTED:
		if (io_punt_is_refused(m, row))
			explain_refused_punt(text);
		else
			explain_punt(text, &row->failure.seen);
		break;
	case IO_COPIED:
		explain_copied(text, IO_WHO_OP(row->key.what));
		break;
	default:
		explain_io(text, &row->failure.seen, row->key.result);
		break;
	}
}

/* Adds what the program may have forgotten: there was a buffer. Calls are counted, not kept each. */
static void add_calls(char text[EXPLAIN_LEN], const struct io_failure *f, bool continued)
{
	const struct io_evidence *e = &f->seen;
	size_t n = strlen(text);
	char took[FMT_LEN], ago[FMT_LEN + 8] = "";

	if (!(e->flags & EV_CHANGED) || e->flags & EV_OTHER)
		return;
	/* the first's, which another interval may have had */
	if (!continued && e->called_ns < f->first_ns)
		snprintf(ago, sizeof(ago), "%s ", fmt_ns(took, f->first_ns - e->called_ns));
	if (!e->nr_slots)
		snprintf(text + n, EXPLAIN_LEN - n, "; the ring's buffers were unregistered, %sbefore",
			 ago);
	else
		snprintf(text + n, EXPLAIN_LEN - n,
			 "; the ring's slots were updated before, and the last call about its buffers returned %sbefore",
			 ago);
}

/* Whose it was: the process is known by its number, its name by what its ring counted. */
static void name(struct io_failed *f, const struct io_model *m, const struct io_failure_row *row)
{
	const struct io_counts *c = io_model_whose(m, row->key.ring, row->born_ns, row->key.pid);

	f->pid = row->key.pid ? row->key.pid : c ? IO_WHO_TGID(c->who) : 0;
	if (c && IO_WHO_TGID(c->who) == f->pid)
		f->comm = c->comm;
}

static struct io_failed *find(struct io_failures *f, const struct io_failed *like)
{
	for (size_t i = 0; i < f->nr; i++) {
		struct io_failed *x = &f->list[i];

		if (x->pid == like->pid && x->cause == like->cause && x->opcode == like->opcode &&
		    x->fixed == like->fixed && x->result == like->result && x->kind == like->kind)
			return x;
	}
	return NULL;
}

static void add_row(struct io_failures *f, const struct io_model *m,
		    const struct io_failure_row *row, __s64 from_ns)
{
	struct io_failed one = {
		.kind = row->key.kind, .opcode = IO_WHO_OP(row->key.what),
		.fixed = IO_WHO_FIXED(row->key.what), .result = row->key.result,
		.count = row->failure.count, .ring = row->key.ring, .seen = row->failure.seen,
		.first_ns = row->failure.first_ns - from_ns,
		.last_ns = row->failure.last_ns - from_ns,
		.continued = row->failure.first_ns < m->since_ns,
	};
	char text[EXPLAIN_LEN];
	struct io_failed *same;

	explain(text, m, row);
	if (row->key.kind == IO_FAILED)
		add_calls(text, &row->failure, one.continued);
	one.cause = cause_key(text);
	name(&one, m, row);
	same = find(f, &one);
	if (!same) {
		if (f->nr == MAX_KINDS)
			return;
		one.explain = must_strdup(text);
		array_grow(f->list, f->nr);
		f->list[f->nr++] = one;
		return;
	}
	same->count += one.count;
	same->continued |= one.continued;
	if (one.first_ns < same->first_ns) {
		same->first_ns = one.first_ns;
		same->seen = one.seen;
		same->ring = one.ring;
		free(same->explain);
		same->explain = must_strdup(text);
	}
	if (one.last_ns > same->last_ns)
		same->last_ns = one.last_ns;
}

void io_failures_add(struct io_failures *f, const struct io_model *m, __s64 from_ns)
{
	/* a full ring is a ring's, not a request's: check_io_hazards() tells of it */
	for (size_t i = 0; i < m->nr_failures; i++)
		if (m->failures[i].key.kind != IO_LATE)
			add_row(f, m, &m->failures[i], from_ns);
}

static int in_order(const void *va, const void *vb)
{
	const struct io_failed *a = va, *b = vb;

	if (a->kind != b->kind)
		return a->kind < b->kind ? -1 : 1;
	if (a->count != b->count)
		return a->count < b->count ? 1 : -1;
	return a->first_ns < b->first_ns ? -1 : a->first_ns > b->first_ns;
}

void io_failures_sort(struct io_failures *f)
{
	if (f->nr)
		qsort(f->list, f->nr, sizeof(*f->list), in_order);
}

void io_failures_free(struct io_failures *f)
{
	for (size_t i = 0; i < f->nr; i++)
		free(f->list[i].explain);
	free(f->list);
	memset(f, 0, sizeof(*f));
}

bool io_failed(const struct io_failed *f)
{
	return f->kind == IO_FAILED;
}

const char *io_failed_name(const struct io_failed *f)
{
	return f->kind == IO_PUNTED ? "handed to a worker" :
	       f->kind == IO_COPIED ? "copied, not sent as they lie" : fact_errno_name(f->result);
}

__s32 io_failures_of_slot(const struct io_model *m, const struct ledger *l, const struct ring *r, __u32 slot)
{
	__s32 result = 0;

	for (size_t i = 0; i < m->nr_failures && (!result || result == -ECANCELED); i++) {
		const struct io_failure_row *f = &m->failures[i];
		__u64 names = f->failure.seen.flags & (EV_FIXED | EV_INDEX);

		if (f->key.kind == IO_FAILED && names == (EV_FIXED | EV_INDEX) && f->failure.seen.index == slot &&
		    ledger_ring_born(l, f->key.ring, f->born_ns) == r)
			result = f->key.result;
	}
	return result;
}
