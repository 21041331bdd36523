/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the I/O programs keep in maps, and both sides read, of selected rings
 * only. Nothing is streamed: the reader merges what CPUs keep apart.
 */
#ifndef FIXBUF_BPF_ABI_IO_CELL_H
#define FIXBUF_BPF_ABI_IO_CELL_H

#include <linux/types.h>
#include "abi/fact.h"
#include "abi/hist.h"
#include "abi/io_evidence.h"

#define IO_CELL_PROBES	32	/* places to look for one */
#define IO_TOTALS	1024	/* last places: for whole processes, where rings find none */
#define IO_MIN_CELLS	12288	/* (ring, process, opcode, CPU) that can be told apart */
#define IO_MAX_CELLS	65536
#define IO_BUFFERS	16411	/* (ring, buffer, CPU) */
#define IO_ADDRESSES	16411	/* (ring, address, CPU) of plain I/O */
#define IO_FAILURES	1031	/* kinds of failures: (ring, process, opcode, error, what was found) */
#define IO_CALLS	1031	/* rings whose table changed */
#define IO_DECIDED	16384	/* rings of which it is remembered whether they are selected */
#define IO_LATE_RINGS	1024	/* whose completion rings were full, told apart by a part of their address */

#define IO_MET		32768	/* numbers of processes that are told apart by whether counters know them */

#define IO_START_WAYS	4	/* one cache line */
#define IO_START_SETS	16384
#define IO_START_TRIES	4	/* sets in one of which a start is */
#define IO_START_PLACES	(IO_START_TRIES * IO_START_WAYS)
#define IO_START_LOOKS	16
#define IO_START_USERS	128	/* told apart by how many of their starts lost their place */
#define IO_UD_STARTS	12288	/* a multiple of IO_UD_WAYS */
#define IO_MANY_UD_STARTS 65536
#define IO_UD_WAYS	4	/* places for one */

#define IO_CLOCK_SHARED	8	/* completions of a flush that share a reading of the clock, at most */
#define IO_START_SHARED	4	/* requests of a submission that share one, at most, when asked for */

#define IO_OP_UNKNOWN	255	/* before 5.18 a completion does not say which request it ends */

#define IO_COARSE	31	/* a step per power of two, from 64 ns on */

/*
 * Opcode .op of process .tgid on one ring, as one CPU counted it: only programs
 * on that CPU write, so nothing is locked or atomic. What each completion needs
 * is in the first 64 bytes. 32-bit counters may wrap: the reader adds differences.
 */
struct io_cell {
	__u64 ring;		/* struct io_ring_ctx *, or IO_RING_ANY; 0 = free, or being freed */
	__u64 owner;		/* io_owner() of its last request, whose process is that of .who */
	__u64 known;		/* if this is io_epoch | IO_HERE() */
	__u64 ops;		/* completions */
	__u64 bytes;		/* transferred */
	__u64 latency_ns;	/* sum */
	__u64 max_ns;
	__u16 hist;		/* 1 + index in io_hists, 0 = none: .coarse */
	__u16 cpu;
	__u32 fd;		/* 1 + the ring's descriptor as it was made, 0 = not seen */
	__u64 who;		/* IO_WHO() */
	__u64 born_ns;		/* with .ring: which ring */
	__u32 errors;		/* negative results but ECANCELED */
	__u32 efaults;		/* of them */
	__u32 cancelled;
	__u32 shorts;		/* less transferred than asked for */
	__u32 punts;		/* handed to a worker */
	__u32 uid;
	struct comm comm;	/* the process's, when the cell was made */
	__u64 first_ns;		/* made then */
	__u32 coarse[IO_COARSE];
	__u32 payer;		/* whose share its place is of */
};

/* All rings of a process that found no place, .born_ns = 0; or of a user, IO_BORN_USER(). */
#define IO_RING_ANY	1
#define IO_BORN_USER(uid) (1ULL << 32 | (uid))

/* Which counter of .coarse a bucket of the fine histogram belongs to; the first has all below its end. */
#define IO_COARSE_GROUP		3
#define IO_COARSE_OF(bucket) \
	((bucket) / HIST_STEPS < IO_COARSE_GROUP ? 0 : (bucket) / HIST_STEPS - IO_COARSE_GROUP)
_Static_assert(IO_COARSE_OF(HIST_BUCKETS - 1) == IO_COARSE - 1, "each bucket has a counter");
_Static_assert(!(IO_COARSE & (IO_COARSE + 1)), "it is a mask");

/* A selected ring: its address and this make its identity, as addresses are used again. */
struct io_ring {
	__u64 born_ns;		/* created, or first seen */
	__s32 fd;		/* as io_uring_setup() returned it, -1 = not seen */
	__u32 pid : 31;		/* of its owner */
	__u32 met : 1;		/* cells know its address */
	__u32 payer;		/* who pays for its owner */
	__u32 pad;
};

#define IO_WHAT(op, fixed)	((__u64)!!(fixed) << 8 | (op))
#define IO_WHO(tgid, op, fixed)	((__u64)(tgid) << 32 | IO_WHAT(op, fixed))
/* With a notification's mark; 8192 CPUs. */
#define IO_HERE(what, cpu)	((__u64)(cpu) << 10 | ((what) & 0x3ff))
#define IO_EPOCH_SHIFT		24		/* above IO_HERE() */
#define IO_EPOCH_STEP		(1ULL << IO_EPOCH_SHIFT)
#define IO_WHO_TGID(who)	((__u32)((who) >> 32))
#define IO_WHO_FIXED(who)	((who) >> 8 & 1)
#define IO_WHO_OP(who)		((__u8)(who))
/* In .who of a cell: it counts not the sends, but their notifications, timed from the submission. */
#define IO_WHO_NOTICE		(1ULL << 9)
#define IO_WHO_NOBODY(who)	((who) & (IO_WHAT(0xff, true) | IO_WHO_NOTICE))

/* Of one cell. */
struct io_hist {
	__u32 count[HIST_BUCKETS];
};

/* A start is valid when key ^ t_ns gives the request: torn writes of two CPUs never do. */
struct io_start {
	__u64 key;
	__u64 t_ns;		/* 0 = free, 1 = refused at submission: no latency */
};

#define IO_START_REFUSED 1
/* Bits of a time: the first two say of what, the others only of a notification of which send. */
#define IO_START_PUNTED	1ULL	/* handed to a worker */
#define IO_START_NOTICE	2ULL	/* of a zero-copy send's notification */
#define IO_START_SENDMSG 4ULL	/* SENDMSG_ZC, else SEND_ZC */
#define IO_START_FIXED	8ULL	/* over a registered buffer */
#define IO_START_TIME(t) ((t) & ~(IO_START_PUNTED | IO_START_NOTICE))
#define IO_NOTICE_TIME(t) ((t) & ~15ULL)
#define IO_START_IS_IO(t) ((t) > IO_START_REFUSED && !((t) & IO_START_NOTICE))

struct io_start_set {
	struct io_start way[IO_START_WAYS];
};

/* Where completions name no request: by ring and user_data, with what is needed then. */
struct io_ud_start {
	__u64 ring, user_data;
	__u64 t_ns;		/* 0 = more than one of that name is under way */
	__u64 who;
	__u64 addr;
	__u64 buf;		/* struct io_mapped_ubuf * */
	__u64 task;
	__u32 len_bytes;
	__u32 pending;
	__u32 check;		/* of what is above but .pending, and below but .punted */
	__u16 index;
	__u8 direct;
	__u8 punted;		/* only where facts are told */
};

struct io_buffer_key {
	__u64 ring;
	__u64 addr;		/* of the buffer: one that took its slot is another */
	__u32 index;
	__u32 pad;
};

/* What the maps are keyed by: a CPU's own, so that nothing is atomic. */
struct io_buffer_place {
	struct io_buffer_key key;
	__u64 born_ns;		/* of the ring */
	__u32 cpu;
	__u32 payer;		/* its owner's */
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

struct io_address_place {
	struct io_address_key key;
	__u64 born_ns;
	__u32 cpu;
	__u32 payer;
};

struct io_address_use {
	__u64 ops, bytes;
	__u64 max_len;
	__u32 direct;		/* of .ops, O_DIRECT */
	__u32 kinds;		/* IO_ADDRESS_*, 0 = older: IO_ADDRESS_RW */
};

#define IO_ADDRESS_RW		0x1 /* READ, WRITE */
#define IO_ADDRESS_VECTOR	0x2 /* READV, WRITEV: counted when it starts; all that its iovecs reach over */
#define IO_ADDRESS_SEND		0x4
#define IO_ADDRESS_SEND_ZC	0x8

/* A request that has not ended, as it is now. */
struct io_under_way {
	__u64 ring;		/* 0 = it has ended meanwhile */
	__u64 addr, len_bytes;	/* EV_RANGE */
	__u32 index;		/* EV_INDEX */
	__u32 flags;		/* EV_*; EV_FILE: .inode_mode */
	__u64 user_data;
	__u64 age_ns;		/* since it was submitted, 0 = not known */
	__u64 who;		/* IO_WHO() */
	__u32 inode_mode;
	__u32 holds;		/* its buffer: from 6.13 not before it begins */
};

enum io_failure_kind {
	IO_FAILED,		/* .result is its error */
	IO_PUNTED,		/* no failure: handed to a worker */
	IO_COPIED,		/* no failure: a zero-copy send whose data the kernel copied */
	IO_LATE,		/* its completion, whatever its result, found the ring full; no evidence but its size */
};

struct io_failure_key {
	__u64 ring;
	__u64 pid;
	__u64 found;		/* IO_FOUND() */
	__u32 what;		/* IO_WHAT() */
	__u32 index;
	__s32 result;
	__u32 op_flags;
	__u32 kind;		/* enum io_failure_kind */
	__u32 head;		/* IO_HEAD(), 0 = no other request has to do with it */
};

/* What makes two failures differ: the EV_*, the sqe's flags, and of what kind the file is. */
#define IO_FOUND(flags, sqe_flags, file) \
	((__u64)(flags) | ((__u64)(sqe_flags) & 0xff) << 32 | (__u64)(file) << 40)

/*
 * 24 bits: S_IFMT, FMODE_READ, _WRITE, _CAN_READ and _CAN_WRITE, and of what its file system is
 * known by.
 */
#define IO_FILE(inode_mode, file_mode, fs_magic) \
	(((inode_mode) >> 12 & 0xf) | ((file_mode) & 3) << 4 | ((file_mode) >> 17 & 3) << 6 | \
	 (((fs_magic) ^ (fs_magic) >> 16) & 0xffff) << 8)

#define IO_HEAD(op, result)	((__u32)(op) << 24 | ((__u32)(result) & 0xffffff))

struct io_failure_place {
	struct io_failure_key key;
	__u64 born_ns;
	__u32 payer, pad;
};

/* Those of one key. The evidence is that of the first. */
struct io_failure {
	__u64 count;
	__u64 first_ns, last_ns;
	struct io_evidence seen;
};

struct io_calls_place {
	__u64 ring;
	__u64 born_ns;
};

/* Successful io_uring_register() calls on one ring. */
struct io_calls {
	__u64 registers, unregisters, updates, clones;
	__u64 first_ns, last_ns;
	__u32 nr_slots;		/* after the last */
	__u32 pid;		/* of who made the first, 0 = not known (older files) */
};

/* Of those that put buffers into slots (not clones) and were seen to begin: what they took. */
struct io_register_cost {
	__u64 calls;
	__u64 ns, max_ns;
	__u64 min_faults, maj_faults; /* page faults of the callers meanwhile */
	__u64 buffers, bytes, pages; /* in the slots that they touched */
	__u64 segments;		/* of them; 0 where these are pages, whatever their folios are */
};

/* Those that were to put buffers into slots (clones, too) and failed. */
struct io_calls_failed {
	__u64 calls;
	__u32 error;		/* of the last, positive */
	__u32 pad;
};

struct io_ring_calls {
	struct io_calls calls;
	struct io_register_cost cost; /* 0 unless it is asked for */
	struct io_calls_failed failed;
	__u32 payer, pad;
};

/*
 * Of one ring: calls of io_uring_enter that submitted, and what these took from its queue. All but
 * the last of them: where the next one begins tells what it took.
 */
struct io_enters {
	__u64 enters, submissions;
	__u32 head;		/* of the queue, when the last began */
	__u32 sqpoll;		/* the kernel's thread submits: times that it took some */
	__u32 payer, pad;
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
	__u64 no_cell;		/* no place in the table of counters, nor for a total: not counted */
	__u64 no_hist;		/* cells without a fine histogram */
	__u64 no_buffer, no_address;
	__u64 no_ring;		/* rings that found no place: counted in their process's total */
	/* the rest is newer than some recordings, where it is 0 */
	__u64 no_cause;		/* failures of a kind that found no place: counted without their cause */
	__u64 late;		/* found their completion ring full: counted, with all that is known of them */
	__u64 no_send;		/* notifications without a time: their send's submission was not seen, or forgotten */
	__u64 multishot;	/* completions of requests that go on, which they do not name: not counted */
	__u64 no_place;		/* counted in their process's total: no place for their ring. Of the reader */
};

/* What a CPU keeps for itself. */
struct io_cpu {
	struct io_loss loss;
	__u64 muted_fixed;	/* of .loss.skipped, over registered buffers; in no recording */
	/* of the completion that was timed last, and how many have shared its time */
	__u64 last_req, end_ns, shared;
	/* the last reading of the clock for a start, and for which request of which ring */
	__u64 start_ring, start_epoch, start_ns;
	__u32 start_at, pad;
	/* whose were so many places of starts, taken by chance, the last of them then: IO_NO_PAYER = free */
	__u32 anywhere[IO_START_LOOKS];
	__u64 looked_ns;
};

#define IO_NO_PAYER	(~0U)
#define IO_OLD_PAYER	(~0U - 1)	/* of a start whose ring is gone, or does not say whose it is */

#endif
