// SPDX-License-Identifier: GPL-2.0
/*
 * A READ_FIXED waits for a pipe, and a WRITE_FIXED of the same bytes comes that is never under way with it:
 *   overlap_never MODE
 * a prime number of rounds of: closed (the ring of the first is closed before), ended (the thread that
 * submitted it has ended before), draining (a later one of the second's link drains), refused (the second
 * names a file that is not to be written, and a worker finds that). And what is: heads (both are in links,
 * each behind a NOP, whose memory is the same).
 */
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>
#include "load_report.h"
#include "load_ring.h"
#include "memory.h"

#define ROUNDS	7

static char *base;
static struct iovec iov;
static int in[2], out[2], read_only;

static void fixed(struct io_uring *r, int op, int fd, unsigned int flags)
{
	struct io_uring_sqe *sqe = io_uring_get_sqe(r);

	io_uring_prep_rw(op, sqe, fd, base, PAGE, -1);
	sqe->flags = flags;
	sqe->user_data = op;
}

static void nop(unsigned int flags)
{
	struct io_uring_sqe *sqe = io_uring_get_sqe(&ring);

	io_uring_prep_nop(sqe);
	sqe->flags = flags;
}

static void submit(struct io_uring *r)
{
	must(io_uring_submit(r), "io_uring_submit");
}

/* What it brought is not asked: what never runs ends with an error. */
static void reap(unsigned int nr)
{
	struct io_uring_cqe *cqe;

	while (nr--) {
		must(io_uring_wait_cqe(&ring, &cqe), "io_uring_wait_cqe");
		io_uring_cqe_seen(&ring, cqe);
	}
}

static void park(void)
{
	fixed(&ring, IORING_OP_READ_FIXED, in[0], 0);
	submit(&ring);
}

static void *park_and_end(void *unused)
{
	park();
	return unused;
}

static void let_read(void)
{
	must(write(in[1], base, PAGE) == (ssize_t)PAGE ? 0 : -1, "write");
}

static void closed(void)
{
	struct io_uring other;

	must(uring_open(&other, 4), "io_uring_setup");
	must(uring_register(other.ring_fd, &iov, 1), "register");
	fixed(&other, IORING_OP_READ_FIXED, in[0], 0);
	submit(&other);
	io_uring_queue_exit(&other);
	fixed(&ring, IORING_OP_WRITE_FIXED, out[1], 0);
	submit(&ring);
	reap(1);
}

static void ended(void)
{
	pthread_t thread;

	must(-pthread_create(&thread, NULL, park_and_end, NULL), "pthread_create");
	pthread_join(thread, NULL);
	/* it is joined before the kernel has ended it */
	usleep(50000);
	fixed(&ring, IORING_OP_WRITE_FIXED, out[1], 0);
	submit(&ring);
	reap(1);
	let_read();
	reap(1);
}

static void draining(void)
{
	park();
	fixed(&ring, IORING_OP_WRITE_FIXED, out[1], IOSQE_IO_LINK);
	nop(IOSQE_IO_DRAIN);
	submit(&ring);
	let_read();
	reap(3);
}

static void refused(void)
{
	park();
	fixed(&ring, IORING_OP_WRITE_FIXED, read_only, IOSQE_ASYNC);
	submit(&ring);
	reap(1);
	let_read();
	reap(1);
}

static void heads(void)
{
	nop(IOSQE_IO_LINK);
	fixed(&ring, IORING_OP_READ_FIXED, in[0], 0);
	submit(&ring);
	reap(1);
	usleep(10000);
	nop(IOSQE_IO_LINK);
	fixed(&ring, IORING_OP_WRITE_FIXED, out[1], 0);
	submit(&ring);
	reap(2);
	let_read();
	reap(1);
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*run)(void);
	} modes[] = {
		{ "closed", closed }, { "ended", ended }, { "draining", draining }, { "refused", refused }, { "heads", heads },
	};
	static const struct io_uring_params plain;
	static char bytes[4096];

	report_init(&argc, argv);
	must(pipe2(in, 0) || pipe2(out, O_NONBLOCK) ? -1 : 0, "pipe");
	read_only = must(open("/dev/null", O_RDONLY), "/dev/null");
	load_ring_open(8, &plain, "plain");
	base = mem_pages(1);
	iov = (struct iovec){ base, PAGE };
	must(uring_register(ring.ring_fd, &iov, 1), "register");
	report_before_fault();
	for (size_t m = 0; argc > 1 && m < sizeof(modes) / sizeof(modes[0]); m++)
		for (int i = 0; !strcmp(argv[1], modes[m].name) && i < ROUNDS; i++) {
			modes[m].run();
			while (read(out[0], bytes, sizeof(bytes)) > 0)
				;
		}
	report("rounds=%d", ROUNDS);
	report("to_5_17=%d", !load_ring_has_op(IORING_OP_MSG_RING));
	report_ready();
	return 0;
}
