/* SPDX-License-Identifier: GPL-2.0 */
/* The last calls that took pages away from registered buffers: which of them broke what is found. */
#ifndef FIXBUF_CHECKS_UNMAPPINGS_H
#define FIXBUF_CHECKS_UNMAPPINGS_H

#include <abi/unmap.h>
#include "checks/finding.h"
#include "model/stack.h"

#define UNMAPPINGS	64	/* kept: as many are found broken at a time */

struct unmapping {
	struct unmap_call call;
	struct stack *stack;	/* owned copy, NULL = none */
};

struct unmappings {
	struct unmapping list[UNMAPPINGS];	/* .call.len_bytes 0 = none */
	size_t nr;				/* of all there were */
};

/* Whether the ledger has a buffer there that was registered before. */
bool unmapping_concerns(const struct ledger *l, const struct unmap_call *c);
/* Keeps it in place of the oldest. .stack becomes the list's. */
void unmappings_add(struct unmappings *u, const struct unmap_call *c, struct stack *stack);
/* The last that took away what the finding is about; NULL when none did. */
const struct unmapping *unmappings_of(const struct unmappings *u, const struct ledger *l,
				      const struct finding *f);
/* Whether one took pages from this buffer after .from_ns, and before .to_ns, when it left its ring. */
bool unmappings_broke(const struct unmappings *u, const struct ring *r, const struct buffer *b,
		      __u64 from_ns, __u64 to_ns);
void unmappings_free(struct unmappings *u);

/* "munmap" */
const char *unmap_name(__u32 how);

#endif
