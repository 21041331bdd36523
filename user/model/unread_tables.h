/* SPDX-License-Identifier: GPL-2.0 */
/* Tables that walks of record did not read: beside what a recording tells of its buffers there may be more. */
#ifndef FIXBUF_MODEL_UNREAD_TABLES_H
#define FIXBUF_MODEL_UNREAD_TABLES_H

#include "model/event.h"
#include "model/selection.h"

struct unread_tables {		/* zero at first */
	__u64 gone_slots, gone_rings;	/* of rings that ended, and of runs before */
	__u64 slots, rings;		/* as of the last end of a part, those included */
};

/* Takes every event, in order; counts the rings of the selection. */
void unread_tables_event(struct unread_tables *u, const struct selection *select, const struct event *e);

#endif
