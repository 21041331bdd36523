// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
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

__u64 io_no_cause(const struct io_model *m)
{
	__u64 errors = 0, told = 0;

	for (size_t i = 0; i < m->nr_rows; i++)
		errors += m->rows[i].c.errors;
	for (size_t i = 0; i < m->nr_failures; i++)
		if (m->failures[i].key.kind == IO_FAILED && m->failures[i].key.result != -ECANCELED)
			told += m->failures[i].failure.count;
	/* read one after the other while I/O goes on */
	return errors > told ? errors - told : 0;
}

bool io_uses_lost(const struct io_model *m)
{
	return m->loss.no_buffer || m->loss.no_cause;
}
