// SPDX-License-Identifier: GPL-2.0
/*
 * A prime number of io_uring_enter calls that submit a prime number of requests: some begin with
 * one that is no I/O, one has a refused request alone. The same through the kernel's thread.
 *   io_enters [--no-wait] plain|sqpoll
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "load_report.h"
#include "memory.h"

#define ENTRIES	16
#define BLOCK	512

static struct io_uring ring;
static char *buf;
static int zero, ends[2];
static unsigned int enters, submissions;

static void queue_read(void)
{
	io_uring_prep_read_fixed(io_uring_get_sqe(&ring), zero, buf, BLOCK, 0, 0);
}

/* An empty pipe can be written to: it ends at once. */
static void queue_poll(void)
{
	io_uring_prep_poll_add(io_uring_get_sqe(&ring), ends[1], POLLOUT);
}

static void queue_refused(void)
{
	struct io_uring_sqe *sqe = io_uring_get_sqe(&ring);

	io_uring_prep_nop(sqe);
	sqe->flags = 0x80;
}

/* One call, and all that it submitted has ended. */
static void enter(unsigned int nr)
{
	struct io_uring_cqe *cqe;
	/* what the kernel's thread has taken by then is not in it */
	int ret = io_uring_submit(&ring);

	must(ret == (int)nr || (ret >= 0 && ring.flags & IORING_SETUP_SQPOLL) ? 0 : -EIO, "io_uring_submit");
	for (unsigned int i = 0; i < nr; i++) {
		must(io_uring_wait_cqe(&ring, &cqe), "io_uring_wait_cqe");
		io_uring_cqe_seen(&ring, cqe);
	}
	enters++;
	submissions += nr;
}

static void open_ring(unsigned int flags)
{
	struct io_uring_params p = { .flags = flags, .sq_thread_idle = 1000 };
	struct iovec iov;

	buf = mem_pages(1);
	iov = (struct iovec){ buf, BLOCK };
	zero = must(open("/dev/zero", O_RDONLY | O_CLOEXEC), "/dev/zero");
	must(pipe(ends) ? -errno : 0, "pipe");
	if (io_uring_queue_init_params(ENTRIES, &ring, &p))
		report_skip("this kernel makes no such ring");
	must(uring_register(ring.ring_fd, &iov, 1), "register");
}

/* Of calls all but the last are known to the tool. */
static void finish(void)
{
	report("enters=%u", enters);
	report("submissions=%u", submissions);
	queue_read();
	enter(1);
}

static void plain(void)
{
	open_ring(0);
	for (int i = 0; i < 31; i++) {
		queue_poll();
		for (int k = 0; k < 6; k++)
			queue_read();
		enter(7);
	}
	for (int i = 0; i < 5; i++) {
		for (int k = 0; k < 3; k++)
			queue_read();
		enter(3);
	}
	queue_refused();
	enter(1);
	finish();
}

static void sqpoll(void)
{
	open_ring(IORING_SETUP_SQPOLL);
	for (int i = 0; i < 13; i++) {
		for (int k = 0; k < 5; k++)
			queue_read();
		enter(5);
	}
	finish();
}

int main(int argc, char **argv)
{
	static const struct load_mode modes[] = { { "plain", plain }, { "sqpoll", sqpoll } };

	report_init(&argc, argv);
	return load_modes(argc, argv, modes, 2);
}
