// SPDX-License-Identifier: GPL-2.0
/*
 * Fixed reads whose rings and requests are not who they were.
 *   io_owners renamed RINGS	so many rings, then another name, then a read on each (--late: after a line)
 *   io_owners heirs CHILDREN	one ring, on which each of so many children reads once, by turns
 *   io_owners muted ROUNDS	a link whose muted head is short, so that its end is cancelled in silence, then
 *				20 ms later once more: the same memory of requests
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include "load_report.h"
#include "memory.h"

#define BLOCK	512
#define SKIP_SUCCESS	(1U << 6)	/* IOSQE_CQE_SKIP_SUCCESS */
#define FEAT_CQE_SKIP	(1U << 11)	/* 5.17 */
#define PAUSE_US	20000

static struct iovec iov;
static int file, nr;

static void make(struct io_uring *r)
{
	must(uring_open(r, 4), "io_uring_setup");
	must(uring_register(r->ring_fd, &iov, 1), "register");
}

static void read_once(struct io_uring *r)
{
	must(uring_io(r, IORING_OP_READ_FIXED, file, iov.iov_base, BLOCK, 0, 0) == BLOCK ? 0 : -EIO, "READ_FIXED");
}

static void renamed(void)
{
	struct io_uring *rings = calloc(nr, sizeof(*rings));

	for (int i = 0; i < nr; i++)
		make(&rings[i]);
	must(prctl(PR_SET_NAME, "another") ? -errno : 0, "prctl");
	report_before_fault();
	for (int i = 0; i < nr; i++)
		read_once(&rings[i]);
}

static void heirs(void)
{
	struct io_uring r;

	make(&r);
	for (int i = 0; i < nr; i++) {
		pid_t pid = must(fork(), "fork");
		int status;

		if (!pid) {
			read_once(&r);
			_exit(0);
		}
		must(waitpid(pid, &status, 0) < 0 ? -errno : -status, "a child");
		/* the queues are shared, what liburing keeps of them is not */
		r.sq.sqe_head = r.sq.sqe_tail = *r.sq.khead;
	}
}

static void muted(void)
{
	struct io_uring_cqe *cqe;
	struct io_uring r;

	make(&r);
	if (!(r.features & FEAT_CQE_SKIP))
		report_skip("requests tell of their success before 5.17");
	for (int i = 0; i < nr; i++) {
		struct io_uring_sqe *sqe = io_uring_get_sqe(&r);

		/* the file ends within it */
		io_uring_prep_rw(IORING_OP_READ_FIXED, sqe, file, iov.iov_base, 2 * BLOCK, PAGE - BLOCK);
		sqe->flags = SKIP_SUCCESS | IOSQE_IO_LINK;
		sqe = io_uring_get_sqe(&r);
		io_uring_prep_rw(IORING_OP_READ_FIXED, sqe, file, iov.iov_base, BLOCK, 0);
		must(io_uring_submit(&r) == 2 ? 0 : -EIO, "submit");
		must(io_uring_wait_cqe(&r, &cqe), "io_uring_wait_cqe");
		must(cqe->res == BLOCK ? 0 : -EIO, "a short read");
		io_uring_cqe_seen(&r, cqe);
		usleep(PAUSE_US);
	}
}

static const struct load_mode modes[] = { { "renamed", renamed }, { "heirs", heirs }, { "muted", muted } };

int main(int argc, char **argv)
{
	struct rlimit files = { 65536, 65536 };

	report_init(&argc, argv);
	nr = argc > 2 ? atoi(argv[2]) : 37;
	setrlimit(RLIMIT_NOFILE, &files);
	iov = (struct iovec){ mem_pages(1), PAGE };
	file = must(mem_cached_file(PAGE), "a file to read");
	return load_modes(argc, argv, modes, sizeof(modes) / sizeof(modes[0]));
}
