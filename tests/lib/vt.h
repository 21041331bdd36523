/* SPDX-License-Identifier: GPL-2.0 */
/* A terminal as its user sees it: cells, of the few sequences that fixbuf-trace sends. */
#ifndef FIXBUF_TESTS_LIB_VT_H
#define FIXBUF_TESTS_LIB_VT_H

#include <stdbool.h>
#include <stddef.h>

#define VT_ROWS 60
#define VT_COLUMNS 250

struct vt {
	unsigned int rows, columns;	/* set by the caller; at most VT_* */
	unsigned int row, column;	/* the cursor */
	char cells[VT_ROWS][VT_COLUMNS + 1];
	bool aside;			/* the other screen is shown */
	bool hidden;			/* the cursor is */
	bool overrun;			/* there, a line was wider than it, or a picture higher */
	char sequence[16];		/* that has begun */
	size_t len;
};

void vt_size(struct vt *t, unsigned int rows, unsigned int columns);
void vt_feed(struct vt *t, const char *bytes, size_t len);
/* The line that has this text, NULL = none. */
const char *vt_line(const struct vt *t, const char *text);

#endif
