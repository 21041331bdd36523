/* SPDX-License-Identifier: GPL-2.0 */
/* I/O over pages that a look found stale, counted by the kernel side: bpf/io_stale.h. */
#ifndef FIXBUF_CAPTURE_IO_STALE_H
#define FIXBUF_CAPTURE_IO_STALE_H

#include <abi/io_stale.h>
#include <stdbool.h>

struct fixbuf_bpf;

/* Before the load, with io_how.stale. */
void io_stale_prepare(struct fixbuf_bpf *skel, bool used);
/*
 * Counts I/O over what is stale of a slot, from its .hits on, while .armed_ns is the ring's. False when
 * there is no room.
 */
bool io_stale_count(struct fixbuf_bpf *skel, const struct io_stale_key *at, const struct io_stale *what);
/* The ring's slots with that .armed_ns count from now on, until its table changes. False without room. */
bool io_stale_arm(struct fixbuf_bpf *skel, __u64 ring, __u64 armed_ns);
/* With which .armed_ns they count, 0 = they do not. */
__u64 io_stale_armed(struct fixbuf_bpf *skel, __u64 ring);
void io_stale_disarm(struct fixbuf_bpf *skel, __u64 ring);
/* What was counted until now; false when there is no such slot. */
bool io_stale_read(struct fixbuf_bpf *skel, const struct io_stale_key *at, struct io_stale *what);
void io_stale_forget(struct fixbuf_bpf *skel, const struct io_stale_key *at);
/* Requests that ran over other memory than they were submitted for, of one slot: told once. */
bool io_wrong_take(struct fixbuf_bpf *skel, struct io_stale_key *at, struct io_wrong *what);

#endif
