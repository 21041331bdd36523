/* SPDX-License-Identifier: GPL-2.0 */
/* Which events trace prints a line of; all are counted. */
#ifndef FIXBUF_VIEWS_TRACE_FILTER_H
#define FIXBUF_VIEWS_TRACE_FILTER_H

#include <abi/fact.h>
#include <stdbool.h>
#include <stddef.h>

struct trace_filter {		/* zero: all */
	__u32 events;		/* a bit of each in trace_event_names; 0 = any */
	bool failed;		/* what failed, or did not do all */
	__u64 slow_ns;		/* what took so long at least, as far as that was seen */
};

/* As they stand in the column EVENT; ends with NULL. */
extern const char *const trace_event_names[];

/* Adds the event of that name; false when there is none. */
bool trace_filter_add(struct trace_filter *t, const char *name, size_t len);
/* Adds io_uring_register() and io_uring_setup(). */
void trace_filter_calls(struct trace_filter *t);
bool trace_filter_shows(const struct trace_filter *t, const struct fact *f);

#endif
