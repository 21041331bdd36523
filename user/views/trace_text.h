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

struct view_trace {
	const struct output *to;
	__u32 sample;			/* --io: one in so many is shown */
	enum tier tier;			/* by which facts are seen */
	const struct ledger *ledger;	/* as it was before the fact that is shown */
	const struct stack *stack;	/* of the fact that is shown, NULL = none */
	struct json json;		/* the line that is being written */
	__s64 realtime_ns;		/* what makes a fact's time a time of day */
	__u64 calls, failed, rings, ios, lost;
	__u64 stacks_lost;
};

void view_trace_begin(const struct view_trace *v);
/* .why is NULL unless .f is a call that failed, or did not do all. */
void view_trace_fact(struct view_trace *v, const struct fact *f, const struct failure *why);
void view_trace_lost(struct view_trace *v, const struct lost_events *lost);
/* Prints the totals, and frees what .v holds. */
void view_trace_end(struct view_trace *v);

/* For both forms. */
void view_trace_json(struct view_trace *v, const struct fact *f, const struct failure *why);
void view_trace_json_lost(struct view_trace *v, const struct lost_events *lost);

#endif
