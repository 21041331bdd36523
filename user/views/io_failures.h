/* SPDX-License-Identifier: GPL-2.0 */
/* I/O that failed, or took a slower way, and why: the same in stat and in a report. */
#ifndef FIXBUF_VIEWS_IO_FAILURES_H
#define FIXBUF_VIEWS_IO_FAILURES_H

#include <stdio.h>
#include "base/json.h"
#include "checks/io_failures.h"

/* Those that failed, a line and their cause each; with a heading unless there is none. */
void view_io_failed_text(FILE *out, const struct io_failures *f, const char *heading);
/* The others. */
void view_io_slower_text(FILE *out, const struct io_failures *f, const char *heading);
/* "io_failures" and "io_slower". */
void view_io_failures_json(struct json *j, const struct io_failures *f);

#endif
