// SPDX-License-Identifier: GPL-2.0
#include <abi/limits.h>
#include <string.h>
#include <unistd.h>
#include "capture/in_use.h"
#include "capture/peek.h"
#include "capture/ring_walk.h"
#include "model/ledger_buffers.h"
#include "walk.skel.h"

#define TRIES		20
#define PAUSE_US	100	/* for a call to end that is at work on the ring */

void in_use_prepare(struct walk *w)
{
	bpf_program__set_autoload(walk_peek(w)->skel->progs.peek_users, true);
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
			usleep(PAUSE_US);
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

/*
 * A call that is half done holds nodes that no table shows yet; once it is done the table does.
 * What is asked again after that, and still held, is held by requests.
 */
bool in_use_ask_dropped(struct walk *w, __u64 ring, const struct node_of *nodes, __u32 *users,
			size_t nr)
{
	struct ledger *now;
	bool known;

	if (!in_use_ask(w, nodes, users, nr))
		return false;
	if (!any(users, nr))
		return true;
	now = table_at_rest(w, ring);
	if (!now)
		return false;
	known = in_use_ask(w, nodes, users, nr);
	for (size_t i = 0; i < nr; i++) {
		const struct buffer *b = ledger_buffer(now, nodes[i].buf);

		if (b && b->node == nodes[i].node)
			users[i] = 0;
	}
	ledger_free(now);
	return known;
}
