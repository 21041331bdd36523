/* SPDX-License-Identifier: GPL-2.0 */
/* The part of a recording that is being written: what is told, put down so that it can be read alone. */
#ifndef FIXBUF_COMMANDS_RECORD_PART_H
#define FIXBUF_COMMANDS_RECORD_PART_H

#include "capture/live.h"
#include "commands/record/names.h"
#include "commands/record/rings.h"
#include "model/io_counters.h"
#include "recording/writer.h"

struct written_stack;

struct part {
	/* Set by who records. */
	struct capture *capture;
	struct live *live;
	struct names names;	/* whose are told */
	bool everybody;		/* others' older rings are of interest, too */
	bool goes_on;		/* part_go_on() may follow */
	struct writer *to;
	/* Of the part. */
	struct written_ring *rings;
	struct written_stack *stacks;
	__u32 emptied;		/* as of .stacks' keys */
	struct io_model last;	/* the counters as they were written last */
	/* What stood when the part began, and stands now: parts hold what was added. */
	struct io_model begin, now;
	struct user_loss *losers; /* owned */
	size_t nr_losers;
	struct io_loser *io_losers; /* owned */
	size_t nr_io_losers;
	__u64 stacks_lost;
};

/* What is there, as of the event's ledger. */
void part_look(struct part *p, const struct event *e);
void part_fact(struct part *p, const struct event *e);
/* A limit, or what a ring has besides buffers, that changed; .part is a struct part. */
void part_limit(const struct fact *f, void *part);
void part_memory(const struct ring *r, void *part);
/*
 * Reads the counters of I/O and writes them. Errors leave what was written as it is: the next
 * reading may work. How much I/O failed since the last reading.
 */
__u64 part_counters(struct part *p);
/* Whose events were lost, and the end. */
void part_end(struct part *p, __u64 end_ns);
/* After part_end(): the next part goes to another file, which is empty, and begins with what is there. */
void part_go_on(struct part *p, FILE *out, const struct origin *about);
void part_free(struct part *p);

#endif
