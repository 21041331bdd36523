/* SPDX-License-Identifier: GPL-2.0 */
/* What the views of report share: a recording that is told once, from begin to end. */
#ifndef FIXBUF_COMMANDS_REPORT_REPORT_H
#define FIXBUF_COMMANDS_REPORT_REPORT_H

#include "base/err.h"
#include "base/output.h"
#include "checks/io_failures.h"
#include "checks/ignored.h"
#include "model/selection.h"
#include "recording/replay.h"
#include "views/trace_filter.h"

enum report_view {
	REPORT_SUMMARY,		/* unless another is asked for */
	REPORT_TRACE,
	REPORT_LIST,
	REPORT_VERIFY,
	REPORT_STAT,
	REPORT_FOLDED,
	REPORT_PERFETTO,
	REPORT_HTML,
	REPORT_SQLITE,
};

/* What makes a stack of --folded wide. */
enum folded_by {
	BY_COUNT,		/* calls */
	BY_PINNED,		/* pages */
	BY_CHARGED,		/* pages */
	BY_TIME,		/* of calls, ns */
};

struct report_options {
	struct output output;
	struct selection select;
	enum report_view view;
	struct report_files {
		const char **list;	/* owned */
		size_t nr;	/* 0 = fixbuf.rec */
	} files;
	const char *at;		/* --list: the moment, NULL = the end */
	enum folded_by folded_by;
	enum severity fail_on;		/* --verify */
	bool allow_unsettled;		/* --verify */
	struct ignored ignored;		/* --verify */
	struct trace_filter filter;	/* --trace */
	bool by_opcode, by_buffer, hist, advise; /* --stat */
	__u32 top;			/* --summary: lines of a kind, 0 = the usual */
	bool all;			/* the same: all of them */
	__u64 max_memory;		/* 0 = the usual, for a file of its size */
	struct html *html;		/* --html: of machines before, NULL = of none */
	unsigned int machine;		/* that is told, from 0; --sqlite: recording */
	bool more;			/* machines follow */
	__s64 ended_ns;			/* the one before, of the same machine; CLOCK_REALTIME, 0 = there is none */
};

struct report {
	struct report_options *o;
	struct replay replay;
	const struct origin *origin;	/* of the part that is told */
};

/* As replay_next(); a file that is damaged is told of on standard error, and -1 returned. */
int report_next(struct report *r, struct event *e);

/* What the filters leave out is told as of another's ring. */
void report_select(const struct report *r, struct event *e);

/* One view, as the options ask for it, of a recording that it closes. The exit status. */
int report(struct report_options *o, struct recording *from, const char *path);

/* The views: each reads the whole and returns the exit status. */
int report_trace(struct report *r);
int report_list(struct report *r);
int report_verify(struct report *r);
int report_stat(struct report *r);
int report_folded(struct report *r);
int report_summary(struct report *r);
int report_perfetto(struct report *r);
int report_html(struct report *r);
int report_sqlite(struct report *r);

#endif
