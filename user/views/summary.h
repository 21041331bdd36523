/* SPDX-License-Identifier: GPL-2.0 */
/* A recording on one page, as text and as JSON. */
#ifndef FIXBUF_VIEWS_SUMMARY_H
#define FIXBUF_VIEWS_SUMMARY_H

#include "base/json.h"
#include "base/output.h"
#include "checks/finding.h"
#include "checks/io_failures.h"
#include "model/history.h"

struct view_summary {
	const struct output *to;
	const struct origin *origin;	/* of the last part */
	const struct selection *select;
	const struct ledger *at_end;	/* what was there then */
	const struct history *h;	/* sorted: the busiest process first, the first failure first */
	const struct findings *f;	/* the worst first */
	const struct io_failures *io;	/* sorted */
	__s64 begin_ns;			/* of the first part, CLOCK_REALTIME */
	unsigned int parts;
	__u64 unrecorded_ns;		/* between parts */
	size_t top;			/* lines of a kind, in text */
	__u64 left_out;			/* events, as it ended at --max-size */
	__u64 cut_at;			/* offset where the file was cut off, 0 = it was not */
};

void view_summary_text(const struct view_summary *v);
void view_summary_json(const struct view_summary *v);

/* The member "failures": so many kinds of calls that failed, in the order of .h. */
void view_call_failures_json(struct json *j, const struct history *h, size_t most);
/* "register" and so on, of NR_HISTORY_CALLS. */
const char *history_call_name(unsigned int kind);

#endif
