// SPDX-License-Identifier: GPL-2.0
#include "checks/io_hazards.h"
#include "commands/stat/settle.h"
#include "model/io_loss.h"

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

/* Of a completion that found no room and names no request: whether it was over a registered buffer is not known. */
static __u64 failed_nameless(const struct io_model *all)
{
	__u64 nr = 0;

	for (size_t i = 0; i < all->nr_rows; i++)
		if (IO_WHO_OP(all->rows[i].c.who) == IO_OP_UNKNOWN)
			nr += all->rows[i].c.errors;
	return nr;
}

/* Requests that were not followed from their begin to their end: a row per user where it is known whose they are. */
static void add_unseen(struct unsettled_list *u, const struct stat_sight *s)
{
	const struct io_model *all = s->all;
	__u64 rest = io_lost(all) + all->loss.evicted + all->loss.no_cause + failed_nameless(all) +
		     (all->sees_under_way ? 0 : all->in_flight);

	for (size_t i = 0; i < s->nr_losers; i++) {
		const struct io_loser *l = &s->losers[i];

		if (l->table != IO_TABLE_STARTS && l->table != IO_TABLE_FAILURES && l->table != IO_TABLE_OTHERS)
			continue;
		rest -= l->count < rest ? l->count : rest;
		unsettled_add(u, (struct unsettled){
			.what = UNSETTLED_REQUESTS, .has_uid = true, .uid = l->uid, .count = l->count,
		});
	}
	if (rest)
		unsettled_add(u, (struct unsettled){ .what = UNSETTLED_REQUESTS, .count = rest });
}

/*
 * Of the losses that are told those stay out from which no finding of stat could have come. Calls for which
 * the table had no more room: only advice speaks of calls, and the explanations of failed I/O, which is found without
 * them. Buffers and addresses: the same. Multishot completions: such requests take provided buffers, not
 * registered ones. Starts that were not seen, and histograms: the I/O is counted, with its failures.
 */
void stat_settle(struct unsettled_list *u, const struct stat_sight *s)
{
	const struct io_model *all = s->all;
	__u64 unjudged = io_hazards_unjudged(all, s->fail_on);

	add_unseen(u, s);
	if (mutes_may_hide(s))
		unsettled_add(u, (struct unsettled){ .what = UNSETTLED_MUTED, .count = all->muted_fixed });
	if (unjudged)
		unsettled_add(u, (struct unsettled){ .what = UNSETTLED_UNJUDGED, .count = unjudged });
	if (!s->found && !all->nr_rows && selection_asks(s->select))
		unsettled_selection(u, UNSETTLED_SELECTION, s->select, is_seen, s);
}
