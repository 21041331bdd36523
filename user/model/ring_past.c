// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include "base/alloc.h"
#include "model/fact.h"
#include "model/ring_past.h"

/* The ring of the fact, made when it is new; NULL when there is no place, or no ring. */
static struct ring_past *past_of(struct ring_pasts *p, const struct event *e)
{
	const struct fact *f = e->fact;
	struct ring_past *r;

	HASH_FIND(hh, p->by_ring, &f->ring, sizeof(f->ring), r);
	if (!f->ring || (r && f->kind != FACT_RING_CREATE))
		return r;
	/* calls and buffers of rings without a place make none either */
	if (p->nr == MAX_RING_PASTS) {
		p->more += f->kind == FACT_RING_CREATE;
		return NULL;
	}
	if (r)
		HASH_DEL(p->by_ring, r);
	r = must_alloc(1, sizeof(*r));
	*r = (struct ring_past){
		.ring = f->ring, .pid = f->pid, .ns_pid = fact_ns_pid(f), .fd = -1, .comm = f->comm,
	};
	p->list[p->nr++] = r;
	HASH_ADD(hh, p->by_ring, ring, sizeof(r->ring), r);
	return r;
}

static void take_buffer(struct ring_past *r, const struct fact_buffer *b)
{
	if (b->buf_flags & (BUFFER_F_EMPTY | BUFFER_F_TORN))
		return;
	if (b->h.kind == FACT_DROP) {
		r->bytes -= b->len_bytes < r->bytes ? b->len_bytes : r->bytes;
		return;
	}
	r->buffers += fact_is_event(&b->h);
	r->bytes += b->len_bytes;
	r->most_bytes = r->bytes > r->most_bytes ? r->bytes : r->most_bytes;
}

void ring_pasts_event(struct ring_pasts *p, const struct event *e)
{
	const struct fact *f = e->fact;
	struct ring_past *r = past_of(p, e);

	if (!r)
		return;
	if (r->fd < 0)
		r->fd = fact_fd(e->ledger, f);
	switch (f->kind) {
	case FACT_CALL:
		r->calls++;
		r->failed += ((const struct fact_call *)f)->result < 0;
		break;
	case FACT_BUFFER:
	case FACT_DROP:
		take_buffer(r, (const struct fact_buffer *)f);
		break;
	case FACT_IN_USE:
		if (((const struct fact_in_use *)f)->requests)
			r->held++;
		else
			r->held -= r->held > 0;
	}
}

static int failed_first(const void *va, const void *vb)
{
	const struct ring_past *a = *(struct ring_past *const *)va, *b = *(struct ring_past *const *)vb;

	if (a->failed != b->failed)
		return a->failed < b->failed ? 1 : -1;
	return a->most_bytes < b->most_bytes ? 1 : a->most_bytes > b->most_bytes ? -1 : 0;
}

void ring_pasts_sort(struct ring_pasts *p)
{
	qsort(p->list, p->nr, sizeof(*p->list), failed_first);
}

__u64 ring_pasts_held(const struct ring_pasts *p)
{
	__u64 nr = 0;

	for (size_t i = 0; i < p->nr; i++)
		nr += p->list[i]->held;
	return nr;
}

void ring_pasts_free(struct ring_pasts *p)
{
	HASH_CLEAR(hh, p->by_ring);
	for (size_t i = 0; i < p->nr; i++)
		free(p->list[i]);
}
