/* SPDX-License-Identifier: GPL-2.0 */
/* Whose what was lost was, from a file. */
#ifndef FIXBUF_RECORDING_READER_LOSERS_H
#define FIXBUF_RECORDING_READER_LOSERS_H

#include "model/event.h"
#include "recording/format.h"

struct recording_losers {
	struct user_loss *events;	/* owned, as the other */
	size_t nr_events;
	struct io_loser *io;
	size_t nr_io;
};

/* A REC_USER_LOST or a REC_USER_IO_LOST. What no recording has so many of, or is of no table known, is left out. */
void recording_loser(struct recording_losers *l, const struct rec *rec, const void *data);
void recording_losers_free(struct recording_losers *l);

#endif
