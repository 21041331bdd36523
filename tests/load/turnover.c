// SPDX-License-Identifier: GPL-2.0
/*
 * Rings that live some milliseconds each, so many at a time, until its standard input ends: the
 * kernel gives the address of one that is closed to the next. All have one buffer, and no other
 * process has one at that address.
 * usage: turnover ADDRESS RINGS MICROSECONDS
 */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "load_report.h"
#include "memory.h"

#define MOST	64

static atomic_bool stop;
static unsigned int keep, pause_us;
static struct iovec iov;

static void *run(void *arg)
{
	static int fds[MOST];

	(void)arg;
	for (unsigned int i = 0; !stop; i++) {
		struct io_uring_params p = { 0 };
		int *fd = &fds[i % keep];

		/* without its memory mapped a ring ends when it is closed */
		if (i >= keep)
			close(*fd);
		*fd = must(syscall(__NR_io_uring_setup, 1, &p), "io_uring_setup");
		must(uring_register(*fd, &iov, 1), "register");
		usleep(pause_us);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	cpu_set_t first = { 0 };
	pthread_t thread;

	report_init(&argc, argv);
	/* where an address is given to the next who asks on the same CPU */
	CPU_SET(0, &first);
	sched_setaffinity(0, sizeof(first), &first);
	keep = argc == 4 ? strtoul(argv[2], NULL, 0) : 0;
	pause_us = argc == 4 ? strtoul(argv[3], NULL, 0) : 0;
	if (!keep || keep > MOST)
		return 2;
	iov.iov_len = PAGE;
	iov.iov_base = mmap((void *)(uintptr_t)strtoull(argv[1], NULL, 0), PAGE,
			    PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE |
			    MAP_FIXED_NOREPLACE, -1, 0);
	if (iov.iov_base == MAP_FAILED || pthread_create(&thread, NULL, run, NULL))
		return 1;
	report_ready();
	stop = true;
	pthread_join(thread, NULL);
	return 0;
}
