/* SPDX-License-Identifier: GPL-2.0 */
/* Whose I/O is wanted: of PROGRAM, or of who -p, -u and --comm name. */
#ifndef FIXBUF_MODEL_IO_SELECT_H
#define FIXBUF_MODEL_IO_SELECT_H

#include "model/io_counters.h"
#include "model/selection.h"

/* Drops what is not, and rows that count nothing. */
void io_select(struct io_model *m, const struct selection *s);

#endif
