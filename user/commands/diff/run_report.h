/* SPDX-License-Identifier: GPL-2.0 */
/* What diff takes of a document that report --json printed of a recording: counters, by what they are of. */
#ifndef FIXBUF_COMMANDS_DIFF_RUN_REPORT_H
#define FIXBUF_COMMANDS_DIFF_RUN_REPORT_H

#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>
#include "base/json_read.h"

enum unit { UNIT_COUNT, UNIT_BYTES, UNIT_TIME };

struct counter_row {
	const char *group, *name;	/* "register", "calls"; the group as it is called for people: */
	const char *label;
	enum unit unit;
	enum matters { MATTERS_NOT, MATTERS_FAILED, MATTERS_LATENCY } matters;
	size_t of;		/* the counter of what a failure is a part of, or of what was timed */
	__u64 least;		/* so many have to be timed in each for a comparison */
};

#define NR_COUNTERS 56		/* of .of below; there are fewer */

struct run_report {
	bool there, cut_off;
	__u64 duration_ns;
	struct amount {
		__u64 value;
		bool known;	/* false, too, where there was nothing */
	} of[NR_COUNTERS];
};

/* True, and the value is taken, when a member of the document with this name is one of a recording. */
bool run_report_take(struct run_report *r, struct json_reader *j, struct untrusted name);
/* Once all was read: what happened per second. */
void run_report_end(struct run_report *r);

/* The row of a counter, NULL beyond the last. */
const struct counter_row *counter_row(size_t i);

/* How often as much, of two that are known and not 0; else 0. */
double run_ratio(const struct run_report *a, const struct run_report *b, size_t i);
/* Of a median of I/O: from what to what the ratio is, by the quartiles of each's intervals; false where there are too few. */
bool run_spread(const struct run_report *a, const struct run_report *b, size_t i, double *low, double *high);
/* Whether anything was counted. */
bool run_has_any(const struct run_report *r);
/* Whether a greater part failed. */
bool run_fails_more(const struct run_report *a, const struct run_report *b);
/* Whether half of what was timed, or all but a hundredth, takes a quarter longer, by more than its spread; -1 where too little was timed. */
int run_is_slower(const struct run_report *a, const struct run_report *b);

#endif
