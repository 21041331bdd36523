/* SPDX-License-Identifier: GPL-2.0 */
/* Findings that the user accepts: they are counted, and decide nothing. */
#ifndef FIXBUF_CHECKS_IGNORED_H
#define FIXBUF_CHECKS_IGNORED_H

#include "checks/finding.h"

struct unsettled_list;

#define IGNORED_MAX_BYTES (1 << 20)	/* of a file */

struct ignored_rule {
	enum finding_tag tag;
	bool has_uid;
	__u32 uid;		/* of the process, or of the account */
	char *comm;		/* owned glob over the name of the process; NULL = any */
};

struct ignored {
	struct ignored_rule *list;	/* owned */
	size_t nr;
};

/* Takes TAG, TAG:COMM or TAG:UID; false when it is none of these. */
bool ignored_add(struct ignored *i, const char *text, size_t len);
/*
 * Takes the lines of a file: each as above, blank, or behind a '#' a comment. 0, or the number of
 * the first line that is none of these.
 */
size_t ignored_add_lines(struct ignored *i, const char *text, size_t len);
void ignored_free(struct ignored *i);

bool ignored_has(const struct ignored *i, const struct finding *f);
/*
 * Takes suspicions that are ignored, and those of a lesser severity than .fail_on, out of what is unsettled:
 * whether they are so or not, the verdict is the same.
 */
void ignored_settle(const struct ignored *i, const struct findings *fs, enum severity fail_on,
		    struct unsettled_list *u);
/* Drops what is ignored; returns how many were. */
size_t ignored_drop(const struct ignored *i, struct findings *fs);

#endif
