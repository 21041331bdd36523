// SPDX-License-Identifier: GPL-2.0
/*
 * Two rings that share a buffer (by clone, or registered twice where there is
 * no clone), and .COUNT 512-byte READ_FIXED in batches of 32 on the first.
 *   io_many COUNT
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include "load_report.h"
#include "memory.h"

#define BLOCK	512
#define BATCH	32

static void batch(struct io_uring *r, int file, char *buf, unsigned int nr)
{
	for (unsigned int i = 0; i < nr; i++) {
		struct io_uring_sqe *sqe = io_uring_get_sqe(r);

		io_uring_prep_read_fixed(sqe, file, buf + i * BLOCK, BLOCK, i * BLOCK, 0);
		sqe->user_data = i;
	}
	must(io_uring_submit_and_wait(r, nr), "io_uring_submit");
	for (unsigned int i = 0; i < nr; i++) {
		struct io_uring_cqe *cqe;

		must(io_uring_wait_cqe(r, &cqe), "io_uring_wait_cqe");
		must(cqe->res == BLOCK ? 0 : -EIO, "READ_FIXED");
		io_uring_cqe_seen(r, cqe);
	}
}

int main(int argc, char **argv)
{
	struct iovec iov[2] = { { NULL, 4 * PAGE }, { NULL, 2 * PAGE } };
	unsigned long count;
	struct io_uring a, b;
	int file, err;

	report_init(&argc, argv);
	count = argc > 1 ? strtoul(argv[1], NULL, 10) : 10007;
	file = must(mem_cached_file(4 * PAGE), "a file to read");
	iov[0].iov_base = mem_pages(4);
	iov[1].iov_base = mem_pages(2);
	must(uring_open(&a, BATCH), "io_uring_setup");
	must(uring_open(&b, BATCH), "io_uring_setup");
	must(uring_register(a.ring_fd, iov, 2), "register");
	err = uring_clone(b.ring_fd, a.ring_fd, 0, 0, 0, 0);
	if (err < 0)
		must(uring_register(b.ring_fd, iov, 2), "register");
	report("cloned=%d", err >= 0);
	report("a.fd=%d", a.ring_fd);
	report("b.fd=%d", b.ring_fd);
	report("addr=%p", iov[0].iov_base);
	for (unsigned long done = 0; done < count; done += BATCH)
		batch(&a, file, iov[0].iov_base, count - done < BATCH ? count - done : BATCH);
	for (int i = 0; i < 211; i++)
		batch(&b, file, iov[0].iov_base, 1);
	report_ready();
	return 3;
}
