/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The file: parts, one a run of record; a part is a head and frames; a frame
 * is a head and a zstd-compressed block of records. All in the byte order of
 * who wrote it. What is added goes to the end of a record or becomes a type of
 * its own: a reader takes the bytes that it knows and skips types that it
 * does not. What cannot be read so is another REC_VERSION.
 */
#ifndef FIXBUF_RECORDING_FORMAT_H
#define FIXBUF_RECORDING_FORMAT_H

#include <abi/fact.h>
#include <linux/types.h>

#define REC_MAGIC	"fixbuf\r\n"	/* 8 bytes; the line end shows transfers as text */
/* 2 has evidence of failures, which a reader of 1 would pass over in silence; what 1 has is read as it is */
#define REC_VERSION	2
#define REC_VERSION_OLDEST	1
#define REC_ENDIAN	0x01020304U
#define REC_ENDIAN_OTHER 0x04030201U	/* as a machine of the other byte order wrote it */
#define REC_FRAME_MARK	0x4d415246U	/* "FRAM" */

#define REC_TABLES_MAX	(16U << 20)	/* strings and stacks of a part, as written: then no more */

#define REC_FRAME_RAW	(256U << 10)	/* a frame is written when it holds so much */
#define REC_FRAME_MAX	(1U << 20)	/* no frame holds more */
#define REC_STORED_MAX	(REC_FRAME_MAX + (REC_FRAME_MAX >> 8) + 64) /* nor is stored as more: what compressing makes at most */
#define REC_HEAD_MAX	4096U		/* of a part */
#define REC_RATIO_MAX	256U		/* nor unpacks to more than so many times what is stored */
#define REC_RATIO_FREE	(64U << 10)	/* unless it holds no more than this */

struct rec_head {
	char magic[8];
	__u32 endian;
	__u32 version;
	__u32 size;		/* of this head: frames follow it */
	__u32 pad;
};

struct rec_frame {
	__u32 mark;
	__u32 raw_bytes, stored_bytes;	/* of what follows this head */
	__u32 crc;		/* of this head with .crc 0, and of what is stored; zlib's crc32() */
};

enum rec_type {
	REC_ABOUT	= 1,	/* struct rec_about: the first of a part */
	REC_LOOK	= 2,	/* struct rec_look */
	REC_FACT	= 3,	/* a fact of bpf/abi/fact.h, as long as it says; .id: a stack */
	REC_WHY		= 4,	/* older: of the next fact a sentence; .id: 1 when struct fact_entry precedes it */
	REC_LOST	= 5,	/* struct rec_lost */
	REC_STRING	= 6,	/* the text; .id: its number */
	REC_STACK	= 7,	/* struct rec_stack and its frames; .id: its number */
	REC_IO		= 8,	/* struct rec_io: a reading, of the rows that precede it */
	REC_IO_ROW	= 9,	/* struct rec_io_row: what was added since the last reading */
	REC_IO_BUFFER	= 10,	/* struct io_buffer_row: as it stands, where it changed */
	REC_IO_ADDRESS	= 11,	/* the same */
	REC_IO_FAULT	= 12,	/* struct rec_io_fault: in older files, what REC_IO_FAILURE is now */
	REC_IO_CALLS	= 13,
	REC_END		= 14,	/* struct rec_end: the last of a part */
	REC_EVIDENCE	= 15,	/* of the next fact, why it failed; .id: enum evidence_kind, the struct */
	REC_USER_LOST	= 16,	/* struct rec_user_lost: of all that REC_LOST tell; before the end */
	REC_IO_FAILURE	= 17,	/* struct io_failure_row: as it stands, where it changed */
	REC_MEMORY	= 18,	/* struct rec_memory and its rows: as it stands, where it changed */
	REC_USER_IO_LOST = 19,	/* struct rec_user_io_lost: of what the readings lost; before the end */
};

#define REC_F_FED	0x01	/* a fact enters the ledger */
#define REC_F_SHOWN	0x02	/* a live trace prints it */

/* Before each record; the next one begins at a multiple of 8 bytes. */
struct rec {
	__u8 type;		/* enum rec_type */
	__u8 flags;		/* REC_F_* */
	__u16 size;		/* of what follows */
	__u32 id;
};

#define REC_ALIGN(n) (((n) + 7) & ~(size_t)7)

#define REC_ABOUT_STACKS	0x01
#define REC_ABOUT_SNAPSHOT	0x02
#define REC_ABOUT_FIXED_ONLY	0x04
#define REC_ABOUT_BY_USER_DATA	0x08
#define REC_ABOUT_PID_NS	0x10
#define REC_ABOUT_GOES_ON	0x20	/* where another part, or file, has ended */

#define REC_ASKED_CUT		0x01
#define REC_ASKED_PROGRAM	0x02
#define REC_ASKED_CGROUP	0x04
#define REC_ASKED_UID		0x08

#define REC_ASKED_PIDS		8
#define REC_ASKED_COMMS		4
#define REC_ASKED_COMM_LEN	32

struct rec_about {
	__u64 start_ns;
	__s64 realtime_ns;
	__u64 interval_ns;
	__u64 memory_bytes;
	__u32 cpus, page_bytes;
	__u32 tier;
	__u32 sample;
	__u32 flags;		/* REC_ABOUT_* */
	__u32 not_seen;		/* NOT_SEEN_*; 0 in older files, which saw all but what is filtered */
	char kernel[96], machine[32];
	char command[512];
	char host[64];		/* not in older files */
	char boot_id[40];	/* the same */
	/* As struct asked_whom; all of it is 0 in older files. */
	__u32 asked;		/* REC_ASKED_* */
	__u32 asked_uid;
	__u32 asked_pids[REC_ASKED_PIDS], asked_ns_pids[REC_ASKED_PIDS]; /* 0 = no more */
	char asked_comms[REC_ASKED_COMMS][REC_ASKED_COMM_LEN]; /* "" = no more */
};

struct rec_look {
	__u64 t_ns;
	__u32 after_loss;
	__u32 pad;
};

struct rec_lost {
	__u64 count, after_seq, before_seq;
	__u32 cpu;
	__u32 pad;
};

/* Strings are named by their number, 0 = none. */
struct rec_stack {
	__u32 nr_kernel, nr_user;	/* frames that follow, the kernel's first */
	__u32 kernel_note, user_note;
};

struct rec_stack_frame {
	__u64 ip, offset;
	__u32 symbol, module, file;
	__u32 line;
};

struct rec_io {
	__u64 t_ns;
	__u64 in_flight, missed;
	__u64 loss[18];		/* struct io_loss, in its order: the first 16 or 17 in older files */
};

#define REC_IO_LEAST	152

/* As struct io_counts and struct io_row; then the buckets in use, then .nr_more words. */
struct rec_io_row {
	__u64 ring, who;
	__u64 ops, bytes, timed, latency_ns, max_ns;
	__u64 errors, efaults, cancelled, shorts, punts;
	__u64 first_ns, fixed_ops, fixed_bytes;
	__u32 flags, uid;
	struct comm comm;
	__u32 nr_buckets;
	__u32 nr_more;		/* enum rec_io_more: 0 in older files */
};

/* From REC_IO_NOTICES on only where there are any; what follows them all are their buckets. */
enum rec_io_more {
	REC_IO_BORN_NS, REC_IO_COARSE, REC_IO_NOTICES, REC_IO_NOTICES_NS, REC_IO_NOTICES_MAX_NS,
	REC_IO_NR_MORE,
};

/* EFAULT by buffer and opcode; the addresses are those of the last. */
struct rec_io_fault {
	__u64 ring;
	__u32 op, index;
	__u64 count;
	__u64 addr, len_bytes;
	__u64 buf_addr, buf_len_bytes;
	__u32 nr_slots, empty;
	__u64 born_ns, pid;	/* not in the oldest */
};

struct rec_bucket {
	__u64 index:16, count:48;
};

struct rec_user_lost {
	__u32 uid;		/* as in struct user_loss */
	__u32 pad;
	__u64 count;
};

#define REC_TABLE_STARTS 0xffffffffU

struct rec_user_io_lost {
	__u32 uid;
	__u32 table;		/* enum io_table, of which a number stays what it is, or REC_TABLE_STARTS */
	__u64 count;
};

#define REC_MEMORY_CUT	0x01	/* its rings of provided buffers are not in it */
#define REC_MEMORY_ROWS	4096	/* a ring has no more, or that is set */

/* What a ring has besides its buffers: all of it, as struct ring_memory. */
struct rec_memory {
	__u64 ring, t_ns;
	__u32 flags;		/* REC_MEMORY_* */
	__u32 nr;		/* rows that follow */
};

struct rec_end {
	__u64 t_ns;
	__u64 facts, lost, stacks_lost;
	__u64 left_out;		/* facts, as the file was full; not in older files */
};

FACT_ASSERT_SIZE(rec_head, 24);
FACT_ASSERT_SIZE(rec_frame, 16);
FACT_ASSERT_SIZE(rec, 8);
FACT_ASSERT_SIZE(rec_about, 1000);
FACT_ASSERT_SIZE(rec_stack_frame, 32);
FACT_ASSERT_SIZE(rec_io, 168);
FACT_ASSERT_SIZE(rec_io_row, 152);
FACT_ASSERT_SIZE(rec_io_fault, 80);
FACT_ASSERT_SIZE(rec_bucket, 8);
FACT_ASSERT_SIZE(rec_user_lost, 16);
FACT_ASSERT_SIZE(rec_memory, 24);
FACT_ASSERT_SIZE(ring_memory, 8);

#endif
