// SPDX-License-Identifier: GPL-2.0
/*
 * Address spaces that end under rings, as in any program: nothing of it is a
 * fault. mm_churn MODE ROUNDS:
 *   exec   the process registers, calls exec, registers again, ...
 *   exit   children register 64 heap buffers each and end without more
 *   fork   children that inherit the ring while buffers come and go
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "load_report.h"
#include "memory.h"

#define PAGES	17
#define HEAP	64
#define HEAP_BYTES 6000

/* Between 0 and 4 ms: a look may fall anywhere into a round. */
static void pause_some(int round)
{
	usleep(round % 5 * 1000);
}

static void hold_pages(struct io_uring *r)
{
	struct iovec iov = { mem_pages(PAGES), PAGES * PAGE };

	must(uring_open(r, 4), "io_uring_setup");
	must(uring_register(r->ring_fd, &iov, 1), "register");
}

static void hold_heap(struct io_uring *r)
{
	struct iovec iov[HEAP];

	must(uring_open(r, 4), "io_uring_setup");
	for (int i = 0; i < HEAP; i++) {
		iov[i] = (struct iovec){ malloc(HEAP_BYTES), HEAP_BYTES };
		memset(iov[i].iov_base, i, HEAP_BYTES);
	}
	must(uring_register(r->ring_fd, iov, HEAP), "register");
}

static void by_exec(int left)
{
	char rounds[16], path[4096] = "";
	struct io_uring r;

	hold_pages(&r);
	pause_some(left);
	if (!left)
		return;
	snprintf(rounds, sizeof(rounds), "%d", left - 1);
	fflush(stdout);
	/* by its name, which is what the process is called after */
	must(readlink("/proc/self/exe", path, sizeof(path) - 1) < 0 ? -errno : 0, "readlink");
	execl(path, path, "exec", rounds, "--no-wait", NULL);
	must(-errno, "exec");
}

static void by_exit(int rounds)
{
	struct io_uring r;

	for (int i = 0; i < rounds; i++) {
		if (!fork()) {
			hold_heap(&r);
			pause_some(i);
			_exit(0);
		}
		wait(NULL);
	}
}

static void by_fork(int rounds)
{
	struct io_uring r;

	hold_pages(&r);
	for (int i = 0; i < rounds; i++) {
		struct iovec iov = { mem_pages(PAGES), PAGES * PAGE };

		must(uring_unregister(r.ring_fd), "unregister");
		must(uring_register(r.ring_fd, &iov, 1), "register");
		if (!fork()) {
			pause_some(i);
			_exit(0);
		}
		pause_some(i + 1);
		wait(NULL);
	}
}

int main(int argc, char **argv)
{
	int rounds;

	report_init(&argc, argv);
	if (argc < 3) {
		fprintf(stderr, "usage: mm_churn exec|exit|fork ROUNDS\n");
		return 2;
	}
	rounds = atoi(argv[2]);
	if (!strcmp(argv[1], "exec"))
		by_exec(rounds);
	else if (!strcmp(argv[1], "exit"))
		by_exit(rounds);
	else
		by_fork(rounds);
	report_ready();
	return 0;
}
