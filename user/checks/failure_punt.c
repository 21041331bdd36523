// SPDX-License-Identifier: GPL-2.0
/* I/O that went well, but a slower way: why. What a request asks for itself comes first. */
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include "checks/failure_io_words.h"
#include "checks/fs_name.h"

static void explain_regular(struct io_words *w)
{
	const struct io_evidence *e = w->e;
	char fs[FS_NAME_LEN];

	fs_text(fs, e->fs_magic);
	if (e->file_flags & O_DIRECT)
		TELL(w, "direct I/O that had to wait in its file system (%s): for blocks to allocate, a lock, or room in the device's queue%s; which was not looked at",
		     fs, is_write(e) && e->file_flags & O_DSYNC ? ", or, as it is O_DSYNC, for the device" : "");
	else if (is_write(e))
		TELL(w, "a buffered write%s, which its file system (%s) does not do without waiting; O_DIRECT writes of blocks that the file has already need no worker, those that extend it do",
		     e->file_flags & O_DSYNC || e->op_flags & RWF_DSYNC_FLAG ? " with O_DSYNC" : "", fs);
	else
		TELL(w, "a buffered read of what was not in the page cache (%s); O_DIRECT reads need no worker", fs);
}

void explain_punt(char out[EXPLAIN_LEN], const struct io_evidence *seen)
{
	struct io_words w = { out, seen };

	if (seen->sqe_flags & IOSQE_IO_DRAIN)
		TELL(&w, "IOSQE_IO_DRAIN holds it back until all before it have ended, and a worker runs it then");
	else if (seen->sqe_flags & IOSQE_ASYNC)
		TELL(&w, "IOSQE_ASYNC asks for a worker; without it only what must wait gets one (the kernel sets it, too, for what comes behind a request with IOSQE_IO_DRAIN)");
	else if (!(seen->flags & EV_FILE))
		TELL(&w, "it had to wait; for what was not looked at");
	else if (!(seen->file_mode & MODE_NOWAIT))
		TELL(&w, "its file offers no I/O without waiting (no FMODE_NOWAIT), so that a worker has to wait");
	else if (S_ISREG(seen->inode_mode) || S_ISBLK(seen->inode_mode))
		explain_regular(&w);
	else
		TELL(&w, "it had to wait, and io_uring did not wait for its file itself, as it does where an operation and a file can be polled; why was not looked at");
}

void explain_refused_punt(char out[EXPLAIN_LEN])
{
	snprintf(out, EXPLAIN_LEN, "as all of its kind on this IORING_SETUP_IOPOLL ring it ended in EOPNOTSUPP: what a file refuses so, io_uring has a worker try once more; why it is refused is told with the failures");
}

void explain_copied(char out[EXPLAIN_LEN], __u32 opcode)
{
	const char *plain = opcode == IORING_OP_SEND_ZC ? "SEND" :
			    opcode == IORING_OP_SENDMSG_ZC ? "SENDMSG" : "a plain send";

	snprintf(out, EXPLAIN_LEN, "the kernel copied the data of this zero-copy send, as its notification says (IORING_NOTIF_USAGE_ZC_COPIED): the way to the receiver (loopback, or a device without scatter-gather) takes no user pages; %s saves the notification",
		 plain);
}
