/* SPDX-License-Identifier: GPL-2.0 */
/* Rings that no descriptor and no registration shows, by the living tasks that used them. */
#ifndef FIXBUF_CAPTURE_SUBMITTERS_H
#define FIXBUF_CAPTURE_SUBMITTERS_H

#include "capture/holders.h"

struct fixbuf_bpf;
struct walk;

/* Switches its programs on, before kern_load(). */
void submitters_prepare(struct fixbuf_bpf *skel);

/*
 * Turns the records of h that have HOLDER_XARRAY into holders, by submission, of each ring that
 * none of the others holds, and sorts h. 0, or -errno with a sentence.
 */
int submitters_find(struct walk *w, struct holders *h);

#endif
