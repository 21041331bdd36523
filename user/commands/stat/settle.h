/* SPDX-License-Identifier: GPL-2.0 */
/* What the verdict of stat cannot speak of. */
#ifndef FIXBUF_COMMANDS_STAT_SETTLE_H
#define FIXBUF_COMMANDS_STAT_SETTLE_H

#include "checks/verdict.h"
#include "model/io_counters.h"
#include "model/io_loss.h"

/* What was seen. */
struct stat_sight {
	const struct io_model *all; /* as counted in total, and what is under way */
	const struct selection *select;
	bool found;		/* a ring of the selection, once at least */
	enum severity fail_on;
	const struct io_loser *losers; /* io_stat_losers() */
	size_t nr_losers;
};

void stat_settle(struct unsettled_list *u, const struct stat_sight *s);

#endif
