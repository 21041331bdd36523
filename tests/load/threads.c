// SPDX-License-Identifier: GPL-2.0
/* A thread makes a ring and registers a buffer; process and thread have different ids. */
#include <pthread.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "load_report.h"
#include "memory.h"

static struct io_uring r;

static void *work(void *arg)
{
	struct iovec iov = { mem_pages(7), 7 * PAGE };

	must(uring_open(&r, 4), "io_uring_setup");
	must(uring_register(r.ring_fd, &iov, 1), "register");
	report("tid=%ld", (long)syscall(SYS_gettid));
	report_ring("ring", r.ring_fd, 1);
	report_ready();
	return arg;
}

int main(int argc, char **argv)
{
	pthread_t t;

	report_init(&argc, argv);
	must(-pthread_create(&t, NULL, work, NULL), "pthread_create");
	pthread_join(t, NULL);
	return 0;
}
