/* SPDX-License-Identifier: GPL-2.0 */
/* What a ring has besides its buffers, from a file. */
#ifndef FIXBUF_RECORDING_READER_MEMORY_H
#define FIXBUF_RECORDING_READER_MEMORY_H

#include "model/event.h"
#include "recording/format.h"

/* Where the rows are until the next. */
struct recording_memory {
	struct ring_memory *list;	/* owned */
	size_t nr;
};

/* Makes the event of a record; what is wrong with it, or NULL. */
const char *recording_memory(struct recording_memory *m, const struct rec *rec, const void *data, struct event *out);

#endif
