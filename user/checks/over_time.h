/* SPDX-License-Identifier: GPL-2.0 */
/* What the checks find in a ledger that is replayed, each once, with when it was first so. */
#ifndef FIXBUF_CHECKS_OVER_TIME_H
#define FIXBUF_CHECKS_OVER_TIME_H

#include "checks/finding_index.h"
#include "model/event.h"
#include "model/selection.h"

/* Zero but for .select. */
struct over_time {
	const struct selection *select;
	struct findings list;	/* .detail as it was when it was worst; sorted at the end */
	struct finding_index *index; /* of the list */
	/* the state of the checks */
	__u64 last_ns;		/* of the last fact that was fed */
	__s64 now_ns;		/* the same since the begin */
	__u64 budget;		/* steps that checks may take: as many as facts were told, and some */
	bool torn;		/* facts were lost since the last look */
	bool dirty;		/* facts came since the last check */
	bool grown;		/* levels may have, since the last check */
	bool below_zero;	/* the last fact says so of an account */
};

/* Takes every event, in order. */
void over_time_event(struct over_time *f, const struct event *t);
void over_time_free(struct over_time *f);

#endif
