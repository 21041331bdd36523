// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include <string.h>
#include "base/array.h"
#include "model/ledger_pins.h"

static struct pin *pin_find(const struct ledger *l, __u64 buf)
{
	struct pin *p;

	if (!l->pins)
		return NULL;
	HASH_FIND(hh, l->pins, &buf, sizeof(buf), p);
	return p;
}

static void pin_free(struct ledger *l, struct pin *p)
{
	HASH_DEL(l->pins, p);
	free(p->rings);
	free(p);
}

static struct pin_ring *ring_find(const struct pin *p, __u64 ring)
{
	for (size_t i = 0; i < p->nr_rings; i++)
		if (p->rings[i].id == ring)
			return &p->rings[i];
	return NULL;
}

void pins_add(struct ledger *l, const struct fact_pin *f)
{
	struct pin *p;

	if (!l->track_pins || f->h.t_ns < l->pins_since_ns || f->h.flags & FACT_F_DERIVED ||
	    f->result < 0 || !f->buf)
		return;
	/* its memory was used again: the end of an earlier one was not seen */
	p = pin_find(l, f->buf);
	if (p)
		pin_free(l, p);
	p = must_alloc(1, sizeof(*p));
	p->buf = f->buf;
	p->addr = f->addr;
	p->pages = f->pages;
	p->pid = f->h.pid;
	p->ns_pid = f->ns_pid;
	p->uid = f->h.uid;
	p->comm = f->h.comm;
	p->others = f->h.flags & FACT_F_OTHERS;
	HASH_ADD(hh, l->pins, buf, sizeof(p->buf), p);
	pins_held(l, f->buf, f->h.ring);
}

void pins_remove(struct ledger *l, const struct fact_pin *f)
{
	struct pin *p = pin_find(l, f->buf);

	if (p && !(f->h.flags & FACT_F_DERIVED))
		pin_free(l, p);
}

void pins_held(struct ledger *l, __u64 buf, __u64 ring)
{
	struct pin *p = pin_find(l, buf);
	struct pin_ring *r;

	if (!p)
		return;
	r = ring_find(p, ring);
	if (!r) {
		array_grow(p->rings, p->nr_rings);
		r = &p->rings[p->nr_rings++];
		*r = (struct pin_ring){ .id = ring };
	}
	r->dropped_ns = 0;
	r->seen |= ledger_ring(l, ring) != NULL;
}

void pins_dropped(struct ledger *l, __u64 buf, __u64 ring, __u64 t_ns)
{
	struct pin *p = pin_find(l, buf);
	struct pin_ring *r = p ? ring_find(p, ring) : NULL;

	if (r)
		r->dropped_ns = t_ns;
}

void pins_free(struct ledger *l)
{
	struct pin *p, *next;

	HASH_ITER(hh, l->pins, p, next)
		pin_free(l, p);
}
