/* SPDX-License-Identifier: GPL-2.0 */
/* Numbers that the kernel side keeps for each user: bpf/user_counts.h. */
#ifndef FIXBUF_CAPTURE_USER_COUNTS_H
#define FIXBUF_CAPTURE_USER_COUNTS_H

#include "model/event.h"

/* What the hash of that descriptor holds; *list is the caller's. */
size_t user_counts(int map, struct user_loss **list);

#endif
