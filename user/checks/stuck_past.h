/* SPDX-License-Identifier: GPL-2.0 */
/* Requests that did not end when they were looked at and have ended since: of those an end shows nothing. */
#ifndef FIXBUF_CHECKS_STUCK_PAST_H
#define FIXBUF_CHECKS_STUCK_PAST_H

#include "checks/stuck.h"

#define STUCK_KEPT	4096	/* who watches for days sees ever more of them */

struct stuck_past {
	struct stuck_kept *list; /* owned */
	size_t nr;
};

/* Keeps what .now found, with what .whole counts of their kinds. .told: it is told now. */
void stuck_past_add(struct stuck_past *p, const struct stuck_list *now, const struct io_model *whole, bool told);
/*
 * Appends a finding for each that was not told and is under way no more, by .m, which sees what is; each
 * once. .whole as above.
 */
void stuck_past_tell(struct stuck_past *p, const struct io_model *m, const struct io_model *whole,
		     struct findings *out);
void stuck_past_free(struct stuck_past *p);

#endif
