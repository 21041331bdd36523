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
#include "base/hash_table.h"
#include "checks/held_over.h"
#include "model/fact.h"

#define LEAST_NS	(100 * NS_PER_MS)
#define MOST		4096	/* that are followed */

struct held {
	struct fact_in_use begin;
	__s64 since_ns;		/* of the event, since the begin of the recording */
	__s32 fd;
};

/* What was settled of a slot's buffer: calls may take the same one out of it again and again. */
struct past {
	struct past_key {
		__u64 ring, addr;
		__u32 index, pid;
	} key;
	struct held first;
	__u64 requests, longest_ns;
	unsigned int calls;
	bool ended;		/* those of the longest */
	UT_hash_handle hh;
};

struct held_over {
	struct held *list;	/* owned */
	size_t nr;
	struct past *past;	/* owned */
};

static void forget(struct held_over *h, size_t i)
{
	h->list[i] = h->list[--h->nr];
}

static struct past *past_of(struct held_over *h, const struct held *one)
{
	const struct fact_in_use *u = &one->begin;
	const struct past_key key = { u->h.ring, u->addr, u->index, u->h.pid };
	struct past *p;

	HASH_FIND(hh, h->past, &key, sizeof(key), p);
	if (p)
		return p;
	p = must_alloc(1, sizeof(*p));
	p->key = key;
	p->first = *one;
	HASH_ADD(hh, h->past, key, sizeof(p->key), p);
	return p;
}

static void settle(struct held_over *h, size_t i, __u64 t_ns, bool ended)
{
	const struct held *one = &h->list[i];
	__u64 took_ns = t_ns > one->begin.since_ns ? t_ns - one->begin.since_ns : 0;
	struct past *p = took_ns >= LEAST_NS ? past_of(h, one) : NULL;

	if (p) {
		if (one->begin.since_ns < p->first.begin.since_ns)
			p->first = *one;
		p->requests += one->begin.requests;
		p->calls++;
		if (took_ns >= p->longest_ns) {
			p->longest_ns = took_ns;
			p->ended = ended;
		}
	}
	forget(h, i);
}

static void tell_past(const struct past *p, struct findings *sure)
{
	const struct fact_in_use *u = &p->first.begin;
	char size[FMT_LEN], took[FMT_LEN], others[64] = "", calls[48] = "a call";
	struct finding f = {
		.tag = IN_USE_AT_UNREGISTER, .ring = u->h.ring, .pid = u->h.pid, .ns_pid = u->ns_pid,
		.fd = p->first.fd, .index = u->index, .uid = u->h.uid, .comm = u->h.comm, .addr = u->addr,
		.call_ns = u->since_ns, .since_ns = p->first.since_ns,
	};

	if (u->other_slots)
		snprintf(others, sizeof(others), ", while %u other slot%s held it, too", u->other_slots,
			 plural(u->other_slots));
	if (p->calls > 1)
		snprintf(calls, sizeof(calls), "%u calls, one after the other,", p->calls);
	finding_add(sure, f, "pid %u ring 0x%llx buffer %u at 0x%llx, %s: %llu request%s used it when %s took it out of its slot%s, and kept it%s for %s %s",
		    f.pid, f.ring, u->index, u->addr, fmt_bytes_long(size, u->len_bytes),
		    p->requests, plural(p->requests), calls, others,
		    u->other_slots ? "" : " pinned and charged",
		    p->ended ? "up to" : "more than", fmt_ns(took, p->longest_ns));
}

/* Its end waits for its requests; what has its address then has none of them. */
static void on_ring_end(struct held_over *h, const struct event *t)
{
	for (size_t i = h->nr; i--;) {
		if (h->list[i].begin.h.ring != t->fact->ring)
			continue;
		if (t->fact->kind == FACT_RING_GONE)
			settle(h, i, t->t_ns, true);
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

static void on_in_use(struct held_over *h, const struct event *t)
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
			settle(h, i, t->t_ns, true);
}

/* What other slots held, too, may be cloned from them meanwhile. */
static bool is_again(const struct fact_in_use *u, const struct fact_buffer *b)
{
	return u->node == b->node || (u->buf == b->buf && !u->other_slots);
}

void held_over_fact(struct held_over *h, const struct event *t)
{
	const struct fact_buffer *b = (const void *)t->fact;

	switch (t->fact->kind) {
	case FACT_IN_USE:
		on_in_use(h, t);
		break;
	case FACT_BUFFER:
		for (size_t i = h->nr; i--;)
			if (is_again(&h->list[i].begin, b))
				forget(h, i);
		break;
	case FACT_RING_CREATE:
	case FACT_RING_GONE:
		on_ring_end(h, t);
		break;
	}
}

static void forget_past(struct held_over *h)
{
	struct past *p, *next;

	HASH_ITER(hh, h->past, p, next) {
		HASH_DEL(h->past, p);
		free(p);
	}
}

void held_over_end(struct held_over *h, __u64 t_ns, struct findings *sure)
{
	while (h->nr)
		settle(h, h->nr - 1, t_ns, false);
	for (const struct past *p = h->past; p; p = p->hh.next)
		tell_past(p, sure);
	forget_past(h);
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
	forget_past(h);
	free(h);
}
