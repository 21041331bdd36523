// SPDX-License-Identifier: GPL-2.0
/*
 * A program that ends before what it started: 101 READ_FIXED of its own, CHILDREN processes that run on,
 * each with a child of its own, for MS milliseconds.
 *   io_left CHILDREN MS
 */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>
#include "load_report.h"
#include "memory.h"

#define BLOCK 512
#define OPS 101

int main(int argc, char **argv)
{
	struct io_uring ring;
	struct iovec iov;
	char *buf = mem_pages(1);
	int file, children, ms, there[2];
	char c;

	report_init(&argc, argv);
	children = argc > 1 ? atoi(argv[1]) : 3;
	ms = argc > 2 ? atoi(argv[2]) : 1500;
	iov = (struct iovec){ buf, PAGE };
	file = mem_cached_file(BLOCK);
	must(file < 0 ? file : 0, "a file");
	must(uring_open(&ring, 8), "io_uring_setup");
	must(uring_register(ring.ring_fd, &iov, 1), "register");
	report_ready();
	for (int i = 0; i < OPS; i++)
		must(uring_io(&ring, IORING_OP_READ_FIXED, file, buf, BLOCK, 0, 0) == BLOCK ? 0 : -EIO, "READ_FIXED");
	io_uring_queue_exit(&ring);
	must(pipe(there) ? -errno : 0, "pipe");
	for (int i = 0; i < children; i++) {
		if (fork())
			continue;
		fork();
		must(write(there[1], "a", 1) == 1 ? 0 : -EIO, "write");
		/* who waits for our output must not wait for them */
		close(1);
		close(2);
		usleep(ms * 1000);
		_exit(0);
	}
	for (int i = 0; i < 2 * children; i++)
		must(read(there[0], &c, 1) == 1 ? 0 : -EIO, "read");
	return 0;
}
