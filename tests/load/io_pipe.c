// SPDX-License-Identifier: GPL-2.0
/*
 * Reads COUNT times into a registered buffer from a pipe that is empty, and is READY: they end
 * when it may go on, and fills the pipe.
 *   io_pipe COUNT
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "load_report.h"
#include "memory.h"

#define BLOCK	512
#define MAX	32	/* what a pipe holds without a reader is more */

int main(int argc, char **argv)
{
	struct io_uring_cqe *cqe;
	struct io_uring ring;
	struct iovec iov;
	unsigned int count;
	int p[2];

	report_init(&argc, argv);
	count = argc > 1 ? strtoul(argv[1], NULL, 10) : 3;
	must(count > MAX ? -EINVAL : 0, "count");
	must(pipe(p) ? -errno : 0, "pipe");
	iov = (struct iovec){ mem_pages(4), 4 * PAGE };
	must(uring_open(&ring, MAX), "io_uring_setup");
	must(uring_register(ring.ring_fd, &iov, 1), "register");
	for (unsigned int i = 0; i < count; i++)
		must(uring_submit(&ring, IORING_OP_READ_FIXED, p[0], (char *)iov.iov_base + i * BLOCK,
				  BLOCK, 0, 0), "io_uring_submit");
	report("fd=%d", ring.ring_fd);
	report_ready();
	for (unsigned int i = 0; i < count; i++)
		must(write(p[1], (char *)iov.iov_base + 3 * PAGE, BLOCK) == BLOCK ? 0 : -EIO, "write");
	for (unsigned int i = 0; i < count; i++) {
		must(io_uring_wait_cqe(&ring, &cqe), "io_uring_wait_cqe");
		must(cqe->res == BLOCK ? 0 : -EIO, "READ_FIXED");
		io_uring_cqe_seen(&ring, cqe);
	}
	return 0;
}
