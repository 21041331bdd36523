// SPDX-License-Identifier: GPL-2.0
/* What a call let go of while requests used it stays pinned and charged until they end. */
#include <limits.h>
#include <stdlib.h>
#include "base/alloc.h"
#include "base/array.h"
#include "base/clock.h"
#include "base/page_size.h"
#include "capture/in_use.h"
#include "capture/live_private.h"
#include "model/derived_kept.h"
#include "model/fact.h"
#include "model/ledger_buffers.h"

#define MAX_IN_USE	1024	/* that are followed, half of them of one user */
#define PART_OF_AGE	16	/* what is held so long is looked at again after this part of it */
#define LEAST_MS	5

/* Slots [*first, *end) are those that the call lets go of, as the ledger has them before it. */
static void dropped_slots(const struct fact_call *c, const struct ring *r, __u32 *first, __u32 *end)
{
	*first = 0;
	*end = 0;
	if (c->op == CALL_UNREGISTER)
		*end = r->nr_slots;
	else if (c->op == CALL_UPDATE && fact_args_known(c))
		*end = (*first = c->offset) + c->result;
	else if (c->op == CALL_CLONE && fact_args_known(c))
		*end = c->nr ? (*first = c->offset) + c->nr : r->nr_slots;
	if (*end > r->nr_slots || *end < *first)
		*end = r->nr_slots;
}

static bool may_follow(const struct live *l, __u32 uid)
{
	size_t of_user = 0;

	for (size_t i = 0; i < l->nr_in_use; i++)
		of_user += l->in_use[i].h.uid == uid;
	return l->nr_in_use < MAX_IN_USE && of_user < MAX_IN_USE / 2;
}

static void tell(struct live *l, const struct fact_call *c, const struct fact_buffer *b, __u32 requests,
		 __u32 other_slots)
{
	struct fact_in_use f = {
		.h = c->h, .buf = b->buf, .node = b->node, .addr = b->addr,
		.len_bytes = b->len_bytes, .since_ns = c->h.t_ns, .index = b->index,
		.requests = requests, .ns_pid = c->ns_pid,
		.other_slots = other_slots,
	};

	/* what is not followed would never be told to end */
	if (!may_follow(l, c->h.uid))
		return;
	f.h.size = sizeof(f);
	f.h.kind = FACT_IN_USE;
	f.h.seq = 0;
	array_grow(l->in_use, l->nr_in_use);
	l->in_use[l->nr_in_use++] = f;
	live_enter(l, &f.h, true, true, NULL);
}

/* What it is charged; where the kernel keeps that by ring (7.2), what it spans. */
static __u64 charge_of(const struct fact_buffer *b)
{
	if (b->charged_pages != ACCT_UNKNOWN)
		return b->charged_pages;
	return ((b->addr & (PAGE_BYTES - 1)) + b->len_bytes + PAGE_BYTES - 1) >> PAGE_SHIFT;
}

/*
 * The call gave back less than what no other slot has: requests hold the rest, be it those of a task that
 * has ended, of which the ring knows no more. Where nothing was charged before, that tells nothing.
 */
static bool gave_back_less(const struct live *l, const struct fact_call *c, const struct fact_buffer *dropped,
			   size_t nr)
{
	__s64 own = 0;

	for (size_t i = 0; i < nr; i++)
		if (ledger_buffer(l->ledger, dropped[i].buf)->slots == 1)
			own += charge_of(&dropped[i]);
	return c->op == CALL_UNREGISTER && c->mm_before_pages > 0 && c->mm_before_pages - c->mm_after_pages < own;
}

/* Whoever keeps a ring busy while requests hold what it drops keeps nobody else waiting for long. */
static bool asks(struct live *l, const struct fact_call *c, bool held, const struct node_of *nodes, __u32 *users,
		 size_t nr)
{
	__u64 begun = clock_now_ns();
	bool known;

	if (!time_share_has(&l->in_use_time, c->h.uid, begun))
		return false;
	known = in_use_ask_dropped(l->capture->walk, c->h.ring, c->mm, held, nodes, users, nr);
	time_share_take(&l->in_use_time, c->h.uid, clock_now_ns() - begun);
	return known;
}

/* Slots that hold it after the call, too. */
static __u32 others_of(const struct live *l, const struct fact_buffer *dropped, size_t nr, __u64 buf)
{
	__u32 slots = ledger_buffer(l->ledger, buf)->slots;

	for (size_t i = 0; slots && i < nr; i++)
		slots -= dropped[i].buf == buf;
	return slots;
}

void live_note_in_use(struct live *l, const struct fact_call *c)
{
	const struct ring *r = ledger_ring(l->ledger, c->h.ring);
	struct fact_buffer *dropped;
	struct node_of *nodes;
	__u32 first, end, *users;
	size_t nr = 0;

	if (!r)
		return;
	dropped_slots(c, r, &first, &end);
	if (first >= end)
		return;
	dropped = must_alloc(end - first, sizeof(*dropped));
	nodes = must_alloc(end - first, sizeof(*nodes));
	users = must_alloc(end - first, sizeof(*users));
	for (__u32 i = first; i < end; i++) {
		const struct buffer *b = r->slots[i];

		if (!b || !slot_node(r, i) || b->buf_flags & BUFFER_F_KERNEL)
			continue;
		nodes[nr] = (struct node_of){ slot_node(r, i), b->id };
		dropped[nr++] = buffer_fact(b, r, i);
	}
	if (nr && asks(l, c, gave_back_less(l, c, dropped, nr), nodes, users, nr))
		for (size_t i = 0; i < nr; i++)
			if (users[i])
				tell(l, c, &dropped[i], users[i],
				     others_of(l, dropped, nr, dropped[i].buf));
	free(dropped);
	free(nodes);
	free(users);
}

static void forget(struct live *l, size_t i)
{
	l->in_use[i] = l->in_use[--l->nr_in_use];
}

/* What a table shows is in use anew: that the requests have ended is told at the next look. */
static void end_requests(struct fact_in_use *f)
{
	f->requests = 0;
}

void live_note_slot(struct live *l, const struct fact_buffer *f)
{
	for (size_t i = 0; i < l->nr_in_use; i++)
		if (l->in_use[i].node == f->node && l->in_use[i].buf == f->buf &&
		    f->h.t_ns >= l->in_use[i].since_ns)
			end_requests(&l->in_use[i]);
}

void live_keep_in_use(struct live *l)
{
	for (size_t i = l->nr_in_use; i--;) {
		struct fact_in_use *f = &l->in_use[i];
		const struct buffer *b = ledger_buffer(l->ledger, f->buf);

		if (!live_ring(l, f->h.ring))
			forget(l, i);
		else if (b && buffer_has_node(l->ledger, b, f->node))
			end_requests(f);
	}
	derived_keep(&l->derived, l->in_use, l->nr_in_use);
}

/* All in one question: it is asked each time that nothing waits to be read. */
void live_look_in_use(struct live *l)
{
	struct node_of nodes[MAX_IN_USE];
	__u32 users[MAX_IN_USE];
	bool known;

	for (size_t i = 0; i < l->nr_in_use; i++)
		nodes[i] = (struct node_of){ l->in_use[i].node, l->in_use[i].buf };
	known = in_use_ask(l->capture->walk, nodes, users, l->nr_in_use);
	/* from the end, from where forget() takes what comes to stand at .i */
	for (size_t i = l->nr_in_use; i--;) {
		struct fact_in_use f = l->in_use[i];

		/* its end has told the rest */
		if (!ledger_ring(l->ledger, f.h.ring)) {
			forget(l, i);
			continue;
		}
		if (f.requests && (!known || users[i]))
			continue;
		forget(l, i);
		f.requests = 0;
		f.h.t_ns = clock_now_ns();
		live_enter(l, &f.h, true, true, NULL);
	}
}

unsigned int live_pause_ms(const struct live *l)
{
	__u64 now = clock_now_ns(), youngest = ~0ULL, ms;

	for (size_t i = 0; i < l->nr_in_use; i++)
		if (now - l->in_use[i].since_ns < youngest)
			youngest = now - l->in_use[i].since_ns;
	if (!l->nr_in_use)
		return UINT_MAX;
	ms = youngest / PART_OF_AGE / NS_PER_MS;
	return ms < LEAST_MS ? LEAST_MS : ms < UINT_MAX ? ms : UINT_MAX;
}
