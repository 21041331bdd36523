/* SPDX-License-Identifier: GPL-2.0 */
/* Who is at the other end of a connection, so that one cannot take the turns of all. */
#ifndef FIXBUF_COMMANDS_EXPORT_PEER_H
#define FIXBUF_COMMANDS_EXPORT_PEER_H

#include <linux/types.h>
#include <stdbool.h>

enum peer_kind {
	PEER_UNKNOWN,
	PEER_USER,	/* of this machine; .value is the uid */
	PEER_IPV4,	/* .value is the address */
	PEER_IPV6,	/* .value is the upper half of it: a network of one owner */
};

struct peer {
	enum peer_kind kind;
	__u64 value;
};

/* A descriptor for peer_of(), -1 where this process may have none: users of this machine are one then. */
int peer_open(void);
struct peer peer_of(int diag, int connection);
bool peer_same(struct peer a, struct peer b);

#endif
