// SPDX-License-Identifier: GPL-2.0
/*
 * COUNT READ_FIXED that each name another slot that is not there, and as many calls that register what
 * is registered already; for every third a call that unregisters what is not.
 *   many_failed COUNT
 */
#include <errno.h>
#include <stdlib.h>
#include "load_report.h"
#include "memory.h"

#define BLOCK 512

int main(int argc, char **argv)
{
	struct io_uring ring, bare;
	unsigned int count;
	struct iovec iov;
	int file;

	report_init(&argc, argv);
	count = argc > 1 ? strtoul(argv[1], NULL, 10) : 3;
	file = must(mem_cached_file(PAGE), "a file to read");
	iov = (struct iovec){ mem_pages(1), PAGE };
	must(uring_open(&ring, 4), "io_uring_setup");
	must(uring_open(&bare, 4), "io_uring_setup");
	must(uring_register(ring.ring_fd, &iov, 1), "register");
	for (unsigned int i = 0; i < count; i++) {
		int res = uring_io(&ring, IORING_OP_READ_FIXED, file, iov.iov_base, BLOCK, 0, 1 + i);

		must(res == -EFAULT ? 0 : -EIO, "a request that fails");
		must(uring_register(ring.ring_fd, &iov, 1) == -EBUSY ? 0 : -EIO, "a call that fails");
		if (i % 3 == 0)
			must(uring_unregister(bare.ring_fd) == -ENXIO ? 0 : -EIO, "another call that fails");
	}
	report_ready();
	return 0;
}
