/* SPDX-License-Identifier: GPL-2.0 */
/* The size of a page on the running system. */
#ifndef FIXBUF_BPF_PAGE_SIZE_H
#define FIXBUF_BPF_PAGE_SIZE_H

#include <linux/types.h>

const volatile __u32 page_shift __weak = 12;	/* the user side sets it */

#define PAGE_SHIFT	page_shift
#define PAGE_BYTES	(1ULL << PAGE_SHIFT)

#endif
