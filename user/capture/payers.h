/* SPDX-License-Identifier: GPL-2.0 */
/* What one user may make a walk read, of what costs nobody but the walk. */
#ifndef FIXBUF_CAPTURE_PAYERS_H
#define FIXBUF_CAPTURE_PAYERS_H

#include <stdbool.h>
#include <stddef.h>
#include <abi/fact.h>

/* Processes of a user that a walk left out, whole or in part. */
struct walk_cut {
	__u32 uid;
	unsigned int processes;
};

struct walk_cuts {
	struct walk_cut *list;	/* owned */
	size_t nr;
};

/* All zero before the first. A range of subordinate ids may be many users of one payer. */
struct payers {
	struct payer *hash;	/* owned */
};

/*
 * One thing more is to be read of this process: whether its payer has had fewer than .most.
 * Otherwise the process is one that is left out.
 */
bool payers_spend(struct payers *p, const struct fact_holder *process, unsigned int most);
/* Adds who was left out to *cuts, and lets go of all. */
void payers_end(struct payers *p, struct walk_cuts *cuts);

#endif
