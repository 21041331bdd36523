// SPDX-License-Identifier: GPL-2.0
#include "base/page_size.h"

#define MIN_SHIFT	12	/* 4 KiB, as on x86-64 */
#define MAX_SHIFT	18	/* 256 KiB */

unsigned int page_shift = MIN_SHIFT;

bool page_size_set(__u64 bytes)
{
	for (unsigned int shift = MIN_SHIFT; shift <= MAX_SHIFT; shift++) {
		if (bytes != 1ULL << shift)
			continue;
		page_shift = shift;
		return true;
	}
	return false;
}
