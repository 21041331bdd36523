// SPDX-License-Identifier: GPL-2.0
/*
 * releases [MIB]: gives back buffers of so many MiB of 4 KiB pages by unregister, by close and at
 * its exit, each of which takes a while, and makes small rings meanwhile: what is seen of them
 * reads accounts in the middle of a release. All of it is healthy.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "load_report.h"
#include "memory.h"

#define NR	3
#define ROUNDS	5
#define GAP_US	30000	/* longer than an account has to rest before it is judged */

static atomic_bool stop;
static atomic_ullong calls;

static void *small_rings(void *arg)
{
	char *p = mem_pages(1);
	struct iovec iov = { p, PAGE };
	struct io_uring r;

	(void)arg;
	while (!stop) {
		must(uring_open(&r, 4), "io_uring_setup");
		must(uring_register(r.ring_fd, &iov, 1), "register");
		must(uring_unregister(r.ring_fd), "unregister");
		io_uring_queue_exit(&r);
		calls += 2;
		usleep(1000);
	}
	return NULL;
}

static void fill(struct io_uring *r, char *p, size_t bytes)
{
	struct iovec iov[NR];

	for (int i = 0; i < NR; i++)
		iov[i] = (struct iovec){ p + i * bytes, bytes };
	must(uring_open(r, 4), "io_uring_setup");
	must(uring_register(r->ring_fd, iov, NR), "register");
	calls++;
}

int main(int argc, char **argv)
{
	size_t mib, bytes;
	struct io_uring r;
	pthread_t thread;
	char *p;

	report_init(&argc, argv);
	mib = argc > 1 ? strtoul(argv[1], NULL, 10) : 32;
	bytes = mib << 20;
	p = mem_pages(NR * bytes / PAGE);
	pthread_create(&thread, NULL, small_rings, NULL);
	for (int i = 0; i < ROUNDS; i++) {
		fill(&r, p, bytes);
		usleep(GAP_US);
		must(uring_unregister(r.ring_fd), "unregister");
		calls++;
		io_uring_queue_exit(&r);
		fill(&r, p, bytes);
		usleep(GAP_US);
		io_uring_queue_exit(&r);
	}
	fill(&r, p, bytes);
	report_ready();
	stop = true;
	pthread_join(thread, NULL);
	report("calls=%llu", calls);
	fflush(stdout);
	return 0;
}
