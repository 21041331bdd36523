/* SPDX-License-Identifier: GPL-2.0 */
/* The findings of a whole run, where each interval has its own. */
#ifndef FIXBUF_COMMANDS_STAT_TOLD_H
#define FIXBUF_COMMANDS_STAT_TOLD_H

#include "capture/io_programs.h"
#include "checks/finding_index.h"
#include "checks/stuck_past.h"

struct told {
	int worst;		/* severity so far, -1 = nothing was told */
	struct findings list;	/* owned: each once, as it was first told */
	struct finding_index *index; /* of the list */
	bool keeps;		/* the list, too, and not only the worst */
	struct stuck_past past;
	__u64 look_ns;		/* when to look for old requests again */
};

/*
 * Between what is shown: looks for old requests, once a second at most and only where .m, all that was
 * counted, has some under way. A look reads the starts that are kept, 1 MiB, and is a system call per
 * request that is older than STUCK_NS, 4,096 at most; the programs on the I/O path know nothing of it.
 * -errno with a sentence.
 */
int told_look(struct told *t, struct io_stat *io, struct io_model *m, const struct ledger *l);
/* The findings of an interval or the total, .m, into an empty .out; .whole: all that was counted. */
void told_find(struct told *t, const struct io_model *m, const struct io_model *whole, const struct ledger *l,
	       struct findings *out);
void told_free(struct told *t);

#endif
