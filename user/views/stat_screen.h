/* SPDX-License-Identifier: GPL-2.0 */
/* What stat shows on a terminal, one picture after another. */
#ifndef FIXBUF_VIEWS_STAT_SCREEN_H
#define FIXBUF_VIEWS_STAT_SCREEN_H

#include "views/stat.h"

struct stat_screen {
	unsigned int rows, columns;
	size_t first;		/* of the table's rows; made to be one that there is */
	size_t first_note;	/* likewise, of the lines that stand below it */
	size_t page;		/* how many rows, or lines of notes, the last picture had room for */
	enum io_order order;
	bool help;		/* the keys instead */
	bool notes;		/* all that stands below the table instead */
	bool typing;		/* .only is being typed */
	char only[32];		/* rows whose process, ring or opcode have it, "" = all */
	__u64 interval_ns;
};

/* Text of at most .rows lines, to be freed; .v->m NULL = nothing was measured yet. */
char *view_stat_screen(const struct view_stat *v, struct stat_screen *s);

#endif
