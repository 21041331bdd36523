/* SPDX-License-Identifier: GPL-2.0 */
/* The RLIMIT_MEMLOCK that a plan is compared with: of a process, or the tightest of many. */
#ifndef FIXBUF_COMMANDS_PLAN_LIMIT_H
#define FIXBUF_COMMANDS_PLAN_LIMIT_H

#include <abi/names.h>
#include "model/selection.h"

struct limit {
	bool none;		/* CAP_IPC_LOCK, or unlimited */
	int capable;		/* of these, the former; -1 = it cannot be seen */
	__u64 soft, hard;	/* bytes; ~0 = unlimited */
	/* Of a user or unit */
	unsigned int processes;	/* that were looked at, 0 = one was asked for */
	unsigned int hidden;	/* whose limit may not be seen */
	__u32 pid;		/* whose it is */
	struct comm comm;
	bool knows_locked;	/* of a user: */
	__u64 locked_bytes;	/* the account, now; where that may not be asked for, what is pinned by VmPin */
	size_t pinning;		/* of the latter: so many processes, 0 = none can be seen */
};

/* What is asked for beside it: 1, 0, or -1 where it is too little and may not hold, or not all limits could be seen. */
int limit_fits(const struct limit *l, __u64 bytes);
/*
 * Of the one process that is selected, or of the user's or unit's processes that which is the least
 * for .bytes; our own where nobody is selected. 0, or the exit status after a sentence.
 */
int limit_read(struct selection *s, __u64 bytes, struct limit *l);

#endif
