// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include <string.h>
#include "base/alloc.h"
#include "model/histogram.h"
#include "model/io_counters.h"

struct io_row *io_model_row(struct io_model *m, __u64 ring, __u64 who)
{
	for (size_t i = 0; i < m->nr_rows; i++)
		if (m->rows[i].c.ring == ring && m->rows[i].c.who == who)
			return &m->rows[i];
	if (m->nr_rows == m->room) {
		m->room = m->room ? 2 * m->room : 64;
		m->rows = must_realloc(m->rows, m->room, sizeof(*m->rows));
	}
	memset(&m->rows[m->nr_rows], 0, sizeof(*m->rows));
	m->rows[m->nr_rows].c.ring = ring;
	m->rows[m->nr_rows].c.who = who;
	return &m->rows[m->nr_rows++];
}

void io_model_add_hist(struct io_row *row, const __u64 count[HIST_BUCKETS])
{
	if (!row->hist)
		row->hist = must_alloc(HIST_BUCKETS, sizeof(*row->hist));
	for (unsigned int i = 0; i < HIST_BUCKETS; i++)
		row->hist[i] += count[i];
}

static void name_row(struct io_cell *to, const struct io_cell *from)
{
	if (to->first_ns && to->first_ns <= from->first_ns)
		return;
	to->first_ns = from->first_ns;
	to->uid = from->uid;
	to->comm = from->comm;
}

void io_row_add(struct io_row *to, const struct io_row *from)
{
	struct io_cell *t = &to->c;
	const struct io_cell *f = &from->c;

	name_row(t, f);
	t->flags |= f->flags;
	t->ops += f->ops;
	t->bytes += f->bytes;
	t->timed += f->timed;
	t->latency_ns += f->latency_ns;
	t->max_ns = f->max_ns > t->max_ns ? f->max_ns : t->max_ns;
	t->errors += f->errors;
	t->efaults += f->efaults;
	t->cancelled += f->cancelled;
	t->shorts += f->shorts;
	t->punts += f->punts;
	to->fixed_ops += from->fixed_ops;
	to->fixed_bytes += from->fixed_bytes;
	if (from->hist)
		io_model_add_hist(to, from->hist);
}

void io_model_select(struct io_model *m, bool (*keep)(const struct io_row *row, const void *arg),
		     const void *arg)
{
	size_t n = 0;

	for (size_t i = 0; i < m->nr_rows; i++) {
		if (keep(&m->rows[i], arg))
			m->rows[n++] = m->rows[i];
		else
			free(m->rows[i].hist);
	}
	m->nr_rows = n;
}

void io_model_group(const struct io_model *m, bool by_opcode, struct io_model *out)
{
	out->t_ns = m->t_ns;
	for (size_t i = 0; i < m->nr_rows; i++) {
		const struct io_row *r = &m->rows[i];
		__u64 who = by_opcode ? r->c.who : IO_WHO(IO_WHO_TGID(r->c.who), 0, false);

		io_row_add(io_model_row(out, r->c.ring, who), r);
	}
}

struct io_row io_model_total(const struct io_model *m)
{
	struct io_row total = { 0 };

	for (size_t i = 0; i < m->nr_rows; i++)
		io_row_add(&total, &m->rows[i]);
	return total;
}

static enum io_order order_now;

const char *io_order_name(enum io_order order)
{
	static const char *const names[] = { "operations", "bytes", "99th percentile", "errors" };

	return names[order];
}

static __u64 weight(const struct io_row *r)
{
	switch (order_now) {
	case IO_BY_BYTES:
		return r->c.bytes;
	case IO_BY_P99:
		return r->hist ? hist_percentile(r->hist, 990) : 0;
	case IO_BY_ERRORS:
		return r->c.errors;
	default:
		return r->c.ops;
	}
}

static int heaviest_first(const void *a, const void *b)
{
	const struct io_row *x = a, *y = b;
	__u64 wx = weight(x), wy = weight(y);

	if (wx != wy)
		return wx < wy ? 1 : -1;
	if (x->c.who != y->c.who)
		return x->c.who < y->c.who ? -1 : 1;
	return x->c.ring < y->c.ring ? -1 : x->c.ring > y->c.ring;
}

void io_model_sort(struct io_model *m, enum io_order order)
{
	order_now = order;
	if (m->nr_rows)
		qsort(m->rows, m->nr_rows, sizeof(*m->rows), heaviest_first);
}

bool io_model_has_ring(const struct io_model *m, __u64 ring)
{
	for (size_t i = 0; i < m->nr_rows; i++)
		if (m->rows[i].c.ring == ring)
			return true;
	return false;
}

static void *copy(const void *list, size_t nr, size_t size)
{
	void *to = must_alloc(nr, size);

	return nr ? memcpy(to, list, nr * size) : to;
}

void io_model_copy(const struct io_model *m, struct io_model *out)
{
	*out = *m;
	out->rows = copy(m->rows, m->nr_rows, sizeof(*m->rows));
	out->room = m->nr_rows;
	for (size_t i = 0; i < m->nr_rows; i++)
		if (m->rows[i].hist)
			out->rows[i].hist = copy(m->rows[i].hist, HIST_BUCKETS, sizeof(__u64));
	out->buffers = copy(m->buffers, m->nr_buffers, sizeof(*m->buffers));
	out->addresses = copy(m->addresses, m->nr_addresses, sizeof(*m->addresses));
	out->faults = copy(m->faults, m->nr_faults, sizeof(*m->faults));
	out->calls = copy(m->calls, m->nr_calls, sizeof(*m->calls));
}

void io_model_free(struct io_model *m)
{
	for (size_t i = 0; i < m->nr_rows; i++)
		free(m->rows[i].hist);
	free(m->rows);
	free(m->buffers);
	free(m->addresses);
	free(m->faults);
	free(m->calls);
	memset(m, 0, sizeof(*m));
}

const char *io_op_name(unsigned int op)
{
	static const char *const names[] = {
		[0] = "NOP", [1] = "READV", [2] = "WRITEV", [4] = "READ_FIXED",
		[5] = "WRITE_FIXED", [22] = "READ", [23] = "WRITE", [26] = "SEND",
		[27] = "RECV", [46] = "URING_CMD", [47] = "SEND_ZC", [48] = "SENDMSG_ZC",
		[60] = "READV_FIXED", [61] = "WRITEV_FIXED",
	};

	return op < sizeof(names) / sizeof(names[0]) && names[op] ? names[op] : "?";
}
