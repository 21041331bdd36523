/* SPDX-License-Identifier: GPL-2.0 */
/* trace --io: an I/O over a registered buffer as a line, and what they come to. */
#ifndef FIXBUF_VIEWS_IO_LINE_H
#define FIXBUF_VIEWS_IO_LINE_H

#include "base/json.h"
#include "model/io_counters.h"
#include "views/trace_text.h"

/* What follows the head of the line. */
void view_io_text(FILE *out, const struct fact_io *f);
/* Below it: why it failed, if it did. */
void view_io_why(FILE *out, const struct fact_io *f, const struct ledger *l, int indent, int width);
/* The memory of a zero-copy send is free again: FACT_IO_NOTICE. */
void view_notice_text(FILE *out, const struct fact_io *f);
void view_notice_json(struct json *j, const struct fact_io *f);
/* The fields that follow the head. */
void view_io_json(struct json *j, const struct fact_io *f, const struct ledger *l);
/* .m: of the tasks that are wanted; .starts_by as in capture/io_programs.h. */
void view_io_end(const struct view_trace *v, const struct io_model *m, const char *starts_by);

#endif
