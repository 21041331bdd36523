/* SPDX-License-Identifier: GPL-2.0 */
/* What of the I/O is in no count. */
#ifndef FIXBUF_MODEL_IO_LOSS_H
#define FIXBUF_MODEL_IO_LOSS_H

#include <abi/io_share.h>
#include "model/io_counters.h"

/* Of what found no place in that table so much is that user's. */
struct io_loser {
	__u32 uid;
	enum io_table table;
	__u64 count;
};

/* I/Os that ended and are in no row; the other losses cost a latency or a detail. */
__u64 io_lost(const struct io_model *m);
/* Whether there was any I/O at all, though none of it ended, or is in a row. */
bool io_any(const struct io_model *m);
/* I/Os that failed, were not cancelled, and are in no row of failures. */
__u64 io_no_cause(const struct io_model *m);
/* Uses of buffers found no room to be counted: a busy one may look idle. */
bool io_uses_lost(const struct io_model *m);

#endif
