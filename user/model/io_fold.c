// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include <string.h>
#include "base/alloc.h"
#include "model/io_fold.h"

/* Rows that stay or go together: of a ring, or of a process. */
struct unit {
	struct io_row **rows;
	size_t nr;
	__u64 ops;
	bool goes;
};

/* Rings become a process's row, processes a user's. */
struct level {
	int (*order)(const void *a, const void *b);	/* of rows: together what becomes one row, and units */
	bool (*same_unit)(const struct io_counts *a, const struct io_counts *b);
	bool (*same_row)(const struct io_counts *a, const struct io_counts *b);
	bool (*may_go)(const struct unit *u, const struct io_fold *how);
	void (*fold)(struct io_model *out, const struct unit *u, const struct io_fold *how);
};

static int compare(__u64 a, __u64 b)
{
	return a < b ? -1 : a > b;
}

static __u32 pid_of(const struct io_counts *c)
{
	return IO_WHO_TGID(c->who);
}

/* Processes that had one number after another mostly differ in the rest. */
static int by_process(const struct io_counts *a, const struct io_counts *b)
{
	int d = compare(pid_of(a), pid_of(b));

	d = d ? d : compare(a->uid, b->uid);
	return d ? d : memcmp(&a->comm, &b->comm, sizeof(a->comm));
}

static bool same_process(const struct io_counts *a, const struct io_counts *b)
{
	return !by_process(a, b);
}

static bool same_ring(const struct io_counts *a, const struct io_counts *b)
{
	return same_process(a, b) && a->ring == b->ring && a->born_ns == b->born_ns;
}

static bool same_user(const struct io_counts *a, const struct io_counts *b)
{
	return a->uid == b->uid;
}

static int ring_order(const void *va, const void *vb)
{
	const struct io_counts *a = &(*(struct io_row *const *)va)->c, *b = &(*(struct io_row *const *)vb)->c;
	int d = by_process(a, b);

	d = d ? d : compare(a->ring, b->ring);
	d = d ? d : compare(a->born_ns, b->born_ns);
	return d ? d : compare(a->who, b->who);
}

static int process_order(const void *va, const void *vb)
{
	const struct io_row *a = *(struct io_row *const *)va, *b = *(struct io_row *const *)vb;
	int d = compare(a->c.uid, b->c.uid);

	return d ? d : ring_order(va, vb);
}

static void keep(struct io_model *out, const struct unit *u)
{
	for (size_t i = 0; i < u->nr; i++) {
		const struct io_row *row = u->rows[i];

		io_row_add(io_model_row(out, row->c.ring, row->c.born_ns, row->c.who), row);
	}
}

/* ---- rings ---------------------------------------------------------------------------- */

static bool ring_may_go(const struct unit *u, const struct io_fold *how)
{
	const struct io_counts *c = &u->rows[0]->c;

	return c->ring != IO_RING_ANY && pid_of(c) && !how->is_open(c, how->arg);
}

/* Of another name it may be a program that took the process over, or another process of that number. */
static bool is_of(const struct io_counts *row, const struct io_counts *c, const struct io_fold *how)
{
	return !row->first_ns || same_process(row, c) || (how->lives(row, how->arg) && how->lives(c, how->arg));
}

static void fold_ring(struct io_model *out, const struct unit *u, const struct io_fold *how)
{
	for (size_t i = 0; i < u->nr; i++) {
		struct io_row *to = io_model_row(out, IO_RING_ANY, 0, u->rows[i]->c.who);

		if (!is_of(&to->c, &u->rows[i]->c, how)) {
			keep(out, &(struct unit){ .rows = u->rows + i, .nr = 1 });
			continue;
		}
		io_row_add(to, u->rows[i]);
		to->c.fd = -1;
		to->rings += !i;
	}
}

static const struct level of_rings = { ring_order, same_ring, same_process, ring_may_go, fold_ring };

/* ---- processes ------------------------------------------------------------------------ */

static bool process_may_go(const struct unit *u, const struct io_fold *how)
{
	const struct io_counts *c = &u->rows[0]->c;

	for (size_t i = 0; i < u->nr; i++)
		if (u->rows[i]->c.ring != IO_RING_ANY && how->is_open(&u->rows[i]->c, how->arg))
			return false;
	return pid_of(c) && !how->lives(c, how->arg);
}

static void fold_process(struct io_model *out, const struct unit *u, const struct io_fold *how)
{
	for (size_t i = 0; i < u->nr; i++) {
		const struct io_row *from = u->rows[i];
		struct io_row *to = io_model_row(out, IO_RING_ANY, 1 + (__u64)from->c.uid,
						 from->c.who & IO_WHAT(0xff, true));

		io_row_add(to, from);
		to->c.fd = -1;
		to->c.comm = how->ended;
		to->rings += from->c.ring != IO_RING_ANY && (!i || !same_ring(&from->c, &u->rows[i - 1]->c));
		to->processes += !i;
	}
}

static const struct level of_processes = { process_order, same_process, same_user, process_may_go, fold_process };

/* ---- both ----------------------------------------------------------------------------- */

static int largest_first(const void *va, const void *vb)
{
	const struct unit *a = va, *b = vb;
	bool a_may = a->goes, b_may = b->goes;

	if (a_may != b_may)
		return a_may ? -1 : 1;
	return a->ops != b->ops ? (a->ops < b->ops ? 1 : -1) : ring_order(a->rows, b->rows);
}

static size_t units(const struct level *l, struct io_row **rows, size_t nr, const struct io_fold *how,
		    struct unit *list)
{
	size_t n = 0;

	for (size_t i = 0; i < nr; i++) {
		if (!i || !l->same_unit(&rows[i]->c, &rows[i - 1]->c))
			list[n++] = (struct unit){ .rows = rows + i };
		list[n - 1].nr++;
		list[n - 1].ops += rows[i]->c.ops;
	}
	for (size_t i = 0; i < n; i++)
		list[i].goes = l->may_go(&list[i], how);
	return n;
}

/* How many of the units from .list on would become one row. */
static size_t run_of(const struct level *l, const struct unit *list, size_t nr)
{
	size_t n = 1;

	while (n < nr && l->same_row(&list[n].rows[0]->c, &list[0].rows[0]->c))
		n++;
	return n;
}

/* Of what becomes one row: the largest stay, with it .share rows or less. */
static void choose(struct unit *list, size_t nr, size_t share)
{
	size_t may_go = 0, rows = 0, kept = 1;

	qsort(list, nr, sizeof(*list), largest_first);
	for (; may_go < nr && list[may_go].goes; may_go++)
		rows += list[may_go].nr;
	for (size_t i = 0; i < may_go; i++) {
		kept += list[i].nr;
		list[i].goes = may_go > 1 && rows > share && kept > share;
	}
}

static void fold(struct io_model *m, const struct io_fold *how, const struct level *l)
{
	struct io_row **rows = must_alloc(m->nr_rows, sizeof(*rows));
	struct unit *list = must_alloc(m->nr_rows, sizeof(*list));
	struct io_model out = { 0 };
	size_t nr, runs = 0, share;

	for (size_t i = 0; i < m->nr_rows; i++)
		rows[i] = &m->rows[i];
	qsort(rows, m->nr_rows, sizeof(*rows), l->order);
	nr = units(l, rows, m->nr_rows, how, list);
	for (size_t i = 0; i < nr; i += run_of(l, list + i, nr - i))
		runs++;
	share = how->most / 2 / runs;
	for (size_t i = 0, n; i < nr; i += n) {
		n = run_of(l, list + i, nr - i);
		choose(list + i, n, share ? share : 1);
	}
	/* what stays first: a row that others become part of may be there */
	for (size_t i = 0; i < nr; i++)
		if (!list[i].goes)
			keep(&out, &list[i]);
	for (size_t i = 0; i < nr; i++)
		if (list[i].goes)
			l->fold(&out, &list[i], how);
	free(list);
	free(rows);
	io_model_drop_rows(m);
	m->rows = out.rows;
	m->nr_rows = out.nr_rows;
	m->room = out.room;
	free(out.places);
	free(out.rings);
}

void io_model_fold(struct io_model *m, const struct io_fold *how)
{
	if (m->nr_rows <= how->most)
		return;
	fold(m, how, &of_rings);
	if (m->nr_rows > how->most / 4 * 3)
		fold(m, how, &of_processes);
}

struct io_folded io_model_folded(const struct io_model *m, bool of_users)
{
	struct io_folded sum = { 0 };

	for (size_t i = 0; i < m->nr_rows; i++) {
		const struct io_row *r = &m->rows[i];

		if (!pid_of(&r->c) != of_users)
			continue;
		sum.rings += r->rings;
		sum.processes += r->processes;
	}
	return sum;
}
