// SPDX-License-Identifier: GPL-2.0
#include "commands/stat/unseen.h"
#include "model/io_loss.h"

void unseen_add(const struct unseen *n, const struct io_model *all, struct unsettled_list *u)
{
	__u64 rest = io_lost(all) + all->loss.evicted + all->loss.no_cause +
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
