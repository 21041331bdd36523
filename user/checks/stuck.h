/* SPDX-License-Identifier: GPL-2.0 */
/* Requests that hold a registered buffer and do not end. */
#ifndef FIXBUF_CHECKS_STUCK_H
#define FIXBUF_CHECKS_STUCK_H

#include "checks/finding.h"
#include "model/io_counters.h"

/*
 * Appends a finding per slot, process, opcode and cause: of requests under way (which .m must see)
 * that are older than 2 s and than ten times the P99.9 of those of their kind that ended.
 */
void check_stuck(const struct io_model *m, const struct ledger *l, struct findings *out);

#endif
