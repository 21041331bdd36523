// SPDX-License-Identifier: GPL-2.0
/* report --trace: what was told is told again. */
#include "commands/report/main.h"
#include "views/io_line.h"
#include "views/trace_text.h"

static void begin(struct view_trace *v, const struct report *r, bool first)
{
	v->tier = r->about->tier;
	v->realtime_ns = r->about->realtime_ns;
	v->sample = r->about->sample;
	if (first)
		view_trace_begin(v);
}

static void show(struct view_trace *v, const struct report *r, const struct event *t)
{
	const struct fact *f = t->fact;

	if (!t->shown || !selection_has(&r->env->select, f->pid, f->uid, f->comm))
		return;
	v->ledger = r->replay.ledger;
	v->stack = t->stack;
	view_trace_fact(v, f, t->why);
}

int report_trace(struct report *r)
{
	struct view_trace v = { .to = &r->env->output };
	struct event t;
	int n;

	while ((n = report_next(r, &t)) > 0 && !ferror(v.to->out)) {
		switch (t.kind) {
		case EVENT_LOOK:
			if (!t.after_loss)
				begin(&v, r, r->replay.parts == 1);
			break;
		case EVENT_FACT:
			show(&v, r, &t);
			break;
		case EVENT_LOST:
			view_trace_lost(&v, &t.lost);
			break;
		case EVENT_IO:
			break;
		case EVENT_END:
			v.stacks_lost += t.end.stacks_lost;
			if (r->about->sample && t.end.clean)
				view_io_end(&v, t.io, r->about->by_user_data ? "user_data" :
					    "request");
			break;
		}
	}
	view_trace_end(&v);
	return n < 0 ? EXIT_USAGE : EXIT_DONE;
}
