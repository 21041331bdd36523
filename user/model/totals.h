/* SPDX-License-Identifier: GPL-2.0 */
/* What the selected rings of a ledger come to. */
#ifndef FIXBUF_MODEL_TOTALS_H
#define FIXBUF_MODEL_TOTALS_H

#include "model/ledger.h"
#include "model/selection.h"

/* Buffers that several slots hold count once, but in .slots. */
struct ring_totals {
	size_t rings, buffers, slots;
	__u64 registered_bytes, charged_pages;
	/* tables that a walk did not read: there may be more than the sums say */
	size_t skipped_rings, unread_rings;
	__u64 skipped_slots;
};

/* Of one ring: what it shares with others counts whole, what it has twice once. */
struct ring_totals ring_totals(const struct ring *r);
/* Of several: each buffer once. */
struct ring_totals rings_totals(const struct ring *const *rings, size_t nr);
struct ring_totals ledger_totals(const struct ledger *l, const struct selection *select);

#endif
