// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include "base/array.h"
#include "base/hash.h"
#include "base/hash_table.h"
#include "recording/reader_io.h"

#define MAX_ROWS	32768	/* of a kind that are kept apart */

/* Where in its list of .all a key is. */
struct io_index {
	struct io_key {
		__u64 a, b, c;
		__u64 born_ns;	/* of the ring, 0 in older files */
		__u64 kind;	/* enum rec_type */
	} key;
	size_t at;
	UT_hash_handle hh;
};

static const char too_many[] = "more I/O counters than the kernel side has";
static const char too_short[] = "an I/O counter that is too short";

static struct io_index *find(const struct recording_io *io, const struct io_key *key)
{
	struct io_index *i;

	HASH_FIND(hh, io->index, key, sizeof(*key), i);
	return i;
}

static void remember(struct recording_io *io, const struct io_key *key, size_t at)
{
	struct io_index *i = must_alloc(1, sizeof(*i));

	i->key = *key;
	i->at = at;
	HASH_ADD(hh, io->index, key, sizeof(i->key), i);
}

/* ---- rows --------------------------------------------------------------------- */

static void read_cell(struct io_row *row, const struct rec_io_row *r)
{
	row->c = (struct io_counts){
		.ring = r->ring, .who = r->who, .ops = r->ops, .bytes = r->bytes,
		.timed = r->timed, .latency_ns = r->latency_ns, .max_ns = r->max_ns,
		.errors = r->errors, .efaults = r->efaults,
		.cancelled = r->cancelled, .shorts = r->shorts, .punts = r->punts,
		.first_ns = r->first_ns, .uid = r->uid, .fd = -1,
	};
	row->c.comm = r->comm;
	row->fixed_ops = r->fixed_ops;
	row->fixed_bytes = r->fixed_bytes;
}

static void read_buckets(struct hist **h, const char *data, __u32 nr)
{
	for (__u32 i = 0; i < nr; i++) {
		struct rec_bucket b;

		memcpy(&b, data + i * sizeof(b), sizeof(b));
		if (b.index < HIST_BUCKETS)
			hist_add(h, b.index, b.count);
	}
}

/* .nr: words; an older file has fewer. */
static void read_more(struct io_row *row, const char *data, size_t nr)
{
	__u64 more[REC_IO_NR_MORE] = { 0 };

	memcpy(more, data, (nr < REC_IO_NR_MORE ? nr : REC_IO_NR_MORE) * sizeof(more[0]));
	row->c.born_ns = more[REC_IO_BORN_NS];
	row->c.coarse = more[REC_IO_COARSE];
	row->notices.count = more[REC_IO_NOTICES];
	row->notices.sum_ns = more[REC_IO_NOTICES_NS];
	row->notices.max_ns = more[REC_IO_NOTICES_MAX_NS];
	if (nr > REC_IO_NR_MORE)
		read_buckets(&row->notices.hist, data + sizeof(more), nr - REC_IO_NR_MORE);
}

static struct io_row *add_row(struct io_model *m)
{
	if (m->nr_rows == m->room) {
		m->room = m->room ? 2 * m->room : 64;
		m->rows = must_realloc(m->rows, m->room, sizeof(*m->rows));
	}
	memset(&m->rows[m->nr_rows], 0, sizeof(*m->rows));
	return &m->rows[m->nr_rows++];
}

static const char *on_row(struct recording_io *io, const struct rec *rec, const char *data)
{
	struct rec_io_row r;
	struct io_key key = { .kind = REC_IO_ROW };
	struct io_index *known;
	struct io_row *row;
	size_t buckets, words;

	if (rec->size < sizeof(r))
		return too_short;
	memcpy(&r, data, sizeof(r));
	if (r.nr_buckets > (rec->size - sizeof(r)) / sizeof(struct rec_bucket))
		return "a histogram that is longer than its record";
	buckets = r.nr_buckets * sizeof(struct rec_bucket);
	words = (rec->size - sizeof(r) - buckets) / sizeof(__u64);
	if (io->since.nr_rows >= MAX_ROWS)
		return too_many;
	row = add_row(&io->since);
	read_cell(row, &r);
	read_buckets(&row->hist, data + sizeof(r), r.nr_buckets);
	read_more(row, data + sizeof(r) + buckets, r.nr_more < words ? r.nr_more : words);
	key.a = row->c.ring;
	key.b = row->c.who;
	key.born_ns = row->c.born_ns;
	if (io->all.nr_rows >= MAX_ROWS && !find(io, &key)) {
		/* kept apart by process and opcode and, where these are as many again, by opcode only */
		key.a = IO_RING_ANY;
		key.born_ns = 0;
		if (io->all.nr_rows >= 2 * MAX_ROWS && !find(io, &key))
			key.b = row->c.who & IO_WHAT(0xff, true);
	}
	known = find(io, &key);
	if (!known) {
		struct io_row *all;

		remember(io, &key, io->all.nr_rows);
		all = add_row(&io->all);
		all->c.ring = key.a;
		all->c.who = key.b;
		all->c.born_ns = key.born_ns;
		all->c.fd = -1;
		io_row_add(all, row);
	} else {
		io_row_add(&io->all.rows[known->at], row);
	}
	return NULL;
}

/* ---- what stands for itself: the newest counts --------------------------------------- */

struct list {
	enum rec_type type;
	void **all, **since;
	size_t *nr_all, *nr_since;
	size_t size;		/* of an entry */
	size_t least;		/* the same in older files, which end before .born_ns */
};

/* A failure's key is longer than the others': a number stands for it. */
static struct io_key failure_key(const char *data)
{
	struct io_failure_row row;
	struct io_key key = { .kind = REC_IO_FAILURE };

	memcpy(&row, data, sizeof(row));
	key.c = hash_bytes(&row.key, sizeof(row.key));
	key.a = row.key.ring;
	key.b = row.key.pid;
	key.born_ns = row.born_ns;
	return key;
}

static bool list_of(struct recording_io *io, const struct rec *rec, struct list *l)
{
	struct io_model *a = &io->all, *s = &io->since;

	memset(l, 0, sizeof(*l));
	l->type = rec->type;
#define LIST(list) do {									\
	l->all = (void **)&a->list;							\
	l->since = (void **)&s->list;							\
	l->nr_all = &a->nr_##list;							\
	l->nr_since = &s->nr_##list;							\
	l->size = sizeof(*a->list);							\
	l->least = offsetof(typeof(*a->list), born_ns);				\
} while (0)
	switch (rec->type) {
	case REC_IO_BUFFER:
		LIST(buffers);
		break;
	case REC_IO_ADDRESS:
		LIST(addresses);
		break;
	case REC_IO_FAILURE:
		LIST(failures);
		l->least = l->size;
		break;
	default:
		LIST(calls);
		break;
	}
	return rec->size >= l->least;
}

/* What an older file does not have is 0. */
static void put(void *to, const struct list *l, const struct rec *rec, const void *data)
{
	memset(to, 0, l->size);
	memcpy(to, data, rec->size < l->size ? rec->size : l->size);
}

/* Of an entry that put() has made: each begins with its key. */
static struct io_key key_of(const struct list *l, const char *entry)
{
	struct io_key key = { .kind = l->type };

	if (l->type == REC_IO_FAILURE)
		return failure_key(entry);
	memcpy(&key, entry, l->type == REC_IO_BUFFER ? sizeof(struct io_buffer_key) :
	       l->type == REC_IO_CALLS ? sizeof(__u64) : sizeof(struct io_address_key));
	memcpy(&key.born_ns, entry + l->least, sizeof(key.born_ns));
	return key;
}

static void append(void **list, size_t *nr, const struct list *l, const struct rec *rec,
		   const void *data)
{
	*list = array_room(*list, *nr, l->size);
	put((char *)*list + (*nr)++ * l->size, l, rec, data);
}

/* Rings come and go as long as it is recorded: who came first gives its place away. */
static void replace_oldest(struct recording_io *io, const struct list *l, const struct rec *rec,
			   const void *data)
{
	size_t at = io->replaced++ % MAX_ROWS;
	char *entry = (char *)*l->all + at * l->size;
	struct io_key key = key_of(l, entry);
	struct io_index *i = find(io, &key);

	if (i) {
		HASH_DEL(io->index, i);
		free(i);
	}
	put(entry, l, rec, data);
	key = key_of(l, entry);
	remember(io, &key, at);
}

static const char *on_entry(struct recording_io *io, const struct rec *rec, const char *data)
{
	struct io_index *known;
	struct io_key key;
	struct list l;

	if (!list_of(io, rec, &l))
		return too_short;
	if (*l.nr_since >= MAX_ROWS)
		return too_many;
	append(l.since, l.nr_since, &l, rec, data);
	key = key_of(&l, (char *)*l.since + (*l.nr_since - 1) * l.size);
	known = find(io, &key);
	if (known) {
		put((char *)*l.all + known->at * l.size, &l, rec, data);
	} else if (*l.nr_all >= MAX_ROWS) {
		replace_oldest(io, &l, rec, data);
	} else {
		remember(io, &key, *l.nr_all);
		append(l.all, l.nr_all, &l, rec, data);
	}
	return NULL;
}

/* The older form of a failure: all were EFAULT, the last told what it was. */
static const char *on_fault(struct recording_io *io, const struct rec *rec, const char *data)
{
	const struct rec as = { .type = REC_IO_FAILURE, .size = sizeof(struct io_failure_row) };
	struct rec_io_fault f = { 0 };
	struct io_failure_row row = { 0 };
	struct io_evidence *seen = &row.failure.seen;

	if (rec->size < offsetof(struct rec_io_fault, born_ns))
		return too_short;
	memcpy(&f, data, rec->size < sizeof(f) ? offsetof(struct rec_io_fault, born_ns) : sizeof(f));
	row.key = (struct io_failure_key){
		.ring = f.ring, .pid = f.pid, .what = IO_WHAT(f.op & 0xff, true), .index = f.index,
		.result = -EFAULT,
	};
	row.born_ns = f.born_ns;
	row.failure.count = f.count;
	/* a counter had no flag for a range that is known: nobody registers address 0 */
	seen->flags = EV_FIXED | EV_INDEX | EV_SLOT | (f.empty ? EV_EMPTY : 0) |
		      (f.addr ? EV_RANGE : 0);
	seen->opcode = f.op;
	seen->index = f.index;
	seen->addr = f.addr;
	seen->len_bytes = f.len_bytes;
	seen->buf_addr = f.buf_addr;
	seen->buf_len_bytes = f.buf_len_bytes;
	seen->nr_slots = f.nr_slots;
	return on_entry(io, &as, (const char *)&row);
}

/* ---- a reading ------------------------------------------------------------------------ */

static const char *on_reading(struct recording_io *io, const struct rec *rec, const char *data)
{
	struct rec_io r = { 0 };
	struct io_loss loss;
	__u64 missed;

	_Static_assert(sizeof(loss) <= sizeof(r.loss), "room for the losses");
	if (rec->size < REC_IO_LEAST)
		return too_short;
	memcpy(&r, data, rec->size < sizeof(r) ? rec->size : sizeof(r));
	memcpy(&loss, r.loss, sizeof(loss));
	missed = io->all.missed;
	for (size_t i = 0; i < sizeof(loss) / sizeof(__u64); i++)
		((__u64 *)&io->since.loss)[i] = r.loss[i] - ((__u64 *)&io->all.loss)[i];
	io->all.loss = loss;
	io->all.missed = r.missed;
	io->since.missed = r.missed - missed;
	io->all.in_flight = io->since.in_flight = r.in_flight;
	/* a file may say that time went back */
	io->since.since_ns = io->all.t_ns < r.t_ns ? io->all.t_ns : r.t_ns;
	io->since.t_ns = r.t_ns - io->since.since_ns;
	io->all.t_ns = r.t_ns;
	io->told = true;
	return NULL;
}

const char *recording_io_add(struct recording_io *io, const struct rec *rec, const void *data)
{
	if (io->told) {
		io_model_free(&io->since);
		io->told = false;
	}
	if (rec->type == REC_IO)
		return on_reading(io, rec, data);
	return rec->type == REC_IO_ROW ? on_row(io, rec, data) :
	       rec->type == REC_IO_FAULT ? on_fault(io, rec, data) : on_entry(io, rec, data);
}

void recording_io_free(struct recording_io *io)
{
	struct io_index *i, *next;

	HASH_ITER(hh, io->index, i, next) {
		HASH_DEL(io->index, i);
		free(i);
	}
	io_model_free(&io->all);
	io_model_free(&io->since);
	memset(io, 0, sizeof(*io));
}
