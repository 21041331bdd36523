/* SPDX-License-Identifier: GPL-2.0 */
/* What goes wrong with the I/O of a ring over registered buffers, by what was counted of it. */
#ifndef FIXBUF_CHECKS_IO_HAZARDS_H
#define FIXBUF_CHECKS_IO_HAZARDS_H

#include "checks/finding.h"
#include "model/io_counters.h"

/*
 * Appends a finding per process, ring and hazard. A ring without I/O over registered buffers in .m has
 * none. .l: rings as they were, for who holds them.
 */
void check_io_hazards(const struct io_model *m, const struct ledger *l, struct findings *out);
/*
 * Requests of which it is not known whether they make a finding of that severity or a worse one: what else
 * their process did is counted with others, as there were too many for a row each.
 */
__u64 io_hazards_unjudged(const struct io_model *m, enum severity least);

#endif
