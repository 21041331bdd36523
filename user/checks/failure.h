/* SPDX-License-Identifier: GPL-2.0 */
/* Why a call failed, in one sentence that says what to do. */
#ifndef FIXBUF_CHECKS_FAILURE_H
#define FIXBUF_CHECKS_FAILURE_H

#include <abi/fact.h>
#include <stdbool.h>
#include <stddef.h>
#include "model/event.h"
#include "model/ledger.h"

#define EXPLAIN_LEN 1000

/* Where to look for who holds the memory. */
struct accounts {
	const struct ledger *then;	/* rings that are watched, at the call */
	const struct ledger *now;	/* all rings, a moment after it; NULL = not looked at */
	bool (*has_ended)(__u32 pid);	/* NULL = not looked at */
};

/* .call has failed; .entry is the iovec to blame, NULL without. */
void explain_call(char out[EXPLAIN_LEN], const struct fact_call *call,
		  const struct fact_entry *entry, const struct accounts *accounts);

/* ENOMEM: the limit and who uses it up, or the kernel's own want of memory. */
void explain_memlock(char out[EXPLAIN_LEN], const struct fact_call *call,
		     const struct accounts *accounts);

const char *entry_state_name(__u32 state);

#endif
