// SPDX-License-Identifier: GPL-2.0
/*
 * Requests that fail to import a buffer, COUNT times: READ_FIXED names a slot that
 * is not there, or WRITE_FIXED ends behind its buffer.
 *   io_bad read|write COUNT
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "load_report.h"
#include "memory.h"

#define BLOCK 512

int main(int argc, char **argv)
{
	unsigned int count;
	struct io_uring ring;
	struct iovec iov;
	bool write;
	int file;

	report_init(&argc, argv);
	write = argc > 1 && !strcmp(argv[1], "write");
	count = argc > 2 ? strtoul(argv[2], NULL, 10) : 3;
	file = must(mem_cached_file(PAGE), "a file to read");
	iov = (struct iovec){ mem_pages(1), PAGE };
	must(uring_open(&ring, 4), "io_uring_setup");
	must(uring_register(ring.ring_fd, &iov, 1), "register");
	for (unsigned int i = 0; i < count; i++) {
		int res = write ? uring_io(&ring, IORING_OP_WRITE_FIXED, file,
					   (char *)iov.iov_base + PAGE - 1, BLOCK, 0, 0) :
				  uring_io(&ring, IORING_OP_READ_FIXED, file, iov.iov_base, BLOCK,
					   0, 7);

		must(res == -EFAULT ? 0 : -EIO, "a request that fails");
	}
	report_ready();
	return 0;
}
