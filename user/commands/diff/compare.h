/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What became of one snapshot in another. Rings are the same when the boot, the process, when that began,
 * and what holds them there are: addresses are used again.
 */
#ifndef FIXBUF_COMMANDS_DIFF_COMPARE_H
#define FIXBUF_COMMANDS_DIFF_COMPARE_H

#include "commands/diff/snapshot.h"

/* A buffer that several tables hold counts once. */
struct sums {
	__u64 rings, buffers, registered_bytes, charged_bytes;
	__u64 pinned_bytes;	/* VmPin of the processes that made rings and hold them */
	__u64 unknown;		/* buffers, the charge of which is not told */
};

struct change {
	enum { CHANGED_PROCESS, CHANGED_RING, CHANGED_SLOTS } what;
	const struct listed_ring *was, *is;	/* NULL = it was not there, or is not any more; of a process, one of its */
	struct sums had, has;
	__u32 first, last;	/* slots, alike in what they had and have */
};

/* All processes of one name together: one that was started anew is no change. */
struct name_change {
	struct untrusted comm;
	struct sums had, has;
};

struct finding_change {
	const struct listed_finding *was, *is;	/* one of them is NULL */
};

struct difference {
	struct change *changes;	/* owned; by process, each before its rings, each before its slots */
	size_t nr_changes;
	struct name_change *names; /* owned; by name */
	size_t nr_names;
	struct finding_change *findings; /* owned */
	size_t nr_findings;
	bool compared_findings;	/* both have some, and both are recordings, or none is */
	struct sums had, has;	/* of all rings */
	bool other_boot;	/* of another machine, too: no process of one is in the other */
};

void compare(struct difference *d, const struct snapshot *a, const struct snapshot *b);
void difference_free(struct difference *d);

#endif
