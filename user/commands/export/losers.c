// SPDX-License-Identifier: GPL-2.0
/* Whose of what was lost is known. */
#include <stdlib.h>
#include "capture/capture.h"
#include "capture/fact_reader.h"
#include "capture/io_programs.h"
#include "commands/export/model.h"

void export_losers(struct export_model *m, const struct user_loss *losers, size_t nr)
{
	m->lost_by_others = 0;
	for (size_t i = 0; i < nr; i++) {
		size_t k = 0;

		while (k < m->nr_losers && m->losers[k].uid != losers[i].uid)
			k++;
		if (losers[i].uid == LOSS_OF_REST || k == EXPORT_LOSERS) {
			m->lost_by_others += losers[i].count;
			continue;
		}
		m->losers[k] = losers[i];
		m->nr_losers += k == m->nr_losers;
	}
}

void export_losses(struct export_model *m, const struct capture *c)
{
	size_t nr;
	const struct user_loss *losers = facts_losses(c->facts, &nr);

	export_losers(m, losers, nr);
	free(m->io_losers);
	m->nr_io_losers = io_stat_losers(c->io, &m->io_losers);
}
