// SPDX-License-Identifier: GPL-2.0
/* A registered buffer of 17 pages, 3 of which are dropped and touched again: new pages there. */
#include <sys/mman.h>
#include "load_report.h"
#include "memory.h"

int main(int argc, char **argv)
{
	struct iovec iov = { .iov_len = 17 * PAGE };
	struct io_uring r;

	report_init(&argc, argv);
	must(uring_open(&r, 4), "io_uring_setup");
	iov.iov_base = mem_pages(17);
	must(uring_register(r.ring_fd, &iov, 1), "register");
	report_before_fault();
	madvise((char *)iov.iov_base + 5 * PAGE, 3 * PAGE, MADV_DONTNEED);
	mem_touch((char *)iov.iov_base + 5 * PAGE, 3);
	report_ring("ring", r.ring_fd, 1);
	report_slot("ring", 0, &iov, 17, 1);
	report_expect("stale-page", 3);
	report_ready();
	return 0;
}
