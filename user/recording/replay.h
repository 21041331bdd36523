/* SPDX-License-Identifier: GPL-2.0 */
/* A recording told again, with the ledger as it was when each thing was told live. */
#ifndef FIXBUF_RECORDING_REPLAY_H
#define FIXBUF_RECORDING_REPLAY_H

#include "model/ledger.h"
#include "recording/reader.h"

#define OVERLAP_NS	1000000LL /* clocks are read one after the other */

struct replay {
	struct recording *r;
	struct ledger *ledger;	/* as it was before what is told; never NULL */
	bool trusted;		/* set by who goes on: however much work it takes */
	bool has_last;		/* .last still has to be fed: after what was derived from it */
	struct fact *last;	/* owned */
	__u64 facts, lost;	/* told so far, in all parts */
	__u64 skipped;		/* of .lost: runs of programs that the kernel left out */
	__s64 begin_ns;		/* of the first part, CLOCK_REALTIME */
	unsigned int parts;	/* begun so far, and not gone on from another */
	__u64 steps;		/* of the ledgers of parts before */
	__u64 left_out;		/* facts for which parts had no room, all after their last */
	__u64 cut_at;		/* offset where a part was cut off, 0 = none was */
	char cut_in[256];	/* the file, as far as its name fits */
	__u64 offset, before;	/* in the file; bytes of files before it */
	__s64 end_ns;		/* of the last part, since the begin */
	__u64 unrecorded_ns;	/* between parts */
	unsigned int resumed;	/* parts that are of the run of the part before, and begin later than that ended */
	bool overlap;		/* a part begins before that */
};

/* Goes on from one that was opened, and closes it with replay_close(). */
void replay_begin(struct replay *p, struct recording *r);
/* As recording_next(). Before .e is given, all that came before it was fed. */
int replay_next(struct replay *p, struct event *e);
void replay_close(struct replay *p);

#endif
