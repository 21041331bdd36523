/* SPDX-License-Identifier: GPL-2.0 */
/* A load program's ring whose requests carry their opcode, and what became of them. */
#ifndef FIXBUF_LOAD_RING_H
#define FIXBUF_LOAD_RING_H

#include <stdbool.h>
#include "uring.h"

#define OP_SEND_ZC	47
#define OP_SENDMSG_ZC	48
#define OP_READV_FIXED	60
#define OP_WRITEV_FIXED	61
#define CQE_NOTIF	(1U << 3)	/* IORING_CQE_F_NOTIF */
#define SEND_FIXED	(1U << 2)	/* IORING_RECVSEND_FIXED_BUF, in ioprio */

extern struct io_uring ring;

/* Makes the ring; ends the program by report_skip() when this kernel makes no such ring. */
void load_ring_open(unsigned int entries, const struct io_uring_params *p, const char *how);
bool load_ring_has_op(int op);

/* Queues a request; its completion is counted under its opcode. */
struct io_uring_sqe *request(int op, int fd, const void *addr, unsigned int len, __u64 offset);
/* Waits for .nr completions and counts them; a notification of SEND_ZC is no completion. */
void finish(unsigned int nr);
/* Counts a completion that the caller has waited for itself. */
void load_ring_count(const struct io_uring_cqe *cqe);

/* Reports op.N.ops= and so on for each opcode that was used. */
void load_ring_report(void);

/* Makes the two ends of a TCP connection over loopback; false when that fails. */
bool tcp_pair(int *out, int *in);

#endif
