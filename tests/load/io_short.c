// SPDX-License-Identifier: GPL-2.0
/*
 * Processes that live as long as one ring and one READ_FIXED take, one after the
 * other, then OPS of this process on a ring of its own.
 *   io_short PROCESSES OPS [plain]	plain: as a user of its own, when it may go on
 *   io_short 0 0 plain			on and on, until its input ends
 */
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
#include "memory.h"
#include "load_report.h"

#define BLOCK 512

static char *buf;
static int file;

static void read_some(unsigned long ops)
{
	struct iovec iov = { buf, PAGE };
	struct io_uring ring;

	must(uring_open(&ring, 4), "io_uring_setup");
	must(uring_register(ring.ring_fd, &iov, 1), "register");
	for (unsigned long i = 0; i < ops; i++)
		must(uring_io(&ring, IORING_OP_READ_FIXED, file, buf, BLOCK, 0, 0) == BLOCK ? 0 : -EIO,
		     "READ_FIXED");
	io_uring_queue_exit(&ring);
}

static void be_short(void)
{
	int status = -1;
	pid_t pid = fork();

	if (!pid) {
		read_some(1);
		_exit(0);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid || status)
		bail("a process did not read: %d", status);
}

static bool may_go_on(void)
{
	struct pollfd p = { .fd = 0, .events = POLLIN };

	return !poll(&p, 1, 1);
}

int main(int argc, char **argv)
{
	unsigned long processes, ops, done = 0;

	report_init(&argc, argv);
	processes = argc > 1 ? strtoul(argv[1], NULL, 10) : 401;
	ops = argc > 2 ? strtoul(argv[2], NULL, 10) : 997;
	file = must(mem_cached_file(PAGE), "a file to read");
	buf = mem_pages(1);
	if (argc > 3)
		become_plain(8UL << 20);
	if (!processes) {
		puts("READY");
		fflush(stdout);
		while (may_go_on())
			be_short();
		return 0;
	}
	if (argc > 3)
		report_ready();
	for (; done < processes; done++)
		be_short();
	read_some(ops);
	report("ops=%lu", processes + ops);
	if (argc <= 3)
		report_ready();
	return 0;
}
