/* SPDX-License-Identifier: GPL-2.0 */
/* Submissions that have no latency, as their users had most of the places for starts. */
#ifndef FIXBUF_CAPTURE_IO_EVICTED_H
#define FIXBUF_CAPTURE_IO_EVICTED_H

#include "model/event.h"

struct fixbuf_bpf;

/* How many of each user, the most first, of those that are told apart; *list is the caller's. */
size_t io_evicted(struct fixbuf_bpf *skel, struct user_loss **list);

#endif
