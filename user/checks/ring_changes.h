/* SPDX-License-Identifier: GPL-2.0 */
/* What became of rings between two looks. */
#ifndef FIXBUF_CHECKS_RING_CHANGES_H
#define FIXBUF_CHECKS_RING_CHANGES_H

#include "model/ledger.h"
#include "model/selection.h"
#include "model/totals.h"

/* One that is in both looks, and of which nothing is told, is as it was. */
struct ring_change {
	const struct ring *was, *is;	/* NULL = the ring was not there, or is not any more */
	struct ring_totals had, has;
	bool compared;			/* both tables were read; else only .has is known */
};

/* Of the selection's rings with a buffer of that size; what could not be read now is left out. Owned by the caller. */
struct ring_change *ring_changes(const struct ledger *before, const struct ledger *after,
				 const struct selection *select, __u64 min_bytes, size_t *nr);

#endif
