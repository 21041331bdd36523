/* SPDX-License-Identifier: GPL-2.0 */
#ifndef FIXBUF_BASE_WRAP_H
#define FIXBUF_BASE_WRAP_H

#include <stdio.h>

/* How wide text is on .out: as the terminal that it is, but 40 to 100 columns; .width elsewhere. */
int wrap_width(FILE *out, int width);

/* What goes to .out is for a screen of so many columns, though it is no terminal; NULL = nothing is. */
void wrap_for_screen(FILE *out, unsigned int columns);

/*
 * Prints a text and a line end, wrapped at blanks before column wrap_width(). The
 * first line goes on at .column; the next ones begin with .indent blanks.
 */
void wrap(FILE *out, const char *text, int column, int indent, int width);

/* The same of what is one line where there is no terminal; all lines are at .indent, the first already. */
void wrap_line(FILE *out, int indent, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

#endif
