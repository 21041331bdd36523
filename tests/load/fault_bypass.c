// SPDX-License-Identifier: GPL-2.0
/*
 * Two buffers of 4 KiB inside one huge page; the first, which carries the
 * charge of the whole page for both, is dropped. Kernels up to 7.1 give the
 * charge back while the page is still pinned: RLIMIT_MEMLOCK no longer bounds
 * what this user holds.
 */
#include <unistd.h>
#include "load_report.h"
#include "memory.h"
#include "witness.h"

int main(int argc, char **argv)
{
	struct iovec iov[2], none = { NULL, 0 };
	struct io_uring r;
	long long left;
	char *p;

	report_init(&argc, argv);
	become_plain(4 * THP);
	must(uring_open(&r, 4), "io_uring_setup");
	p = mem_huge();
	if (!p)
		report_skip("no transparent huge page to be had");
	iov[0] = (struct iovec){ p, PAGE };
	iov[1] = (struct iovec){ p + THP / 2, PAGE };
	must(uring_register(r.ring_fd, iov, 2), "register");
	report_before_fault();
	if (uring_update(r.ring_fd, 0, &none, 1) != 1)
		report_skip("this kernel cannot empty a slot");
	/* up to 6.3 the old buffer is released a second later */
	left = witness_await_kb(getpid(), "VmPin", 0, 3000);
	report_ring("ring", r.ring_fd, 2);
	report_slot("ring", 1, &iov[1], 0, 1);
	report("pinned_kb=%lld", left);
	if (!left)
		report_expect("uncharged-pin", THP / PAGE);
	report_ready();
	return 0;
}
