/* SPDX-License-Identifier: GPL-2.0 */
/* Rings that live on because another ring polls them. */
#ifndef FIXBUF_CAPTURE_POLLED_H
#define FIXBUF_CAPTURE_POLLED_H

#include "capture/holders.h"
#include "capture/payers.h"

struct walk_bpf;
struct peek;

/* Switches its program on, before kern_load(). */
void polled_prepare(struct walk_bpf *skel);

/*
 * Looks through what the rings of h, which is sorted, poll. Adds who holds the ring that polls as a
 * holder of each ring that none of h holds, and sorts h. Adds to *cuts whose polls were too many;
 * NULL = not wanted. 0, or -errno with a sentence.
 */
int polled_find(const struct peek *p, struct holders *h, struct walk_cuts *cuts);
/* The same, if it has found any .before. */
int polled_again(const struct peek *p, struct holders *h, const struct holders *before);

#endif
