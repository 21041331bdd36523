/* SPDX-License-Identifier: GPL-2.0 */
/* What a watch says: findings with what caused them, losses, totals. */
#ifndef FIXBUF_VIEWS_WATCH_H
#define FIXBUF_VIEWS_WATCH_H

#include "base/output.h"
#include "capture/stacks.h"
#include "checks/finding.h"
#include "model/tier.h"

enum cause_kind {
	CAUSE_START,		/* it was there already */
	CAUSE_CALL,
	CAUSE_RELEASE,		/* the kernel took back what a ring held */
	CAUSE_LOSS,		/* seen first after a loss */
	CAUSE_BETWEEN,		/* no call explains it */
	CAUSE_END,		/* seen by the last look */
};

struct cause {
	enum cause_kind kind;
	struct fact_call call;	/* CAUSE_RELEASE: only the head, ring and mm */
	__u32 slots;		/* that it was about */
	__s32 fd;		/* of the ring, -1 = none known */
};

/* A cause as it will be told: the names of its stacks may be gone by then. */
struct told_cause {
	char *text;		/* owned; JSON: a line of its own */
	size_t len;
};

struct watch_totals {
	__u64 calls, lost, duration_ns;
	unsigned int nr[SEVERITY_ERROR + 1];
	enum tier tier;
};

/* For a finding with that tag: a call does not take pages away, they are seen after it. */
struct told_cause view_cause(const struct output *to, const struct cause *c, enum finding_tag tag,
			     struct stacks *stacks);
void told_cause_free(struct told_cause *t);
void view_watch_finding(const struct output *to, const struct finding *f,
			const struct told_cause *cause);
void view_watch_lost(const struct output *to, __u64 count);
void view_watch_end(const struct output *to, const struct watch_totals *t);

#endif
