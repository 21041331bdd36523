/* SPDX-License-Identifier: GPL-2.0 */
/* Who holds which ring, as the walk's iterators tell it: for ring_walk.c and what finds more. */
#ifndef FIXBUF_CAPTURE_HOLDERS_H
#define FIXBUF_CAPTURE_HOLDERS_H

#include <abi/fact.h>
#include <stdbool.h>
#include <stddef.h>

struct holders {
	struct fact_holder *list;	/* owned */
	size_t nr, room;
};

/* By ring, those without one first, and by process; a descriptor before other ways to hold it. */
void holders_sort(struct holders *h);
/* Makes room for one more, and returns it. */
struct fact_holder *holders_add(struct holders *h);
/* Whether any of the sorted list holds the ring. */
bool holders_have(const struct holders *h, __u64 ring);

#endif
