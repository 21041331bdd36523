// SPDX-License-Identifier: GPL-2.0
/*
 * The kernel uses nodes and buffers again, on other rings too: one that is registered anew looks like
 * one that a request holds. So an event counts when that was so for a while, and when its buffer was
 * not seen in a slot meanwhile. When its requests ended is known by a look, or by the ring's end: at most.
 */
#include <stdio.h>
#include <stdlib.h>
#include "base/alloc.h"
#include "base/array.h"
#include "base/clock.h"
#include "base/fmt.h"
#include "checks/held_over.h"
#include "model/fact.h"

#define LEAST_NS	(100 * NS_PER_MS)
#define MOST		4096	/* that are followed */

struct held {
	struct fact_in_use begin;
	__s64 since_ns;		/* of the event, since the begin of the recording */
	__s32 fd;
};

struct held_over {
	struct held *list;	/* owned */
	size_t nr;
};

static void forget(struct held_over *h, size_t i)
{
	h->list[i] = h->list[--h->nr];
}

static void settle(struct held_over *h, size_t i, __u64 t_ns, bool ended, struct findings *sure)
{
	const struct held *one = &h->list[i];
	const struct fact_in_use *u = &one->begin;
	char size[FMT_LEN], took[FMT_LEN], others[64] = "";
	struct finding f = {
		.tag = IN_USE_AT_UNREGISTER, .ring = u->h.ring, .pid = u->h.pid, .ns_pid = u->ns_pid,
		.fd = one->fd, .index = u->index, .uid = u->h.uid, .comm = u->h.comm, .addr = u->addr,
		.call_ns = u->since_ns, .since_ns = one->since_ns,
	};

	if (u->other_slots)
		snprintf(others, sizeof(others), ", while %u other slot%s held it, too", u->other_slots,
			 plural(u->other_slots));
	if (t_ns >= u->since_ns + LEAST_NS)
		finding_add(sure, f, "pid %u ring 0x%llx buffer %u at 0x%llx, %s: %u request%s used it when a call took it out of its slot%s, and kept it%s for %s %s",
			    f.pid, f.ring, u->index, u->addr, fmt_bytes_long(size, u->len_bytes),
			    u->requests, plural(u->requests), others,
			    u->other_slots ? "" : " pinned and charged",
			    ended ? "up to" : "more than", fmt_ns(took, t_ns - u->since_ns));
	forget(h, i);
}

/* Its end waits for its requests; what has its address then has none of them. */
static void on_ring_end(struct held_over *h, const struct event *t, struct findings *sure)
{
	for (size_t i = h->nr; i--;) {
		if (h->list[i].begin.h.ring != t->fact->ring)
			continue;
		if (t->fact->kind == FACT_RING_GONE)
			settle(h, i, t->t_ns, true, sure);
		else
			forget(h, i);
	}
}

static __s32 fd_of(const struct ledger *l, const struct fact *f)
{
	const struct ring *r = ledger_ring(l, f->ring);

	for (size_t i = 0; r && i < r->nr_holders; i++)
		if (r->holders[i].pid == f->pid)
			return r->holders[i].fd;
	return -1;
}

static void on_in_use(struct held_over *h, const struct event *t, struct findings *sure)
{
	const struct fact_in_use *u = (const void *)t->fact;

	if (u->requests) {
		if (h->nr == MOST)
			return;
		array_grow(h->list, h->nr);
		h->list[h->nr++] = (struct held){ *u, t->since_ns, fd_of(t->ledger, t->fact) };
		return;
	}
	for (size_t i = h->nr; i--;)
		if (h->list[i].begin.h.ring == u->h.ring && h->list[i].begin.index == u->index &&
		    h->list[i].begin.since_ns == u->since_ns)
			settle(h, i, t->t_ns, true, sure);
}

/* What other slots held, too, may be cloned from them meanwhile. */
static bool is_again(const struct fact_in_use *u, const struct fact_buffer *b)
{
	return u->node == b->node || (u->buf == b->buf && !u->other_slots);
}

void held_over_fact(struct held_over *h, const struct event *t, struct findings *sure)
{
	const struct fact_buffer *b = (const void *)t->fact;

	switch (t->fact->kind) {
	case FACT_IN_USE:
		on_in_use(h, t, sure);
		break;
	case FACT_BUFFER:
		for (size_t i = h->nr; i--;)
			if (is_again(&h->list[i].begin, b))
				forget(h, i);
		break;
	case FACT_RING_CREATE:
	case FACT_RING_GONE:
		on_ring_end(h, t, sure);
		break;
	}
}

void held_over_end(struct held_over *h, __u64 t_ns, struct findings *sure)
{
	while (h->nr)
		settle(h, h->nr - 1, t_ns, false, sure);
}

void held_over_forget(struct held_over *h)
{
	h->nr = 0;
}

struct held_over *held_over_new(void)
{
	return must_alloc(1, sizeof(struct held_over));
}

void held_over_free(struct held_over *h)
{
	free(h->list);
	free(h);
}
