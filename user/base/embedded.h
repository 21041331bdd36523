/* SPDX-License-Identifier: GPL-2.0 */
/* Files of the source that the program carries: texts.c is made of them by the build. */
#ifndef FIXBUF_BASE_EMBEDDED_H
#define FIXBUF_BASE_EMBEDDED_H

#include <stddef.h>

struct text {
	const char *name;	/* "schema/trace.json" */
	const char *text;
};

extern const struct text texts[];
extern const size_t nr_texts;

#endif
