/* SPDX-License-Identifier: GPL-2.0 */
/* Rings that live on because a process has their memory mapped. */
#ifndef FIXBUF_CAPTURE_MAPPED_H
#define FIXBUF_CAPTURE_MAPPED_H

#include "capture/holders.h"
#include "capture/payers.h"

struct walk_bpf;
struct peek;

/* Switches its program on, before kern_load(). */
void mapped_prepare(struct walk_bpf *skel);

/*
 * Looks through the mappings of the processes of h, which is sorted; with .only just of those that
 * it has as holders by mapping. Adds holders of each ring that none of h holds, and sorts h. Adds
 * to *cuts whose were too many; NULL = not wanted. 0, or -errno with a sentence.
 */
int mapped_find(const struct peek *p, struct holders *h, const struct holders *only,
		struct walk_cuts *cuts);

#endif
