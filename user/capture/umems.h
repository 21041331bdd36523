/* SPDX-License-Identifier: GPL-2.0 */
/* What AF_XDP sockets put into users' accounts, beside rings. */
#ifndef FIXBUF_CAPTURE_UMEMS_H
#define FIXBUF_CAPTURE_UMEMS_H

#include "checks/balance.h"

struct umems;
struct walk;

/* Before the walk is loaded, which has to stay. */
struct umems *umems_prepare(struct walk *w);
/* After the load, and before privileges are given up. 0, or -errno with a sentence. */
int umems_start(struct umems *u);
/* Takes what they have, of descriptors that are open now, from the rests of users. */
void umems_explain(const struct umems *u, struct balance *b);
void umems_free(struct umems *u);

#endif
