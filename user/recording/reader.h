/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Reads what record wrote, once, from begin to end. Any file may be given:
 * lengths are checked before they are used, memory is bounded, and what is
 * wrong is one sentence with its offset. replay.h goes on from here to a
 * ledger.
 */
#ifndef FIXBUF_RECORDING_READER_H
#define FIXBUF_RECORDING_READER_H

#include "capture/fact_reader.h"
#include "checks/failure.h"
#include "model/io_counters.h"
#include "model/stack.h"
#include "model/tier.h"

struct recording;

/* Of the machine and the run. A file that was appended to has one for each of its parts. */
struct recording_about {
	char kernel[96], machine[32];	/* as uname says */
	__u64 start_ns;			/* CLOCK_MONOTONIC, as all .t_ns */
	__s64 realtime_ns;		/* makes of a .t_ns a CLOCK_REALTIME */
	__u64 interval_ns;		/* between two readings of the I/O counters */
	__u64 memory_bytes;
	__u32 cpus, page_bytes;
	enum tier tier;			/* by which facts were seen */
	__u32 sample;			/* one I/O in so many is a fact, 0 = none */
	bool stacks;			/* were asked for */
	bool snapshot;			/* others' older rings are of interest, too */
	bool fixed_only;		/* the counters leave plain I/O out */
	bool by_user_data;		/* what told requests apart */
	char command[512];		/* line that recorded it */
};

enum told_kind {
	TOLD_LOOK,	/* a new ledger: what is there follows as facts (FACT_F_SNAPSHOT) */
	TOLD_FACT,
	TOLD_LOST,
	TOLD_IO,	/* the counters were read */
	TOLD_END,	/* always the last of a part */
};

struct recording_end {
	bool clean;		/* else the file was cut off: the rest is as read */
	__u64 t_ns;		/* 0 = not known */
	__u64 facts;		/* written */
	__u64 lost;
	__u64 stacks_lost;	/* stacks that the map, or the file, had no place for */
};

/* Good until the next recording_next(), and what it points to. */
struct told {
	enum told_kind kind;
	__u64 offset;		/* in the file, of the frame that holds it */
	__u64 t_ns;		/* of the fact, look, reading or end; TOLD_LOST: of the last before it */
	/* TOLD_FACT: as long as its kind's struct, or longer */
	const struct fact *fact;
	bool fed;		/* enters the ledger */
	bool shown;		/* a live trace would have printed it */
	const struct failure *why; /* of a call that failed or did not do all, NULL = none */
	__u32 stack;		/* for recording_stack(), 0 = none */
	/* TOLD_LOST */
	struct lost_facts lost;
	/* TOLD_LOOK */
	bool after_loss;	/* else the begin of a part */
	/* TOLD_IO: since the begin of the part (so at TOLD_END, too), and since the last reading */
	const struct io_model *io, *io_since;
	/* TOLD_END */
	struct recording_end end;
};

/* NULL with a sentence. */
struct recording *recording_open(const char *path);
/* The same of bytes in memory, which stay the caller's; .name is for sentences. */
struct recording *recording_open_bytes(const char *name, const void *bytes, size_t nr);
/* Of the part that is being read: it changes with its first TOLD_LOOK. */
const struct recording_about *recording_about(const struct recording *r);
/* 1, 0 after the last, or -errno with a sentence. */
int recording_next(struct recording *r, struct told *out);
/* Of the part that is being read; NULL for 0 and what is not known. Good until its end. */
const struct stack *recording_stack(const struct recording *r, __u32 id);
void recording_close(struct recording *r);

#endif
