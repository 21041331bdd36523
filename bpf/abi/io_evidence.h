/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Why an I/O failed, or took a way of its own: what was seen of its request, ring, slot and file
 * at that moment. Taken only of requests that fail; checks/failure_io.c makes a cause of it.
 */
#ifndef FIXBUF_BPF_ABI_IO_EVIDENCE_H
#define FIXBUF_BPF_ABI_IO_EVIDENCE_H

#include <linux/types.h>

/* What was looked at, and what was found: the same bits make the same cause. */
#define EV_REQUEST	0x0000001 /* the request itself: what the next fields say of it */
#define EV_RANGE	0x0000002 /* .addr and .len_bytes */
#define EV_INDEX	0x0000004 /* .index */
#define EV_REFUSED	0x0000008 /* at submission: read from its sqe */
#define EV_FIXED	0x0000010 /* it is over a registered buffer */
#define EV_SLOT		0x0000020 /* .buf_addr to .nr_slots, as the slot was then */
#define EV_EMPTY	0x0000040 /* with it: it held nothing */
#define EV_OTHER	0x0000080 /* the range lies in slot .other */
#define EV_SEGMENT	0x0000100 /* the range is that of iovec .segment, the first not in the buffer */
#define EV_FILE		0x0000200 /* it has a file: .file_mode to .fs_magic */
#define EV_NO_FILE	0x0000400 /* it has none */
#define EV_FILE_TABLE	0x0000800 /* .nr_files */
#define EV_DEVICE	0x0001000 /* .block_bytes, .memory_align: what its device demands */
#define EV_BAD_ADDR	0x0002000 /* .addr is no multiple of that, ... */
#define EV_BAD_LEN	0x0004000
#define EV_BAD_OFFSET	0x0008000
#define EV_SOCKET	0x0010000 /* .family */
#define EV_POLLS	0x0020000 /* its file system or driver knows polled I/O */
#define EV_AFTER	0x0040000 /* it was linked behind .head_op, which brought .head_result */
#define EV_BEFORE	0x0080000 /* it heads a link of which .head_op was refused: .head_result */
#define EV_ENDING	0x0100000 /* the thread that submitted it, .tid, was ending */
#define EV_CLOSED	0x0200000 /* its ring was closed */
#define EV_WAITED	0x0400000 /* it waited for its file when it was cancelled */
#define EV_TIMEOUT	0x0800000 /* a linked timeout ran beside it */
#define EV_ACCOUNT	0x1000000 /* .locked_pages, .limit_bytes */
#define EV_NO_LIMIT	0x2000000 /* no limit counts for its ring */
#define EV_NO_FILES	0x4000000 /* its ring has no table of files */
#define EV_BEGINS_IN	0x8000000 /* the range begins in the buffer and ends beyond it */
#define EV_NO_OP	0x10000000 /* EV_REFUSED: this kernel does not know its operation */
#define EV_CHANGED	0x20000000 /* EV_EMPTY: buffers were unregistered, or slots updated, before: .called_ns */
#define EV_PRIORITY	0x40000000 /* EV_REFUSED: its sqe asks for an .ioprio */
#define EV_PERSONALITY	0x80000000 /* EV_REFUSED: ... for a .personality */
#define EV_TAG		0x100000000ULL /* EV_RANGE, EV_SLOT: the tag of its address is not that of the buffer */
#define EV_FIELDS	EV_CLOSED /* EV_REFUSED, whose ring is open: these three were looked at, not so in older files */
#define EV_ATTRIBUTE	EV_WAITED /* EV_REFUSED, which has not waited: ... for attributes, .attr_mask */

/* Slots in which a range is looked for. */
#define EV_MAX_SLOTS	64
/* iovecs that are looked at. */
#define EV_MAX_SEGMENTS	8

struct io_evidence {
	__u64 flags;		/* EV_* */
	__u64 user_data;
	__u64 addr, len_bytes;	/* as the request says, without tag */
	__u64 offset;		/* in the file, ~0 = its own position */
	__u64 buf_addr, buf_len_bytes;
	__u64 locked_pages;	/* of the ring's user */
	__u64 limit_bytes;	/* soft RLIMIT_MEMLOCK of who submitted it, ~0 = unlimited */
	union {
		__u64 head_user_data;
		__u64 called_ns; /* EV_CHANGED: when the last call about the ring's buffers returned */
	};
	__u32 index;		/* of the buffer */
	__u32 nr_slots;
	__u32 other, segment;
	__u32 opcode;		/* IORING_OP_* */
	__u32 sqe_flags;	/* IOSQE_* */
	__u32 op_flags;		/* rw_flags; of sends: ioprio */
	__u32 setup_flags;	/* IORING_SETUP_* */
	__u32 file_mode;	/* FMODE_* */
	__u32 file_flags;	/* O_* */
	__u32 inode_mode;
	__u32 fs_magic;
	union {
		__u32 nr_files;	/* of the ring's table, 0 = it has none */
		__u32 cq_entries; /* IO_LATE: of the completion ring, 0 = not known (older files) */
	};
	__s32 fd;		/* EV_REFUSED: as given */
	union {
		__u32 block_bytes; /* EV_DEVICE */
		struct {
			__u16 ioprio, personality; /* EV_REFUSED */
		};
	};
	union {
		__u32 memory_align; /* EV_DEVICE */
		__u32 attr_mask; /* EV_REFUSED: IORING_RW_ATTR_FLAG_* */
	};
	__u32 family;		/* AF_* */
	__u32 tid;
	__u32 head_op;
	__s32 head_result;
	__u32 head_len;		/* that it asked for, 0 = not known */
	__u32 nr_segments;	/* of a vectored request, 0 = it is none */
};

#endif
