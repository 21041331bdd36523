/* SPDX-License-Identifier: GPL-2.0 */
/* What made a finding so, as a watch knows it. */
#ifndef FIXBUF_CHECKS_CAUSE_H
#define FIXBUF_CHECKS_CAUSE_H

#include <abi/unmap.h>
#include "model/stack.h"

enum cause_kind {
	CAUSE_START,		/* it was there already */
	CAUSE_CALL,
	CAUSE_RELEASE,		/* the kernel took back what a ring held */
	CAUSE_LOSS,		/* seen first after a loss */
	CAUSE_UNMAP,		/* the program took pages away from its addresses */
	CAUSE_BETWEEN,		/* no call explains it */
	CAUSE_END,		/* seen by the last look */
};

struct cause {
	enum cause_kind kind;
	struct fact_call call;	/* CAUSE_RELEASE, CAUSE_UNMAP: only the head, ring and mm */
	struct unmap_call unmap; /* CAUSE_UNMAP */
	__u32 slots;		/* that it was about */
	__s32 fd;		/* of the ring, -1 = none known */
	__u64 seen_ns;		/* when it was found */
	__u64 in_place_ns;	/* the look that last saw its pages in place began then; 0 = not known, or .unmap knows */
	/* I/Os that went over the buffer since then, of which those after it was found so are some */
	bool meanwhile_known;
	__u64 meanwhile_ops, meanwhile_bytes;
	struct stack *stack;	/* a copy: the caller's names may be gone by then; NULL = none */
};

#endif
