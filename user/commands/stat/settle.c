// SPDX-License-Identifier: GPL-2.0
#include "commands/stat/settle.h"
#include "model/io_loss.h"

/* Of parts of a selection it is not known which a ring was of. */
static bool is_seen(size_t part, const void *arg)
{
	(void)part;
	return ((const struct stat_sight *)arg)->found;
}

void stat_settle(struct unsettled_list *u, const struct stat_sight *s)
{
	const struct io_model *all = s->all;
	__u64 unseen = io_lost(all) + all->loss.evicted + all->loss.no_cause +
		       (all->sees_under_way ? 0 : all->in_flight);

	if (unseen)
		unsettled_add(u, (struct unsettled){ .what = UNSETTLED_REQUESTS, .count = unseen });
	if (s->missed_children)
		unsettled_add(u, (struct unsettled){ .what = UNSETTLED_CHILDREN, .count = 1 });
	if (!s->found && !all->nr_rows && selection_asks(s->select))
		unsettled_selection(u, UNSETTLED_SELECTION, s->select, is_seen, s);
}
