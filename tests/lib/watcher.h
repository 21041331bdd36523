/* SPDX-License-Identifier: GPL-2.0 */
/* Programs on the tracepoints of I/O, ours, empty and foreign: for benches of what they cost. */
#ifndef FIXBUF_WATCHER_H
#define FIXBUF_WATCHER_H

#include <stdbool.h>
#include <sys/types.h>

struct watcher {
	const char *name;
	const char *program;	/* which is run; NULL = fixbuf-trace */
	const char *arg[10];
	const char *points[2];	/* or tracepoints that an empty program is attached to */
	bool clock;		/* the empty programs read the clock */
	const char *seen;	/* the tracepoint that it attaches to last */
	int events, per_cpu;	/* or so many perf events or links, in all and for each processor */
	const char *enabled;	/* or this file of tracefs says 1 */
	bool absent;		/* it does not run here */
	pid_t pid;
	int fds[2];
};

/* The tracepoint of a submission on this kernel; bails out where there is none. */
const char *watcher_submit_point(void);
/* Attached when it returns; else .absent. Ends the program if it cannot go on. */
void watcher_begin(struct watcher *w);
void watcher_end(struct watcher *w);
/*
 * This thread runs on one processor, before others: what is measured is disturbed less. Watchers
 * do not: they run anywhere, as they would.
 */
void watcher_take_processor(void);

#endif
