// SPDX-License-Identifier: GPL-2.0
/*
 * Two buffers of 4 KiB inside one huge page; another ring clones the second;
 * the first ring drops both, then the clone goes. Kernels that keep the charge
 * per ring (from 7.2) give it back twice: pinned_vm and locked_vm end below
 * zero. The user is one that nobody else is, and its account ends with it.
 */
#include <unistd.h>
#include "load_report.h"
#include "memory.h"
#include "witness.h"

int main(int argc, char **argv)
{
	struct io_uring from, to;
	struct iovec iov[2];
	long long left;
	char *p;
	int ret;

	report_init(&argc, argv);
	become_plain(4 * THP);
	must(uring_open(&from, 4), "io_uring_setup");
	must(uring_open(&to, 4), "io_uring_setup");
	p = mem_huge();
	if (!p)
		report_skip("no transparent huge page to be had");
	iov[0] = (struct iovec){ p, PAGE };
	iov[1] = (struct iovec){ p + THP / 2, PAGE };
	must(uring_register(from.ring_fd, iov, 2), "register");
	report_before_fault();
	ret = uring_clone(to.ring_fd, from.ring_fd, 1, 0, 1, 0);
	if (ret)
		report_skip("this kernel cannot clone a part of a table");
	must(uring_unregister(from.ring_fd), "unregister");
	must(uring_unregister(to.ring_fd), "unregister");
	left = witness_await_kb(getpid(), "VmPin", 0, 3000);
	report("pinned_kb=%lld", left);
	if (left < 0)
		report_expect("charge-underflow", 0);
	report_ready();
	return 0;
}
