/* SPDX-License-Identifier: GPL-2.0 */
/* Requests that hold a registered buffer and do not end. */
#ifndef FIXBUF_CHECKS_STUCK_H
#define FIXBUF_CHECKS_STUCK_H

#include "base/clock.h"
#include "checks/finding.h"
#include "model/io_counters.h"

#define STUCK_NS	(2 * NS_PER_S)	/* younger requests are of no interest */

/*
 * Appends a finding per slot, process, opcode and cause: of requests under way (which .m must see)
 * that are older than that and than ten times the P99.9 of those of their kind that ended, by .whole:
 * what was counted in all the time watched, while .m may be of an interval in which none ended.
 */
void check_stuck(const struct io_model *m, const struct io_model *whole, const struct ledger *l,
		 struct findings *out);

#endif
