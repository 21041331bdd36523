// SPDX-License-Identifier: GPL-2.0
/*
 * Buffer 0 is moved away, as a growing realloc() does: nothing is left at its
 * address. Buffer 1 has other pages moved over it.
 */
#include <sys/mman.h>
#include "load_report.h"
#include "memory.h"

static void move(void *from, void *to, size_t pages)
{
	if (mremap(from, pages * PAGE, pages * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, to) ==
	    MAP_FAILED)
		report_skip("mremap is refused here");
}

int main(int argc, char **argv)
{
	struct iovec iov[2] = { { .iov_len = 7 * PAGE }, { .iov_len = 5 * PAGE } };
	struct io_uring r;

	report_init(&argc, argv);
	must(uring_open(&r, 4), "io_uring_setup");
	iov[0].iov_base = mem_pages(7);
	iov[1].iov_base = mem_pages(5);
	must(uring_register(r.ring_fd, iov, 2), "register");
	report_before_fault();
	move(iov[0].iov_base, mem_pages(7), 7);
	move(mem_pages(5), iov[1].iov_base, 5);
	report_ring("ring", r.ring_fd, 2);
	report_slot("ring", 0, &iov[0], 7, 1);
	report_slot("ring", 1, &iov[1], 5, 1);
	report_expect("unmapped-page", 7);
	report_expect("stale-page", 5);
	report_ready();
	return 0;
}
