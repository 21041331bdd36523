// SPDX-License-Identifier: GPL-2.0
/*
 * So many rings with DEPTH reads each into a registered buffer, from a pipe of each ring that is
 * empty until all are under way.
 *   io_deep RINGS DEPTH [MORE]
 * With MORE it is a plain user's, who may have memory for fewer rings: each has PIPES pipes, and RINGS are
 * those. READY before anything is under way, when all is, and when that of as many more pipes is, unless
 * there are none.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>
#include "load_report.h"
#include "memory.h"

#define BLOCK	512
#define MAX	128	/* blocks that a pipe holds */
#define PIPES	7

static char *buf;

static void open_ring(struct io_uring *r, unsigned int depth)
{
	struct iovec iov = { buf, PAGE };

	must(uring_open(r, depth), "io_uring_setup");
	must(uring_register(r->ring_fd, &iov, 1), "register");
}

static void submit(struct io_uring *r, int from, unsigned int depth)
{
	for (unsigned int i = 0; i < depth; i++) {
		struct io_uring_sqe *sqe = io_uring_get_sqe(r);

		io_uring_prep_read_fixed(sqe, from, buf, BLOCK, 0, 0);
		sqe->user_data = i;
	}
	must(io_uring_submit(r) == (int)depth ? 0 : -EIO, "io_uring_submit");
}

static void finish(struct io_uring *r, int to, unsigned int depth)
{
	struct io_uring_cqe *cqe;

	must(write(to, buf + PAGE, depth * BLOCK) == depth * BLOCK ? 0 : -EIO, "write");
	for (unsigned int i = 0; i < depth; i++) {
		must(io_uring_wait_cqe(r, &cqe), "io_uring_wait_cqe");
		must(cqe->res == BLOCK ? 0 : -EIO, "READ_FIXED");
		io_uring_cqe_seen(r, cqe);
	}
}

int main(int argc, char **argv)
{
	struct rlimit files = { 65536, 65536 };
	unsigned long nr, depth, more, shared;
	struct io_uring *rings;
	int (*pipes)[2];

	report_init(&argc, argv);
	nr = argc > 1 ? strtoul(argv[1], NULL, 10) : 601;
	depth = argc > 2 ? strtoul(argv[2], NULL, 10) : 127;
	shared = argc > 3 ? PIPES : 1;
	more = argc > 3 ? strtoul(argv[3], NULL, 10) : 0;
	must(depth > MAX ? -EINVAL : 0, "depth");
	setrlimit(RLIMIT_NOFILE, &files);
	if (argc > 3) {
		become_plain(8 << 20);
		report_ready();
	}
	buf = mem_pages(1 + MAX * BLOCK / PAGE);
	rings = calloc(nr + more, sizeof(*rings));
	pipes = calloc(nr + more, sizeof(*pipes));
	for (unsigned long i = 0; i < nr + more; i++) {
		if (i == nr)
			report_ready();
		must(pipe(pipes[i]) ? -errno : 0, "pipe");
		if (i % shared == 0)
			open_ring(&rings[i / shared], depth);
		submit(&rings[i / shared], pipes[i][0], depth);
	}
	if (argc > 3)
		report_ready();
	nr += more;
	for (unsigned long i = 0; i < nr; i++)
		finish(&rings[i / shared], pipes[i][1], depth);
	report("ops=%lu", nr * depth);
	report_ready();
	return 0;
}
