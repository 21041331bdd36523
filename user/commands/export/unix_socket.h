/* SPDX-License-Identifier: GPL-2.0 */
/* A socket in the file system, for who may open it. */
#ifndef FIXBUF_COMMANDS_EXPORT_UNIX_SOCKET_H
#define FIXBUF_COMMANDS_EXPORT_UNIX_SOCKET_H

#include <sys/types.h>

struct unix_socket {
	pid_t pid;	/* of the process that removes it, 0 = none */
	int open;	/* while any process has this, the socket stays */
};

/*
 * Makes it, for its owner and group, in the place of one that nobody serves any more; never
 * through a link that another user may change. A process is started that stays who we are, as it
 * takes that to remove the socket. .listener is a descriptor that does not block. 0, or the exit
 * status after a sentence.
 */
int unix_socket_listen(struct unix_socket *s, const char *path, int *listener);
/* Removes it, if it is still there and ours. */
void unix_socket_end(struct unix_socket *s);

#endif
