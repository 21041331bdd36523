/* SPDX-License-Identifier: GPL-2.0 */
/* Which events trace prints a line of; all are counted. */
#ifndef FIXBUF_VIEWS_TRACE_FILTER_H
#define FIXBUF_VIEWS_TRACE_FILTER_H

#include <abi/fact.h>
#include <stdbool.h>
#include <stddef.h>

struct ledger;

struct trace_filter {		/* zero: all */
	__u32 events;		/* a bit of each in trace_event_names; 0 = any */
	bool failed;		/* what failed, or did not do all */
	__u64 slow_ns;		/* what took so long at least, as far as that was seen */
	bool has_fd;
	__u32 fd;		/* what the ring is at in its process */
	__u64 ring;		/* its address, as the lines have it; 0 = any */
	__u64 ops;		/* I/O: a bit of each opcode; 0 = any event */
	__u64 min_bytes;	/* buffers, pins, charges and I/O of that size at least; 0 = any event */
};

/* As they stand in the column EVENT; ends with NULL. */
extern const char *const trace_event_names[];

/* Opcodes that may be over registered buffers, as io_op_name() has them: others have no line. Ends with NULL. */
extern const char *const trace_op_names[];

/* Adds the event of that name; false when there is none. */
bool trace_filter_add(struct trace_filter *t, const char *name, size_t len);
/* Adds io_uring_register() and io_uring_setup(). */
void trace_filter_calls(struct trace_filter *t);
/* Adds the opcode of that name, in either case; false when there is none. */
bool trace_filter_add_op(struct trace_filter *t, const char *name, size_t len);
/* One of the events that were asked for by name and take I/O, or the end of every call, to be seen; NULL = none. */
const char *trace_filter_of_io(const struct trace_filter *t);
const char *trace_filter_of_all_calls(const struct trace_filter *t);
/* Why no event can be shown, as a sentence: what was asked for excludes each other; NULL = some can. */
const char *trace_filter_never_shows(const struct trace_filter *t);
/* .l: as it was when it happened. */
bool trace_filter_shows(const struct trace_filter *t, const struct ledger *l, const struct fact *f);

#endif
