// SPDX-License-Identifier: GPL-2.0
#include <abi/fact.h>
#include <stdlib.h>
#include <string.h>
#include "base/array.h"
#include "model/io_loss.h"
#include "recording/reader_fact.h"
#include "recording/reader_losers.h"

#define MAX_IO_LOSERS	((IO_SHARE_USERS + FACT_SENDERS) * (IO_TABLES + 1))

static void io_loser(struct recording_losers *l, const struct rec *rec, const void *data)
{
	struct rec_user_io_lost lost;

	record_take(&lost, sizeof(lost), rec, data);
	if (lost.table == REC_TABLE_STARTS)
		lost.table = IO_TABLE_STARTS;
	else if (lost.table >= IO_TABLES)
		return;
	if (l->nr_io >= MAX_IO_LOSERS)
		return;
	array_grow(l->io, l->nr_io);
	l->io[l->nr_io++] = (struct io_loser){ lost.uid, lost.table, lost.count };
}

void recording_loser(struct recording_losers *l, const struct rec *rec, const void *data)
{
	struct rec_user_lost lost;

	if (rec->type == REC_USER_IO_LOST) {
		io_loser(l, rec, data);
		return;
	}
	record_take(&lost, sizeof(lost), rec, data);
	if (l->nr_events > FACT_SENDERS)
		return;
	array_grow(l->events, l->nr_events);
	l->events[l->nr_events++] = (struct user_loss){ lost.uid, lost.count };
}

void recording_losers_free(struct recording_losers *l)
{
	free(l->events);
	free(l->io);
	memset(l, 0, sizeof(*l));
}
