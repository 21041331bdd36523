// SPDX-License-Identifier: GPL-2.0
#include "commands/stat/rings_seen.h"

/* Whether the ring did I/O over buffers, none of which it had when it was looked at. */
static bool came_later(const struct ring *r, const struct io_model *m)
{
	__u64 fixed = 0;

	for (__u32 i = 0; i < r->nr_slots; i++)
		if (r->slots[i])
			return false;
	for (size_t i = 0; i < m->nr_rows; i++)
		fixed += m->rows[i].c.ring == r->id ? m->rows[i].fixed_ops : 0;
	return fixed;
}

size_t rings_seen(const struct ledger *l, const struct io_model *m)
{
	size_t nr = 0;

	for (const struct ring *r = l->rings; r; r = r->hh.next)
		nr += io_model_has_ring(m, r->id) && !came_later(r, m);
	return nr;
}
