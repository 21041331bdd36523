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
	bool json, timestamps, quiet, no_header;
	int verbose;
};

#endif
