// SPDX-License-Identifier: GPL-2.0
/*
 * An unprivileged process that makes as many entries in the counters of I/O as it can, until its
 * standard input ends: rings that live for one round, in which each of their buffers is read into,
 * as many other addresses are, and as many slots that are empty are named.
 */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>
#include "load_report.h"
#include "memory.h"

#define NR	17
#define BLOCK	512

static atomic_bool stop;
static atomic_ullong rings;
static int file;

static void one_ring(char *p)
{
	struct iovec iov[NR];
	struct io_uring r;
	int err;

	must(uring_open(&r, 4), "io_uring_setup");
	for (int i = 0; i < NR; i++)
		iov[i] = (struct iovec){ p + i * PAGE, PAGE };
	/* what is closed is given back late */
	while ((err = uring_register(r.ring_fd, iov, NR)) == -ENOMEM)
		usleep(5000);
	must(err, "register");
	for (int i = 0; i < NR; i++) {
		must(uring_io(&r, IORING_OP_READ_FIXED, file, iov[i].iov_base, BLOCK, 0, i), "read");
		must(uring_io(&r, IORING_OP_READ, file, p + (NR + i) * PAGE, BLOCK, 0, 0), "read");
		must(uring_io(&r, IORING_OP_READ_FIXED, file, p, BLOCK, 0, NR + i) == -EFAULT ? 0 : -EIO,
		     "a request that fails");
	}
	io_uring_queue_exit(&r);
	rings++;
}

static void *run(void *arg)
{
	char *p = mem_pages(2 * NR);

	(void)arg;
	while (!stop)
		one_ring(p);
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t thread;

	report_init(&argc, argv);
	become_plain(8 << 20);
	file = must(mem_cached_file(PAGE), "a file to read");
	pthread_create(&thread, NULL, run, NULL);
	report_ready();
	stop = true;
	pthread_join(thread, NULL);
	report("rings=%llu", rings);
	return 0;
}
