// SPDX-License-Identifier: GPL-2.0
/* report --sqlite: what was recorded, and what is concluded of it, as tables. */
#include <stdlib.h>
#include "base/alloc.h"
#include "checks/over_time.h"
#include "commands/output_file.h"
#include "commands/recorded.h"
#include "commands/report/report.h"
#include "views/database.h"

int report_sqlite(struct report *r)
{
	struct database *d;
	struct over_time *findings;
	struct history *h;
	struct io_failures io = { 0 };
	struct database_conclusion concluded;
	int n = -1, err = 0;
	struct event e;

	if (database_load())
		return cannot("%s", err_text());
	if (!r->o->machine && database_is_of_others(r->o->output.path))
		return misuse("%s is a database that is not of recordings, and would be overwritten; name another file to write to",
			      r->o->output.path);
	d = output_file_begin() ? database_new(r->o->output.path, &r->o->select) : NULL;
	findings = over_time_new(&r->o->select);
	h = must_alloc(1, sizeof(*h));
	concluded = (struct database_conclusion){ .h = h, .f = over_time_findings(findings), .io = &io };
	h->select = &r->o->select;
	while (d && (n = report_next(r, &e)) > 0) {
		over_time_event(findings, &e);
		history_event(h, &e);
		recorded_io_failures(&r->replay, &r->o->select, &e, &io);
		report_select(r, &e);
		database_event(d, &e);
	}
	history_end(h);
	io_failures_sort(&io);
	if (d)
		err = database_end(d, &concluded);
	over_time_free(findings);
	history_free(h);
	io_failures_free(&io);
	free(h);
	if (!d || err)
		return misuse("cannot write to %s: %s%s", r->o->output.path, err_text(), d ? "; no database is left there" : "");
	return n < 0 ? EXIT_USAGE : EXIT_DONE;
}
