/* SPDX-License-Identifier: GPL-2.0 */
/* Rings that live on because a process has their memory mapped. */
#ifndef FIXBUF_CAPTURE_MAPPED_H
#define FIXBUF_CAPTURE_MAPPED_H

#include "capture/holders.h"

struct fixbuf_bpf;
struct walk;

/* Switches its program on, before kern_load(). */
void mapped_prepare(struct fixbuf_bpf *skel);

/* A user with more mappings than are looked through in one walk. */
struct mapped_cut {
	__u32 uid;
	unsigned int processes;	/* that were left out */
};

struct mapped_cuts {
	struct mapped_cut *list;	/* owned */
	size_t nr;
};

/*
 * Looks through the mappings of the processes of h, which is sorted; with .only just of those that
 * it has as holders by mapping. Adds holders of each ring that none of h holds, and sorts h. Sets
 * *cuts, whose list may be of an earlier walk; NULL = not wanted. 0, or -errno with a sentence.
 */
int mapped_find(struct walk *w, struct holders *h, const struct holders *only,
		struct mapped_cuts *cuts);

#endif
