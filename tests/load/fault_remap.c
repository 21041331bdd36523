// SPDX-License-Identifier: GPL-2.0
/* A registered buffer is unmapped and its address used again, as an allocator does. */
#include <sys/mman.h>
#include "load_report.h"
#include "memory.h"

int main(int argc, char **argv)
{
	struct iovec iov = { .iov_len = 13 * PAGE };
	struct io_uring r;
	char *again;

	report_init(&argc, argv);
	must(uring_open(&r, 4), "io_uring_setup");
	iov.iov_base = mem_pages(13);
	must(uring_register(r.ring_fd, &iov, 1), "register");
	report_before_fault();
	munmap(iov.iov_base, iov.iov_len);
	again = mmap(iov.iov_base, iov.iov_len, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	if (again == MAP_FAILED)
		report_skip("the address cannot be mapped again");
	mem_touch(again, 13);
	report_ring("ring", r.ring_fd, 1);
	report_slot("ring", 0, &iov, 13, 1);
	report_expect("stale-page", 13);
	report_ready();
	return 0;
}
