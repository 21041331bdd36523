/* SPDX-License-Identifier: GPL-2.0 */
/* All that a recording tells on one page, gathered while it is told once: report prints it, and diff compares two. */
#ifndef FIXBUF_COMMANDS_RECORDED_H
#define FIXBUF_COMMANDS_RECORDED_H

#include "checks/over_time.h"
#include "recording/replay.h"
#include "views/summary.h"

struct recorded {
	struct history *h;	/* owned */
	struct over_time *f;	/* owned */
	struct io_failures io;
	struct view_summary view; /* of these; .to and .top are the caller's */
};

/*
 * Reads to the end of what was begun; .origin is that of its recording. 0, or an exit status after a
 * sentence. Free it before the replay is closed, in either case.
 */
int recorded_read(struct recorded *d, struct replay *p, const struct origin *origin, const struct selection *select);
void recorded_free(struct recorded *d);

/* At the end of a part: adds the I/O of what is selected that failed. */
void recorded_io_failures(const struct replay *p, const struct selection *select, const struct event *e,
			  struct io_failures *to);

#endif
