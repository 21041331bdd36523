/* SPDX-License-Identifier: GPL-2.0 */
/* Requests that stat did not follow from their begin to their end, by user where it is known whose they are. */
#ifndef FIXBUF_COMMANDS_STAT_UNSEEN_H
#define FIXBUF_COMMANDS_STAT_UNSEEN_H

#include "checks/verdict.h"
#include "model/event.h"
#include "model/io_counters.h"

struct unseen {
	struct user_loss *evicted; /* owned: io_stat_evicted() */
	size_t nr_evicted;
};

/* Adds a row per user, and one of the rest. */
void unseen_add(const struct unseen *n, const struct io_model *all, struct unsettled_list *u);

#endif
