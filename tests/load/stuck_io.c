// SPDX-License-Identifier: GPL-2.0
/*
 * Writes of registered buffers that cannot end, since the file system of FILE is frozen: by workers,
 * which wait for it uninterruptibly. killed: the ring is kept, and the process is to be killed.
 * closed: the ring is closed and its memory unmapped, so that only its requests keep it.
 * held: the ring is kept, and the requests begin after a line: a watch is there then.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "load_report.h"
#include "memory.h"

#define PAGES	17
#define WRITES	3

static void submit(struct io_uring *ring, int file, const struct iovec *iov)
{
	for (int i = 0; i < WRITES; i++) {
		struct io_uring_sqe *sqe = io_uring_get_sqe(ring);

		io_uring_prep_write_fixed(sqe, file, iov->iov_base, PAGE, i * PAGE, 0);
		sqe->flags |= IOSQE_ASYNC;
		sqe->user_data = 0xabcd01 + i;
	}
	must(io_uring_submit(ring), "submit");
}

int main(int argc, char **argv)
{
	struct iovec iov;
	struct io_uring ring;
	int file;

	report_init(&argc, argv);
	if (argc < 3)
		report_skip("needs killed or closed, and a file");
	must(uring_open(&ring, 4), "io_uring_setup");
	iov.iov_len = PAGES * PAGE;
	iov.iov_base = mem_pages(PAGES);
	must(uring_register(ring.ring_fd, &iov, 1), "register");
	file = open(argv[2], O_WRONLY);
	must(file < 0 ? -errno : 0, "open");
	report_ring("ring", ring.ring_fd, 1);
	report_slot("ring", 0, &iov, PAGES, 1);
	if (!strcmp(argv[1], "held"))
		report_before_fault();
	submit(&ring, file, &iov);
	report("writes=%d", WRITES);
	/* until the workers wait */
	usleep(200000);
	if (!strcmp(argv[1], "closed"))
		io_uring_queue_exit(&ring);
	report_ready();
	_exit(0);
}
