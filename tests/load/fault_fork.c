// SPDX-License-Identifier: GPL-2.0
/*
 * A server that registers its buffers and then goes to the background: fork
 * gives the child copies of pinned pages (the originals stay the parent's),
 * the parent exits, and the child's ring reads and writes pages that no
 * process can see any more.
 *
 * With "inherited" the other way round: the child registers its own memory on
 * the ring that it inherited, and exits; the parent goes on with that ring.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "load_report.h"
#include "memory.h"

#define PAGES 11

/* Reads 8 bytes of a file through the ring; whether they are seen at the address. */
static bool io_is_seen(struct io_uring *r, char *p)
{
	bool direct;
	int fd = mem_file(PAGE, &direct);

	memset(p, 'm', PAGE);
	if (must(uring_io(r, IORING_OP_READ_FIXED, fd, p, PAGE, 0, 0), "read") != (int)PAGE)
		return false;
	close(fd);
	return !p[0];	/* the file holds zeroes */
}

static void tell(struct io_uring *r, struct iovec *iov)
{
	report("holder=%d", getpid());
	report_ring("ring", r->ring_fd, 1);
	report_slot("ring", 0, iov, PAGES, 1);
	report("io_is_seen=%d", io_is_seen(r, iov->iov_base));
	report_expect("stale-page", PAGES);
	report_ready();
}

static void child_registers(struct io_uring *r, struct iovec *iov)
{
	int status;

	if (!fork()) {
		mem_touch(iov->iov_base, PAGES);
		_exit(-uring_register(r->ring_fd, iov, 1));
	}
	wait(&status);
	must(-WEXITSTATUS(status), "register in the child");
	tell(r, iov);
}

static void parent_leaves(struct io_uring *r, struct iovec *iov)
{
	int alive[2];
	char c;

	if (pipe(alive))
		exit(1);
	must(uring_register(r->ring_fd, iov, 1), "register");
	report_before_fault();
	if (fork())
		_exit(0);
	/* the parent's end closes when its memory is gone */
	close(alive[1]);
	if (read(alive[0], &c, 1) < 0)
		exit(1);
	tell(r, iov);
}

int main(int argc, char **argv)
{
	struct iovec iov = { .iov_len = PAGES * PAGE };
	struct io_uring r;
	int done[2];
	char c;

	report_init(&argc, argv);
	iov.iov_base = mem_pages(PAGES);
	if (argc > 1) {
		must(uring_open(&r, 4), "io_uring_setup");
		child_registers(&r, &iov);
		return 0;
	}
	if (pipe(done))
		return 1;
	fflush(stdout);
	if (!fork()) {
		must(uring_open(&r, 4), "io_uring_setup");
		parent_leaves(&r, &iov);
		return 0;
	}
	wait(NULL);
	/* the grandchild's end closes when it ends */
	close(done[1]);
	return read(done[0], &c, 1) < 0;
}
