// SPDX-License-Identifier: GPL-2.0
/*
 * COUNT I/Os over a registered buffer, as fast as a processor can: NOPs that take a
 * buffer (from 6.13), or nothing where the kernel has none of these.
 *   io_fast COUNT
 */
#include <errno.h>
#include <stdlib.h>
#include "load_report.h"
#include "memory.h"

#define BATCH		512
#define NOP_FIXED	(1U << 3)	/* IORING_NOP_FIXED_BUFFER */

/* Does .nr NOPs over the buffer; false when the kernel has none of these. */
static bool batch(struct io_uring *ring, unsigned int nr)
{
	struct io_uring_cqe *cqe;
	unsigned int head, seen = 0, failed = 0;

	for (unsigned int i = 0; i < nr; i++) {
		struct io_uring_sqe *sqe = io_uring_get_sqe(ring);

		io_uring_prep_nop(sqe);
		sqe->rw_flags = NOP_FIXED;
		sqe->user_data = i;
	}
	must(io_uring_submit_and_wait(ring, nr), "io_uring_submit");
	io_uring_for_each_cqe(ring, head, cqe) {
		failed += cqe->res < 0;
		seen++;
	}
	io_uring_cq_advance(ring, seen);
	must(seen == nr ? 0 : -EIO, "completions");
	return !failed;
}

int main(int argc, char **argv)
{
	unsigned long count, done, nr;
	struct io_uring ring;
	struct iovec iov;

	report_init(&argc, argv);
	count = argc > 1 ? strtoul(argv[1], NULL, 10) : 10007;
	iov = (struct iovec){ mem_pages(1), PAGE };
	must(uring_open(&ring, BATCH), "io_uring_setup");
	must(uring_register(ring.ring_fd, &iov, 1), "register");
	for (done = 0; done < count; done += nr) {
		nr = count - done < BATCH ? count - done : BATCH;
		if (!batch(&ring, nr))
			report_skip("this kernel has no NOP with a buffer");
	}
	report_ready();
	return 0;
}
