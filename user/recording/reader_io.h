/* SPDX-License-Identifier: GPL-2.0 */
/* The I/O counters of a part of a recording: readings, and what they add up to. */
#ifndef FIXBUF_RECORDING_READER_IO_H
#define FIXBUF_RECORDING_READER_IO_H

#include "model/io_counters.h"
#include "recording/format.h"

struct io_index;

struct recording_io {
	struct io_model all, since;
	struct io_index *index;	/* rows of .all by their key */
	size_t replaced;	/* entries of .all, that others took the place of */
	bool told;		/* .since was: the next row begins another */
};

/* One REC_IO_* record; .data: what follows its head. NULL, or what is wrong with it. */
const char *recording_io_add(struct recording_io *io, const struct rec *rec, const void *data);
void recording_io_free(struct recording_io *io);

#endif
