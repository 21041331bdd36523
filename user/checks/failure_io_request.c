// SPDX-License-Identifier: GPL-2.0
/* EINVAL and EOPNOTSUPP: what of a request its file, its ring or this kernel does not take. */
#include <fcntl.h>
#include <sys/socket.h>
#include "checks/failure_io_words.h"
#include "checks/fs_name.h"
#include "model/io_counters.h"

#define MAX_IOVECS	1024	/* UIO_MAXIOV */
#define CQE_SKIP	(1U << 6) /* IOSQE_CQE_SKIP_SUCCESS, 5.17 */
#define RECV_MULTISHOT	(1U << 1) /* IORING_RECV_MULTISHOT, 6.0 */
#define SEND_BUNDLE	(1U << 4) /* IORING_RECVSEND_BUNDLE, 6.10 */
#define SEND_VECTORIZED	(1U << 5) /* IORING_SEND_VECTORIZED, 6.17 */

static bool is_send(const struct io_evidence *e)
{
	return e->opcode == IORING_OP_SEND || is_zero_copy(e);
}

static bool is_recv(const struct io_evidence *e)
{
	return e->opcode == IORING_OP_RECV || e->opcode == IORING_OP_RECVMSG;
}

/* ---- EINVAL ------------------------------------------------------------------------- */

static void explain_alignment(struct io_words *w)
{
	const struct io_evidence *e = w->e;
	const char *sep = " ";

	TELL(w, "the file is open with O_DIRECT, and its device takes offsets and lengths that are multiples of %u, and addresses that are multiples of %u:",
	     e->block_bytes, e->memory_align);
	if (e->flags & EV_BAD_ADDR) {
		tell_more(w, "%sthe address 0x%llx is none", sep, e->addr);
		sep = ", ";
	}
	if (e->flags & EV_BAD_LEN) {
		tell_more(w, "%sthe length %llu is none", sep, e->len_bytes);
		sep = ", ";
	}
	if (e->flags & EV_BAD_OFFSET)
		tell_more(w, "%sthe offset %llu is none", sep, e->offset);
	tell_more(w, "; align it, or open the file without O_DIRECT");
}

/* Over a registered buffer, which came to plain sends and receives late. */
static bool takes_fixed_late(const struct io_evidence *e)
{
	return (e->opcode == IORING_OP_SEND || e->opcode == IORING_OP_RECV) &&
	       e->op_flags & RECVSEND_FIXED;
}

/* The release that brought an operation, for those that are later than the oldest kernel. */
static const char *since(const struct io_evidence *e)
{
	switch (e->opcode) {
	case IORING_OP_URING_CMD:
		return "5.19";
	case SEND_ZC_OP:
		return "6.0";
	case SENDMSG_ZC_OP:
		return "6.1";
	case READV_FIXED_OP:
	case WRITEV_FIXED_OP:
		return "6.15";
	}
	return NULL;
}

static void explain_unknown_op(struct io_words *w)
{
	const char *release = since(w->e);

	TELL(w, "this kernel does not know the operation %s", io_op_name(w->e->opcode));
	if (release)
		tell_more(w, ", which takes Linux %s; ask with IORING_REGISTER_PROBE before", release);
}

/* False where nothing is wrong with the flags of the sqe, of the operation, and of the ring. */
static bool explain_flags(struct io_words *w)
{
	const struct io_evidence *e = w->e;
	bool polls = e->setup_flags & IORING_SETUP_IOPOLL;

	if (e->flags & EV_REFUSED && e->sqe_flags & 0x80)
		TELL(w, "the flags 0x%x of the sqe are unknown: 0x80 is none of IOSQE_*", e->sqe_flags);
	else if (polls && !is_rw(e) && e->opcode != IORING_OP_NOP && e->opcode != IORING_OP_URING_CMD)
		TELL(w, "an IORING_SETUP_IOPOLL ring takes no such request; send it through a ring without that flag");
	else if (!polls && is_rw(e) && e->op_flags & RWF_HIPRI_FLAG)
		TELL(w, "RWF_HIPRI asks for polled I/O, which takes a ring with IORING_SETUP_IOPOLL; clear it, or use such a ring");
	else if (is_rw(e) && (e->op_flags & RWF_BOTH_APPEND) == RWF_BOTH_APPEND)
		TELL(w, "RWF_APPEND and RWF_NOAPPEND exclude each other; clear one of them");
	else if (is_zero_copy(e) && e->sqe_flags & CQE_SKIP)
		TELL(w, "a zero-copy send does not take IOSQE_CQE_SKIP_SUCCESS, as its notification needs a completion; clear the flag");
	else if (takes_fixed_late(e) &&
		 (e->op_flags & (SEND_BUNDLE | SEND_VECTORIZED) || e->sqe_flags & IOSQE_BUFFER_SELECT))
		TELL(w, "a registered buffer (IORING_RECVSEND_FIXED_BUF) goes with no bundle, vector or provided buffer; ask for one of them");
	else if (takes_fixed_late(e))
		TELL(w, "not every kernel's %s takes a registered buffer (IORING_RECVSEND_FIXED_BUF); SEND_ZC takes one from Linux 6.0 on",
		     io_op_name(e->opcode));
	else if (is_send(e) && e->op_flags & ~0x3fU)
		TELL(w, "the flags 0x%x in ioprio are unknown to any kernel; clear them", e->op_flags & ~0x3fU);
	else if (e->flags & EV_REFUSED && is_recv(e) && e->op_flags & RECV_MULTISHOT &&
		 !(e->sqe_flags & IOSQE_BUFFER_SELECT))
		TELL(w, "IORING_RECV_MULTISHOT takes provided buffers; set IOSQE_BUFFER_SELECT and buf_group");
	else
		return false;
	return true;
}

/* The file, not the request: it takes no such I/O, or only records of a size. */
static bool explain_kind_of_file(struct io_words *w)
{
	const struct io_evidence *e = w->e;
	__u32 takes = is_write(e) ? MODE_CAN_WRITE : MODE_CAN_READ;
	char fs[FS_NAME_LEN];

	if (!(e->flags & EV_FILE) || !is_rw(e))
		return false;
	if (!(e->file_mode & takes))
		TELL(w, "its file (%s) takes no %s at all; pass the descriptor that was meant",
		     fs_text(fs, e->fs_magic), is_write(e) ? "writes" : "reads");
	else if (e->fs_magic == ANON_INODE_MAGIC && is_write(e) && e->flags & EV_RANGE && e->len_bytes >= 8)
		TELL(w, "its file is an anonymous one, which refuses what was written, as eventfd() does the value 2^64 - 1, or how much of it; which it is, was not looked at");
	else if (e->fs_magic == ANON_INODE_MAGIC)
		TELL(w, "its file is an anonymous one, as of eventfd(), timerfd or inotify, which take whole records only: 8 bytes at least for eventfd() and timerfd; which it is, was not looked at");
	else
		return false;
	return true;
}

/* What ioprio_check_cap() refuses; hints came between level and class in 6.5. */
static bool explain_priority(struct io_words *w)
{
	const struct io_evidence *e = w->e;
	__u32 class = e->ioprio >> 13, level = e->ioprio & 0x1fff;

	if (class > 3)
		TELL(w, "ioprio 0x%x asks for class %u, and there are IOPRIO_CLASS_NONE to IOPRIO_CLASS_IDLE, 0 to 3",
		     e->ioprio, class);
	else if (!class)
		TELL(w, "ioprio 0x%x has a level without a class; name one (IOPRIO_CLASS_*), or pass 0",
		     e->ioprio);
	else if (class < 3 && level > 7)
		TELL(w, "ioprio 0x%x has a level above 7, which takes Linux 6.5, as a hint; pass 0 to 7",
		     e->ioprio);
	else
		return false;
	return true;
}

/* False where nothing is seen that is wrong with the lesser fields of the sqe. */
static bool explain_field(struct io_words *w)
{
	const struct io_evidence *e = w->e;

	if (!(e->flags & EV_REFUSED))
		return false;
	if (e->flags & EV_PRIORITY && explain_priority(w))
		return true;
	if (e->flags & EV_PERSONALITY)
		TELL(w, "the sqe names personality %u, which must be a number that IORING_REGISTER_PERSONALITY returned for this ring; whether it is was not looked at",
		     e->personality);
	else if (e->flags & EV_ATTRIBUTE && e->attr_mask != ATTR_PI)
		TELL(w, "attr_type_mask 0x%x of the sqe asks for attributes that no kernel up to 7.3 knows; IORING_RW_ATTR_FLAG_PI, 1, alone is known",
		     e->attr_mask);
	else if (e->flags & EV_ATTRIBUTE)
		TELL(w, "the attribute of the sqe (IORING_RW_ATTR_FLAG_PI) is refused: its flags, reserved fields or length, or the file, which takes no integrity information without O_DIRECT; which was not looked at");
	else
		return false;
	return true;
}

/* Refused at submission: fields that nothing was said of. */
static void explain_refused(struct io_words *w)
{
	const struct io_evidence *e = w->e;

	TELL(w, "a field of the sqe%s is refused; not the cause are %sunknown IOSQE flags%s, others (%s) were not looked at",
	     io_is_message(e) ? ", or its message (more than 1024 iovecs, or a length below 0 in them)," :
	     e->nr_segments ? ", or a length in the iovecs that is below 0," : "",
	     io_is_message(e) ? "" : "the number of iovecs, ",
	     !(e->flags & EV_FIELDS) ? "" :
	     is_rw(e) ? ", ioprio, personality and attributes" : ", and a personality",
	     is_send(e) ? "addr_len, msg_flags, padding" : "buf_index, addr3");
}

/* What the file's kind alone tells. */
static void explain_left_over(struct io_words *w)
{
	const struct io_evidence *e = w->e;
	char fs[FS_NAME_LEN];

	if (e->flags & EV_SOCKET)
		TELL(w, "the socket refuses it: its state, or what the request names (an address and its length, port 0, msg_flags, more than 1024 iovecs); which was not looked at");
	else if (is_kernels_own(e))
		TELL(w, "its file is one of the kernel's own (%s), which takes certain texts, lengths or offsets only; which was not looked at",
		     fs_text(fs, e->fs_magic));
	else if (file_kind(e) == MODE_IS_CHAR)
		TELL(w, "its driver refuses it, as those do that take certain data, lengths or offsets only; which was not looked at");
	else
		TELL(w, "no cause is seen; not the cause are %sthe number of iovecs and a negative offset",
		     e->flags & EV_DEVICE ? "the alignment of address, length and offset, " : "");
}

void explain_io_einval(struct io_words *w)
{
	const struct io_evidence *e = w->e;

	if (!(e->flags & EV_REQUEST))
		TELL(w, "an argument is refused, but this kernel's completions name no request to look at");
	else if (e->flags & EV_NO_OP)
		explain_unknown_op(w);
	else if (e->flags & (EV_BAD_ADDR | EV_BAD_LEN | EV_BAD_OFFSET))
		explain_alignment(w);
	else if (e->nr_segments > MAX_IOVECS)
		TELL(w, "%u iovecs are more than the %u that a request can have; split it",
		     e->nr_segments, MAX_IOVECS);
	else if (explain_flags(w) || explain_field(w))
		return;
	else if (is_rw(e) && e->offset != ~0ULL && (__s64)e->offset < 0)
		TELL(w, "the offset 0x%llx is negative; -1 alone is allowed: the file's own position",
		     e->offset);
	else if (is_rw(e) && e->offset != ~0ULL && e->flags & EV_RANGE && (__s64)(e->offset + e->len_bytes) < 0)
		TELL(w, "the offset %llu + %llu bytes goes beyond the largest offset that a file can have, 2^63 - 1",
		     e->offset, e->len_bytes);
	else if (explain_kind_of_file(w))
		return;
	else if (e->file_flags & O_DIRECT && !(e->flags & EV_DEVICE))
		TELL(w, "the file is open with O_DIRECT; which address, length and offset it takes could not be looked at: statx() with STATX_DIOALIGN tells");
	else if (e->flags & EV_REFUSED)
		explain_refused(w);
	else if (e->flags & EV_DEVICE && e->nr_segments)
		TELL(w, "the file is open with O_DIRECT, and its device takes offsets and lengths that are multiples of %u, and addresses that are multiples of %u:%s the addresses and lengths of its %u iovec%s were not looked at",
		     e->block_bytes, e->memory_align, e->offset == ~0ULL ? "" : " the offset is one,",
		     e->nr_segments, e->nr_segments == 1 ? "" : "s");
	else
		explain_left_over(w);
}

/* ---- EOPNOTSUPP --------------------------------------------------------------------- */

static void explain_iopoll(struct io_words *w)
{
	const struct io_evidence *e = w->e;
	char fs[FS_NAME_LEN];

	if (e->flags & EV_SOCKET)
		TELL(w, "the ring is IORING_SETUP_IOPOLL, which polls for no socket; use a ring without that flag");
	else if (!(e->flags & EV_POLLS))
		TELL(w, "the ring is IORING_SETUP_IOPOLL, and the file's file system or driver (%s) offers no polled I/O; use a ring without that flag",
		     fs_text(fs, e->fs_magic));
	else if (!(e->file_flags & O_DIRECT))
		TELL(w, "the ring is IORING_SETUP_IOPOLL, which takes files that are open with O_DIRECT only; this one is not");
	else
		TELL(w, "the ring is IORING_SETUP_IOPOLL; the file is open with O_DIRECT and its file system polls, so what is left is a device without a queue for polled I/O (nvme: module parameter poll_queues)");
}

void explain_io_eopnotsupp(struct io_words *w)
{
	const struct io_evidence *e = w->e;
	__u32 op_flags = e->op_flags & ~RWF_ANY;
	char fs[FS_NAME_LEN];

	if (!(e->flags & EV_REQUEST))
		TELL(w, "the file does not support it, but this kernel's completions name no request to look at");
	else if (e->flags & EV_REFUSED && e->sqe_flags & IOSQE_BUFFER_SELECT)
		TELL(w, "IOSQE_BUFFER_SELECT asks for a provided buffer, which this request does not take; clear the flag");
	else if (e->flags & EV_REFUSED && e->sqe_flags & IOSQE_IO_DRAIN)
		TELL(w, "IOSQE_IO_DRAIN is refused: the ring has had a request with IOSQE_CQE_SKIP_SUCCESS, with which it cannot be used");
	else if (is_rw(e) && op_flags)
		TELL(w, "the rw_flags 0x%x are unknown to any kernel; clear them", op_flags);
	else if (is_rw(e) && e->op_flags & RWF_NOWAIT_FLAG && !(e->file_mode & MODE_NOWAIT))
		TELL(w, "RWF_NOWAIT was asked for, which this file does not support");
	else if (is_rw(e) && e->op_flags & ~RWF_OLD)
		TELL(w, "this kernel, or the file, does not support the rw_flags 0x%x; clear them",
		     e->op_flags & ~RWF_OLD);
	else if (is_rw(e) && e->setup_flags & IORING_SETUP_IOPOLL)
		explain_iopoll(w);
	else if (is_send(e) && !is_zero_copy(e))
		TELL(w, "the socket does not support what its msg_flags ask for (as MSG_OOB), which were not looked at");
	else if (is_send(e) && e->flags & EV_SOCKET && e->family == AF_UNIX)
		TELL(w, "a socket of AF_UNIX knows no zero-copy send; use SEND or SENDMSG");
	else if (is_send(e) && e->flags & EV_SOCKET && (e->family == AF_INET || e->family == AF_INET6))
		TELL(w, "the socket does not support what its msg_flags ask for (as MSG_OOB), or is neither TCP nor UDP, which send without a copy; which was not looked at");
	else if (is_send(e) && e->flags & EV_SOCKET)
		TELL(w, "this socket (address family %u) does not support it; for zero-copy sends TCP and UDP do",
		     e->family);
	else if (e->opcode == IORING_OP_URING_CMD && e->flags & EV_SOCKET)
		TELL(w, "the socket takes no such command (cmd_op), on this kernel or at all; which was not looked at");
	else if (e->opcode == IORING_OP_URING_CMD)
		TELL(w, "its file (%s) takes no such command; NVMe's character devices (/dev/ng0n1), ublk's, and sockets take theirs",
		     fs_text(fs, e->fs_magic));
	else
		TELL(w, "the file does not support it; not the cause are rw_flags and IORING_SETUP_IOPOLL");
}
