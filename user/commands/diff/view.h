/* SPDX-License-Identifier: GPL-2.0 */
/* A difference as text that fits 80 columns, and as JSON. */
#ifndef FIXBUF_COMMANDS_DIFF_VIEW_H
#define FIXBUF_COMMANDS_DIFF_VIEW_H

#include "base/output.h"
#include "commands/diff/compare.h"

#define MAX_REASONS 12

/* What the processes of one name have more of. */
struct grown {
	struct untrusted comm;
	__u64 had, has;
};

struct worse {
	const char *what;	/* a word of --fail-on */
	bool bytes;		/* else a number */
	struct grown *by;	/* owned; the most first; none of what is not of rings */
	size_t nr_by;
};

/* What follows for who asked. */
struct conclusion {
	struct worse worse[MAX_REASONS];
	size_t nr_worse;
	const char *apart[MAX_REASONS];		/* what only one of them has, and nobody asked for */
	size_t nr_apart;
	char unsettled[MAX_REASONS][512];	/* sentences */
	size_t nr_unsettled;
};

void view_difference_text(const struct output *to, const struct difference *d, const struct snapshot s[2],
			  const struct conclusion *c);
void view_difference_json(const struct output *to, const struct difference *d, const struct snapshot s[2],
			  const struct conclusion *c);

#endif
