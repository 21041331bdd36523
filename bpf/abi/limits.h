/* SPDX-License-Identifier: GPL-2.0 */
/* Limits and switches on which the programs in the kernel and the user side must agree. */
#ifndef FIXBUF_BPF_ABI_LIMITS_H
#define FIXBUF_BPF_ABI_LIMITS_H

/*
 * The largest table of buffers: IORING_MAX_REG_BUFFERS, from 489809e2e22b ("io_uring:
 * increase max number of reg buffers"), 5.13, on. Before it was UIO_MAXIOV, 1024.
 */
#define TABLE_MAX_SLOTS	16384

/*
 * Slots that a call's facts tell where the kernel has no bpf_loop(). The user side reads
 * the others from the table.
 */
#define BOUNDED_SLOTS	1024

#endif
