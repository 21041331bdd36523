/* SPDX-License-Identifier: GPL-2.0 */
/* Which of the rings that had an address one after the other is meant. */
#ifndef FIXBUF_VIEWS_RING_NUMBERS_H
#define FIXBUF_VIEWS_RING_NUMBERS_H

#include <linux/types.h>

struct ring_number;

/* Zero to begin with. */
struct ring_numbers {
	struct ring_number *by_id; /* owned, uthash */
};

void ring_number_add(struct ring_numbers *n, __u64 id, __u32 number, __u64 from_ns);
/* The one that was born then, the newest where that is not known (0); 0 = no ring had the address. */
__u32 ring_number(const struct ring_numbers *n, __u64 id, __u64 born_ns);
void ring_numbers_free(struct ring_numbers *n);

#endif
