// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include <string.h>
#include "base/array.h"
#include "base/fmt.h"
#include "base/page_size.h"
#include "checks/registering.h"

/*
 * Slow is what matters to who waits for it: as much time as a frame takes, and one in a hundred of
 * the time watched. A time per MiB would say more of the machine than of the program: what one
 * does in 30 us takes another, which is emulated, a ms.
 */
#define SLOW_NS		10000000ULL
#define SLOW_PART	100

#define MANY_CALLS	64
#define SMALL_CALL	(1ULL << 20)
#define SMALL_FOLIO	(64ULL << 10)

static int by_process(const void *va, const void *vb)
{
	const struct registering *a = va, *b = vb;

	if (a->pid != b->pid)
		return a->pid < b->pid ? -1 : 1;
	return a->born_ns < b->born_ns ? -1 : a->born_ns > b->born_ns;
}

static void add(struct registering *to, const struct registering *from)
{
	to->rings += from->rings;
	to->calls += from->calls;
	io_register_cost_add(&to->cost, &from->cost);
}

void registerings_take(struct registerings *out, const struct io_model *m)
{
	size_t nr = 0;

	for (size_t i = 0; i < m->nr_calls; i++) {
		const struct io_calls_row *row = &m->calls[i];
		__u64 calls = row->calls.registers + row->calls.updates;

		if (!calls)
			continue;
		array_grow(out->list, nr);
		out->list[nr++] = (struct registering){
			.pid = row->calls.pid, .ring = row->ring, .born_ns = row->born_ns,
			.rings = 1, .calls = calls, .cost = row->cost,
		};
	}
	if (!nr)
		return;
	qsort(out->list, nr, sizeof(*out->list), by_process);
	out->nr = 1;
	for (size_t i = 1; i < nr; i++) {
		if (out->list[i].pid == out->list[out->nr - 1].pid)
			add(&out->list[out->nr - 1], &out->list[i]);
		else
			out->list[out->nr++] = out->list[i];
	}
}

void registerings_free(struct registerings *r)
{
	free(r->list);
	memset(r, 0, sizeof(*r));
}

__u64 registerings_untimed(const struct registerings *r)
{
	__u64 calls = 0;

	for (size_t i = 0; i < r->nr; i++)
		calls += r->list[i].cost.calls ? 0 : r->list[i].calls;
	return calls;
}

__u64 registering_per_mib(const struct registering *r)
{
	return r->cost.bytes ? whole(r->cost.ns * (double)(1 << 20) / r->cost.bytes) : 0;
}

enum slow_for registering_slow(const struct registering *r, __u64 watched_ns)
{
	const struct io_register_cost *c = &r->cost;

	if (!c->calls || c->ns < SLOW_NS || c->ns < watched_ns / SLOW_PART)
		return SLOW_NOT;
	/* one fault makes all pages of a folio, which is a segment */
	if (c->pages && 2 * (c->min_faults + c->maj_faults) >= (c->segments ? c->segments : c->pages))
		return SLOW_FAULTS;
	if (c->calls >= MANY_CALLS && c->bytes < SMALL_CALL * c->calls)
		return SLOW_SMALL_CALLS;
	if (c->segments && c->bytes / c->segments < SMALL_FOLIO)
		return SLOW_SMALL_FOLIOS;
	return SLOW_OTHERWISE;
}
