/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Whose names go into the file: those of processes that were asked for. Of others, who share a ring or
 * an account with one that was, the file has what sums and findings need: pid, uid, and how much.
 */
#ifndef FIXBUF_COMMANDS_RECORD_NAMES_H
#define FIXBUF_COMMANDS_RECORD_NAMES_H

#include "capture/live.h"

struct names {
	const struct selection *select;
	const struct live *live;
	bool everybody;		/* others were asked for, too */
};

/* Whether the name at the head of the fact is not to be told. */
bool names_hide(const struct names *n, const struct fact *f);
/* The same evidence without them, in .to, which lasts as long as .why is needed; .why where all may be told. */
const struct failure *names_failure(const struct names *n, const struct failure *why, __u32 caller,
				    struct failure *to, struct evidence_room *room);

#endif
