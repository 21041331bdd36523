/* SPDX-License-Identifier: GPL-2.0 */
/* What AF_XDP sockets put into users' accounts, beside rings. */
#ifndef FIXBUF_CAPTURE_UMEMS_H
#define FIXBUF_CAPTURE_UMEMS_H

#include "checks/balance.h"

struct peek;
struct walk_bpf;

/* Before the load. */
void umems_prepare(struct walk_bpf *skel);
/* Takes what they have, of descriptors that are open now, from the rests of users. */
void umems_explain(const struct peek *p, struct balance *b);

#endif
