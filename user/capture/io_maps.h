/* SPDX-License-Identifier: GPL-2.0 */
/* From the maps of the I/O programs to the model: merged over CPUs. */
#ifndef FIXBUF_CAPTURE_IO_MAPS_H
#define FIXBUF_CAPTURE_IO_MAPS_H

#include "model/io_counters.h"

struct fixbuf_bpf;

/* What tells requests under way apart, and whether they are counted: that takes most of the time. */
enum io_starts {
	IO_STARTS_BY_REQUEST,
	IO_STARTS_BY_USER_DATA,
	IO_STARTS_UNREAD,
};

/* Into an empty model, all but .missed. -errno with a sentence. */
int io_read_maps(struct fixbuf_bpf *skel, enum io_starts starts, struct io_model *m);

#endif
