/* SPDX-License-Identifier: GPL-2.0 */
/* Findings: what a check concludes from the ledger. Tags are stable. */
#ifndef FIXBUF_CHECKS_FINDING_H
#define FIXBUF_CHECKS_FINDING_H

#include "model/ledger.h"

enum severity { SEVERITY_INFO, SEVERITY_WARNING, SEVERITY_ERROR };

enum finding_tag {
	STALE_PAGE, UNMAPPED_PAGE, UNPINNED_PAGE, UNCHARGED_PIN, OVERCHARGED,
	CHARGE_UNDERFLOW, GHOST_PIN, BAD_SEGMENT, LEAKED_PIN, OVER_LIMIT, NEAR_LIMIT,
	NR_FINDING_TAGS
};

struct finding {
	enum finding_tag tag;
	__u64 ring;		/* 0: about a user or mm as a whole */
	__u32 pid;		/* 0 = none */
	__s32 fd;		/* -1 = none */
	__s32 index;		/* slot, -1 = not about one slot */
	__u32 uid;
	__u64 addr;
	__u64 pages;
	char *detail;		/* owned: evidence in one sentence */
	const char *remedy;	/* what a person can do */
};

struct findings {
	struct finding *list;	/* owned */
	size_t nr;
};

const char *finding_tag_name(enum finding_tag tag);
enum severity finding_severity(enum finding_tag tag);
const char *severity_name(enum severity s);

/* Appends; .detail is formatted and owned by the list. */
void finding_add(struct findings *fs, struct finding f, const char *detail_fmt, ...)
	__attribute__((format(printf, 3, 4)));
void findings_free(struct findings *fs);
/* The highest severity, or -1 when there is none. */
int findings_worst(const struct findings *fs);

/* Checks: pure functions of the ledger. */
struct check_options {
	bool every_page;	/* one finding a page instead of merged ranges */
	unsigned int near_limit_percent; /* 0 = 90 */
};
void check_pages(const struct ledger *l, const struct check_options *o, struct findings *out);
void check_charges(const struct ledger *l, const struct check_options *o, struct findings *out);
/* Only of pins that were seen; .now is a walk's ledger of all rings, NULL without. */
void check_leaks(const struct ledger *l, const struct ledger *now, struct findings *out);

#endif
