/* SPDX-License-Identifier: GPL-2.0 */
/* Between processes of ours: bytes written whole, and messages with a descriptor beside them. */
#ifndef FIXBUF_BASE_DESCRIPTOR_H
#define FIXBUF_BASE_DESCRIPTOR_H

#include <stddef.h>
#include <sys/socket.h>
#include <sys/types.h>

/* 0 when all is written, -1 when it cannot be. */
int descriptor_write(int fd, const void *data, size_t size);
/* Sends the message whole, .fd with it unless it is -1, which stays the caller's. 0 or -errno. */
int descriptor_send(int socket, const void *message, size_t size, int fd);
/* Waits for one message: its size, 0 at the end, or -errno; *fd is -1 when none came with it. */
ssize_t descriptor_receive(int socket, void *message, size_t size, int *fd);

#endif
