/* SPDX-License-Identifier: GPL-2.0 */
/* I/O over pages that the process does not have any more: what was read is lost, what was written is old. */
#ifndef FIXBUF_CHECKS_LOST_H
#define FIXBUF_CHECKS_LOST_H

#include <abi/io_stale.h>
#include "checks/finding.h"

/* A slot of a ring whose buffer has stale pages, and what was done over them since that was seen. */
struct stale_slot {
	struct finding of;	/* stale-page: whose, of which ring; no .detail */
	__u32 index;
	__u32 uid;		/* whose the ring is */
	struct io_stale what;
	__u64 pages;		/* stale ones, of those between .what.addr and .end */
	__u64 seen_ns, looked_ns;	/* by the first look, and by the last */
};

/* A finding where I/O was over such pages, or may have been. */
void check_lost(const struct stale_slot *s, __u64 now_ns, struct findings *out);
/* Requests of a slot of a ring, which may be gone; .of says whose. Reads that .outlived what it held are lost. */
void check_outlived(const struct finding *of, const struct io_wrong *w, struct findings *out);
void check_wrong(const struct finding *of, const struct io_wrong *w, struct findings *out);

#endif
