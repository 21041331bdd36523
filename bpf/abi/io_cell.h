/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the I/O programs keep in maps, and both sides read. All of it is per
 * CPU and merged by its key; nothing is streamed.
 */
#ifndef FIXBUF_BPF_ABI_IO_CELL_H
#define FIXBUF_BPF_ABI_IO_CELL_H

#include <linux/types.h>
#include "abi/fact.h"
#include "abi/hist.h"

#define IO_CELLS	2048	/* (ring, process, opcode) a CPU can tell apart */
#define IO_CELL_PROBES	16	/* places to look for one */
#define IO_HISTS	128	/* of them, with a histogram */
#define IO_BUFFERS	16411	/* (ring, buffer) */
#define IO_ADDRESSES	16411	/* (ring, address) of plain I/O */
#define IO_FAULTS	1031
#define IO_RINGS	1031	/* rings whose table changed */

#define IO_START_WAYS	4	/* one cache line */
#define IO_START_SETS	16384
#define IO_UD_STARTS	65536

#define IO_OP_UNKNOWN	255	/* before 5.18 a completion does not say which request it ends */

#define IO_CELL_F_TREE	0x01	/* a descendant of our own process */

/* Opcode .op of process .tgid on ring .ring; what each completion needs is in its first 64 bytes. */
struct io_cell {
	__u64 ring;		/* struct io_ring_ctx *, 0 = free */
	__u64 owner;		/* io_owner() of its last request, whose process is that of .who */
	__u64 known;		/* if this is io_epoch | IO_WHAT() */
	__u64 ops;		/* completions */
	__u64 bytes;		/* transferred */
	__u64 latency_ns;	/* sum */
	__u64 max_ns;
	__u32 hist;		/* 1 + index in the histograms of this CPU, 0 = none */
	__u32 flags;		/* IO_CELL_F_* */
	__u64 who;		/* IO_WHO() */
	__u64 timed;		/* of .ops, with a latency and in no histogram */
	__u64 errors;		/* negative results but ECANCELED */
	__u64 efaults;		/* of them */
	__u64 cancelled;
	__u64 shorts;		/* less transferred than asked for */
	__u64 punts;		/* handed to a worker */
	__u64 first_ns;		/* made then */
	__u32 uid;
	__u32 pad;
	struct comm comm; /* the process's, then */
};

#define IO_WHAT(op, fixed)	((__u64)!!(fixed) << 8 | (op))
#define IO_WHO(tgid, op, fixed)	((__u64)(tgid) << 32 | IO_WHAT(op, fixed))
#define IO_EPOCH_STEP		(1ULL << 16)	/* above IO_WHAT() */
#define IO_WHO_TGID(who)	((__u32)((who) >> 32))
#define IO_WHO_FIXED(who)	((who) >> 8 & 1)
#define IO_WHO_OP(who)		((__u8)(who))

struct io_hist {
	__u64 count[HIST_BUCKETS];
};

/* A start is valid when key ^ t_ns gives the request: torn writes of two CPUs never do. */
struct io_start {
	__u64 key;
	__u64 t_ns;		/* 0 = free, 1 = refused at submission: no latency */
};

#define IO_START_REFUSED 1
#define IO_START_PUNTED	1	/* a bit of a time, only where facts are told */

struct io_start_set {
	struct io_start way[IO_START_WAYS];
};

/* Where completions name no request: by ring and user_data, with what is needed then. */
struct io_ud_start {
	__u64 ring, user_data;
	__u64 t_ns;		/* 0 = more than one of that name is under way */
	__u64 who;
	__u64 addr, len_bytes;
	__u64 buf;		/* struct io_mapped_ubuf * */
	__u64 task;
	__u32 index;
	__u32 direct;
	__u64 pending;
	__u64 check;		/* xor of what is above but .pending */
	__u64 punted;		/* only where facts are told */
};

struct io_buffer_key {
	__u64 ring;
	__u64 addr;		/* of the buffer: one that took its slot is another */
	__u32 index;
	__u32 pad;
};

struct io_buffer_use {
	__u64 ops, bytes;
	__u64 len_bytes;	/* of the buffer */
	__u64 max_end;		/* largest offset touched, exclusive */
	__u64 last_ns;
	__u64 no_offset;	/* of .ops: vectored or a command, offset not looked up */
};

struct io_address_key {
	__u64 ring;
	__u64 addr;
};

struct io_address_use {
	__u64 ops, bytes;
	__u64 max_len;
	__u64 direct;		/* of .ops, O_DIRECT */
};

struct io_fault_key {
	__u64 ring;
	__u32 op;
	__u32 index;
};

/* The last failed import of that kind, against the table as it was then. */
struct io_fault {
	__u64 count;
	__u64 addr, len_bytes;
	__u64 buf_addr, buf_len_bytes;
	__u32 nr_slots;
	__u32 empty;
};

/* Successful io_uring_register() calls on one ring. */
struct io_calls {
	__u64 registers, unregisters, updates, clones;
	__u64 first_ns, last_ns;
	__u32 nr_slots;		/* after the last */
	__u32 pad;
};

/* What was not measured, and why. */
struct io_loss {
	__u64 no_start;		/* completed, submission not seen or its place taken */
	__u64 evicted;		/* starts that gave their place to another */
	__u64 reused;		/* requests used again whose end was not seen */
	__u64 refused;		/* failed at submission: counted, without latency */
	__u64 ambiguous;	/* same user_data under way twice: counted, without latency */
	__u64 skipped;		/* IOSQE_CQE_SKIP_SUCCESS: no completion to see */
	__u64 unpolled;		/* on polled rings of kernels that do not trace their ends: not counted */
	__u64 overflowed;	/* completions that found the ring full: not counted */
	__u64 no_cell, no_hist, no_buffer, no_address;
};

#endif
