/* SPDX-License-Identifier: GPL-2.0 */
/* What AF_XDP sockets put into users' accounts, beside rings. */
#ifndef FIXBUF_CAPTURE_UMEMS_H
#define FIXBUF_CAPTURE_UMEMS_H

#include "checks/balance.h"

struct selection;
struct walk;
struct walk_bpf;
struct walk_cuts;

/* Switches its program on, before the walk is loaded. */
void umems_prepare(struct walk_bpf *skel);
/*
 * Takes what they have, of descriptors that are open now, from the rests of users. Adds to *cuts who had
 * too many descriptors to be looked through. 0, or -errno with a sentence.
 */
int umems_explain(struct walk *w, const struct selection *select, struct balance *b,
		  struct walk_cuts *cuts);

#endif
