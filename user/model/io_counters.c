// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include <string.h>
#include "base/alloc.h"
#include "model/histogram.h"
#include "model/io_counters.h"

static __u32 *place_of(const struct io_model *m, __u64 ring, __u64 born_ns, __u64 who)
{
	__u64 hash = (ring ^ born_ns * 3 ^ who * 5) * 0x9e3779b97f4a7c15ULL;
	size_t i = (hash >> 32) & (m->nr_places - 1);

	for (; m->places[i]; i = (i + 1) & (m->nr_places - 1)) {
		const struct io_counts *c = &m->rows[m->places[i] - 1].c;

		if (c->ring == ring && c->born_ns == born_ns && c->who == who)
			break;
	}
	return &m->places[i];
}

/* Rows may have been added, sorted and dropped by others: their number and .nr_indexed tell. */
static void index_rows(struct io_model *m)
{
	if (m->nr_indexed == m->nr_rows && 2 * m->nr_rows < m->nr_places)
		return;
	free(m->places);
	for (m->nr_places = 128; m->nr_places < 4 * m->nr_rows; m->nr_places *= 2)
		;
	m->places = must_alloc(m->nr_places, sizeof(*m->places));
	for (size_t i = 0; i < m->nr_rows; i++) {
		const struct io_counts *c = &m->rows[i].c;

		*place_of(m, c->ring, c->born_ns, c->who) = i + 1;
	}
	m->nr_indexed = m->nr_rows;
}

void io_model_forget_index(struct io_model *m)
{
	free(m->places);
	m->places = NULL;
	m->nr_places = 0;
	m->nr_indexed = 0;
	free(m->rings);
	m->rings = NULL;
	m->nr_ringed = 0;
}

struct io_row *io_model_row(struct io_model *m, __u64 ring, __u64 born_ns, __u64 who)
{
	struct io_row *row;
	__u32 *place;

	index_rows(m);
	place = place_of(m, ring, born_ns, who);
	if (*place)
		return &m->rows[*place - 1];
	if (m->nr_rows == m->room) {
		m->room = m->room ? 2 * m->room : 64;
		m->rows = must_realloc(m->rows, m->room, sizeof(*m->rows));
	}
	row = &m->rows[m->nr_rows++];
	memset(row, 0, sizeof(*row));
	row->c.ring = ring;
	row->c.born_ns = born_ns;
	row->c.who = who;
	row->c.fd = -1;
	*place = m->nr_rows;
	m->nr_indexed = m->nr_rows;
	return row;
}

struct io_row *io_model_find(struct io_model *m, __u64 ring, __u64 born_ns, __u64 who)
{
	__u32 place;

	index_rows(m);
	place = *place_of(m, ring, born_ns, who);
	return place ? &m->rows[place - 1] : NULL;
}

void io_row_add_coarse(struct io_row *row, unsigned int coarse, __u64 n)
{
	unsigned int first = (coarse + IO_COARSE_GROUP) * HIST_STEPS;

	/* evenly, the odd ones about the middle */
	for (unsigned int i = 0; i < HIST_STEPS; i++)
		hist_add(&row->hist, first + i, n / HIST_STEPS);
	for (unsigned int i = 0; i < n % HIST_STEPS; i++)
		hist_add(&row->hist, first + (HIST_STEPS - n % HIST_STEPS) / 2 + i, 1);
}

void io_row_add_bucket(struct io_row *row, unsigned int bucket, __u64 n)
{
	hist_add(&row->hist, bucket, n);
}

static void name_row(struct io_counts *to, const struct io_counts *from)
{
	if (from->fd >= 0)
		to->fd = from->fd;
	if (to->first_ns && to->first_ns <= from->first_ns)
		return;
	to->first_ns = from->first_ns;
	to->uid = from->uid;
	to->comm = from->comm;
}

static void add_hist(struct hist **to, const struct hist *from)
{
	for (unsigned int i = 0; from && i < from->nr; i++)
		if (from->count[i])
			hist_add(to, from->first + i, from->count[i]);
}

void io_row_add(struct io_row *to, const struct io_row *from)
{
	struct io_counts *t = &to->c;
	const struct io_counts *f = &from->c;

	name_row(t, f);
	t->ops += f->ops;
	t->bytes += f->bytes;
	t->timed += f->timed;
	t->coarse += f->coarse;
	t->latency_ns += f->latency_ns;
	t->max_ns = f->max_ns > t->max_ns ? f->max_ns : t->max_ns;
	t->errors += f->errors;
	t->efaults += f->efaults;
	t->cancelled += f->cancelled;
	t->shorts += f->shorts;
	t->punts += f->punts;
	to->fixed_ops += from->fixed_ops;
	to->fixed_bytes += from->fixed_bytes;
	to->rings += from->rings;
	to->processes += from->processes;
	add_hist(&to->hist, from->hist);
	to->notices.count += from->notices.count;
	to->notices.sum_ns += from->notices.sum_ns;
	to->notices.coarse += from->notices.coarse;
	if (from->notices.max_ns > to->notices.max_ns)
		to->notices.max_ns = from->notices.max_ns;
	add_hist(&to->notices.hist, from->notices.hist);
}

static double error_of(const struct hist *hist, __u64 max_ns, __u64 coarse)
{
	static const unsigned int permille[] = { 500, 900, 990, 999 };
	double most = HIST_ERROR;

	for (size_t i = 0; coarse && i < 4; i++) {
		double error = hist_coarse_error(hist_permille(hist, permille[i], max_ns), max_ns);

		most = error > most ? error : most;
	}
	return most;
}

double io_row_error(const struct io_row *row)
{
	return error_of(row->hist, row->c.max_ns, row->c.coarse);
}

double io_notices_error(const struct io_notices *n)
{
	return error_of(n->hist, n->max_ns, n->coarse);
}

void io_row_free(struct io_row *row)
{
	free(row->hist);
	free(row->notices.hist);
}

void io_model_select(struct io_model *m, bool (*keep)(const struct io_row *row, const void *arg),
		     const void *arg)
{
	size_t n = 0;

	for (size_t i = 0; i < m->nr_rows; i++) {
		if (keep(&m->rows[i], arg))
			m->rows[n++] = m->rows[i];
		else
			io_row_free(&m->rows[i]);
	}
	m->nr_rows = n;
	io_model_forget_index(m);
}

bool io_counts_some(const struct io_counts *c)
{
	return c->ops || c->bytes || c->latency_ns || c->timed || c->errors || c->cancelled || c->shorts ||
	       c->punts;
}

static bool counts_something(const struct io_row *row, const void *arg)
{
	(void)arg;
	return io_counts_some(&row->c) || row->notices.count;
}

void io_model_drop_empty(struct io_model *m)
{
	io_model_select(m, counts_something, NULL);
}

void io_model_group(const struct io_model *m, bool by_opcode, struct io_model *out)
{
	out->t_ns = m->t_ns;
	for (size_t i = 0; i < m->nr_rows; i++) {
		const struct io_row *r = &m->rows[i];
		__u64 who = by_opcode ? r->c.who & ~IO_WHAT(0, true) :
					  IO_WHO(IO_WHO_TGID(r->c.who), 0, false);

		io_row_add(io_model_row(out, r->c.ring, r->c.born_ns, who), r);
	}
}

struct io_row io_model_total(const struct io_model *m)
{
	struct io_row total = { .c.fd = -1 };

	for (size_t i = 0; i < m->nr_rows; i++)
		io_row_add(&total, &m->rows[i]);
	return total;
}

static enum io_order order_now;

/* What comes first has most: of numbers that are names, the smallest. */
static __u64 weight_of(const struct io_row *r)
{
	switch (order_now) {
	case IO_BY_BYTES:
		return r->c.bytes;
	case IO_BY_FIXED:
		return r->c.ops ? 1000000 * r->fixed_ops / r->c.ops : 0;
	case IO_BY_P50:
		return hist_permille(r->hist, 500, r->c.max_ns);
	case IO_BY_P90:
		return hist_permille(r->hist, 900, r->c.max_ns);
	case IO_BY_P99:
		return hist_permille(r->hist, 990, r->c.max_ns);
	case IO_BY_P999:
		return hist_permille(r->hist, 999, r->c.max_ns);
	case IO_BY_MAX:
		return r->c.max_ns;
	case IO_BY_ERRORS:
		return r->c.errors;
	case IO_BY_PUNTS:
		return r->c.punts;
	case IO_BY_PID:
		return ~(__u64)IO_WHO_TGID(r->c.who);
	case IO_BY_FD:
		return ~(__u64)(__u32)r->c.fd;
	case IO_BY_COMM:
	case IO_BY_RING:
		return 0;
	default:
		return r->c.ops;
	}
}

static int by_ring(const struct io_counts *x, const struct io_counts *y)
{
	if (x->ring != y->ring)
		return x->ring < y->ring ? -1 : 1;
	if (x->born_ns != y->born_ns)
		return x->born_ns < y->born_ns ? -1 : 1;
	return x->who < y->who ? -1 : x->who > y->who;
}

static int heaviest_first(const void *a, const void *b)
{
	const struct io_row *x = a, *y = b;

	if (x->weight != y->weight)
		return x->weight < y->weight ? 1 : -1;
	if (order_now == IO_BY_COMM && memcmp(&x->c.comm, &y->c.comm, sizeof(x->c.comm)))
		return memcmp(&x->c.comm, &y->c.comm, sizeof(x->c.comm));
	if (order_now != IO_BY_RING && x->c.who != y->c.who)
		return x->c.who < y->c.who ? -1 : 1;
	return by_ring(&x->c, &y->c);
}

size_t io_model_first(const struct io_model *m, const struct io_counts *c)
{
	const struct io_counts least = {
		.ring = c->ring, .born_ns = c->born_ns,
		.who = IO_WHO(IO_WHO_TGID(c->who), 0, false),
	};
	size_t from = 0, to = m->nr_rows;

	while (from < to) {
		size_t middle = (from + to) / 2;

		if (by_ring(&m->rows[middle].c, &least) < 0)
			from = middle + 1;
		else
			to = middle;
	}
	return from;
}

void io_model_sort(struct io_model *m, enum io_order order)
{
	order_now = order;
	/* once: a percentile goes through a histogram */
	for (size_t i = 0; i < m->nr_rows; i++)
		m->rows[i].weight = weight_of(&m->rows[i]);
	if (m->nr_rows)
		qsort(m->rows, m->nr_rows, sizeof(*m->rows), heaviest_first);
	io_model_forget_index(m);
}

const struct io_counts *io_model_ring(const struct io_model *m, __u64 ring, __u64 born_ns)
{
	const struct io_counts *found = NULL;

	for (size_t i = 0; i < m->nr_rows; i++) {
		const struct io_counts *c = &m->rows[i].c;

		if (c->ring != ring || (born_ns && c->born_ns != born_ns))
			continue;
		if (!found || c->born_ns > found->born_ns)
			found = c;
	}
	return found;
}

const struct io_counts *io_model_whose(const struct io_model *m, __u64 ring, __u64 born_ns, __u32 pid)
{
	const struct io_counts *all = NULL;

	for (size_t i = 0; i < m->nr_rows; i++) {
		const struct io_counts *c = &m->rows[i].c;

		if (IO_WHO_TGID(c->who) != pid)
			continue;
		if (c->ring == ring && c->born_ns == born_ns)
			return c;
		if (c->ring == IO_RING_ANY)
			all = c;
	}
	return all ? all : io_model_ring(m, ring, born_ns);
}

static int by_address(const void *a, const void *b)
{
	__u64 x = *(const __u64 *)a, y = *(const __u64 *)b;

	return (x > y) - (x < y);
}

/* A reader asks it of thousands of rings: what is kept for that changes nothing of the model. */
bool io_model_has_ring(const struct io_model *m, __u64 ring)
{
	if (m->nr_ringed != m->nr_rows) {
		struct io_model *kept = (struct io_model *)m;

		kept->rings = must_realloc(m->rings, m->nr_rows, sizeof(*m->rings));
		kept->nr_ringed = m->nr_rows;
		for (size_t i = 0; i < m->nr_rows; i++)
			m->rings[i] = m->rows[i].c.ring;
		qsort(m->rings, m->nr_rows, sizeof(*m->rings), by_address);
	}
	return m->nr_rows && bsearch(&ring, m->rings, m->nr_rows, sizeof(ring), by_address);
}

bool io_model_has_rest(const struct io_model *m, __u32 pid)
{
	for (size_t i = 0; i < m->nr_rows; i++)
		if (m->rows[i].c.ring == IO_RING_ANY && IO_WHO_TGID(m->rows[i].c.who) == pid)
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
	out->places = NULL;
	out->nr_places = 0;
	out->nr_indexed = 0;
	out->rings = NULL;
	out->nr_ringed = 0;
	for (size_t i = 0; i < m->nr_rows; i++) {
		out->rows[i].hist = hist_copy(m->rows[i].hist);
		out->rows[i].notices.hist = hist_copy(m->rows[i].notices.hist);
	}
	out->buffers = copy(m->buffers, m->nr_buffers, sizeof(*m->buffers));
	out->addresses = copy(m->addresses, m->nr_addresses, sizeof(*m->addresses));
	out->failures = copy(m->failures, m->nr_failures, sizeof(*m->failures));
	out->calls = copy(m->calls, m->nr_calls, sizeof(*m->calls));
	out->enters = copy(m->enters, m->nr_enters, sizeof(*m->enters));
	out->under_way = copy(m->under_way, m->nr_under_way, sizeof(*m->under_way));
}

void io_model_drop_rows(struct io_model *m)
{
	for (size_t i = 0; i < m->nr_rows; i++)
		io_row_free(&m->rows[i]);
	free(m->rows);
	m->rows = NULL;
	m->nr_rows = m->room = 0;
	io_model_forget_index(m);
}

bool io_failure_buffer(const struct io_failure_row *row, struct io_buffer_key *key)
{
	const struct io_evidence *seen = &row->failure.seen;

	*key = (struct io_buffer_key){ .ring = row->key.ring, .addr = seen->buf_addr, .index = seen->index };
	return seen->flags & EV_FIXED && seen->flags & EV_SLOT && !(seen->flags & EV_EMPTY);
}

void io_register_cost_add(struct io_register_cost *to, const struct io_register_cost *from)
{
	to->calls += from->calls;
	to->ns += from->ns;
	if (from->max_ns > to->max_ns)
		to->max_ns = from->max_ns;
	to->min_faults += from->min_faults;
	to->maj_faults += from->maj_faults;
	to->buffers += from->buffers;
	to->bytes += from->bytes;
	to->pages += from->pages;
	to->segments += from->segments;
}

void io_model_free(struct io_model *m)
{
	io_model_drop_rows(m);
	free(m->buffers);
	free(m->addresses);
	free(m->failures);
	free(m->calls);
	free(m->enters);
	free(m->under_way);
	memset(m, 0, sizeof(*m));
}

const char *io_op_name(unsigned int op)
{
	static const char *const names[] = {
		[0] = "NOP", [1] = "READV", [2] = "WRITEV", [4] = "READ_FIXED",
		[5] = "WRITE_FIXED", [9] = "SENDMSG", [10] = "RECVMSG", [22] = "READ",
		[23] = "WRITE", [26] = "SEND", [27] = "RECV", [46] = "URING_CMD",
		[47] = "SEND_ZC", [48] = "SENDMSG_ZC", [49] = "READ_MULTISHOT",
		[60] = "READV_FIXED", [61] = "WRITEV_FIXED",
	};

	return op < sizeof(names) / sizeof(names[0]) && names[op] ? names[op] : "?";
}

int io_buffer_by_key(const void *a, const void *b)
{
	const struct io_buffer_key *x = &((const struct io_buffer_row *)a)->key;
	const struct io_buffer_key *y = &((const struct io_buffer_row *)b)->key;

	if (x->ring != y->ring)
		return x->ring < y->ring ? -1 : 1;
	if (x->index != y->index)
		return x->index < y->index ? -1 : 1;
	return x->addr < y->addr ? -1 : x->addr > y->addr;
}
