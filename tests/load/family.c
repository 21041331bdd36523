// SPDX-License-Identifier: GPL-2.0
/*
 * A service: a process without a ring, a worker that it started, and a worker of that one, each with a
 * ring. READY, and after a line both work; then SHORT workers come, one after the other, whose parents
 * are gone, and work on a ring of their own, and one loses pages of what it registered, and stays.
 * READY again.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include "memory.h"
#include "load_report.h"

#define SHORT	7
#define BLOCK	512

enum { OLD_OPS = 13, SHORT_OPS = 11 };

static int file, go[2], done[2];
static char *buf;

static void say(void)
{
	pid_t pid = getpid();

	must(write(done[1], &pid, sizeof(pid)) == sizeof(pid) ? 0 : -errno, "write");
}

static pid_t await(void)
{
	pid_t pid;

	if (read(done[0], &pid, sizeof(pid)) != sizeof(pid))
		bail("a worker ended");
	return pid;
}

static void open_ring(struct io_uring *r)
{
	must(uring_open(r, 4), "io_uring_setup");
}

static void work(struct io_uring *r, int ops)
{
	struct iovec iov = { buf, PAGE };

	must(uring_register(r->ring_fd, &iov, 1), "register");
	while (ops--)
		must(uring_io(r, IORING_OP_READ_FIXED, file, buf, BLOCK, 0, 0) == BLOCK ? 0 : -EIO,
		     "READ_FIXED");
	must(uring_unregister(r->ring_fd), "unregister");
}

/* Both hold a ring until this process ends. */
static void be_old(void)
{
	struct io_uring r;
	char c;

	must(fork(), "fork");
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	open_ring(&r);
	say();
	if (read(go[0], &c, 1) == 1)
		work(&r, OLD_OPS);
	say();
	for (;;)
		pause();
}

/* Its parent has gone when it begins. */
static void be_short(void)
{
	struct io_uring r;
	pid_t parent = getpid();

	if (must(fork(), "fork"))
		_exit(0);
	while (getppid() == parent)
		usleep(100);
	open_ring(&r);
	work(&r, SHORT_OPS);
	io_uring_queue_exit(&r);
	say();
	_exit(0);
}

static void be_at_fault(void)
{
	struct iovec iov = { mem_pages(17), 17 * PAGE };
	struct io_uring r;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	open_ring(&r);
	must(uring_register(r.ring_fd, &iov, 1), "register");
	madvise((char *)iov.iov_base + 5 * PAGE, 3 * PAGE, MADV_DONTNEED);
	mem_touch((char *)iov.iov_base + 5 * PAGE, 3);
	say();
	for (;;)
		pause();
}

static void start(void (*run)(void))
{
	fflush(stdout);
	if (!must(fork(), "fork"))
		run();
}

int main(int argc, char **argv)
{
	report_init(&argc, argv);
	file = must(mem_cached_file(PAGE), "a file to read");
	buf = mem_pages(1);
	must(pipe(go) || pipe(done) ? -errno : 0, "pipe");
	start(be_old);
	for (int i = 0; i < 2; i++)
		report("old%d=%d", i, await());
	report_ready();
	must(write(go[1], "ab", 2) == 2 ? 0 : -errno, "write");
	for (int i = 0; i < 2; i++)
		await();
	for (int i = 0; i < SHORT; i++) {
		start(be_short);
		wait(NULL);
		await();
	}
	start(be_at_fault);
	report("fault=%d", await());
	report("ops=%d", 2 * OLD_OPS + SHORT * SHORT_OPS);
	report("registered=%d", 2 + SHORT + 1);
	report_ready();
	return 0;
}
