// SPDX-License-Identifier: GPL-2.0
/* report, and report --summary: one page. */
#include <stdlib.h>
#include "base/alloc.h"
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
	struct report_findings f = { 0 };
	struct event t;
	int n;

	while ((n = report_next(r, &t)) > 0) {
		report_findings_told(&f, r, &t);
		history_told(h, r, &t);
	}
	HASH_SORT(h->processes, busiest_first);
	HASH_SORT(h->failures, first_first);
	if (n < 0)
		; /* told already */
	else if (r->env->output.json)
		view_summary_json(r, h, &f);
	else
		view_summary_text(r, h, &f);
	report_findings_free(&f);
	history_free(h);
	free(h);
	return n < 0 ? EXIT_USAGE : EXIT_DONE;
}
