// SPDX-License-Identifier: GPL-2.0
#include "model/io_loss.h"

__u64 io_lost(const struct io_model *m)
{
	const struct io_loss *l = &m->loss;

	return l->reused + l->unpolled + l->no_cell + m->missed;
}

bool io_any(const struct io_model *m)
{
	const struct io_loss *l = &m->loss;

	/* program runs that were missed are of anybody */
	return m->nr_rows || m->in_flight || l->multishot || l->skipped || l->unpolled || l->reused || l->no_cell || l->overflowed;
}

bool io_uses_lost(const struct io_model *m)
{
	return m->loss.no_buffer || m->loss.no_cause;
}
