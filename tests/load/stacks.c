// SPDX-License-Identifier: GPL-2.0
/*
 * Calls whose callers are known by name: 7 registrations through liburing, 5 by
 * the raw system call, 3 that are refused. It stays a little, so that who
 * traces it finds it alive.
 */
#include <stdio.h>
#include <unistd.h>
#include "load_report.h"
#include "memory.h"
#include "named.h"

#define BY_LIBRARY	7
#define BY_SYSCALL	5
#define REFUSED		3
#define STAY_S		3

static int done;

static NAMED void register_the_buffers(struct io_uring *r, const struct iovec *iov)
{
	must(io_uring_register_buffers(r, iov, 1), "register");
	done++;
}

static NAMED void register_by_hand(struct io_uring *r, const struct iovec *iov)
{
	must(uring_register(r->ring_fd, iov, 1), "register");
	done++;
}

static NAMED void be_refused(struct io_uring *r)
{
	struct iovec nowhere = { (void *)PAGE, PAGE };

	if (uring_register(r->ring_fd, &nowhere, 1) >= 0)
		must(-1, "a registration of nothing");
	done++;
}

static NAMED void drop_the_buffers(struct io_uring *r)
{
	must(uring_unregister(r->ring_fd), "unregister");
	done++;
}

static NAMED void run_the_program(struct io_uring *r, const struct iovec *iov)
{
	for (int i = 0; i < BY_LIBRARY; i++) {
		register_the_buffers(r, iov);
		drop_the_buffers(r);
	}
	for (int i = 0; i < BY_SYSCALL; i++) {
		register_by_hand(r, iov);
		drop_the_buffers(r);
	}
	for (int i = 0; i < REFUSED; i++)
		be_refused(r);
	done++;
}

int main(int argc, char **argv)
{
	struct iovec iov = { .iov_len = 2 * PAGE };
	struct io_uring r;

	report_init(&argc, argv);
	iov.iov_base = mem_pages(2);
	must(uring_open(&r, 4), "io_uring_setup");
	run_the_program(&r, &iov);
	report("calls.register_the_buffers=%d", BY_LIBRARY);
	report("calls.register_by_hand=%d", BY_SYSCALL);
	report("calls.be_refused=%d", REFUSED);
	report("calls.drop_the_buffers=%d", BY_LIBRARY + BY_SYSCALL);
	fflush(stdout);
	sleep(STAY_S);
	report_ready();
	return 0;
}
