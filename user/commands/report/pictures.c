// SPDX-License-Identifier: GPL-2.0
/* report --perfetto and --html: what was recorded, drawn over time. */
#include <stdlib.h>
#include "base/alloc.h"
#include "checks/over_time.h"
#include "commands/recorded.h"
#include "commands/report/report.h"
#include "views/html.h"
#include "views/perfetto.h"

int report_perfetto(struct report *r)
{
	const bool one = !r->o->more && !r->o->machine;
	struct perfetto *perfetto = perfetto_new(r->o->output.out, &r->o->select, one ? NULL : r->origin->host, r->o->machine);
	struct event t;
	int n;

	while ((n = report_next(r, &t)) > 0 && !ferror(r->o->output.out)) {
		report_select(r, &t);
		perfetto_event(perfetto, &t);
	}
	perfetto_end(perfetto);
	return n < 0 ? EXIT_USAGE : EXIT_DONE;
}

static int most_first(const struct failure_history *a, const struct failure_history *b)
{
	if (a->count != b->count)
		return a->count < b->count ? 1 : -1;
	return a->since_ns < b->since_ns ? -1 : a->since_ns > b->since_ns;
}

int report_html(struct report *r)
{
	struct over_time *findings = over_time_new(&r->o->select);
	struct page *page = page_new(&r->o->select);
	struct history *h = must_alloc(1, sizeof(*h));
	struct io_failures io = { 0 };
	struct event t;
	int n;

	h->select = &r->o->select;
	while ((n = report_next(r, &t)) > 0) {
		over_time_event(findings, &t);
		history_event(h, &t);
		report_select(r, &t);
		page_event(page, &t);
		recorded_io_failures(&r->replay, &r->o->select, &t, &io);
	}
	io_failures_sort(&io);
	HASH_SORT(h->failures, most_first);
	if (!n) {
		const struct html_conclusion c = { .h = h, .f = over_time_findings(findings), .io = &io };

		page_conclude(page);
		if (!r->o->html)
			r->o->html = html_new(r->o->output.out);
		html_machine(r->o->html, page, &c);
	}
	over_time_free(findings);
	page_free(page);
	history_free(h);
	free(h);
	io_failures_free(&io);
	if (r->o->html && !r->o->more) {
		html_end(r->o->html);
		r->o->html = NULL;
	}
	return n < 0 ? EXIT_USAGE : EXIT_DONE;
}
