/* SPDX-License-Identifier: GPL-2.0 */
/* Which nodes are held beyond their slots: by requests, from 6.13. */
#ifndef FIXBUF_CAPTURE_IN_USE_H
#define FIXBUF_CAPTURE_IN_USE_H

#include <abi/fact.h>
#include <stdbool.h>
#include <stddef.h>

struct walk;

/* Before the load. */
void in_use_prepare(struct walk *w);
/* Into .users who holds each node: 0 when it is free or another buffer's. False with a sentence. */
bool in_use_ask(struct walk *w, const struct node_of *nodes, __u32 *users, size_t nr);
/*
 * The same of nodes that left the ring's table: 0 also for those that it has again, as nodes and
 * buffers of a call are the next one's. .mm is the ring's; .held: it is known that some are held. False
 * when the ring changes too fast to tell, or is another's by now.
 */
bool in_use_ask_dropped(struct walk *w, __u64 ring, __u64 mm, bool held, const struct node_of *nodes,
			__u32 *users, size_t nr);

#endif
