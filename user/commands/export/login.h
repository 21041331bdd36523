/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Whether who asks has given a name and its password. A hash is made to take long: a thread of its
 * own makes them, and clients take turns, so that one who tries many keeps no other one waiting.
 */
#ifndef FIXBUF_COMMANDS_EXPORT_LOGIN_H
#define FIXBUF_COMMANDS_EXPORT_LOGIN_H

#include <linux/types.h>
#include <stdbool.h>
#include "commands/export/peer.h"
#include "commands/export/web_config.h"

enum login {
	LOGIN_UNKNOWN,
	LOGIN_OK,
	LOGIN_REFUSED,
	LOGIN_LATER,		/* this client waits with too many passwords already */
	LOGIN_WAITS,		/* login_next() will say */
};

struct login_state;

/* Starts the thread. .c stays its owner's, until the end. NULL with a sentence. */
struct login_state *login_new(const struct web_config *c);
/*
 * .name and .password may be NULL. At once where it was right or wrong before; else LOGIN_WAITS, and
 * login_next() names .client. Nobody else may be called that before.
 */
enum login login_check(struct login_state *l, const char *name, const char *password, struct peer who,
		       unsigned int client);
/* Readable when login_next() has something. */
int login_fd(const struct login_state *l);
/* The next one that waited no longer, LOGIN_UNKNOWN when there is none. */
enum login login_next(struct login_state *l, unsigned int *client);

#endif
