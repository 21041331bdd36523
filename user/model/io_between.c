// SPDX-License-Identifier: GPL-2.0
/* What happened between two readings of the same counters. */
#include <stdlib.h>
#include <string.h>
#include "base/alloc.h"
#include "base/hash.h"
#include "model/histogram.h"
#include "model/io_counters.h"

/* Of latencies with .max_ns as the largest ever, which is not the largest since: a bucket tells that. */
static __u64 subtract_hist(struct hist **a, const struct hist *b, __u64 max_ns, __u64 max_before_ns)
{
	__u64 room[HIST_BUCKETS], top;

	if (!*a)
		return max_ns;
	for (unsigned int i = 0; b && i < b->nr; i++)
		hist_add(a, b->first + i, -b->count[i]);
	top = hist_max(hist_all(*a, room));
	return max_ns == max_before_ns && top < max_ns ? top : max_ns;
}

static void subtract_row(struct io_row *a, const struct io_row *b)
{
	a->c.ops -= b->c.ops;
	a->c.bytes -= b->c.bytes;
	a->c.timed -= b->c.timed;
	a->c.coarse -= b->c.coarse;
	a->c.latency_ns -= b->c.latency_ns;
	a->c.errors -= b->c.errors;
	a->c.efaults -= b->c.efaults;
	a->c.cancelled -= b->c.cancelled;
	a->c.shorts -= b->c.shorts;
	a->c.punts -= b->c.punts;
	a->fixed_ops -= b->fixed_ops;
	a->fixed_bytes -= b->fixed_bytes;
	a->c.max_ns = subtract_hist(&a->hist, b->hist, a->c.max_ns, b->c.max_ns);
	a->notices.count -= b->notices.count;
	a->notices.sum_ns -= b->notices.sum_ns;
	a->notices.coarse -= b->notices.coarse;
	a->notices.max_ns = subtract_hist(&a->notices.hist, b->notices.hist, a->notices.max_ns,
					  b->notices.max_ns);
}

static void subtract_loss(struct io_loss *a, const struct io_loss *b)
{
	__u64 *x = (__u64 *)a;
	const __u64 *y = (const __u64 *)b;

	for (size_t i = 0; i < sizeof(*a) / sizeof(*x); i++)
		x[i] -= y[i];
}

/* A list, and where each of its entries stands: rings that come and go make it long. */
struct before {
	const char *list;
	size_t size, key_size, born_at;
	__u32 *places;		/* its number, from 1 on; 0 = none */
	size_t mask;
};

/*
 * The place of one like .entry, or the free one where it is to stand. A ring's address says little
 * without when it was born.
 */
static __u32 *before_place(const struct before *b, const char *entry)
{
	__u64 born_ns;
	size_t at;

	memcpy(&born_ns, entry + b->born_at, sizeof(born_ns));
	at = hash_keyed(entry, b->key_size) ^ born_ns * 0x9e3779b97f4a7c15ULL >> 32;
	for (;; at++) {
		__u32 *place = &b->places[at & b->mask];
		const char *other;

		if (!*place)
			return place;
		other = b->list + (*place - 1ULL) * b->size;
		if (!memcmp(other, entry, b->key_size) &&
		    !memcmp(other + b->born_at, &born_ns, sizeof(born_ns)))
			return place;
	}
}

static struct before before_index(const void *list, size_t nr, size_t size, size_t key_size, size_t born_at)
{
	struct before b = { list, size, key_size, born_at, NULL, 1 };

	while (b.mask < 2 * nr)
		b.mask = 2 * b.mask + 1;
	b.places = must_alloc(b.mask + 1, sizeof(*b.places));
	for (size_t i = 0; i < nr; i++) {
		__u32 *place = before_place(&b, b.list + i * size);

		if (!*place)
			*place = i + 1;
	}
	return b;
}

/* NULL = it is new. */
static const void *before_of(const struct before *b, const void *entry)
{
	__u32 at = *before_place(b, entry);

	return at ? b->list + (at - 1ULL) * b->size : NULL;
}

/* .key: what an entry begins with. */
#define BEFORE(of, key)	before_index(before->of, before->nr_##of, sizeof(*before->of), sizeof(before->of->key), \
				     offsetof(typeof(*before->of), born_ns))

/*
 * Entries of which nothing happened since are left out; what was the largest ever remains so. Of all lists:
 * what has less than it had was given back meanwhile, and is another.
 */
static void buffers_between(const struct io_model *before, const struct io_model *after,
			    struct io_model *out)
{
	struct before b = BEFORE(buffers, key);

	out->buffers = must_alloc(after->nr_buffers, sizeof(*out->buffers));
	for (size_t i = 0; i < after->nr_buffers; i++) {
		const struct io_buffer_row *old = before_of(&b, &after->buffers[i]);
		struct io_buffer_row *row = &out->buffers[out->nr_buffers];

		*row = after->buffers[i];
		if (old && old->use.ops <= row->use.ops) {
			row->use.ops -= old->use.ops;
			row->use.bytes -= old->use.bytes;
			row->use.no_offset -= old->use.no_offset;
		}
		out->nr_buffers += row->use.ops != 0;
	}
	free(b.places);
}

static void addresses_between(const struct io_model *before, const struct io_model *after,
			      struct io_model *out)
{
	struct before b = BEFORE(addresses, key);

	out->addresses = must_alloc(after->nr_addresses, sizeof(*out->addresses));
	for (size_t i = 0; i < after->nr_addresses; i++) {
		const struct io_address_row *old = before_of(&b, &after->addresses[i]);
		struct io_address_row *row = &out->addresses[out->nr_addresses];

		*row = after->addresses[i];
		if (old && old->use.ops <= row->use.ops) {
			row->use.ops -= old->use.ops;
			row->use.bytes -= old->use.bytes;
			row->use.direct -= old->use.direct;
		}
		out->nr_addresses += row->use.ops != 0;
	}
	free(b.places);
}

static void failures_between(const struct io_model *before, const struct io_model *after,
			   struct io_model *out)
{
	struct before b = BEFORE(failures, key);

	out->failures = must_alloc(after->nr_failures, sizeof(*out->failures));
	for (size_t i = 0; i < after->nr_failures; i++) {
		const struct io_failure_row *old = before_of(&b, &after->failures[i]);
		struct io_failure_row *row = &out->failures[out->nr_failures];

		*row = after->failures[i];
		if (old && old->failure.count <= row->failure.count) {
			row->failure.count -= old->failure.count;
			/* the first since then is not kept */
			row->failure.first_ns = old->failure.last_ns;
		}
		out->nr_failures += row->failure.count != 0;
	}
	free(b.places);
}

static void cost_since(struct io_register_cost *c, const struct io_register_cost *old)
{
	c->calls -= old->calls;
	c->ns -= old->ns;
	/* of those since then it is known only if it was the longest of all */
	if (c->max_ns == old->max_ns)
		c->max_ns = 0;
	c->min_faults -= old->min_faults;
	c->maj_faults -= old->maj_faults;
	c->buffers -= old->buffers;
	c->bytes -= old->bytes;
	c->pages -= old->pages;
	c->segments -= old->segments;
}

static __u64 calls_of(const struct io_calls *c)
{
	return c->registers + c->unregisters + c->updates + c->clones;
}

static void calls_between(const struct io_model *before, const struct io_model *after,
			  struct io_model *out)
{
	struct before b = BEFORE(calls, ring);

	out->calls = must_alloc(after->nr_calls, sizeof(*out->calls));
	for (size_t i = 0; i < after->nr_calls; i++) {
		const struct io_calls_row *old = before_of(&b, &after->calls[i]);
		struct io_calls_row *row = &out->calls[out->nr_calls];
		struct io_calls *c = &row->calls;

		*row = after->calls[i];
		if (old && calls_of(&old->calls) <= calls_of(c)) {
			c->registers -= old->calls.registers;
			c->unregisters -= old->calls.unregisters;
			c->updates -= old->calls.updates;
			c->clones -= old->calls.clones;
			c->first_ns = old->calls.last_ns;
			row->failed.calls -= old->failed.calls;
			cost_since(&row->cost, &old->cost);
		}
		out->nr_calls += c->registers || c->unregisters || c->updates || c->clones ||
				 row->failed.calls;
	}
	free(b.places);
}

static void enters_between(const struct io_model *before, const struct io_model *after,
			   struct io_model *out)
{
	struct before b = BEFORE(enters, ring);

	out->sees_enters = after->sees_enters;
	out->enters = must_alloc(after->nr_enters, sizeof(*out->enters));
	for (size_t i = 0; i < after->nr_enters; i++) {
		const struct io_enters_row *old = before_of(&b, &after->enters[i]);
		struct io_enters_row *row = &out->enters[out->nr_enters];

		*row = after->enters[i];
		if (old && old->enters.enters <= row->enters.enters) {
			row->enters.enters -= old->enters.enters;
			row->enters.submissions -= old->enters.submissions;
		}
		out->nr_enters += row->enters.enters != 0;
	}
	free(b.places);
}

void io_model_losses_between(const struct io_model *before, const struct io_model *after,
			     struct io_model *out)
{
	out->t_ns = after->t_ns - before->t_ns;
	out->since_ns = before->t_ns;
	out->loss = after->loss;
	subtract_loss(&out->loss, &before->loss);
	out->missed = after->missed - before->missed;
	out->muted_fixed = after->muted_fixed - before->muted_fixed;
	out->calls_lost = after->calls_lost - before->calls_lost;
}

void io_model_lists_between(const struct io_model *before, const struct io_model *after,
			    struct io_model *out)
{
	buffers_between(before, after, out);
	addresses_between(before, after, out);
	failures_between(before, after, out);
	calls_between(before, after, out);
	enters_between(before, after, out);
}

void io_model_rows_between(const struct io_model *before, const struct io_model *after,
			   struct io_model *out)
{
	struct io_model old = { .rows = before->rows, .nr_rows = before->nr_rows };

	io_model_losses_between(before, after, out);
	out->in_flight = after->in_flight;
	for (size_t i = 0; i < after->nr_rows; i++) {
		const struct io_counts *c = &after->rows[i].c;
		const struct io_row *was = io_model_find(&old, c->ring, c->born_ns, c->who);
		struct io_row *now = io_model_row(out, c->ring, c->born_ns, c->who);

		io_row_add(now, &after->rows[i]);
		if (was)
			subtract_row(now, was);
	}
	free(old.places);
}

void io_model_between(const struct io_model *before, const struct io_model *after,
		      struct io_model *out)
{
	io_model_rows_between(before, after, out);
	io_model_lists_between(before, after, out);
}
