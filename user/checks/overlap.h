/* SPDX-License-Identifier: GPL-2.0 */
/* Requests over the same memory that were under way together, of which at least one writes it. */
#ifndef FIXBUF_CHECKS_OVERLAP_H
#define FIXBUF_CHECKS_OVERLAP_H

#include <abi/io_overlap.h>
#include "checks/finding.h"

/* As the kernel side counted it. */
struct overlap {
	struct io_overlap_key of;
	struct io_overlap what;
};

/* A finding per process, slot and cause; sorts .list. .l: rings as they were, for who holds them. */
void check_overlaps(struct overlap *list, size_t nr, const struct ledger *l, struct findings *out);

#endif
