// SPDX-License-Identifier: GPL-2.0
/* report --trace: the events of a recording, as trace showed them. */
#include "commands/report/report.h"
#include "model/io_select.h"
#include "views/trace_text.h"

int report_trace(struct report *r)
{
	struct view_trace v = { .to = &r->o->output, .filter = &r->o->filter, .of_all = selection_asks(&r->o->select) };
	struct event e;
	int n;

	while ((n = report_next(r, &e)) > 0 && !ferror(v.to->out)) {
		struct io_model io = { 0 };

		report_select(r, &e);
		/* the totals are of those whose lines are shown */
		if (e.kind == EVENT_END && e.io) {
			io_model_copy(e.io, &io);
			io_select(&io, &r->o->select);
			e.io = &io;
		}
		view_trace_event(&v, &e);
		io_model_free(&io);
	}
	/* why it ends here was said: totals of a part are no more than that */
	if (n < 0)
		json_free(&v.json);
	else
		view_trace_end(&v);
	return n < 0 ? EXIT_USAGE : EXIT_DONE;
}
