// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include <string.h>
#include "base/alloc.h"
#include "base/array.h"
#include "checks/advice_digest.h"

struct digest *digests_find(const struct digests *d, __u64 ring, __u64 born_ns)
{
	const struct ring_id id = { ring, born_ns };
	struct digest *found;

	HASH_FIND(hh, d->all, &id, sizeof(id), found);
	return found;
}

static struct digest *newest_of(const struct digests *d, __u64 ring)
{
	struct digest *found;

	HASH_FIND(by_ring, d->newest, &ring, sizeof(ring), found);
	return found;
}

static struct digest *digest_of(struct digests *all, __u64 ring, __u64 born_ns)
{
	struct digest *d = digests_find(all, ring, born_ns), *older;

	if (d)
		return d;
	d = must_alloc(1, sizeof(*d));
	d->id = (struct ring_id){ ring, born_ns };
	d->fd = -1;
	HASH_ADD(hh, all->all, id, sizeof(d->id), d);
	older = newest_of(all, ring);
	if (older && older->id.born_ns > born_ns)
		return d;
	if (older) {
		older->newest = false;
		HASH_DELETE(by_ring, all->newest, older);
	}
	d->newest = true;
	HASH_ADD(by_ring, all->newest, id.ring, sizeof(d->id.ring), d);
	return d;
}

static bool is_held_by(const struct ring *r, __u32 pid)
{
	for (size_t i = 0; i < r->nr_holders; i++)
		if (r->holders[i].pid == pid)
			return true;
	return !r->nr_holders;
}

/* A ring that was made there since would be another process's, or newer. */
static void find_held(struct digests *all, const struct ledger *l)
{
	for (struct digest *d = all->newest; d; d = d->by_ring.next) {
		const struct ring *r = ledger_ring(l, d->id.ring);

		if (r && (!d->pid || is_held_by(r, d->pid)))
			d->held = r;
	}
}

static int by_addr(const void *va, const void *vb)
{
	const struct reach *a = va, *b = vb;

	return a->addr < b->addr ? -1 : a->addr > b->addr;
}

static void take_reach(struct digest *d, const struct ring *r)
{
	d->reach = must_alloc(r->nr_slots, sizeof(*d->reach));
	for (__u32 i = 0; i < r->nr_slots; i++) {
		const struct buffer *b = r->slots[i];

		if (b && !(b->buf_flags & BUFFER_F_KERNEL))
			d->reach[d->nr_reach++] = (struct reach){ b->addr, b->addr + b->len_bytes };
	}
	qsort(d->reach, d->nr_reach, sizeof(*d->reach), by_addr);
	for (size_t i = 1; i < d->nr_reach; i++)
		if (d->reach[i].end < d->reach[i - 1].end)
			d->reach[i].end = d->reach[i - 1].end;
}

/* Whether one buffer holds all of it: of those that begin at or before it, one reaches to its end. */
static bool is_inside(const struct digest *d, const struct io_address_row *a)
{
	size_t low = 0, high = d->nr_reach;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (d->reach[mid].addr <= a->key.addr)
			low = mid + 1;
		else
			high = mid;
	}
	return low && a->key.addr + a->use.max_len <= d->reach[low - 1].end;
}

/* Of a ring that was never looked at it is not known what is registered. */
static void take_address(struct digests *all, const struct io_address_row *a)
{
	struct digest *d = digests_find(all, a->key.ring, a->born_ns);
	struct plain_use *u = &d->plain;

	if (!d->held)
		return;
	if (!d->has_plain) {
		d->has_plain = true;
		array_grow(all->plain, all->nr_plain);
		all->plain[all->nr_plain++] = d;
		take_reach(d, d->held);
	}
	if (is_inside(d, a)) {
		u->inside_ops += a->use.ops;
		u->inside_bytes += a->use.bytes;
	} else if (a->use.direct) {
		__u64 first = a->key.addr & ~(PAGE_BYTES - 1);

		u->outside_ops += a->use.direct;
		u->outside_bytes += a->use.bytes;
		u->addresses++;
		u->pin_bytes += (a->key.addr + a->use.max_len - first + PAGE_BYTES - 1) &
				~(PAGE_BYTES - 1);
	}
}

static struct io_buffer_key use_key(__u64 ring, __u32 index, __u64 addr)
{
	return (struct io_buffer_key){ .ring = ring, .addr = addr, .index = index, .pad = 0 };
}

static void take_use(struct digests *all, const struct io_buffer_row *b)
{
	const struct digest *d = digests_find(all, b->key.ring, b->born_ns);
	struct use *u;

	/* that of an older ring says nothing of the buffers of a newer one */
	if (d && !d->newest)
		return;
	u = must_alloc(1, sizeof(*u));
	u->key = use_key(b->key.ring, b->key.index, b->key.addr);
	u->use = &b->use;
	HASH_ADD(hh, all->uses, key, sizeof(u->key), u);
}

static void take_row(struct digests *all, const struct io_row *row)
{
	struct digest *d = digest_of(all, row->c.ring, row->c.born_ns);

	if (!d->pid)
		d->pid = IO_WHO_TGID(row->c.who);
	if (row->c.fd >= 0)
		d->fd = row->c.fd;
	d->ops += row->c.ops;
	d->fixed_ops += row->fixed_ops;
}

void digests_take(struct digests *d, const struct io_model *m, const struct ledger *l)
{
	for (size_t i = 0; i < m->nr_rows; i++)
		take_row(d, &m->rows[i]);
	for (size_t i = 0; i < m->nr_calls; i++) {
		struct digest *of = digest_of(d, m->calls[i].ring, m->calls[i].born_ns);

		if (!of->pid)
			of->pid = m->calls[i].calls.pid;
	}
	for (size_t i = 0; i < m->nr_addresses; i++)
		digest_of(d, m->addresses[i].key.ring, m->addresses[i].born_ns);
	find_held(d, l);
	for (size_t i = 0; i < m->nr_addresses; i++)
		take_address(d, &m->addresses[i]);
	for (size_t i = 0; i < m->nr_buffers; i++)
		take_use(d, &m->buffers[i]);
}

struct digest *digests_of_held(const struct digests *d, const struct ring *r)
{
	struct digest *of = newest_of(d, r->id);

	return of && of->held == r ? of : NULL;
}

const struct io_buffer_use *digests_use(const struct digests *d, const struct ring *r, __u32 index)
{
	struct io_buffer_key key = use_key(r->id, index, r->slots[index]->addr);
	struct use *u;

	HASH_FIND(hh, d->uses, &key, sizeof(key), u);
	return u ? u->use : NULL;
}

void digests_free(struct digests *all)
{
	struct digest *d, *next;
	struct use *u, *next_use;

	HASH_CLEAR(by_ring, all->newest);
	HASH_ITER(hh, all->all, d, next) {
		HASH_DEL(all->all, d);
		free(d->reach);
		free(d);
	}
	HASH_ITER(hh, all->uses, u, next_use) {
		HASH_DEL(all->uses, u);
		free(u);
	}
	free(all->plain);
}
