/* SPDX-License-Identifier: GPL-2.0 */
/* Which part of each buffer was used: what a process registers again and again is one buffer. */
#ifndef FIXBUF_MODEL_PAGE_USES_H
#define FIXBUF_MODEL_PAGE_USES_H

#include "model/timeline_page.h"

/* All lives of a process in one slot, of one address and length. */
struct page_use {
	struct page_use_key {
		__u64 who, addr, len_bytes, slot;
	} key;
	__u32 ring;		/* of the first, as in struct page_life */
	bool rings_differ;
	__u64 times;		/* it was registered, or there before */
	__u64 ops;
	__u64 bins[LIFE_BINS];
	UT_hash_handle hh;
};

/* Those with I/O, the most used first, as a uthash list to be given to page_uses_free(). */
struct page_use *page_uses(const struct page *p);
void page_uses_free(struct page_use *uses);

#endif
