// SPDX-License-Identifier: GPL-2.0
#include "model/derived_kept.h"
#include "model/ledger_buffers.h"

static bool is_among(const struct derived_in_use *u, const struct fact_in_use *held, size_t nr)
{
	for (size_t i = 0; i < nr; i++)
		if (held[i].h.ring == u->ring && held[i].node == u->node && held[i].buf == u->b.id)
			return true;
	return false;
}

void derived_keep(struct derived *d, const struct fact_in_use *held, size_t nr)
{
	for (size_t i = d->nr_in_use; i--;) {
		struct derived_in_use *u = &d->in_use[i];
		bool in_table = ledger_buffer(d->ledger, u->b.id);

		/* of what left its last slot unseen, or has one anew, nothing is known to tell */
		if (u->released == in_table || !is_among(u, held, nr))
			*u = d->in_use[--d->nr_in_use];
	}
}
