// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include "model/io_select.h"

static bool row_wanted(const struct io_row *row, const void *arg)
{
	const struct selection *s = arg;

	if (!row->c.ops && !row->c.punts && !row->notices.count)
		return false;
	return selection_has(s, IO_WHO_TGID(row->c.who), row->c.uid, &row->c.comm);
}

#define KEEP_WANTED(m, list, ring) do {						\
	size_t __n = 0;								\
										\
	for (size_t __i = 0; __i < (m)->nr_##list; __i++)			\
		if (io_model_has_ring(m, (m)->list[__i].ring))			\
			(m)->list[__n++] = (m)->list[__i];			\
	(m)->nr_##list = __n;							\
} while (0)

/* Also of a ring that has no row of its own. */
static void select_failures(struct io_model *m)
{
	size_t n = 0;

	for (size_t i = 0; i < m->nr_failures; i++) {
		const struct io_failure_key *key = &m->failures[i].key;

		if (io_model_has_ring(m, key->ring) || io_model_has_rest(m, key->pid))
			m->failures[n++] = m->failures[i];
	}
	m->nr_failures = n;
}

void io_select(struct io_model *m, const struct selection *s)
{
	io_model_select(m, row_wanted, s);
	KEEP_WANTED(m, buffers, key.ring);
	KEEP_WANTED(m, addresses, key.ring);
	select_failures(m);
	KEEP_WANTED(m, calls, ring);
	m->of_all = selection_asks(s);
}
