/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The size of a page, in which charges and addresses are counted: of the running system, or of
 * the one that a recording was made on.
 */
#ifndef FIXBUF_BASE_PAGE_SIZE_H
#define FIXBUF_BASE_PAGE_SIZE_H

#include <linux/types.h>
#include <stdbool.h>

#define PAGE_SHIFT	page_shift
#define PAGE_BYTES	(1ULL << PAGE_SHIFT)
/* What one table of page table entries maps: 2 MiB where pages have 4 KiB, 32 MiB where 16 */
#define HUGE_BYTES	(PAGE_BYTES / 8 * PAGE_BYTES)

extern unsigned int page_shift;	/* set below; 12 until then */

/* From now on pages are of this size. False for one that no Linux has. */
bool page_size_set(__u64 bytes);

#endif
