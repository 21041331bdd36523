/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Aligned columns, as wide as their content is on a terminal. (Of our own: Debian ships
 * libsmartcols without a static archive, and STATIC=1 must link.)
 */
#ifndef FIXBUF_BASE_TABLE_H
#define FIXBUF_BASE_TABLE_H

#include <stdbool.h>
#include <stdio.h>

struct table;

/* columns: names by spaces; '<' before a name aligns left, otherwise right. */
struct table *table_new(const char *columns);
/* Next cell of the current row; a row is full with its last column. */
void table_cell(struct table *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* How wide it is, with what it has now. */
size_t table_columns(const struct table *t);
/* Leaves out the column of that name, if there is one. */
void table_drop(struct table *t, const char *name);
/* Cuts the cells of that column until the table is so wide, or the column as narrow as its name. */
void table_narrow(struct table *t, const char *name, size_t columns);
/* Prints, each line after .indent blanks, and frees. */
void table_print(struct table *t, FILE *out, bool header, int indent);

#endif
