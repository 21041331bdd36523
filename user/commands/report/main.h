/* SPDX-License-Identifier: GPL-2.0 */
/* What the views of report share: a recording that is told once, from begin to end. */
#ifndef FIXBUF_COMMANDS_REPORT_MAIN_H
#define FIXBUF_COMMANDS_REPORT_MAIN_H

#include "cli/env.h"
#include "recording/replay.h"

struct report {
	struct env *env;
	struct replay replay;
	const struct recording_about *about;	/* of the part that is told */
	__s64 begin_ns;		/* of the first part, CLOCK_REALTIME */
	unsigned int parts;
	__u64 cut_at;		/* offset where a part was cut off, 0 = none was */
};

/*
 * As replay_next(). At the end of a file that was cut off it is noted; a file
 * that is damaged is told of on standard error, and -1 returned.
 */
int report_next(struct report *r, struct told *told);
/* The moment of what was told, since the begin of the first part. */
__s64 report_since(const struct report *r, const struct told *told);

/* One view, as .env asks for it, of a recording that it closes. The exit status. */
int report(struct env *env, struct recording *from, const char *path);

/* The views: each reads the whole and returns the exit status. */
int report_trace(struct report *r);
int report_list(struct report *r);
int report_verify(struct report *r);
int report_stat(struct report *r);
int report_folded(struct report *r);
int report_summary(struct report *r);
int report_perfetto(struct report *r);
int report_html(struct report *r);

#endif
