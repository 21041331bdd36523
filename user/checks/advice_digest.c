// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include <string.h>
#include "base/alloc.h"
#include "base/array.h"
#include "base/page_size.h"
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

/* Whether process .pid has the address space of the ring: a forked child, who holds it too, has another. */
static bool has_memory_of(const struct ring *r, __u32 pid)
{
	__u64 mm = r->mm ? r->mm->id : 0;

	for (size_t i = 0; i < r->nr_holders; i++) {
		const struct holder *h = &r->holders[i];

		if (mm && h->mm && h->pid == pid)
			return h->mm == mm;
		/* whose buffers they are is not known then */
		if (!mm && h->mm != r->holders[0].mm)
			return false;
	}
	if (!mm && is_held_by(r, pid))
		return true;
	return (r->mm && r->mm->pid == pid) || r->creator_pid == pid;
}

/* An address is a place in the buffers only for who has the memory that was registered. */
static void look_at_calls(struct digests *all, const struct io_model *m)
{
	for (size_t i = 0; i < m->nr_rows; i++) {
		const struct io_counts *c = &m->rows[i].c;
		struct digest *d = digests_find(all, c->ring, c->born_ns);

		if (d->held && !IO_WHO_FIXED(c->who) && c->ops)
			d->mixed |= !has_memory_of(d->held, IO_WHO_TGID(c->who));
	}
	for (size_t i = 0; i < m->nr_calls; i++) {
		const struct io_calls_row *row = &m->calls[i];
		struct digest *d = digests_find(all, row->ring, row->born_ns);

		if (row->failed.calls) {
			d->failed = &row->failed;
			d->pid = d->pid ? d->pid : row->calls.pid;
		}
		if (d->held && row->calls.pid)
			d->mixed |= !has_memory_of(d->held, row->calls.pid);
	}
}

static int by_addr(const void *va, const void *vb)
{
	const struct reach *a = va, *b = vb;

	return a->addr < b->addr ? -1 : a->addr > b->addr;
}

/* Of a ring that was seen. */
static void take_reach(struct digest *d)
{
	const struct ring *r = d->held;

	if (d->reach)
		return;
	d->reach = must_alloc(r->nr_slots, sizeof(*d->reach));
	d->touched = must_alloc(r->nr_slots, sizeof(*d->touched));
	for (__u32 i = 0; i < r->nr_slots; i++) {
		const struct buffer *b = r->slots[i];

		if (b && !(b->buf_flags & BUFFER_F_KERNEL))
			d->reach[d->nr_reach++] = (struct reach){
				b->addr, b->addr + b->len_bytes, b->addr + b->len_bytes, i };
	}
	qsort(d->reach, d->nr_reach, sizeof(*d->reach), by_addr);
	for (size_t i = 1; i < d->nr_reach; i++)
		if (d->reach[i].all_end < d->reach[i - 1].all_end)
			d->reach[i].all_end = d->reach[i - 1].all_end;
}

/* Whether one buffer holds all of it, which is then touched: of those that begin at or before it. */
static bool touch_range(struct digest *d, __u64 addr, __u64 bytes)
{
	size_t low = 0, high = d->nr_reach;
	bool inside = false;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (d->reach[mid].addr <= addr)
			low = mid + 1;
		else
			high = mid;
	}
	while (low-- && addr + bytes <= d->reach[low].all_end) {
		if (addr + bytes > d->reach[low].end)
			continue;
		d->touched[d->reach[low].index] = true;
		inside = true;
	}
	return inside;
}

static void touch_slot(struct digest *d, __u32 index)
{
	if (index < d->held->nr_slots)
		d->touched[index] = true;
}

/* A failed request wanted its buffer as much as one that went well. */
static void take_failure(struct digests *all, const struct io_failure_row *f)
{
	struct digest *d = digests_find(all, f->key.ring, f->born_ns);
	const struct io_evidence *seen = &f->failure.seen;

	if (!d || !d->held)
		return;
	take_reach(d);
	if (seen->flags & EV_FIXED && seen->flags & EV_INDEX)
		touch_slot(d, seen->index);
	if (seen->flags & EV_OTHER)
		touch_slot(d, seen->other);
	if (seen->flags & EV_RANGE)
		touch_range(d, seen->addr, seen->len_bytes);
}

static void take_under_way(struct digests *all, const struct io_under_way *u)
{
	struct digest *d = newest_of(all, u->ring);

	if (!d || !d->held)
		return;
	take_reach(d);
	if (u->flags & EV_FIXED)
		touch_slot(d, u->index);
	else if (u->flags & EV_RANGE)
		touch_range(d, u->addr, u->len_bytes);
}

static enum plain_kind kind_of(const struct io_address_use *use)
{
	return use->kinds & IO_ADDRESS_SEND_ZC ? PLAIN_SEND_ZC :
	       use->kinds & IO_ADDRESS_SEND ? PLAIN_SEND :
	       use->kinds & IO_ADDRESS_VECTOR ? PLAIN_VECTOR : PLAIN_RW;
}

/* Of a ring that was never looked at it is not known what is registered. */
static void take_address(struct digests *all, const struct io_address_row *a)
{
	struct digest *d = digests_find(all, a->key.ring, a->born_ns);
	enum plain_kind kind = kind_of(&a->use);
	struct plain_use *u = &d->plain;
	bool inside;

	if (!d->held)
		return;
	take_reach(d);
	inside = touch_range(d, a->key.addr, a->use.max_len);
	if (d->mixed) {
		all->nr_unjudged += !d->has_plain;
		d->has_plain = true;
		return;
	}
	if (!d->has_plain) {
		d->has_plain = true;
		array_grow(all->plain, all->nr_plain);
		all->plain[all->nr_plain++] = d;
	}
	if (inside) {
		u->inside_ops[kind] += a->use.ops;
		u->inside_bytes[kind] += a->use.bytes;
		return;
	}
	if (kind == PLAIN_VECTOR)
		u->vector_ops += a->use.ops;
	if (kind != PLAIN_RW)
		return;
	u->cached_ops += a->use.ops - a->use.direct;
	if (a->use.direct) {
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
	struct io_buffer_key key;
	struct use *u;

	/* that of an older ring says nothing of the buffers of a newer one */
	if (d && !d->newest)
		return;
	key = use_key(b->key.ring, b->key.index, b->key.addr);
	HASH_FIND(hh, all->uses, &key, sizeof(key), u);
	/* of rings that have no row of their own many had the address, one after another */
	if (u && u->born_ns > b->born_ns)
		return;
	if (!u) {
		u = must_alloc(1, sizeof(*u));
		u->key = key;
		HASH_ADD(hh, all->uses, key, sizeof(u->key), u);
	}
	u->use = &b->use;
	u->born_ns = b->born_ns;
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
	for (size_t i = 0; i < m->nr_failures; i++)
		digest_of(d, m->failures[i].key.ring, m->failures[i].born_ns);
	find_held(d, l);
	look_at_calls(d, m);
	for (size_t i = 0; i < m->nr_addresses; i++)
		take_address(d, &m->addresses[i]);
	for (size_t i = 0; i < m->nr_failures; i++)
		take_failure(d, &m->failures[i]);
	for (size_t i = 0; i < m->nr_under_way; i++)
		take_under_way(d, &m->under_way[i]);
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

int digests_by_maker(const void *va, const void *vb)
{
	const struct digest *a = *(const struct digest *const *)va;
	const struct digest *b = *(const struct digest *const *)vb;

	if (a->pid != b->pid)
		return a->pid < b->pid ? -1 : 1;
	return a->fd < b->fd ? -1 : a->fd > b->fd;
}

struct rest rest_of(const struct io_model *m, __u32 pid)
{
	struct rest sum = { 0 };

	for (size_t i = 0; i < m->nr_rows; i++) {
		const struct io_row *r = &m->rows[i];

		if (r->c.ring != IO_RING_ANY || IO_WHO_TGID(r->c.who) != pid)
			continue;
		sum.ops += r->c.ops;
		sum.rings += r->rings;
	}
	return sum;
}

void digests_free(struct digests *all)
{
	struct digest *d, *next;
	struct use *u, *next_use;

	HASH_CLEAR(by_ring, all->newest);
	HASH_ITER(hh, all->all, d, next) {
		HASH_DEL(all->all, d);
		free(d->reach);
		free(d->touched);
		free(d);
	}
	HASH_ITER(hh, all->uses, u, next_use) {
		HASH_DEL(all->uses, u);
		free(u);
	}
	free(all->plain);
}
