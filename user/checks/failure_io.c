// SPDX-License-Identifier: GPL-2.0
/*
 * Why an I/O failed: for each error an ordered list of tests over what was seen of its request,
 * ring, slot and file when it failed. What is left over says what it is not.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "base/fmt.h"
#include "base/page_size.h"
#include "checks/failure_io_words.h"
#include "checks/fs_name.h"
#include "model/io_counters.h"

#define MAX_RW_BYTES	0x7ffff000ULL	/* MAX_RW_COUNT, with pages of 4 KiB */

void tell_more(struct io_words *w, const char *format, ...)
{
	size_t n = strlen(w->out);
	va_list ap;

	va_start(ap, format);
	vsnprintf(w->out + n, EXPLAIN_LEN - n, format, ap);
	va_end(ap);
}

/* ---- EFAULT ------------------------------------------------------------------------- */

/* What else such a request points to, which the kernel reads before the buffer; NULL = nothing. */
static const char *other_memory(__u32 opcode)
{
	switch (opcode) {
	case READV_FIXED_OP:
	case WRITEV_FIXED_OP:
		return "the array of iovecs";
	case SENDMSG_ZC_OP:
		return "the message header, or what it points to (iovecs, address, control data)";
	case SEND_ZC_OP:
		return "the address to send to";
	default:
		return NULL;
	}
}

void explain_import(char *out, size_t room, const struct io_import *i)
{
	const char *other = other_memory(i->opcode);
	char a[FMT_LEN], b[FMT_LEN];
	__u64 by;

	switch (io_import_bound(i, &by)) {
	case IO_BOUND_INDEX:
		snprintf(out, room, "there is no buffer %u, the table has %u", i->index, i->nr_slots);
		break;
	case IO_BOUND_EMPTY:
		snprintf(out, room, "slot %u is empty", i->index);
		break;
	case IO_BOUND_UNKNOWN:
		fmt_bytes_long(a, i->buf_len_bytes);
		if (other)
			snprintf(out, room, "%s cannot be read, or what it asks for is not all in buffer %u (%s); which was not looked at",
				 other, i->index, a);
		else
			snprintf(out, room, "the import from buffer %u (%s) failed", i->index, a);
		break;
	case IO_BOUND_WRAP:
		snprintf(out, room, "0x%llx + %llu wraps around", i->addr, i->len_bytes);
		break;
	case IO_BOUND_BEGIN:
		snprintf(out, room, "0x%llx is %s before buffer %u begins", i->addr,
			 fmt_bytes_long(a, by), i->index);
		break;
	case IO_BOUND_END:
		snprintf(out, room, "0x%llx + %s ends %s past buffer %u", i->addr,
			 fmt_bytes_long(a, i->len_bytes), fmt_bytes_long(b, by), i->index);
		break;
	case IO_BOUND_TAG:
		snprintf(out, room, "0x%llx + %s lies inside buffer %u, but its tag (the top byte of the pointer) is not that of the address that was registered",
			 i->addr, fmt_bytes_long(a, i->len_bytes), i->index);
		break;
	case IO_BOUND_NONE:
		/* validate_fixed_range(), where buffers can be longer than that */
		if (i->len_bytes > MAX_RW_BYTES) {
			snprintf(out, room, "%s are more than a request moves, 2 GiB less 4 KiB; split it",
				 fmt_bytes_long(a, i->len_bytes));
			break;
		}
		snprintf(out, room, "0x%llx + %s lies inside buffer %u as it is now: %s%sit was changed meanwhile, or does not allow this direction",
			 i->addr, fmt_bytes_long(a, i->len_bytes), i->index, other ? other : "",
			 other ? " cannot be read, or " : "");
		break;
	}
}

/* "0x1000 + 4 KiB", "iovec 1 (0x1000 + 4 KiB)" */
static const char *range(char buf[96], const struct io_evidence *e)
{
	char size[FMT_LEN];

	if (e->flags & EV_SEGMENT)
		snprintf(buf, 96, "iovec %u (0x%llx + %s)", e->segment, e->addr,
			 fmt_bytes_long(size, e->len_bytes));
	else
		snprintf(buf, 96, "0x%llx + %s", e->addr, fmt_bytes_long(size, e->len_bytes));
	return buf;
}

static bool is_apart(const struct io_evidence *e)
{
	return e->addr + e->len_bytes <= e->buf_addr || e->addr >= e->buf_addr + e->buf_len_bytes;
}

static void explain_fixed_efault(struct io_words *w)
{
	const struct io_evidence *e = w->e;
	const struct io_import i = io_import_of(e);
	char import[256], where[96];
	enum io_bound bound;
	__u64 by;

	if (!(e->flags & EV_INDEX)) {
		TELL(w, "the import of its buffer failed; of several requests of this user_data it is not known which it was");
		return;
	}
	explain_import(import, sizeof(import), &i);
	bound = io_import_bound(&i, &by);
	if (e->flags & EV_OTHER && e->flags & EV_SEGMENT)
		TELL(w, "%s lies in buffer %u, but buf_index says %u; one request uses one buffer: split it by buffer",
		     range(where, e), e->other, e->index);
	else if (e->flags & EV_OTHER && bound == IO_BOUND_INDEX)
		TELL(w, "%s; %s lies in buffer %u: set buf_index to %u", import, range(where, e),
		     e->other, e->other);
	else if (e->flags & EV_OTHER)
		TELL(w, "%s lies in buffer %u, but buf_index says %u; set buf_index to %u",
		     range(where, e), e->other, e->index, e->other);
	else if (bound == IO_BOUND_INDEX)
		TELL(w, "%s; %s", import, e->nr_slots ? "set buf_index to a slot of the table" :
		     "register buffers first");
	else if (bound == IO_BOUND_EMPTY)
		TELL(w, "%s; put a buffer there first (IORING_REGISTER_BUFFERS_UPDATE)", import);
	else if (e->flags & EV_RANGE && is_apart(e))
		TELL(w, "%s: %s lies in no registered buffer%s; register that memory, or use an address inside the buffer of buf_index (0x%llx + %llu bytes)",
		     import, range(where, e), e->nr_slots > EV_MAX_SLOTS ?
		     " of the first 64, which were looked at" : "", e->buf_addr, e->buf_len_bytes);
	else if (bound == IO_BOUND_TAG)
		TELL(w, "%s, and the kernel compares them whole: use the pointer that was registered", import);
	else if (bound == IO_BOUND_END)
		TELL(w, "%s; ask for less, or register a longer buffer", import);
	else
		TELL(w, "%s", import);
}

static void explain_io_efault(struct io_words *w)
{
	const struct io_evidence *e = w->e;
	char where[96];

	if (e->flags & EV_REFUSED && e->flags & EV_ATTRIBUTE)
		TELL(w, "what attr_ptr of the sqe points to (IORING_RW_ATTR_FLAG_PI), or the integrity information that it names, cannot be read; pass addresses that are mapped");
	else if (e->flags & EV_FIXED)
		explain_fixed_efault(w);
	else if (e->flags & EV_RANGE)
		TELL(w, "the memory at %s is not mapped, or may not be accessed that way; which of them was not looked at",
		     range(where, e));
	else
		TELL(w, "memory that the request names is not mapped, or may not be accessed that way; which was not looked at");
}

/* ---- the file ----------------------------------------------------------------------- */

static void explain_io_ebadf(struct io_words *w)
{
	const struct io_evidence *e = w->e;
	bool fixed = e->sqe_flags & IOSQE_FIXED_FILE;

	if (!(e->flags & EV_REQUEST))
		TELL(w, "its file is not open, or not for that direction; which was not looked at");
	else if (e->flags & EV_FILE && !is_write(e) && !(e->file_mode & MODE_READ))
		TELL(w, "the file is open O_WRONLY; reading takes O_RDONLY or O_RDWR");
	else if (e->flags & EV_FILE && is_write(e) && !(e->file_mode & MODE_WRITE))
		TELL(w, "the file is open O_RDONLY; writing takes O_WRONLY or O_RDWR");
	else if (fixed && e->flags & EV_NO_FILES)
		TELL(w, "IOSQE_FIXED_FILE is set, but the ring has no registered files; register them (IORING_REGISTER_FILES), or clear the flag and pass a descriptor");
	else if (fixed && e->flags & EV_NO_FILE)
		TELL(w, "IOSQE_FIXED_FILE is set, and the index in fd is of no registered file: beyond the table of %u, or of an empty slot (a request keeps no index that failed)",
		     e->nr_files);
	else if (e->flags & EV_NO_FILE)
		TELL(w, "its descriptor is not open, or is open with O_PATH, which gives no I/O (a request keeps no descriptor that failed)%s",
		     fixed ? "" : "; an index of a registered file takes IOSQE_FIXED_FILE");
	else
		TELL(w, "its file cannot be used for this; it is open, also for this direction");
}

static void explain_io_enospc(struct io_words *w)
{
	const struct io_evidence *e = w->e;
	char fs[FS_NAME_LEN];

	if (!(e->flags & EV_FILE))
		TELL(w, "the file system, or the device, has no room left for it");
	else if ((e->inode_mode & MODE_KIND) == MODE_IS_BLOCK)
		TELL(w, "the write begins at or beyond the end of the device");
	else if ((e->inode_mode & MODE_KIND) != MODE_IS_FILE)
		TELL(w, "the device has no room left for it");
	else
		TELL(w, "the file system (%s) has no room left for it, or none for this user; free some, or write elsewhere",
		     fs_text(fs, e->fs_magic));
}

static void explain_io_epipe(struct io_words *w)
{
	if (w->e->flags & EV_SOCKET)
		TELL(w, "the connection was shut down: the other end has closed it, or this end is shut down for writing, or it never was connected");
	else if (!file_kind(w->e))
		TELL(w, "nobody has the other end, of a pipe or of a connection, open; which was not looked at");
	else if (file_kind(w->e) == MODE_IS_PIPE)
		TELL(w, "nobody has the other end of the pipe open for reading");
	else
		TELL(w, "who would take what is written is gone; the file is no socket and no pipe");
}

static void explain_io_eagain(struct io_words *w)
{
	const struct io_evidence *e = w->e;

	if (is_rw(e) && e->op_flags & RWF_NOWAIT_FLAG)
		TELL(w, "RWF_NOWAIT was asked for, and it would have had to wait");
	else if (e->file_flags & O_NONBLOCK)
		TELL(w, "the file is O_NONBLOCK and was not ready; without that flag io_uring waits for it");
	else
		TELL(w, "it would have had to wait, and was not to (for a socket MSG_DONTWAIT, which was not looked at)");
}

/* ---- memory ------------------------------------------------------------------------- */

static void explain_io_enomem(struct io_words *w)
{
	const struct io_evidence *e = w->e;
	char used[FMT_LEN], limit[FMT_LEN], need[FMT_LEN], where[96];
	bool sends = is_zero_copy(e);

	if (e->flags & EV_SEGMENT) {
		TELL(w, "%s is not all in buffer %u, and the kernel makes room for all that iovecs name before it looks at that: more than it had",
		     range(where, e), e->index);
		return;
	}
	if (sends && !(e->flags & EV_FIXED) && e->flags & EV_ACCOUNT && e->limit_bytes != ~0ULL)
		TELL(w, "a zero-copy send of plain memory is charged against RLIMIT_MEMLOCK until its notification: %s of %s were used when it failed%s%s; send over a registered buffer (IORING_RECVSEND_FIXED_BUF and buf_index), have fewer in flight, or raise the limit (ulimit -l, LimitMEMLOCK=)",
		     fmt_bytes_long(used, e->locked_pages * PAGE_BYTES),
		     fmt_bytes_long(limit, e->limit_bytes), e->len_bytes ? ", and it needs " : "",
		     e->len_bytes ? fmt_bytes_long(need, e->len_bytes) : "");
	else
		TELL(w, "the kernel got no memory for it: there was none, or the limit of a memory cgroup was reached (neither was looked at)%s",
		     e->flags & EV_NO_LIMIT ? "; RLIMIT_MEMLOCK does not count for its ring" : "");
}

/* ---- ECANCELED ---------------------------------------------------------------------- */

/* Also of an operation that is no I/O: those that links are made of have a name. */
static const char *head_name(char buf[FMT_LEN], const struct io_evidence *e)
{
	static const char *const others[] = {
		[IORING_OP_FSYNC] = "FSYNC", [IORING_OP_POLL_ADD] = "POLL_ADD",
		[IORING_OP_TIMEOUT] = "TIMEOUT", [IORING_OP_ACCEPT] = "ACCEPT",
		[IORING_OP_ASYNC_CANCEL] = "ASYNC_CANCEL", [IORING_OP_LINK_TIMEOUT] = "LINK_TIMEOUT",
		[IORING_OP_CONNECT] = "CONNECT", [IORING_OP_OPENAT] = "OPENAT",
		[IORING_OP_CLOSE] = "CLOSE", [IORING_OP_OPENAT2] = "OPENAT2",
		[IORING_OP_SPLICE] = "SPLICE",
	};
	const char *name = io_op_name(e->head_op);

	if (*name != '?')
		return name;
	if (e->head_op < sizeof(others) / sizeof(others[0]) && others[e->head_op])
		return others[e->head_op];
	snprintf(buf, FMT_LEN, "request of opcode %u", e->head_op);
	return buf;
}

static void explain_after(struct io_words *w)
{
	const struct io_evidence *e = w->e;
	char name[FMT_LEN];
	const char *op = head_name(name, e);
	char got[FMT_LEN], asked[FMT_LEN];

	if (e->head_result < 0)
		TELL(w, "the %s before it in its link (user_data 0x%llx) failed: %s", op,
		     e->head_user_data, fact_errno_name(e->head_result));
	else if (e->head_len)
		TELL(w, "the %s before it in its link (user_data 0x%llx) was short: %s of %s; with IOSQE_IO_HARDLINK the link goes on",
		     op, e->head_user_data, fmt_bytes_long(got, e->head_result),
		     fmt_bytes_long(asked, e->head_len));
	else
		TELL(w, "the %s before it in its link (user_data 0x%llx) did less than was asked for: its result is %d",
		     op, e->head_user_data, e->head_result);
}

static void explain_cancelled(struct io_words *w)
{
	const struct io_evidence *e = w->e;
	char name[FMT_LEN];

	if (e->flags & EV_AFTER)
		explain_after(w);
	else if (e->flags & EV_BEFORE)
		TELL(w, "it heads a link of which the %s (user_data 0x%llx) was refused at submission: %s",
		     head_name(name, e), e->head_user_data, fact_errno_name(e->head_result));
	else if (!(e->flags & EV_REQUEST))
		TELL(w, "it was cancelled; by what is not known, as this kernel's completions name no request to look at");
	else if (e->flags & EV_CLOSED && !(e->flags & EV_REFUSED))
		TELL(w, "its ring was closed while it was under way");
	else if (e->flags & EV_ENDING)
		TELL(w, "the thread that submitted it, %u, has ended, or was ending, and a thread takes its requests with it; submit from one that stays",
		     e->tid);
	else if (e->flags & EV_TIMEOUT)
		TELL(w, "it was cancelled%s: it has a linked timeout (IORING_OP_LINK_TIMEOUT), which does that when it expires, as IORING_OP_ASYNC_CANCEL would",
		     e->flags & EV_WAITED ? " while it waited for its file" : "");
	else if (e->flags & EV_WAITED)
		TELL(w, "it was cancelled while it waited for its file, by IORING_OP_ASYNC_CANCEL, IORING_REGISTER_SYNC_CANCEL, or an exec() of its process, which ends what is under way%s",
		     e->fs_magic == ANON_INODE_MAGIC ?
		     ", or because what it waited for went away (a signalfd's does with the process that made it), or, where it reads a ring, with its process; not the cause are its link and a linked timeout" :
		     "; not the cause are its link, a linked timeout, the end of its thread or of its ring");
	else
		TELL(w, "it was cancelled, by IORING_OP_ASYNC_CANCEL, IORING_REGISTER_SYNC_CANCEL, or an exec() of its process, which ends what is under way, or in a link by the failure of one before it (of more than a thousand that are cancelled at once not each is known); not the cause are a linked timeout, the end of its thread or of its ring");
}

/* ---- all ---------------------------------------------------------------------------- */

/* A NOP that was not refused has no other errors than these, but what its sqe asks for. */
static bool is_injected(const struct io_evidence *e, __s32 result)
{
	return e->opcode == IORING_OP_NOP && !(e->flags & EV_REFUSED) && result != -EFAULT &&
	       result != -EBADF && result != -ECANCELED;
}

void explain_io(char out[EXPLAIN_LEN], const struct io_evidence *seen, __s32 result)
{
	struct io_words w = { out, seen };

	if (is_injected(seen, result)) {
		TELL(&w, "the NOP asks for this result itself (IORING_NOP_INJECT_RESULT); there was no I/O");
		return;
	}
	switch (-result) {
	case EFAULT:
		explain_io_efault(&w);
		break;
	case EINVAL:
		explain_io_einval(&w);
		break;
	case EOPNOTSUPP:
		explain_io_eopnotsupp(&w);
		break;
	case EBADF:
		explain_io_ebadf(&w);
		break;
	case ENOSPC:
		explain_io_enospc(&w);
		break;
	case EPIPE:
		explain_io_epipe(&w);
		break;
	case EAGAIN:
		explain_io_eagain(&w);
		break;
	case ENOMEM:
		explain_io_enomem(&w);
		break;
	case ECANCELED:
		explain_cancelled(&w);
		break;
	default:
		explain_io_errno(&w, result);
	}
}

static bool is_likelier(const struct gone_buffer *g, const struct gone_buffer *than, __u32 index)
{
	if ((g->index == index) != (than->index == index))
		return g->index == index;
	return g->t_ns > than->t_ns;
}

/* The last buffer that held all of it, and left its slot before, the request's own rather; NULL = none that is known. */
static const struct gone_buffer *held_before(const struct ring *r, const struct fact_io_failed *f)
{
	const struct io_evidence *e = &f->seen;
	const struct gone_buffer *found = NULL;

	for (int i = 0; r && i < RING_GONE_KEPT; i++) {
		const struct gone_buffer *g = &r->gone[i];

		if (g->t_ns && g->t_ns < f->io.h.t_ns && e->addr >= g->addr &&
		    e->len_bytes <= g->len_bytes && e->addr - g->addr <= g->len_bytes - e->len_bytes &&
		    (!found || is_likelier(g, found, e->index)))
			found = g;
	}
	return found;
}

/* Whether the slot, as it was when the request failed, does not hold the range. */
static bool is_outside(const struct io_evidence *e)
{
	const struct io_import i = io_import_of(e);
	__u64 by;

	if (!(e->flags & EV_RANGE) || !(e->flags & EV_SLOT))
		return false;
	switch (io_import_bound(&i, &by)) {
	case IO_BOUND_INDEX:
	case IO_BOUND_EMPTY:
	case IO_BOUND_BEGIN:
	case IO_BOUND_END:
		return true;
	default:
		return false;
	}
}

/* Adds what the program may have forgotten: the memory was registered, and is no more, or the slot is another's. */
static void add_gone(struct io_words *w, const struct fact_io_failed *f, const struct ledger *l)
{
	const struct io_evidence *e = &f->seen;
	const struct gone_buffer *g = is_outside(e) ? held_before(ledger_ring(l, f->io.h.ring), f) : NULL;
	char ago[FMT_LEN];

	/* what another slot holds is there still, and the slot's own past alone is of interest */
	if (!g || (e->flags & EV_OTHER && g->index != e->index))
		return;
	fmt_ns(ago, f->io.h.t_ns - g->t_ns);
	if (g->replaced && g->index == e->index)
		tell_more(w, "; slot %u was replaced %s before; the range lay in what it held until then",
			  g->index, ago);
	else
		tell_more(w, "; buffer %u held it until it was %s, %s before", g->index,
			  g->replaced ? "replaced" : "unregistered", ago);
}

void explain_io_fact(char out[EXPLAIN_LEN], const struct fact_io *f, const struct ledger *l)
{
	struct io_words w = { .out = out };
	struct io_evidence seen = {
		.flags = EV_FIXED, .addr = f->addr, .len_bytes = f->len_bytes, .index = f->index,
		.buf_addr = f->buf_addr, .buf_len_bytes = f->buf_len_bytes, .nr_slots = f->nr_slots,
		.opcode = f->opcode,
	};

	if (f->h.kind == FACT_IO_FAILED) {
		explain_io(out, &((const struct fact_io_failed *)f)->seen, f->result);
		if (f->result == -EFAULT)
			add_gone(&w, (const struct fact_io_failed *)f, l);
		return;
	}
	seen.flags |= f->io_flags & IO_F_RANGE ? EV_RANGE : 0;
	seen.flags |= f->io_flags & IO_F_NAMELESS ? 0 : EV_INDEX;
	seen.flags |= f->io_flags & IO_F_NO_IMPORT ? EV_SLOT : 0;
	seen.flags |= f->io_flags & IO_F_EMPTY ? EV_EMPTY : 0;
	explain_io(out, &seen, f->result);
}
