/* SPDX-License-Identifier: GPL-2.0 */
/* Why an account is charged more than is pinned: one finding for a process and cause. */
#ifndef FIXBUF_CHECKS_OVERCHARGE_H
#define FIXBUF_CHECKS_OVERCHARGE_H

#include "checks/places.h"

#define NAMED_BUFFERS 4

/* Of what has one cause. Starts as zero; its users need not be the same. */
struct overcharge {
	__u64 pinned, charged;	/* pages */
	const struct place *places[NAMED_BUFFERS]; /* the first ones */
	size_t buffers, sets;	/* sets: of buffers that share pages */
	bool many_rings, other_offsets;
	bool moving;		/* as in struct finding */
	__u64 call_ns;
};

struct overcharges {
	struct overcharge by_cause[MAX_REMEDIES];
	__u64 least_limit;	/* bytes, of the holders; 0 = none yet */
};

/* Adds buffers that share pages, .members of .list, which pin and are charged so many pages. */
void overcharge_add(struct overcharges *o, const struct place *list, const size_t *members,
		    size_t nr, __u64 pinned, __u64 charged);
/* Makes the findings. */
void overcharge_report(const struct overcharges *o, struct findings *out);
/* "pid 812 fd 6 buffer 0, ... and 3 more". Returns text. */
const char *name_places(char *text, size_t len, const struct place *const *places, size_t nr);

#endif
