/* SPDX-License-Identifier: GPL-2.0 */
#ifndef FIXBUF_COMMANDS_STAT_RINGS_SEEN_H
#define FIXBUF_COMMANDS_STAT_RINGS_SEEN_H

#include "model/io_counters.h"
#include "model/ledger.h"

/* How many rings advice has to speak of, as they were when they did what was counted. */
size_t rings_seen(const struct ledger *l, const struct io_model *m);

#endif
