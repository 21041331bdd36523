/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How much of the tables of I/O each user may have (bpf/io_share.h): how large they are, which places
 * the reader gave back, and what found none.
 */
#ifndef FIXBUF_CAPTURE_IO_SHARES_H
#define FIXBUF_CAPTURE_IO_SHARES_H

#include <abi/io_share.h>
#include <stdbool.h>
#include <stddef.h>
#include "model/io_loss.h"

struct fixbuf_bpf;
struct io_room;
struct io_share;	/* of one user */

struct io_shares {
	struct io_share *users;		/* owned */
	__u64 kept[IO_TABLES];		/* of all users */
	__u64 given[IO_TABLES];		/* of those that the kernel side has no more */
	bool whole;			/* who is selected shares with nobody */
};

/* Before kern_load(), when the programs' constants are set. */
void io_shares_prepare(struct io_shares *s, struct fixbuf_bpf *skel, const struct io_room *room);
/* After it. -errno with a sentence. */
int io_shares_start(struct fixbuf_bpf *skel);
/* A place of that user's is free again; told by io_shares_publish(). */
void io_shares_give(struct io_shares *s, __u32 payer, enum io_table table);
void io_shares_publish(struct io_shares *s, struct fixbuf_bpf *skel);
/* The reader keeps one. */
void io_shares_keep(struct io_shares *s, __u32 payer, enum io_table table);
/* Whether the reader may keep one more of that kind for the user, of .most for all; counts it. */
bool io_shares_may_keep(struct io_shares *s, __u32 payer, enum io_table table, __u64 most);
/* So much could not be kept. */
void io_shares_lose(struct io_shares *s, __u32 payer, enum io_table table, __u64 count);
/* What the reader kept is gone. */
void io_shares_forget(struct io_shares *s);
/* Whose is what found no place, the most first; *list is the caller's. */
size_t io_shares_lost(const struct io_shares *s, struct fixbuf_bpf *skel, struct io_loser **list);
void io_shares_free(struct io_shares *s);

#endif
