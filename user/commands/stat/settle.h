/* SPDX-License-Identifier: GPL-2.0 */
/* What the verdict of stat cannot speak of. */
#ifndef FIXBUF_COMMANDS_STAT_SETTLE_H
#define FIXBUF_COMMANDS_STAT_SETTLE_H

#include "checks/verdict.h"
#include "model/event.h"
#include "model/io_counters.h"

/* What was seen. */
struct stat_sight {
	const struct io_model *all; /* as counted in total, and what is under way */
	const struct selection *select;
	bool found;		/* a ring of the selection, once at least */
	enum severity fail_on;
	const struct user_loss *evicted; /* whose starts lost their place: io_stat_evicted() */
	size_t nr_evicted;
};

void stat_settle(struct unsettled_list *u, const struct stat_sight *s);

#endif
