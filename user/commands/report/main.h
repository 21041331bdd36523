/* SPDX-License-Identifier: GPL-2.0 */
/* What the views of report share: a recording that is told once, from begin to end. */
#ifndef FIXBUF_COMMANDS_REPORT_MAIN_H
#define FIXBUF_COMMANDS_REPORT_MAIN_H

#include "commands/env.h"
#include "recording/replay.h"

struct report {
	struct env *env;
	struct replay replay;
	const struct origin *about;	/* of the part that is told */
};

/*
 * As replay_next(). At the end of a file that was cut off it is noted; a file
 * that is damaged is told of on standard error, and -1 returned.
 */
int report_next(struct report *r, struct event *told);

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
