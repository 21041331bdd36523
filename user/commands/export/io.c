// SPDX-License-Identifier: GPL-2.0
/* What the I/O counters have gained since they were last read, to whose it is. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/array.h"
#include "commands/export/model.h"

struct io_place {
	__u64 ring, who;
};

/* A row as last read. */
struct io_seen {
	struct io_place at;
	__u64 ops, bytes, errors, shorts, punts;
	struct bounded latency;
	__u64 gone_ns;		/* its ring was first missed then, 0 = is there */
	UT_hash_handle hh;
};

static void fold(const struct io_row *r, struct bounded *out)
{
	unsigned int bound = 0;

	memset(out, 0, sizeof(*out));
	out->sum_ns = r->c.latency_ns;
	for (unsigned int i = 0; r->hist && i < HIST_BUCKETS; i++) {
		while (bound < BOUNDS && hist_low(i) > BOUND_NS(bound))
			bound++;
		out->count[bound] += r->hist[i];
	}
}

static struct io_count *count_of(struct owner *o, __u8 opcode, bool fixed)
{
	size_t i = 0;

	while (i < o->nr_ios && (o->ios[i].opcode != opcode || o->ios[i].fixed != fixed))
		i++;
	if (i == o->nr_ios) {
		array_grow(o->ios, o->nr_ios);
		memset(&o->ios[o->nr_ios++], 0, sizeof(*o->ios));
		o->ios[i].opcode = opcode;
		o->ios[i].fixed = fixed;
	}
	return &o->ios[i];
}

/* Also of a row that was freed and is there anew: it counts from nothing. */
#define GAIN(to, seen, now) do {						\
	(to) += (now) >= (seen) ? (now) - (seen) : (now);			\
	(seen) = (now);								\
} while (0)

static void add_row(struct export_model *m, const struct io_row *r, __u64 now_ns)
{
	struct io_place at = { r->c.ring, r->c.who };
	struct owner_key key;
	struct io_count *c;
	struct io_seen *s;
	struct bounded latency;

	HASH_FIND(hh, m->seen, &at, sizeof(at), s);
	if (!s) {
		s = must_alloc(1, sizeof(*s));
		s->at = at;
		HASH_ADD(hh, m->seen, at, sizeof(s->at), s);
	}
	if (r->c.ops == s->ops && r->c.punts == s->punts)
		return;
	key = export_key(m->by, r->c.uid, &r->c.comm, IO_WHO_TGID(r->c.who), r->c.ring);
	c = count_of(export_owner(m, &key, now_ns), IO_WHO_OP(r->c.who), IO_WHO_FIXED(r->c.who));
	fold(r, &latency);
	GAIN(c->ops, s->ops, r->c.ops);
	GAIN(c->bytes, s->bytes, r->c.bytes);
	GAIN(c->errors, s->errors, r->c.errors);
	GAIN(c->shorts, s->shorts, r->c.shorts);
	GAIN(c->punts, s->punts, r->c.punts);
	GAIN(c->latency.sum_ns, s->latency.sum_ns, latency.sum_ns);
	for (int i = 0; i <= BOUNDS; i++)
		GAIN(c->latency.count[i], s->latency.count[i], latency.count[i]);
}

void export_io(struct export_model *m, const struct io_model *io, __u64 now_ns)
{
	for (size_t i = 0; i < io->nr_rows; i++)
		add_row(m, &io->rows[i], now_ns);
	m->io_loss = io->loss;
	m->io_missed = io->missed;
}

__u64 export_io_gone(struct export_model *m, const struct ledger *l, __u64 now_ns, __u64 for_ns)
{
	__u64 gone = 0;

	for (struct io_seen *s = m->seen; s; s = s->hh.next) {
		if (ledger_ring(l, s->at.ring))
			s->gone_ns = 0;
		else if (!s->gone_ns)
			s->gone_ns = now_ns;
		else if (now_ns - s->gone_ns >= for_ns)
			gone = s->at.ring;
	}
	return gone;
}

void export_io_forgotten(struct export_model *m, __u64 ring, __u64 ops)
{
	struct io_seen *s, *next;

	HASH_ITER(hh, m->seen, s, next) {
		if (s->at.ring != ring)
			continue;
		ops -= ops > s->ops ? s->ops : ops;
		HASH_DEL(m->seen, s);
		free(s);
	}
	/* counted after they were read, by a ring that ended or began meanwhile */
	m->io_forgotten += ops;
}

void export_io_free(struct export_model *m)
{
	struct io_seen *s, *next;

	HASH_ITER(hh, m->seen, s, next) {
		HASH_DEL(m->seen, s);
		free(s);
	}
}
