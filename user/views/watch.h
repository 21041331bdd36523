/* SPDX-License-Identifier: GPL-2.0 */
/* What a watch says: findings with what caused them, losses, totals. */
#ifndef FIXBUF_VIEWS_WATCH_H
#define FIXBUF_VIEWS_WATCH_H

#include <abi/io_stale.h>
#include "base/output.h"
#include "checks/cause.h"
#include "checks/finding.h"
#include "checks/verdict.h"
#include "model/tier.h"

struct watch_totals {
	__u64 calls, lost, ignored, duration_ns;
	__u64 looks;	/* at everything */
	__u64 unlooked_ns; /* the longest that a buffer lived on after its pages were compared */
	struct finding_counts found;
	bool io;	/* the next are known */
	struct io_stale_hits lost_to_stale;
	__u64 uncounted_slots;		/* of a look, the most: with stale pages, whose I/O found no room */
	struct io_wrong wrong;
	struct {
		__u64 certain, possible, uncompared; /* requests */
		bool ends_missed; /* some may have ended unseen: none is certain */
	} overlap;
	enum tier tier;
};

/* With its cause: a call does not take pages away, they are seen after it. */
void view_watch_finding(const struct output *to, const struct finding *f, const struct cause *cause);
/* One that was told, as it was last: it counts more. It is none of its own. */
void view_watch_grown(const struct output *to, const struct finding *f);
/* .skipped of them are runs of programs, which no larger buffer keeps. */
void view_watch_lost(const struct output *to, __u64 count, __u64 skipped);
/* .left: processes of a program that ran on after its end. */
void view_watch_end(const struct output *to, const struct watch_totals *t, unsigned int left, enum verdict v,
		    const struct unsettled_list *u);

#endif
