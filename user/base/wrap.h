/* SPDX-License-Identifier: GPL-2.0 */
#ifndef FIXBUF_BASE_WRAP_H
#define FIXBUF_BASE_WRAP_H

#include <stdio.h>

/*
 * Prints a text and a line end, wrapped at blanks before column .width. The
 * first line goes on at .column; the next ones begin with .indent blanks.
 */
void wrap(FILE *out, const char *text, int column, int indent, int width);

#endif
