// SPDX-License-Identifier: GPL-2.0
/*
 * A crowd of rings, each of which registers and unregisters a buffer in turn
 * until standard input ends: whatever is kept by ring is full of them.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <unistd.h>
#include "load_report.h"
#include "memory.h"

#define RINGS	2003
#define MOST_S	120

static struct io_uring rings[RINGS];
static atomic_bool stop;

static void *run(void *arg)
{
	struct iovec iov = { mem_pages(1), PAGE };

	(void)arg;
	while (!stop)
		for (int i = 0; i < RINGS && !stop; i++) {
			must(uring_register(rings[i].ring_fd, &iov, 1), "register");
			must(uring_unregister(rings[i].ring_fd), "unregister");
		}
	return NULL;
}

int main(int argc, char **argv)
{
	struct rlimit files = { RINGS + 64, RINGS + 64 };
	pthread_t thread;

	report_init(&argc, argv);
	alarm(MOST_S);
	must(setrlimit(RLIMIT_NOFILE, &files), "more descriptors");
	for (int i = 0; i < RINGS; i++)
		must(uring_open(&rings[i], 1), "io_uring_setup");
	pthread_create(&thread, NULL, run, NULL);
	report_ready();
	stop = true;
	pthread_join(thread, NULL);
	return 0;
}
