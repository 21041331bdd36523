/* SPDX-License-Identifier: GPL-2.0 */
/* A TCP connection of a load program whose receiver reads when it is told to: what is sent then waits. */
#ifndef FIXBUF_LOAD_TCP_H
#define FIXBUF_LOAD_TCP_H

#include <stddef.h>

struct load_tcp {
	int out, in;
	size_t unread;	/* bytes that were sent; who sends by a ring adds them */
};

/* Small windows from now on, and sends until the receiver takes no more; ends by report_skip() if it has no end. */
void load_tcp_fill(struct load_tcp *t);
/* Bytes that were not sent off yet. */
size_t load_tcp_unsent(const struct load_tcp *t);
/* Receives all. */
void load_tcp_drain(struct load_tcp *t);

#endif
