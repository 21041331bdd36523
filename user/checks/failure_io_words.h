/* SPDX-License-Identifier: GPL-2.0 */
/* The parts of the explanation of an I/O, one file each: numbers of the ABI, and the sentence that is made. */
#ifndef FIXBUF_CHECKS_FAILURE_IO_WORDS_H
#define FIXBUF_CHECKS_FAILURE_IO_WORDS_H

#include <linux/io_uring.h>
#include <stdio.h>
#include "checks/failure_io.h"
#include "model/fact.h"

struct io_words {
	char *out;			/* EXPLAIN_LEN bytes */
	const struct io_evidence *e;
};

#define TELL(w, ...) ((void)snprintf((w)->out, EXPLAIN_LEN, __VA_ARGS__))

/* Adds to what was said, as far as there is room. */
void tell_more(struct io_words *w, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* What is wrong with the request itself, for its file or for this kernel. */
void explain_io_einval(struct io_words *w);
void explain_io_eopnotsupp(struct io_words *w);
/* Any other error, by what its number means for such a file. */
void explain_io_errno(struct io_words *w, __s32 result);

#define SEND_ZC_OP	47	/* 6.0 */
#define SENDMSG_ZC_OP	48	/* 6.1 */
#define READV_FIXED_OP	60	/* 6.15 */
#define WRITEV_FIXED_OP	61
#define ATTR_PI		1U	/* IORING_RW_ATTR_FLAG_PI, 6.14 */
#define RECVSEND_FIXED	(1U << 2) /* IORING_RECVSEND_FIXED_BUF */

#define RWF_ANY		0x1ffU	/* RWF_HIPRI to RWF_NOSIGNAL */
#define RWF_OLD		0x1fU	/* RWF_HIPRI to RWF_APPEND, which all kernels know */
#define RWF_HIPRI_FLAG	0x01U
#define RWF_DSYNC_FLAG	0x02U
#define RWF_NOWAIT_FLAG	0x08U
#define RWF_BOTH_APPEND	0x30U	/* RWF_APPEND | RWF_NOAPPEND */

#define MODE_READ	0x1U	/* FMODE_* */
#define MODE_WRITE	0x2U
#define MODE_CAN_READ	(1U << 17)
#define MODE_CAN_WRITE	(1U << 18)
#define MODE_NOWAIT	(1U << 27)
#define MODE_KIND	0170000U /* S_IFMT */
#define MODE_IS_BLOCK	0060000U
#define MODE_IS_FILE	0100000U
#define MODE_IS_CHAR	0020000U
#define MODE_IS_PIPE	0010000U

#define ANON_INODE_MAGIC 0x09041934U /* of eventfd, timerfd, epoll, rings */
#define PROC_MAGIC	0x9fa0U
#define SYSFS_MAGIC	0x62656572U
#define CGROUP2_MAGIC	0x63677270U
#define CGROUP_MAGIC	0x0027e0ebU
#define DEBUGFS_FS_MAGIC 0x64626720U
#define TRACEFS_FS_MAGIC 0x74726163U
#define TMPFS_FS_MAGIC	0x01021994U

/* S_IFMT of its file, 0 = no file was seen. */
static inline __u32 file_kind(const struct io_evidence *e)
{
	return e->flags & EV_FILE ? e->inode_mode & MODE_KIND : 0;
}

/* Its file is a text or a table that the kernel makes up. */
static inline bool is_kernels_own(const struct io_evidence *e)
{
	switch (e->fs_magic) {
	case PROC_MAGIC:
	case SYSFS_MAGIC:
	case CGROUP2_MAGIC:
	case CGROUP_MAGIC:
	case DEBUGFS_FS_MAGIC:
	case TRACEFS_FS_MAGIC:
		return true;
	}
	return false;
}

static inline bool is_zero_copy(const struct io_evidence *e)
{
	return e->opcode == SEND_ZC_OP || e->opcode == SENDMSG_ZC_OP;
}

static inline bool is_rw(const struct io_evidence *e)
{
	switch (e->opcode) {
	case IORING_OP_READV:
	case IORING_OP_WRITEV:
	case IORING_OP_READ_FIXED:
	case IORING_OP_WRITE_FIXED:
	case IORING_OP_READ:
	case IORING_OP_WRITE:
	case READV_FIXED_OP:
	case WRITEV_FIXED_OP:
		return true;
	}
	return false;
}

/* The request writes to its file. */
static inline bool is_write(const struct io_evidence *e)
{
	switch (e->opcode) {
	case IORING_OP_WRITEV:
	case IORING_OP_WRITE_FIXED:
	case IORING_OP_WRITE:
	case WRITEV_FIXED_OP:
		return true;
	}
	return false;
}

/* Whether it names a struct msghdr. */
static inline bool io_is_message(const struct io_evidence *e)
{
	return e->opcode == IORING_OP_SENDMSG || e->opcode == IORING_OP_RECVMSG || e->opcode == SENDMSG_ZC_OP;
}

#endif
