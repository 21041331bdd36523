// SPDX-License-Identifier: GPL-2.0
/*
 * So many rings at a time, OPS reads over a registered buffer on each, by turns.
 *   io_rings RINGS OPS [alone]		alone: one ring after the other
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>
#include "memory.h"
#include "load_report.h"

#define BLOCK 512

static void read_once(struct io_uring *r, int file, char *buf)
{
	must(uring_io(r, IORING_OP_READ_FIXED, file, buf, BLOCK, 0, 0) == BLOCK ? 0 : -EIO,
	     "READ_FIXED");
}

static void make(struct io_uring *r, const struct iovec *iov)
{
	must(uring_open(r, 1), "io_uring_setup");
	must(uring_register(r->ring_fd, iov, 1), "register");
}

int main(int argc, char **argv)
{
	struct rlimit files = { 65536, 65536 };
	unsigned long nr, ops;
	struct io_uring *rings;
	struct iovec iov;
	int file;

	report_init(&argc, argv);
	nr = argc > 1 ? strtoul(argv[1], NULL, 10) : 4099;
	ops = argc > 2 ? strtoul(argv[2], NULL, 10) : 3;
	setrlimit(RLIMIT_NOFILE, &files);
	file = must(mem_cached_file(PAGE), "a file to read");
	iov = (struct iovec){ mem_pages(1), PAGE };
	rings = calloc(nr, sizeof(*rings));
	for (unsigned long i = 0; argc <= 3 && i < nr; i++)
		make(&rings[i], &iov);
	for (unsigned long k = 0; argc <= 3 && k < ops; k++)
		for (unsigned long i = 0; i < nr; i++)
			read_once(&rings[i], file, iov.iov_base);
	for (unsigned long i = 0; argc > 3 && i < nr; i++) {
		make(&rings[i], &iov);
		for (unsigned long k = 0; k < ops; k++)
			read_once(&rings[i], file, iov.iov_base);
		io_uring_queue_exit(&rings[i]);
	}
	report("ops=%lu", nr * ops);
	report_ready();
	return 0;
}
