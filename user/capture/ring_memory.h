/* SPDX-License-Identifier: GPL-2.0 */
/* Reads what rings have of memory besides their buffers, for ring_reader.c. */
#ifndef FIXBUF_CAPTURE_RING_MEMORY_H
#define FIXBUF_CAPTURE_RING_MEMORY_H

#include <abi/ring_memory.h>
#include <stdbool.h>
#include <stddef.h>
#include "capture/payers.h"

struct walk_bpf;

struct ring_memories {
	struct ring_memory *list;	/* owned */
	size_t nr;
};

/* Switches its programs on, before the load. */
void ring_memory_prepare(struct walk_bpf *skel);
/*
 * Adds what the ring has, of which .h is a holder. Groups are read until two readings are alike; *whole
 * says whether they are in it, or nothing of them: they kept changing, or .payers says that the
 * holder's has had enough. -errno with a sentence.
 */
int ring_memory_read(struct walk_bpf *skel, const struct fact_holder *h, struct payers *payers,
		     struct ring_memories *to, bool *whole);

#endif
