/* SPDX-License-Identifier: GPL-2.0 */
/* Rings that no descriptor and no registration shows, by the living tasks that used them. */
#ifndef FIXBUF_CAPTURE_SUBMITTERS_H
#define FIXBUF_CAPTURE_SUBMITTERS_H

#include "capture/holders.h"
#include "capture/payers.h"

struct walk_bpf;
struct peek;

/* Switches its programs on, before kern_load(). */
void submitters_prepare(struct walk_bpf *skel);

/*
 * Turns the records of h that have HOLDER_XARRAY into holders, by submission, of each ring that
 * none of the others holds, and sorts h. Adds to *cuts whose were too many; NULL = not wanted.
 * 0, or -errno with a sentence.
 */
int submitters_find(const struct peek *p, struct holders *h, struct walk_cuts *cuts);

#endif
