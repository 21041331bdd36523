/* SPDX-License-Identifier: GPL-2.0 */
/* The page walk: a buffer's segments, their folios' pins, and what its addresses show. */
#ifndef FIXBUF_CAPTURE_PAGE_WALK_H
#define FIXBUF_CAPTURE_PAGE_WALK_H

#include "capture/ring_walk.h"
#include "capture/space.h"

struct page_walk;

/* Switches its programs on, before kern_load(). NULL with a sentence. */
struct page_walk *page_walk_prepare(struct walk *w);
/*
 * After walk_start(): learns from a registered buffer of our own where the
 * kernel keeps its struct pages. -errno with a sentence.
 */
int page_walk_start(struct page_walk *pw);
void page_walk_free(struct page_walk *pw);

/*
 * Reads the buffer in slot .index of .ring into its extents, compared with the
 * addresses of .whose; another mm than that one is not looked at: mappings are
 * then unknown. 0, -EAGAIN when the slot kept changing (the buffer is then not
 * .walked), or another -errno with a sentence.
 */
int page_walk_slot(struct page_walk *pw, struct ring *ring, __u32 index, struct whose whose);

/* Where the heap of the process is that holds the ring first; false = it has none, or it is not known. */
bool page_walk_heap(struct page_walk *pw, const struct ring *r, __u64 *start, __u64 *end);

/* After the last slot of a pass: lets go of the address space that it looked into. */
void page_walk_rest(struct page_walk *pw);

/* Pages of the last slot that show other memory, while what is pinned may be others', too (capture/space.h). */
__u64 page_walk_shared(const struct page_walk *pw);

/* Times that it may not look into an address space since the start. */
__u64 page_walk_denials(const struct page_walk *pw);

/* When the last buffer call on this ring returned, 0 = none since the start: equal = none came between. */
__u64 page_walk_last_call(const struct page_walk *pw, __u64 ring);

#endif
