/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Rows of CSV as RFC 4180 quotes them, with line ends of Unix: one table, a title for each column.
 * What is not known is an empty cell.
 */
#ifndef FIXBUF_BASE_CSV_H
#define FIXBUF_BASE_CSV_H

#include <linux/types.h>
#include <stdbool.h>
#include <stdio.h>
#include "base/untrusted.h"

/* Zero but for .out to begin with. */
struct csv {
	FILE *out;
	bool amid;	/* a row has begun */
};

void csv_null(struct csv *c);
void csv_uint(struct csv *c, __u64 v);
void csv_known(struct csv *c, bool known, __u64 v);
void csv_known_int(struct csv *c, bool known, __s64 v);
void csv_double(struct csv *c, double v);
void csv_addr(struct csv *c, __u64 v);
void csv_flag(struct csv *c, bool v);
/* Of our own. */
void csv_str(struct csv *c, const char *s);
void csv_text(struct csv *c, struct untrusted u);
void csv_ns_pid(struct csv *c, __u32 ns_pid);
void csv_end_row(struct csv *c);

#endif
