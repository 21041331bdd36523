/* SPDX-License-Identifier: GPL-2.0 */
/* Why a call failed, in one sentence that says what to do. */
#ifndef FIXBUF_CHECKS_FAILURE_H
#define FIXBUF_CHECKS_FAILURE_H

#include <abi/fact.h>
#include <stdbool.h>
#include <stddef.h>
#include "capture/ring_walk.h"
#include "model/event.h"

#define EXPLAIN_LEN 640

/* Where to look for who holds the memory. */
struct accounts {
	struct walk *walk;		/* all rings, a moment after the call */
	const struct ledger *ledger;	/* rings that are watched, at the call */
};

/* .call has failed; .entry is the iovec to blame, NULL without. */
void explain_call(char out[EXPLAIN_LEN], const struct fact_call *call,
		  const struct fact_entry *entry, const struct accounts *accounts);

/* ENOMEM: the limit and who uses it up, or the kernel's own want of memory. */
void explain_memlock(char out[EXPLAIN_LEN], const struct fact_call *call,
		     const struct accounts *accounts);

/*
 * The entry to blame among those that the kernel side told of this call, NULL
 * when none is. Where it could not look at mappings (before 5.17), /proc/PID
 * is asked and call->need_pages added up.
 */
const struct fact_entry *explain_find_entry(struct fact_call *call, struct fact_entry *entries,
					    size_t nr);

const char *entry_state_name(__u32 state);

#endif
