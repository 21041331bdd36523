// SPDX-License-Identifier: GPL-2.0
#include "model/totals.h"
#include "model/unread_tables.h"

static void on_gone(struct unread_tables *u, const struct selection *select, const struct ring *r)
{
	if (!r || !selection_has_ring(select, r))
		return;
	u->gone_slots += r->skipped;
	u->gone_rings += r->unread;
}

void unread_tables_event(struct unread_tables *u, const struct selection *select, const struct event *e)
{
	if (e->kind == EVENT_FACT && e->fact->kind == FACT_RING_GONE) {
		on_gone(u, select, ledger_ring(e->ledger, e->fact->ring));
	} else if (event_begins_part(e) && !e->origin->goes_on) {
		/* what was there at an end is there no more; a run that goes on finds it again */
		u->gone_slots = u->slots;
		u->gone_rings = u->rings;
	} else if (e->kind == EVENT_END) {
		const struct ring_totals left = ledger_totals(e->ledger, select);

		u->slots = u->gone_slots + left.skipped_slots;
		u->rings = u->gone_rings + left.unread_rings;
	}
}
