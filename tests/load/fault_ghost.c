// SPDX-License-Identifier: GPL-2.0
/*
 * A READ_FIXED waits on an empty pipe while its buffer is unregistered. From
 * 6.13 on the call returns at once and the buffer lives on, pinned and
 * charged, in no table; older kernels wait for the request.
 */
#include <errno.h>
#include <signal.h>
#include <unistd.h>
#include "load_report.h"
#include "memory.h"
#include "witness.h"

#define PAGES 19

static void on_alarm(int sig)
{
	(void)sig;
}

int main(int argc, char **argv)
{
	struct sigaction sa = { .sa_handler = on_alarm };
	struct iovec iov = { .iov_len = PAGES * PAGE };
	struct io_uring r;
	int p[2], ret;

	report_init(&argc, argv);
	become_plain(8 << 20);
	must(uring_open(&r, 4), "io_uring_setup");
	iov.iov_base = mem_pages(PAGES);
	must(uring_register(r.ring_fd, &iov, 1), "register");
	if (pipe(p))
		return 1;
	must(uring_submit(&r, IORING_OP_READ_FIXED, p[0], iov.iov_base, PAGE, -1, 0), "submit");
	sigaction(SIGALRM, &sa, NULL);
	alarm(1);
	ret = uring_unregister(r.ring_fd);
	alarm(0);
	if (ret == -EINTR)
		report_skip("unregister waits for I/O in flight on this kernel");
	must(ret, "unregister");
	report_ring("ring", r.ring_fd, 0);
	report("pinned_kb=%lld", witness_status_kb(getpid(), "VmPin"));
	report("user_bufs=%lld", witness_user_bufs(getpid(), r.ring_fd));
	report_expect("ghost-pin", PAGES);
	report_ready();
	return 0;
}
