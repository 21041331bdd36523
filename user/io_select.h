/* SPDX-License-Identifier: GPL-2.0 */
/* Whose I/O is wanted: of PROGRAM, or of who -p, -u and --comm name. */
#ifndef FIXBUF_IO_SELECT_H
#define FIXBUF_IO_SELECT_H

#include "env.h"
#include "io_model.h"

/* Drops what is not, and rows that count nothing. */
void io_select(struct io_model *m, const struct env *env);

#endif
