/* SPDX-License-Identifier: GPL-2.0 */
/* Reads what is in a slot, and compares it with the addresses of those whose view counts. */
#ifndef FIXBUF_CAPTURE_SLOT_LOOK_H
#define FIXBUF_CAPTURE_SLOT_LOOK_H

#include "capture/page_walk.h"

/*
 * Reads a slot's pages, in each address space that they may lie in, until one decides
 * (capture/decisive.h). The buffer is .contested where none does. As page_walk_slot().
 */
int look_at_slot(struct walk *walk, struct page_walk *pages, struct ring *r, __u32 index);

/* Whether an address space has it that did not make it. */
bool ring_is_shared(const struct ring *r);

#endif
