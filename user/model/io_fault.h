/* SPDX-License-Identifier: GPL-2.0 */
/* Which bound a failed import broke: of the table, or of the buffer. */
#ifndef FIXBUF_MODEL_IO_FAULT_H
#define FIXBUF_MODEL_IO_FAULT_H

#include "model/io_counters.h"

/* What an I/O asked for, and what its slot was then. */
struct io_import {
	__u32 index, nr_slots;
	__u32 opcode;		/* IORING_OP_* */
	bool empty;		/* the slot held nothing */
	bool has_range;		/* .addr and .len_bytes are known */
	bool other_tag;		/* than that of the buffer's address */
	__u64 addr, len_bytes;
	__u64 buf_addr, buf_len_bytes;
};

enum io_bound {
	IO_BOUND_NONE,		/* none: it lies inside the buffer */
	IO_BOUND_UNKNOWN,	/* the range is not known */
	IO_BOUND_INDEX,		/* beyond the table */
	IO_BOUND_EMPTY,		/* an empty slot */
	IO_BOUND_WRAP,		/* its end wraps around */
	IO_BOUND_BEGIN,		/* before the buffer */
	IO_BOUND_END,		/* past it */
	IO_BOUND_TAG,		/* none but for the tag of its address */
};

struct io_import io_import_of_fact(const struct fact_io *f);
struct io_import io_import_of(const struct io_evidence *seen);
/* *by: how far it was passed, slots or bytes; 0 where that is no distance. */
enum io_bound io_import_bound(const struct io_import *i, __u64 *by);

#endif
