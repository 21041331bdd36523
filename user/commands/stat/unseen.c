// SPDX-License-Identifier: GPL-2.0
#include "commands/stat/unseen.h"
#include "model/io_loss.h"

/* Of a completion that found no room and names no request: whether it was over a registered buffer is not known. */
static __u64 failed_nameless(const struct io_model *all)
{
	__u64 nr = 0;

	for (size_t i = 0; i < all->nr_rows; i++)
		if (IO_WHO_OP(all->rows[i].c.who) == IO_OP_UNKNOWN)
			nr += all->rows[i].c.errors;
	return nr;
}

void unseen_add(const struct unseen *n, const struct io_model *all, struct unsettled_list *u)
{
	__u64 rest = io_lost(all) + all->loss.evicted + all->loss.no_cause + failed_nameless(all) +
		     (all->sees_under_way ? 0 : all->in_flight);

	for (size_t i = 0; i < n->nr_evicted; i++) {
		const struct user_loss *l = &n->evicted[i];

		rest -= l->count < rest ? l->count : rest;
		unsettled_add(u, (struct unsettled){
			.what = UNSETTLED_REQUESTS, .has_uid = true, .uid = l->uid, .count = l->count,
		});
	}
	if (rest)
		unsettled_add(u, (struct unsettled){ .what = UNSETTLED_REQUESTS, .count = rest });
}
