// SPDX-License-Identifier: GPL-2.0
/* A registered buffer is unmapped: RSS falls, the memory stays. With a number: for so many ms, at least. */
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>
#include "load_report.h"
#include "memory.h"
#include "witness.h"

#define PAGES 1021

int main(int argc, char **argv)
{
	struct iovec iov = { .iov_len = PAGES * PAGE };
	long long before;
	struct io_uring r;

	report_init(&argc, argv);
	must(uring_open(&r, 4), "io_uring_setup");
	iov.iov_base = mem_pages(PAGES);
	must(uring_register(r.ring_fd, &iov, 1), "register");
	before = witness_status_kb(getpid(), "VmRSS");
	report_before_fault();
	munmap(iov.iov_base, iov.iov_len);
	report_ring("ring", r.ring_fd, 1);
	report_slot("ring", 0, &iov, PAGES, 1);
	report("rss_fell_kb=%lld", before - witness_status_kb(getpid(), "VmRSS"));
	report("pinned_kb=%lld", witness_status_kb(getpid(), "VmPin"));
	report_expect("unmapped-page", PAGES);
	if (argc > 1)
		usleep(strtoul(argv[1], NULL, 10) * 1000);
	report_ready();
	return 0;
}
