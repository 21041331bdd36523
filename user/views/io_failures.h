/* SPDX-License-Identifier: GPL-2.0 */
/* I/O that failed, or took a slower way, and why: the same in stat and in a report. */
#ifndef FIXBUF_VIEWS_IO_FAILURES_H
#define FIXBUF_VIEWS_IO_FAILURES_H

#include <stdio.h>
#include "base/json.h"
#include "checks/io_failures.h"

#define VIEW_IO_FAILURES 20	/* more would hide the rest, where nobody says how many */

/*
 * Those that failed, .most of them, a line and their cause each; with a heading unless there is none.
 * .rest says how the others are to be had.
 */
void view_io_failed_text(FILE *out, const struct io_failures *f, size_t most, const char *rest, const char *heading);
/* Those that took a slower way. */
void view_io_slower_text(FILE *out, const struct io_failures *f, size_t most, const char *rest, const char *heading);
/* "io_failures" and "io_slower". */
void view_io_failures_json(struct json *j, const struct io_failures *f);

#endif
