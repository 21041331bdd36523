/* SPDX-License-Identifier: GPL-2.0 */
/* What verify --watch --io tells of a load of the project, of one kind of finding. */
#ifndef FIXBUF_TESTS_IO_WATCH_H
#define FIXBUF_TESTS_IO_WATCH_H

#include "load.h"
#include "tool.h"
#include "tool_json.h"

struct io_watch {
	struct tool_run a;		/* .out is the load's */
	struct json_lines l;
	struct json_object *summary;	/* NULL, and noted why, where there is none */
	struct json_object *last;	/* finding of that kind */
	size_t nr;			/* of those */
	long long requests;		/* "...: 5 requests": of how many the last one is, by its line or that it has grown */
};

/* .interval: as of -i. .tier: NULL = the usual one. Free it afterwards. */
void io_watch_every(struct io_watch *w, const char *interval, const char *tier, const char *load, const char *mode,
		    const char *tag);
/* With no look but the first and the last. */
void io_watch(struct io_watch *w, const char *tier, const char *load, const char *mode, const char *tag);
void io_watch_free(struct io_watch *w);
/*
 * The same of two loads at a time, one after the other, which wait (--late); .a.out is what is told, of all
 * kinds. .as: in the words of the test.
 */
void io_watch_both(struct io_watch *w, const char *as, struct load *first, struct load *second);

#endif
