/* SPDX-License-Identifier: GPL-2.0 */
/* What the checks share: every buffer once, and how it is named. */
#ifndef FIXBUF_CHECKS_PLACES_H
#define FIXBUF_CHECKS_PLACES_H

#include "checks/finding.h"

#define NAME_LEN 128	/* with a tamed comm */

/* Where a buffer is shown: the first slot that holds it, in order of arrival. */
struct place {
	const struct ring *ring;
	const struct buffer *buffer;
	__u32 index;
	size_t order;
};

/* Every buffer but kernel buffers, in order; free the array. Returns their number. */
size_t places_collect(const struct ledger *l, struct place **out);

/* A finding about that place, .pages and .detail still to be filled. */
struct finding place_finding(enum finding_tag tag, const struct place *p);
/* Fills .fd, .uid, .ns_pid and .comm with what process .pid is to the ring, if it holds it; NULL = not known. */
void finding_take_holder(struct finding *f, const struct ring *r);
/* "pid 812 fd 6" of what such a finding is about; the ring's address where it has no descriptor. Returns buf. */
const char *finding_ring_name(char buf[NAME_LEN], const struct finding *f);
/* "pid 812 fd 6 buffer 3". Returns buf. */
const char *place_name(char buf[NAME_LEN], const struct place *p);

/* The process that holds the ring, else the one that made it; 0 when not known. The latter its .ns_pid. */
__u32 ring_pid(const struct ring *r);
__u32 ring_ns_pid(const struct ring *r);
/* The process whose address space is charged for the ring, where it is known; else ring_pid(). */
__u32 ring_owner_pid(const struct ring *r);
__u32 ring_owner_ns_pid(const struct ring *r);
__u32 ring_uid(const struct ring *r);
/* The name of ring_pid(), empty when not known. */
struct comm ring_comm(const struct ring *r);
/* "pid 812 (fio)". Returns buf. */
const char *mm_name(char buf[NAME_LEN], const struct ledger_mm *mm);

#endif
