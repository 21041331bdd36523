/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Events: what flows through user space. Two sources make them, the live
 * tracer and a recording; what consumes them takes one at a time:
 * void x_event(struct x *, const struct event *).
 */
#ifndef FIXBUF_MODEL_EVENT_H
#define FIXBUF_MODEL_EVENT_H

#include <abi/fact.h>
#include <stddef.h>
#include <stdbool.h>
#include "model/asked.h"
#include "model/evidence.h"
#include "model/tier.h"

/* What of calls may have happened unseen. Names: not_seen_name(). */
#define NOT_SEEN_SETUPS	   0x01	/* rings that were not made */
#define NOT_SEEN_REFUSED   0x02	/* register calls that found no ring */
#define NOT_SEEN_DURATIONS 0x04
#define NOT_SEEN_FILTERED  0x08	/* calls that were refused before the kernel looked at them */
#define NOT_SEEN_NR	   4	/* bits */

struct holder;
struct io_loser;
struct io_model;
struct ledger;
struct stack;

/* The machine and the run that events are of. Each part of an appended file has its own. */
struct origin {
	char kernel[96], machine[32];	/* as uname says */
	__u64 start_ns;			/* CLOCK_MONOTONIC, as all .t_ns */
	__s64 realtime_ns;		/* makes of a .t_ns a CLOCK_REALTIME */
	__u64 interval_ns;		/* between two readings of the I/O counters */
	__u64 memory_bytes;
	__u32 cpus, page_bytes;
	enum tier tier;			/* by which facts were seen */
	__u32 not_seen;			/* NOT_SEEN_*: what of calls nobody looked for */
	__u32 sample;			/* one I/O in so many is an event, 0 = none */
	bool stacks;			/* were asked for */
	bool snapshot;			/* others' older rings are of interest, too */
	bool fixed_only;		/* the counters leave plain I/O out */
	bool by_user_data;		/* what told requests apart */
	bool raw_addresses;		/* the kernel's are in the file as they are; not read back */
	bool goes_on;			/* a run of record, where the part or file before ended */
	bool resumes;			/* the same run, later than that: what was between is in no file */
	__u64 unrecorded_ns;		/* since the part before ended, of whatever run; 0 where that is not of this machine */
	bool pid_ns;			/* made below the initial pid namespace: facts have .ns_pid */
	__u32 format;			/* version of the file's; 0 = it comes from none */
	char command[512];		/* line that recorded it */
	char host[64];			/* the machine's name, empty in older files */
	char hosts[288];		/* of a file: of this part and those before, "a and b" where they differ */
	bool differs;			/* the same: host, kernel or command of one before do */
	char boot_id[40];		/* from its start on, empty in older files */
	struct asked_whom asked;		/* of a recording: for whom; of older files for all */
};

/* Facts that the kernel side made and that did not arrive. */
struct lost_events {
	__u64 count;
	__u32 cpu;		/* or SKIPPED_CPU */
	__u64 after_seq;	/* the last one that arrived before the gap, 0 = none */
	__u64 before_seq;	/* the first one after it, 0 = none came */
};

/* How many of one user's facts found no room. */
struct user_loss {
	__u32 uid;		/* or SENDER_KERNEL, LOSS_OF_REST */
	__u64 count;
};

#define LOSS_OF_REST (~0U - 1)	/* of users beyond those that are counted each */

#define SKIPPED_CPU (~0U)	/* .cpu of programs that the kernel did not run, wherever */

/* What is known of a failed call beside its number. */
struct failure {
	const char *explain;	/* what checks/failure makes of the evidence */
	const struct evidence *evidence;
};

enum event_kind {
	EVENT_LOOK,	/* a new ledger; in a recording it follows as facts (FACT_F_SNAPSHOT) */
	EVENT_FACT,
	EVENT_LOST,
	EVENT_IO,	/* the counters were read */
	EVENT_MEMORY,	/* what a ring has besides its buffers was read: the ledger has it */
	EVENT_END,	/* always the last of a part */
};

struct event_end {
	bool clean;		/* else the file was cut off: the rest is as read */
	__u64 t_ns;		/* 0 = not known */
	__u64 facts;		/* written, by fact_is_event() */
	__u64 lost;
	__u64 stacks_lost;	/* stacks that the map, or the file, had no place for */
	__u64 left_out;		/* facts that came when the file had the size it may have */
	__u64 io_unshown;	/* live: I/Os on selected rings by who is not selected, as by a program that took another name */
	const struct user_loss *losers; /* whose facts were lost */
	size_t nr_losers;
	const struct io_loser *io_losers; /* whose I/O was lost, of a recording */
	size_t nr_io_losers;
};

/* All that it has, whatever was told of it before. */
struct memory_seen {
	__u64 ring;
	const struct ring_memory *list;
	size_t nr;
	bool cut;		/* as in struct ring */
};

/* Good until the source makes the next, and what it points to. */
struct event {
	enum event_kind kind;
	const struct origin *origin;
	const struct ledger *ledger; /* as it was before; EVENT_LOOK: as it is from now on */
	__u64 offset;		/* in a file, of the frame that holds it */
	__u64 t_ns;		/* of the fact, look, reading or end; EVENT_LOST: of the last before it */
	__s64 since_ns;		/* .t_ns since the begin of the first part; may be < 0 */
	/* EVENT_FACT: as long as its kind's struct, or longer */
	const struct fact *fact;
	bool fed;		/* enters the ledger after this event */
	bool shown;		/* it is of what is selected: a live trace prints it */
	const struct failure *why; /* of a call that failed or did not do all, NULL = none */
	const struct holder *by; /* .cgroup and .inner_pid of who did it, NULL = not known */
	const struct stack *stack; /* NULL = none; good until the end of the part */
	/* EVENT_LOST */
	struct lost_events lost;
	/* EVENT_LOOK */
	bool after_loss;	/* else the begin of a part */
	/* EVENT_IO: since the begin of the part (so at EVENT_END, too), and since the last reading */
	const struct io_model *io, *io_since;
	/* EVENT_MEMORY */
	struct memory_seen memory;
	/* EVENT_END */
	struct event_end end;
};

static inline bool event_begins_part(const struct event *e)
{
	return e->kind == EVENT_LOOK && !e->after_loss;
}

#endif
