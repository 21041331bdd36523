// SPDX-License-Identifier: GPL-2.0
/*
 * Reads over a registered buffer that tell of no success (IOSQE_CQE_SKIP_SUCCESS), and nothing else
 * but requests that are no I/O, whose completions tell that those before them are over.
 *   io_muted GOOD BAD	so many succeed, and so many name a slot that there is not
 */
#include <errno.h>
#include <stdlib.h>
#include "load_report.h"
#include "memory.h"

#define BLOCK 512
#define SKIP_SUCCESS	(1U << 6)	/* IOSQE_CQE_SKIP_SUCCESS */
#define FEAT_CQE_SKIP	(1U << 11)	/* 5.17 */

static struct io_uring ring;
static char *buf;
static int file;

static int completion(void)
{
	struct io_uring_cqe *cqe;
	int res;

	must(io_uring_wait_cqe(&ring, &cqe), "io_uring_wait_cqe");
	res = cqe->res;
	io_uring_cqe_seen(&ring, cqe);
	return res;
}

static void read_muted(unsigned int slot)
{
	struct io_uring_sqe *sqe = io_uring_get_sqe(&ring);

	io_uring_prep_rw(IORING_OP_READ_FIXED, sqe, file, buf, BLOCK, 0);
	sqe->flags = SKIP_SUCCESS;
	sqe->buf_index = slot;
	must(io_uring_submit(&ring) == 1 ? 0 : -EIO, "submit");
}

int main(int argc, char **argv)
{
	struct iovec iov;
	int good, bad;

	report_init(&argc, argv);
	good = argc > 1 ? atoi(argv[1]) : 101;
	bad = argc > 2 ? atoi(argv[2]) : 0;
	buf = mem_pages(1);
	iov = (struct iovec){ buf, PAGE };
	file = mem_cached_file(BLOCK);
	must(file < 0 ? file : 0, "a file");
	must(uring_open(&ring, 8), "io_uring_setup");
	if (!(ring.features & FEAT_CQE_SKIP))
		report_skip("requests tell of their success before 5.17");
	must(uring_register(ring.ring_fd, &iov, 1), "register");
	report_ready();
	for (int i = 0; i < good; i++) {
		read_muted(0);
		io_uring_prep_nop(io_uring_get_sqe(&ring));
		io_uring_submit(&ring);
		must(completion(), "NOP");
	}
	for (int i = 0; i < bad; i++) {
		read_muted(7);
		must(completion() == -EFAULT ? 0 : -EIO, "a read of no slot");
	}
	return 0;
}
