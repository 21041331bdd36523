/* SPDX-License-Identifier: GPL-2.0 */
/* Where a command prints, and in which form. */
#ifndef FIXBUF_BASE_OUTPUT_H
#define FIXBUF_BASE_OUTPUT_H

#include <stdbool.h>
#include <stdio.h>

struct output {
	const char *path;	/* of -o, NULL = standard output */
	FILE *out;
	const char *kernel;	/* release of the kernel that is told about */
	const char *boot_id;	/* of what runs now, for who compares two looks; NULL = it is not told */
	bool json, csv, timestamps, quiet, no_header;
	int verbose;
	enum { COLOUR_AUTO, COLOUR_ALWAYS, COLOUR_NEVER } colour;
};

/* Whether what people read is coloured: without --color on terminals, unless NO_COLOR forbids it. */
bool output_is_coloured(const struct output *to);
/* Whether somebody may still read it: no totals are told behind a pipe that was closed. */
bool output_is_read(const struct output *to);

#endif
