// SPDX-License-Identifier: GPL-2.0
/*
 * Uses registered buffers in ways that are no READ_FIXED that goes well, each a prime number of
 * times, and one buffer not at all; says which of them this kernel has: KIND=COUNT.
 *   io_advice [brief|defer|forked|muted|refused]
 *       a ring that ends at once; one whose completions wait to be asked for; one that a child uses,
 *       which has memory of its own; one on which all buffers but the first are used by requests that
 *       post no completion; one for which registering fails before it goes well
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include "load_report.h"
#include "load_ring.h"
#include "memory.h"

#define SLOTS		9
#define SLOT_BYTES	(4 * (int)PAGE)
#define REPORT_USAGE	(1U << 3)	/* IORING_SEND_ZC_REPORT_USAGE, 6.2 */
#define SETUP_SINGLE	(1U << 12)	/* IORING_SETUP_SINGLE_ISSUER, 6.0 */
#define SETUP_DEFER	(1U << 13)	/* IORING_SETUP_DEFER_TASKRUN, 6.1 */

#define SKIP_SUCCESS	(1U << 6)	/* IOSQE_CQE_SKIP_SUCCESS, 5.17 */
#define FEAT_CQE_SKIP	(1U << 11)

/* What happens to each slot. */
enum { GOOD, FAILED, CANCELLED, UNDER_WAY, PLAIN, VECTOR, SENT, SENT_ZC, NEVER };

static char *slot[SLOTS];
static int file, out, in;

static void open_all(void)
{
	struct iovec iov[SLOTS];

	for (int i = 0; i < SLOTS; i++) {
		slot[i] = mem_pages(SLOT_BYTES / PAGE);
		iov[i] = (struct iovec){ slot[i], SLOT_BYTES };
	}
	file = memfd_create("io_advice", MFD_CLOEXEC);
	must(ftruncate(file, SLOT_BYTES), "ftruncate");
	must(uring_register(ring.ring_fd, iov, SLOTS), "register");
}

static struct io_uring_sqe *fixed(int op, int fd, int index, unsigned int len)
{
	struct io_uring_sqe *sqe = request(op, fd, slot[index], len, 0);

	sqe->buf_index = index;
	return sqe;
}

static void drain(size_t bytes)
{
	char buf[512];

	while (bytes) {
		ssize_t n = read(in, buf, bytes < sizeof(buf) ? bytes : sizeof(buf));

		must(n <= 0 ? -1 : 0, "read");
		bytes -= n;
	}
}

static void messages(void)
{
	struct iovec iov = { mem_pages(1), 100 };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	int s[2];

	must(socketpair(AF_UNIX, SOCK_STREAM, 0, s), "socketpair");
	for (int i = 0; i < 13; i++) {
		request(IORING_OP_SENDMSG, s[0], &msg, 1, 0);
		finish(1);
		request(IORING_OP_RECVMSG, s[1], &msg, 1, 0);
		finish(1);
	}
	report("messages=13");
}

static void sends(void)
{
	for (int i = 0; i < 7; i++) {
		request(IORING_OP_SEND, out, slot[SENT] + 512, 100, 0);
		finish(1);
		drain(100);
	}
	report("sends=7");
	if (!load_ring_has_op(OP_SEND_ZC))
		return;
	for (int i = 0; i < 11; i++) {
		request(OP_SEND_ZC, out, slot[SENT_ZC] + 512, 100, 0);
		finish(1);
		drain(100);
	}
	report("zero_copy=11");
	for (int i = 0; i < 17; i++) {
		fixed(OP_SEND_ZC, out, GOOD, 100)->ioprio = SEND_FIXED;
		finish(1);
		drain(100);
	}
	report("fixed_sends=17");
}

/* Tells whether this kernel's notifications say that the data was copied: over loopback it is. */
static void copied(int op, int times, const void *what, unsigned int len)
{
	int told = 0;

	for (int i = 0; load_ring_has_op(op) && i < times; i++) {
		struct io_uring_sqe *sqe = request(op, out, what, len, 0);
		__u64 mine = sqe->user_data;
		struct io_uring_cqe *cqe;
		bool notified = false;

		sqe->ioprio = REPORT_USAGE;
		io_uring_submit(&ring);
		drain(100);
		while (!notified) {
			must(io_uring_wait_cqe(&ring, &cqe), "io_uring_wait_cqe");
			/* older sends have theirs in the queue, too; a refused one has none */
			notified = cqe->user_data == mine && !(cqe->flags & (1U << 1));
			told += notified && (__u32)cqe->res == 1U << 31;
			io_uring_cqe_seen(&ring, cqe);
		}
	}
	report("copied.%d=%d", op, told);
}

static void used(void)
{
	struct iovec two[2] = { { slot[VECTOR] + 512, 512 }, { slot[VECTOR] + 4096, 512 } };
	int ends[2];
	char *apart = mem_pages(1);

	must(pipe(ends), "pipe");
	for (int i = 0; i < 3; i++)
		fixed(IORING_OP_READ_FIXED, file, GOOD, 512);
	for (int i = 0; i < 3; i++)
		fixed(IORING_OP_READ_FIXED, file, FAILED, SLOT_BYTES + 1);
	for (int i = 0; i < 3; i++)
		request(IORING_OP_READ, file, slot[PLAIN] + 512, 512, 0);
	for (int i = 0; i < 5; i++)
		request(IORING_OP_READV, file, two, 2, 0);
	for (int i = 0; i < 19; i++)
		request(IORING_OP_READ, file, apart, 512, 0);
	finish(3 + 3 + 3 + 5 + 19);
	report("reads=3");
	report("vectors=5");
	report("cached=19");
	fixed(IORING_OP_READ_FIXED, ends[0], CANCELLED, 512)->user_data = 0xabc << 8;
	io_uring_submit(&ring);
	request(IORING_OP_ASYNC_CANCEL, -1, (void *)(0xabc << 8), 0, 0);
	finish(2);
	fixed(IORING_OP_READ_FIXED, ends[0], UNDER_WAY, 512);
	io_uring_submit(&ring);
}

/* The addresses of the buffers are other memory in the child. */
static void forked(void)
{
	pid_t child = fork();
	int status;

	must(child, "fork");
	if (!child) {
		for (int i = 0; i < 67; i++) {
			request(IORING_OP_READ, file, slot[PLAIN], 512, 0);
			finish(1);
		}
		usleep(300000);
		_exit(0);
	}
	must(waitpid(child, &status, 0) == child && !status ? 0 : -1, "the child");
	usleep(300000);
	report("by_child=67");
}

/* Registers memory that is not there. */
static void refused(void)
{
	struct iovec nowhere = { NULL, SLOT_BYTES };

	for (int i = 0; i < 5; i++)
		if (uring_register(ring.ring_fd, &nowhere, 1) >= 0)
			must(-1, "a call that has to fail");
}

/* Uses all buffers but the first, each 5 times: a success is seen by nobody. */
static void muted(void)
{
	if (!(ring.features & FEAT_CQE_SKIP))
		report_skip("this kernel has no IOSQE_CQE_SKIP_SUCCESS");
	for (int i = 0; i < 5; i++) {
		for (int index = GOOD + 1; index < SLOTS; index++)
			fixed(IORING_OP_READ_FIXED, file, index, 512)->flags |= SKIP_SUCCESS;
		io_uring_submit(&ring);
	}
	report("muted=%d", 5 * (SLOTS - 1));
}

int main(int argc, char **argv)
{
	struct io_uring_params p = { 0 };
	static char text[100];
	struct iovec one = { text, sizeof(text) };
	struct msghdr msg = { .msg_iov = &one, .msg_iovlen = 1 };
	const char *mode;

	report_init(&argc, argv);
	mode = argc > 1 ? argv[1] : "";
	if (!strcmp(mode, "defer"))
		p.flags = SETUP_SINGLE | SETUP_DEFER;
	load_ring_open(64, &p, mode);
	if (!strcmp(mode, "refused"))
		refused();
	open_all();
	if (!strcmp(mode, "forked")) {
		forked();
		report_ready();
		return 0;
	}
	if (*mode) {
		for (int i = 0; i < 3; i++)
			fixed(IORING_OP_READ_FIXED, file, GOOD, 512);
		finish(3);
		if (!strcmp(mode, "muted"))
			muted();
		if (!strcmp(mode, "defer") || !strcmp(mode, "muted"))
			usleep(500000);
		report_ready();
		return 0;
	}
	if (!tcp_pair(&out, &in))
		report_skip("no TCP here");
	used();
	messages();
	sends();
	copied(OP_SEND_ZC, 5, slot[SENT_ZC], 100);
	copied(OP_SENDMSG_ZC, 3, &msg, 1);
	/* past the first interval */
	usleep(3000000);
	report_ready();
	return 0;
}
