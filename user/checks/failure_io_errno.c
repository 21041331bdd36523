// SPDX-License-Identifier: GPL-2.0
/* Errors of an I/O that say most by themselves: what they mean for a file of that kind. */
#include <errno.h>
#include <string.h>
#include "checks/failure_io_words.h"
#include "checks/fs_name.h"

/* What the number says for each file; none of these needs evidence. */
static const struct { int error; const char *says; } plain[] = {
	{ EINTR, "a signal or a cancel came while a worker was inside it" },
	{ EFBIG, "the write begins at or beyond RLIMIT_FSIZE (ulimit -f), or the largest size that the file or its file system takes; which was not looked at" },
	{ EDQUOT, "a quota of the file system (of a user, group or project) is used up; free some, or raise it" },
	{ EISDIR, "the file is a directory, which takes no reads and writes" },
	{ EROFS, "the file system is mounted read-only" },
	{ ETXTBSY, "the file is in use as swap, or runs as a program" },
	{ ESPIPE, "the file cannot be read or written at an offset" },
	{ ESTALE, "the file is gone from its server, as a network file system says" },
	{ ENOTSOCK, "the file is no socket, and this operation takes one" },
	{ ENOTCONN, "the socket is not connected; connect or accept first" },
	{ EDESTADDRREQ, "the socket is not connected, and the request names no address" },
	{ ECONNRESET, "the other end reset the connection" },
	{ ECONNREFUSED, "nobody listens at the other end, as an earlier send, or this one, was told" },
	{ ECONNABORTED, "the connection was aborted" },
	{ ETIMEDOUT, "the other end, or the device, did not answer in time" },
	{ EAFNOSUPPORT, "the address is of another family than the socket" },
	{ ENXIO, "the device or network interface that it goes to is not there, or none was named" },
	{ ENODEV, "the device is gone, or never was there" },
	{ ENETUNREACH, "there is no route to that network" },
	{ EHOSTUNREACH, "there is no route to that host, or it does not answer" },
	{ ENETDOWN, "the network device is down" },
};

#define CLASS_REAL_TIME	1	/* IOPRIO_CLASS_RT */

static void explain_eperm(struct io_words *w)
{
	const struct io_evidence *e = w->e;

	if (e->flags & EV_REFUSED && e->flags & EV_PRIORITY && e->ioprio >> 13 == CLASS_REAL_TIME)
		TELL(w, "ioprio 0x%x asks for the real-time class, which takes CAP_SYS_NICE or CAP_SYS_ADMIN; ask for IOPRIO_CLASS_BE",
		     e->ioprio);
	else if (e->flags & EV_REFUSED)
		TELL(w, "at submission: %sa security module forbids it, or its personality; which was not looked at",
		     e->flags & EV_FIELDS ? "" : "ioprio asks for a class that takes CAP_SYS_NICE or CAP_SYS_ADMIN, or ");
	else if (!file_kind(e))
		TELL(w, "its file, or a security module, forbids it; which was not looked at");
	else if (e->flags & EV_SOCKET)
		TELL(w, "a firewall's rule (netfilter, or a BPF program of a cgroup) or a security module forbids it; which was not looked at");
	else if (file_kind(e) == MODE_IS_FILE && is_write(e) && e->fs_magic == TMPFS_FS_MAGIC)
		TELL(w, "the file is sealed against it (a memfd's F_SEAL_WRITE, F_SEAL_FUTURE_WRITE or F_SEAL_GROW), or a security module forbids it; which was not looked at");
	else if (file_kind(e) == MODE_IS_FILE && is_write(e))
		TELL(w, "the file is immutable or takes appended data only (chattr +i, +a), or a security module forbids it; which was not looked at");
	else
		TELL(w, "the file's driver, or a security module, forbids it; which was not looked at");
}

static void explain_eacces(struct io_words *w)
{
	if (w->e->flags & EV_REFUSED)
		TELL(w, "restrictions of the ring or of the task forbid this opcode or its flags; allow it where they are set (IORING_REGISTER_RESTRICTIONS)");
	else if (w->e->flags & EV_SOCKET)
		TELL(w, "the socket may not send there: a broadcast takes SO_BROADCAST; else it is a route that prohibits it, or a security module; which was not looked at");
	else
		TELL(w, "the file, or a security module, forbids it; which was not looked at");
}

static void explain_eio(struct io_words *w)
{
	const struct io_evidence *e = w->e;
	char fs[FS_NAME_LEN];

	if (is_kernels_own(e))
		TELL(w, "its file is one of the kernel's own (%s), which cannot serve it (/proc/PID/mem: nothing is there at that offset)",
		     fs_text(fs, e->fs_magic));
	else if (file_kind(e) == MODE_IS_CHAR)
		TELL(w, "its driver reported an error; a terminal does for a process of a background session, or when it was hung up");
	else
		TELL(w, "the device or file system reported an error; the kernel's log may say more");
}

static void explain_enobufs(struct io_words *w)
{
	if (w->e->sqe_flags & IOSQE_BUFFER_SELECT)
		TELL(w, "the group of provided buffers that it names is empty, or not there; provide some (IORING_REGISTER_PBUF_RING) before");
	else if (w->e->opcode == IORING_OP_URING_CMD)
		TELL(w, "its file, or what it goes to, had no room left for it; which was not looked at");
	else
		TELL(w, "the network had no room left for it in its queues");
}

static void explain_emsgsize(struct io_words *w)
{
	TELL(w, "the message is longer than the socket sends in one piece%s; send less at a time",
	     io_is_message(w->e) ? ", or has more than 1024 iovecs, which was not looked at" : "");
}

void explain_io_errno(struct io_words *w, __s32 result)
{
	switch (-result) {
	case EMSGSIZE:
		explain_emsgsize(w);
		return;
	case EPERM:
		explain_eperm(w);
		return;
	case EACCES:
		explain_eacces(w);
		return;
	case EIO:
		explain_eio(w);
		return;
	case ENOBUFS:
		explain_enobufs(w);
		return;
	}
	for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++)
		if (plain[i].error == -result) {
			TELL(w, "%s", plain[i].says);
			return;
		}
	TELL(w, "%s; no more was looked at", strerror(-result));
}
