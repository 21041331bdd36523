/* SPDX-License-Identifier: GPL-2.0 */
/* Facts as lines: text for people, JSON for programs. */
#ifndef FIXBUF_VIEWS_TRACE_TEXT_H
#define FIXBUF_VIEWS_TRACE_TEXT_H

#include "base/json.h"
#include "base/output.h"
#include "checks/failure.h"
#include "model/event.h"
#include "model/ledger.h"
#include "model/stack.h"
#include "views/trace_filter.h"

#define VIEW_LOSERS 4

/* Zero but for .to and .filter; the rest is its own. */
struct view_trace {
	const struct output *to;
	const struct trace_filter *filter;
	const struct origin *origin;	/* of the events that come now */
	const struct ledger *ledger;	/* as it was before the event that is shown */
	const struct holder *by;	/* as event.by */
	const struct stack *stack;	/* of the event that is shown, NULL = none */
	struct json json;		/* the line that is being written */
	bool begun;
	bool of_all;			/* losses are of more than what is shown */
	__u64 calls, failed, rings, not_made, lost;
	__u64 ios;			/* of the part */
	__u64 io_errors, io_cancelled;	/* of all I/O that was counted */
	__u64 io_unshown;		/* as in struct event_end */
	__u64 io_lost;			/* of the same: in no count */
	__u64 skipped;			/* of .lost: not for want of room */
	__u64 stacks_lost;
	struct user_loss losers[VIEW_LOSERS];	/* those who lost most */
	size_t nr_losers;
};

void view_trace_event(struct view_trace *v, const struct event *e);
/* Of a program that has ended so many processes run on: JSON alone, standard error has it already. */
void view_trace_left(const struct view_trace *v, unsigned int left);
/* Prints the totals, and frees what .v holds. */
void view_trace_end(struct view_trace *v);

/* For both forms. */
void view_trace_json(struct view_trace *v, const struct fact *f, const struct failure *why);
void view_trace_json_lost(struct view_trace *v, const struct lost_events *lost);
/* What is before the part that begins at .t_ns is in no file. */
void view_trace_json_unrecorded(struct view_trace *v, __u64 t_ns);
void view_trace_json_losers(struct view_trace *v, const struct event_end *end);

#endif
