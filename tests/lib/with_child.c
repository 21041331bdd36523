// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include "backing.h"
#include "load_report.h"
#include "memory.h"
#include "with_child.h"

static int done[2];	/* a pipe from the child */

void before_child(void)
{
	must(pipe(done) ? -errno : 0, "pipe");
	fflush(stdout);
}

void child_is_done(void)
{
	must(write(done[1], "", 1) == 1 ? 0 : -errno, "write");
}

void wait_for_child(void)
{
	int status;
	char c;

	if (read(done[0], &c, 1) == 1)
		return;
	wait(&status);
	if (WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SKIPPED)
		report_skip("this kernel does not register files' pages");
	exit(1);
}

pid_t with_child(void (*child)(char *p), char *p)
{
	pid_t pid;

	before_child();
	pid = fork();
	must(pid < 0 ? -errno : 0, "fork");
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		child(p);
		child_is_done();
		for (;;)
			pause();
	}
	/* the child's alone: its end tells of a child that ended */
	close(done[1]);
	wait_for_child();
	return pid;
}

void do_nothing(char *p)
{
	(void)p;
}

/* It has pinned memory, as who registers a buffer has. */
void own_ring(char *p)
{
	struct iovec iov = { mem_pages(2), 2 * PAGE };
	static struct io_uring own;

	(void)p;
	must(uring_open(&own, 4), "io_uring_setup");
	must(uring_register(own.ring_fd, &iov, 1), "register");
}

void map_other(char *p)
{
	char *q = backing_map(p + LOST_AT * PAGE, LOST, MAP_SHARED | MAP_FIXED, backing_file(LOST), 0);

	mem_touch(q, LOST);
}

void submit_nop(void)
{
	struct io_uring *ring = backing_ring();
	struct io_uring_sqe *sqe = io_uring_get_sqe(ring);

	io_uring_prep_nop(sqe);
	must(io_uring_submit(ring) == 1 ? 0 : -EIO, "submit");
}

void submit_alone(char *p)
{
	(void)p;
	submit_nop();
}

void expect_replaced(void)
{
	expect("stale-page", LOST, "were replaced", "register the buffer again");
}

char *file_pages(void)
{
	int fd;

	return backing_of_file(&fd);
}
