/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Zero-copy sends end twice: when the data is on its way, and when their memory may be used again.
 * The second is the end of a request of its own, a NOP that the kernel makes with the send.
 */
#ifndef FIXBUF_BPF_IO_NOTICE_H
#define FIXBUF_BPF_IO_NOTICE_H

#include "io_count.h"
#include "io_failure.h"
#include "io_start.h"

/* .req: a zero-copy send that is submitted .now. */
static __noinline int put_notice(__u64 req, __u8 op, __u64 now)
{
	__u64 notice = io_notice_of(req), start = IO_NOTICE_TIME(now) | IO_START_NOTICE;

	if (op == OP_SENDMSG_ZC)
		start |= IO_START_SENDMSG;
	if (io_flag_says_fixed(PROBE, req, op))
		start |= IO_START_FIXED;
	if (notice)
		put_start(notice, start);
	return 0;
}

/* .start: what was kept of a notification's send; where no times are taken, nothing. */
static __always_inline __u8 op_of_notice(__u64 start)
{
	return !(start & IO_START_NOTICE) ? IO_OP_UNKNOWN :
	       start & IO_START_SENDMSG ? OP_SENDMSG_ZC : OP_SEND_ZC;
}

static __always_inline void count_notice(__u64 ring, __u64 req, __u64 start)
{
	__u64 task = io_task(PROBE, req), who;
	struct io_cell *c;

	if (!(start & IO_START_NOTICE)) {
		COUNT_LOSS(no_send);
		return;
	}
	who = IO_WHO(io_tgid(PROBE, task), op_of_notice(start), start & IO_START_FIXED);
	c = find_cell(ring, who | IO_WHO_NOTICE, task);
	if (!c)
		return;
	c->ops++;
	count_latency(c, bpf_ktime_get_ns() - IO_NOTICE_TIME(start));
}

/* .req: a notification, of a ring that is selected. .start: 0 where none was asked for. */
static __always_inline void see_notice(__u64 ring, __u64 req, __s32 res, __u64 start, bool times)
{
	if (res == NOTIF_COPIED)
		note_copied(ring, req, op_of_notice(start));
	if (times)
		count_notice(ring, req, start);
}

static __noinline int on_notice(__u64 ring, __u64 req, __s32 res, bool times)
{
	see_notice(ring, req, res, times ? take_start(req) : 0, times);
	return 0;
}

#endif
