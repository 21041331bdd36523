// SPDX-License-Identifier: GPL-2.0
/*
 * A thread makes a prime number of calls and reads, as a process without privileges whose name is changed
 * all the while, thousands of times a second, between one of A alone and one of B alone.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <sys/prctl.h>
#include <unistd.h>
#include "load_report.h"
#include "memory.h"

#define CALLS	211
#define READS	23	/* for each */

static atomic_bool done;

static void *work(void *none)
{
	struct iovec iov = { mem_pages(1), PAGE };
	int fd = must(mem_cached_file(PAGE), "a file to read");
	struct io_uring r;

	must(uring_open(&r, 4), "io_uring_setup");
	for (unsigned int i = 0; i < CALLS; i++) {
		if (i)
			must(uring_unregister(r.ring_fd), "unregister");
		must(uring_register(r.ring_fd, &iov, 1), "register");
		for (unsigned int n = 0; n < READS; n++)
			must(uring_io(&r, IORING_OP_READ_FIXED, fd, iov.iov_base, PAGE, 0, 0), "read");
	}
	report("calls=%u", CALLS);
	report("reads=%u", CALLS * READS);
	report_ready();
	done = true;
	return none;
}

int main(int argc, char **argv)
{
	pthread_t thread;

	report_init(&argc, argv);
	become_plain(1 << 20);
	prctl(PR_SET_NAME, "B");
	if (pthread_create(&thread, NULL, work, NULL))
		return 1;
	while (!done) {
		prctl(PR_SET_NAME, "AAAAAAAAAAAAAAA");
		prctl(PR_SET_NAME, "B");
	}
	pthread_join(thread, NULL);
	return 0;
}
