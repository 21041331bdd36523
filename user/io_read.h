/* SPDX-License-Identifier: GPL-2.0 */
/* From the maps of the I/O programs to the model: merged over CPUs. */
#ifndef FIXBUF_IO_READ_H
#define FIXBUF_IO_READ_H

#include "io_model.h"

struct fixbuf_bpf;

/* Into an empty model, all but .missed. -errno with a sentence. */
int io_read_maps(struct fixbuf_bpf *skel, bool by_user_data, struct io_model *m);

#endif
