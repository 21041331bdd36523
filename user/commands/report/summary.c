// SPDX-License-Identifier: GPL-2.0
/* report, and report --summary: one page. */
#include <stdint.h>
#include <stdlib.h>
#include "base/alloc.h"
#include "checks/over_time.h"
#include "commands/report/report.h"
#include "views/summary.h"

static int busiest_first(const struct process_history *a, const struct process_history *b)
{
	if (a->bytes != b->bytes)
		return a->bytes < b->bytes ? 1 : -1;
	return a->ops < b->ops ? 1 : a->ops > b->ops ? -1 : 0;
}

static int first_first(const struct failure_history *a, const struct failure_history *b)
{
	return a->since_ns < b->since_ns ? -1 : a->since_ns > b->since_ns;
}

int report_summary(struct report *r)
{
	struct history *h = must_alloc(1, sizeof(*h));
	struct over_time *f = over_time_new(&r->o->select);
	struct io_failures io = { 0 };
	struct view_summary v = {
		.to = &r->o->output, .origin = r->origin, .h = h, .f = over_time_findings(f), .io = &io,
	};
	struct event e;
	int n;

	h->select = &r->o->select;
	while ((n = report_next(r, &e)) > 0) {
		over_time_event(f, &e);
		history_event(h, &e);
		report_io_failures(r, &e, &io);
	}
	history_end(h);
	io_failures_sort(&io);
	v.begin_ns = r->replay.begin_ns;
	v.top = r->o->all ? SIZE_MAX : r->o->top ? r->o->top : 10;
	v.parts = r->replay.parts;
	v.left_out = r->replay.left_out;
	v.cut_at = r->replay.cut_at;
	HASH_SORT(h->processes, busiest_first);
	HASH_SORT(h->failures, first_first);
	if (n < 0)
		; /* told already */
	else if (r->o->output.json)
		view_summary_json(&v);
	else
		view_summary_text(&v);
	over_time_free(f);
	history_free(h);
	io_failures_free(&io);
	free(h);
	return n < 0 ? EXIT_USAGE : EXIT_DONE;
}
