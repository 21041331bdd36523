/* SPDX-License-Identifier: GPL-2.0 */
/* Which buffers share folios, and how many pages they pin: by sort and sweep over extents. */
#ifndef FIXBUF_CHECKS_FOLIOS_H
#define FIXBUF_CHECKS_FOLIOS_H

#include "checks/places.h"

/* Sets of buffers that share a folio, directly or through others. */
struct components {
	size_t nr;
	__u64 *pages;		/* [nr] of whole folios, each once */
	size_t *begin;		/* [nr + 1] into .members */
	size_t *members;	/* indices of the places, ascending */
};

/* Whether the walk knows all pages of .b, and can be trusted. */
bool folios_known(const struct buffer *b);

/* In order of their first member; one that is not folios_known() stands alone, with 0 pages. */
void components_find(struct components *c, const struct place *list, size_t nr);
void components_free(struct components *c);

/*
 * *pinned: pages of whole folios, each once. *expected: what the kernel charges: small pages
 * once for each buffer, a large folio once, or (per_ring: stock kernels from 7.2) once for each ring.
 */
void folios_count(const struct place *list, size_t nr, bool per_ring, __u64 *pinned,
		  __u64 *expected);

#endif
