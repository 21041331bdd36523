// SPDX-License-Identifier: GPL-2.0
/*
 * Ring "shared" is held by two processes (and two threads, which share one
 * table of descriptors); ring "hidden" by registration only, its descriptor
 * is closed.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
#include "load_report.h"
#include "memory.h"

#define OP_REGISTER_RING_FDS 20	/* 5.18 */

static void *sleep_on(void *arg)
{
	(void)arg;
	pause();
	return NULL;
}

static void hidden_ring(void)
{
	struct io_uring_rsrc_update up = { .offset = -1U };
	struct iovec iov = { mem_pages(5), 5 * PAGE };
	struct io_uring r;

	must(uring_open(&r, 4), "io_uring_setup");
	must(uring_register(r.ring_fd, &iov, 1), "register");
	up.data = r.ring_fd;
	if (uring_call(r.ring_fd, OP_REGISTER_RING_FDS, &up, 1) != 1)
		return;
	close(r.ring_fd);
	report("hidden.reg_index=%u", up.offset);
	report_slot("hidden", 0, &iov, 5, 1);
}

int main(int argc, char **argv)
{
	struct iovec iov = { .iov_len = 3 * PAGE };
	int up[2], down[2];
	struct io_uring r;
	pthread_t thread;
	pid_t child;
	char c;

	report_init(&argc, argv);
	must(uring_open(&r, 4), "io_uring_setup");
	iov.iov_base = mem_pages(3);
	must(uring_register(r.ring_fd, &iov, 1), "register");
	report_ring("shared", r.ring_fd, 1);
	report_slot("shared", 0, &iov, 3, 1);
	if (pipe(up) || pipe(down))
		return 1;
	fflush(stdout);
	child = fork();
	if (!child) {
		close(down[1]);
		close(up[1]);
		while (read(down[0], &c, 1) > 0)
			;
		_exit(0);
	}
	close(up[1]);
	if (read(up[0], &c, 1) < 0)
		return 1;
	report("child=%d", child);
	hidden_ring();
	pthread_create(&thread, NULL, sleep_on, NULL);
	report_ready();
	close(down[1]);
	wait(NULL);
	exit(0);
}
