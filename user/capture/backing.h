/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Why an address no longer shows the page that is pinned for it: judged from
 * what its page table entry, its mapping and the pinned page itself say.
 * Nothing here reads anything.
 */
#ifndef FIXBUF_CAPTURE_BACKING_H
#define FIXBUF_CAPTURE_BACKING_H

#include "base/maps.h"
#include "model/ledger.h"

enum shown {
	SHOWN_UNKNOWN,		/* also: a page that is being moved at this moment */
	SHOWN_SAME,
	SHOWN_OTHER,		/* another page is there */
	SHOWN_NOTHING,		/* no page is there */
	SHOWN_SWAPPED,		/* a page that was swapped out belongs there */
	SHOWN_GUARD,		/* a guard region (MADV_GUARD_INSTALL) */
	SHOWN_POISON,		/* poison (UFFDIO_POISON, or memory that failed) */
};

/* An entry of /proc/PID/pagemap against a frame; with SHOWN_OTHER the frame there in *other. */
enum shown shown_by_entry(__u64 entry, __u64 pfn, __u64 *other);

struct evidence {
	enum shown shown;
	__u64 addr;
	const struct map *map;	/* that holds .addr, NULL: none does */
	struct backing pinned;	/* what the pinned page belongs to */
	struct backing there;	/* with SHOWN_OTHER: what the page there belongs to */
	__s64 file_bytes;	/* length of the mapping's file now, -1 = not known */
	bool huge_is_one;	/* in the index of a file of huge pages, each counts as one */
	bool no_pins;		/* nothing was ever pinned in the address space: it is another's buffer */
};

/* Whether other memory than what is pinned is there, or comes with the next touch. */
bool mapping_is_other(enum mapping m);
enum mapping backing_judge(const struct evidence *e);

#endif
