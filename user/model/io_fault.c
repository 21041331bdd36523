// SPDX-License-Identifier: GPL-2.0
#include "model/io_fault.h"

struct io_import io_import_of_fact(const struct fact_io *f)
{
	return (struct io_import){
		.opcode = f->opcode, .index = f->index, .nr_slots = f->nr_slots, .empty = f->io_flags & IO_F_EMPTY,
		.has_range = f->io_flags & IO_F_RANGE, .other_tag = f->io_flags & IO_F_TAG, .addr = f->addr, .len_bytes = f->len_bytes,
		.buf_addr = f->buf_addr, .buf_len_bytes = f->buf_len_bytes,
	};
}

struct io_import io_import_of(const struct io_evidence *seen)
{
	return (struct io_import){
		.opcode = seen->opcode, .index = seen->index, .nr_slots = seen->nr_slots, .empty = seen->flags & EV_EMPTY,
		.has_range = seen->flags & EV_RANGE, .other_tag = seen->flags & EV_TAG, .addr = seen->addr,
		.len_bytes = seen->len_bytes, .buf_addr = seen->buf_addr,
		.buf_len_bytes = seen->buf_len_bytes,
	};
}

enum io_bound io_import_bound(const struct io_import *i, __u64 *by)
{
	__u64 end = i->addr + i->len_bytes, buf_end = i->buf_addr + i->buf_len_bytes;

	*by = 0;
	if (i->index >= i->nr_slots) {
		*by = (__u64)i->index - i->nr_slots + 1;
		return IO_BOUND_INDEX;
	}
	if (i->empty)
		return IO_BOUND_EMPTY;
	if (!i->has_range)
		return IO_BOUND_UNKNOWN;
	if (end < i->addr)
		return IO_BOUND_WRAP;
	if (i->addr < i->buf_addr) {
		*by = i->buf_addr - i->addr;
		return IO_BOUND_BEGIN;
	}
	if (end > buf_end) {
		*by = end - buf_end;
		return IO_BOUND_END;
	}
	return i->other_tag ? IO_BOUND_TAG : IO_BOUND_NONE;
}
