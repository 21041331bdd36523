// SPDX-License-Identifier: GPL-2.0
#include <abi/limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/alloc.h"
#include "capture/in_flight.h"
#include "capture/in_use.h"
#include "capture/peek.h"
#include "capture/ring_walk.h"
#include "model/ledger_buffers.h"
#include "walk.skel.h"

#define TRIES		10
#define LOOKS		5	/* that must agree */
#define READINGS	2	/* of how many requests there are */
#define PAUSE_US	100	/* at first, then twice as long: for a call to end that is at work on the ring */

void in_use_prepare(struct walk *w)
{
	bpf_program__set_autoload(walk_peek(w)->skel->progs.peek_users, true);
	bpf_program__set_autoload(walk_peek(w)->skel->progs.peek_submitters, true);
}

bool in_use_ask(struct walk *w, const struct node_of *nodes, __u32 *users, size_t nr)
{
	struct walk_bpf *skel = walk_peek(w)->skel;

	for (size_t done = 0, n; done < nr; done += n) {
		n = nr - done < PEEK_CHUNK ? nr - done : PEEK_CHUNK;
		memcpy(skel->bss->in_held_nodes, nodes + done, n * sizeof(*nodes));
		if (peek(skel->progs.peek_users, n, 0, 0))
			return false;
		memcpy(users + done, skel->bss->out_users, n * sizeof(*users));
	}
	return true;
}

static bool any(const __u32 *users, size_t nr)
{
	for (size_t i = 0; i < nr; i++)
		if (users[i])
			return true;
	return false;
}

/* The ring's table while no call is at work on it; NULL when that cannot be had. */
static struct ledger *table_at_rest(struct walk *w, __u64 ring)
{
	struct walk_bpf *skel = walk_peek(w)->skel;
	struct ledger *now;
	int err;

	for (int i = 0; i < TRIES; i++) {
		if (i)
			usleep(PAUSE_US << (i - 1));
		if (peek(skel->progs.peek_ring, ring, 0, 0))
			return NULL;
		if (skel->bss->out_ring.ring_flags & RING_F_LOCKED)
			continue;
		now = ledger_new();
		err = walk_slots(w, ring, 0, skel->bss->out_ring.nr_slots, now);
		if (!err)
			return now;
		ledger_free(now);
	}
	return NULL;
}

/* Once more, at a moment of its own; a node that the table shows now is in use anew. */
static bool ask_again(struct walk *w, __u64 ring, const struct node_of *nodes, __u32 *users, size_t nr)
{
	struct ledger *now = table_at_rest(w, ring);
	bool known = now && in_use_ask(w, nodes, users, nr);

	for (size_t i = 0; known && i < nr; i++) {
		const struct buffer *b = ledger_buffer(now, nodes[i].buf);

		if (users[i] && b && buffer_has_node(now, b, nodes[i].node))
			users[i] = 0;
	}
	ledger_free(now);
	return known;
}

/*
 * Requests hold no more nodes than there are requests. A ring that was closed meanwhile gives its nodes
 * and buffers to others, which have them in the same pairs: those are as many as one likes. A task that
 * submits while it is looked at is read lower than it is, by chance once.
 */
static bool requests_can_hold(struct walk *w, __u64 ring, const __u32 *users, size_t nr)
{
	__u64 sum = 0;

	for (size_t i = 0; i < nr; i++)
		sum += users[i];
	for (int i = 0; sum && i < READINGS; i++) {
		__u32 in_flight = in_flight_of_submitters(walk_peek(w)->skel, ring);

		if (in_flight != IN_FLIGHT_UNKNOWN && sum <= in_flight)
			return true;
	}
	return !sum;
}

/* Its address may be another process's ring by now, whose requests were counted. */
static bool is_still(struct walk *w, __u64 ring, __u64 mm)
{
	struct walk_bpf *skel = walk_peek(w)->skel;

	return !peek(skel->progs.peek_ring, ring, 0, 0) && skel->bss->out_ring.mm == mm;
}

/*
 * A call that is half done holds nodes that no table shows yet; once it is done the table does.
 * What is still held after that is held by requests, unless the node became another's between the
 * two looks: by chance once, not each time; or for good, which those who submit to the ring tell.
 */
bool in_use_ask_dropped(struct walk *w, __u64 ring, __u64 mm, bool held, const struct node_of *nodes,
			__u32 *users, size_t nr)
{
	if (!in_use_ask(w, nodes, users, nr))
		return false;
	for (int i = 0; i < LOOKS && any(users, nr); i++) {
		__u32 *again = must_alloc(nr, sizeof(*again));
		bool known = ask_again(w, ring, nodes, again, nr);

		for (size_t k = 0; known && k < nr; k++)
			if (again[k] < users[k])
				users[k] = again[k];
		free(again);
		if (!known)
			return false;
	}
	return (held || requests_can_hold(w, ring, users, nr)) && (!any(users, nr) || is_still(w, ring, mm));
}
