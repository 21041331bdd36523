/* SPDX-License-Identifier: GPL-2.0 */
/* What stat counted, and what a recording of it tells: the same. */
#ifndef FIXBUF_IO_COUNTS_H
#define FIXBUF_IO_COUNTS_H

#include "tool_json.h"

/* Asserts that the rings of .o did .want reads of 512 bytes, each timed, and that nothing is lost. */
void io_counts_are(struct json_object *o, long long want, const char *what);
/* Returns the number of rows of .o for which .is() holds. */
size_t io_rows(struct json_object *o, bool (*is)(struct json_object *row, long long arg),
	       long long arg);

#endif
