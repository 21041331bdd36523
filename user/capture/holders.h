/* SPDX-License-Identifier: GPL-2.0 */
/* Who holds which ring, as the walk's iterators tell it: for ring_walk.c and what finds more. */
#ifndef FIXBUF_CAPTURE_HOLDERS_H
#define FIXBUF_CAPTURE_HOLDERS_H

#include <abi/fact.h>
#include <stdbool.h>
#include <stddef.h>

struct bpf_link;
struct peek;

struct holders {
	struct fact_holder *list;	/* owned */
	size_t nr, room;
};

/*
 * Descriptors are duplicated by the hundred thousand at no cost: of one process and ring so many
 * records are kept, which say as much as all would.
 */
#define HOLDERS_A_PROCESS 16

/*
 * By ring, those without one first, and by process; a descriptor before other ways to hold it.
 * Leaves out what is more than HOLDERS_A_PROCESS.
 */
void holders_sort(struct holders *h);
/* Room for .nr more, behind the others; it may have sorted them. .nr is less than 512. */
struct fact_holder *holders_room(struct holders *h, size_t nr);
/* Adds one, to be filled; never sorts when the list has room. */
struct fact_holder *holders_add(struct holders *h);
/* Appends what an iterator of the walk yields, unless a signal ends that. 0, or -errno with a sentence. */
int holders_iterate(const struct peek *p, struct bpf_link *iterator, struct holders *h);
/* Of the sorted list: where those of the ring begin, or would; where those of another than [i] do. */
size_t holders_first(const struct holders *h, __u64 ring);
size_t holders_next_ring(const struct holders *h, size_t i);
/* Whether any of the sorted list holds the ring. */
bool holders_have(const struct holders *h, __u64 ring);

#endif
