// SPDX-License-Identifier: GPL-2.0
/*
 * Reads into a registered buffer from a pipe that is filled late. SLOW of them end 0.7 s after they
 * began, 0 = none does; then for 1.3 s nothing is done; then three wait for 3.5 s, and end, or with
 * "leave" the program does.
 *   io_slow SLOW [leave]
 */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>
#include "load_report.h"
#include "memory.h"

#define MAX	32
#define WAITING	3

static struct io_uring ring;
static struct iovec iov;
static int pipes[2];

static void read_late(unsigned int nr, useconds_t us, bool leave)
{
	static const char bytes[MAX];
	struct io_uring_cqe *cqe;

	for (unsigned int i = 0; i < nr; i++)
		must(uring_submit(&ring, IORING_OP_READ_FIXED, pipes[0], iov.iov_base, 1, -1, 0), "submit");
	usleep(us);
	/* all at once: who looks meanwhile sees all under way, or none */
	if (nr && !leave)
		must(write(pipes[1], bytes, nr) == nr ? 0 : -EIO, "write");
	for (unsigned int i = 0; i < nr && !leave; i++) {
		must(io_uring_wait_cqe(&ring, &cqe), "io_uring_wait_cqe");
		must(cqe->res == 1 ? 0 : -EIO, "READ_FIXED");
		io_uring_cqe_seen(&ring, cqe);
	}
}

int main(int argc, char **argv)
{
	unsigned int slow;

	report_init(&argc, argv);
	slow = argc > 1 ? strtoul(argv[1], NULL, 10) : 17;
	must(slow > MAX ? -EINVAL : 0, "SLOW");
	must(pipe(pipes) ? -errno : 0, "pipe");
	iov = (struct iovec){ mem_pages(1), PAGE };
	must(uring_open(&ring, MAX), "io_uring_setup");
	must(uring_register(ring.ring_fd, &iov, 1), "register");
	report_ready();
	read_late(slow, 700000, false);
	usleep(1300000);
	read_late(WAITING, 3500000, argc > 2);
	return 0;
}
