// SPDX-License-Identifier: GPL-2.0
#include "checks/io_hazards.h"
#include "commands/stat/settle.h"

/* Of parts of a selection it is not known which a ring was of. */
static bool is_seen(size_t part, const void *arg)
{
	(void)part;
	return ((const struct stat_sight *)arg)->found;
}

/* A request that is muted, and fails, posts a completion: what a success may hide is that it came late, or by a worker. */
static bool mutes_may_hide(const struct stat_sight *s)
{
	return s->all->muted_fixed && finding_traits(STUCK_REQUEST)->severity >= s->fail_on;
}

/*
 * Of the losses that are told those stay out from which no finding of stat could have come. Calls for which
 * the table was full: only advice speaks of calls, and the explanations of failed I/O, which is found without
 * them. Buffers and addresses: the same. Multishot completions: such requests take provided buffers, not
 * registered ones. Starts that were not seen, and histograms: the I/O is counted, with its failures.
 */
void stat_settle(struct unsettled_list *u, const struct stat_sight *s)
{
	const struct io_model *all = s->all;
	__u64 unjudged = io_hazards_unjudged(all, s->fail_on);

	if (mutes_may_hide(s))
		unsettled_add(u, (struct unsettled){ .what = UNSETTLED_MUTED, .count = all->muted_fixed });
	if (unjudged)
		unsettled_add(u, (struct unsettled){ .what = UNSETTLED_UNJUDGED, .count = unjudged });
	if (!s->found && !all->nr_rows && selection_asks(s->select))
		unsettled_selection(u, UNSETTLED_SELECTION, s->select, is_seen, s);
}
