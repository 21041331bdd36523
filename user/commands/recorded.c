// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include "base/alloc.h"
#include "base/err.h"
#include "commands/recorded.h"
#include "model/io_select.h"

static int busiest_first(const struct process_history *a, const struct process_history *b)
{
	const __u64 of_a = a->bytes + a->older_bytes, of_b = b->bytes + b->older_bytes;

	if (of_a != of_b)
		return of_a < of_b ? 1 : -1;
	return a->ops < b->ops ? 1 : a->ops > b->ops ? -1 : 0;
}

static int first_first(const struct failure_history *a, const struct failure_history *b)
{
	return a->since_ns < b->since_ns ? -1 : a->since_ns > b->since_ns;
}

void recorded_io_failures(const struct replay *p, const struct selection *select, const struct event *e,
			  struct io_failures *to)
{
	struct io_model m = { 0 };

	if (e->kind != EVENT_END)
		return;
	io_model_copy(e->io, &m);
	io_select(&m, select);
	/* of an appended file each part has a clock of its own */
	io_failures_add(to, &m, (__u64)p->begin_ns - e->origin->realtime_ns);
	io_model_free(&m);
}

int recorded_read(struct recorded *d, struct replay *p, const struct origin *origin, const struct selection *select)
{
	struct event e;
	int n;

	*d = (struct recorded){ .h = must_alloc(1, sizeof(*d->h)), .f = over_time_new(select) };
	d->h->select = select;
	while ((n = replay_next(p, &e)) > 0) {
		over_time_event(d->f, &e);
		history_event(d->h, &e);
		recorded_io_failures(p, select, &e, &d->io);
	}
	if (n < 0)
		return misuse("%s", err_text());
	history_end(d->h);
	io_failures_sort(&d->io);
	HASH_SORT(d->h->processes, busiest_first);
	HASH_SORT(d->h->failures, first_first);
	d->view = (struct view_summary){
		.origin = origin, .select = select, .h = d->h, .f = over_time_findings(d->f), .io = &d->io,
		.at_end = p->ledger, .begin_ns = p->begin_ns, .parts = p->parts,
		.unrecorded_ns = p->unrecorded_ns, .left_out = p->left_out,
		.cut_at = p->cut_at,
	};
	return 0;
}

void recorded_free(struct recorded *d)
{
	over_time_free(d->f);
	history_free(d->h);
	io_failures_free(&d->io);
	free(d->h);
}
