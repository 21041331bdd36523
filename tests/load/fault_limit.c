// SPDX-License-Identifier: GPL-2.0
/*
 * The limit is the user's, not the process's: one process holds 31 pages of
 * 66, another is refused 37 more and takes 29. With "over", the limit is
 * lowered below what is held; with "again", a call that is refused follows. With "own", the limit is
 * the second process's alone, of another name: the first may have four times as much.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include "load_report.h"
#include "memory.h"

#define LIMIT_PAGES	66
#define FIRST		31
#define REFUSED		37
#define SECOND		29
#define LOWERED		53

static int hold(struct io_uring *r, size_t pages)
{
	struct iovec iov = { mem_pages(pages), pages * PAGE };

	return uring_register(r->ring_fd, &iov, 1);
}

/* The second process: its pipe ends tell when it is set up and when to end. */
static void second(int up, int down, bool own)
{
	const struct rlimit limit = { LIMIT_PAGES * PAGE, LIMIT_PAGES * PAGE };
	struct io_uring r;
	int refused;
	char c;

	if (own && (setrlimit(RLIMIT_MEMLOCK, &limit) || prctl(PR_SET_NAME, "limit_second")))
		_exit(1);
	must(uring_open(&r, 4), "io_uring_setup");
	refused = hold(&r, REFUSED);
	must(hold(&r, SECOND), "register");
	report("second.pid=%d", getpid());
	report("second.refused=%s", errno_name(-refused));
	report_ring("second", r.ring_fd, 1);
	fflush(stdout);
	close(up);
	while (read(down, &c, 1) > 0)
		;
	_exit(0);
}

int main(int argc, char **argv)
{
	struct rlimit lowered = { LOWERED * PAGE, LOWERED * PAGE };
	struct io_uring r;
	int up[2], down[2];
	bool own;
	char c;

	report_init(&argc, argv);
	own = argc > 1 && !strcmp(argv[1], "own");
	become_plain((own ? 4 : 1) * LIMIT_PAGES * PAGE);
	must(uring_open(&r, 4), "io_uring_setup");
	report_before_fault();
	must(hold(&r, FIRST), "register");
	report("first.pid=%d", getpid());
	report_ring("first", r.ring_fd, 1);
	report("limit=%lu", LIMIT_PAGES * PAGE);
	fflush(stdout);
	if (pipe(up) || pipe(down))
		return 1;
	if (!fork()) {
		close(down[1]);
		close(r.ring_fd);
		second(up[1], down[0], own);
	}
	close(up[1]);
	if (read(up[0], &c, 1) < 0)
		return 1;
	if (argc > 1 && !own && setrlimit(RLIMIT_MEMLOCK, &lowered))
		return 1;
	if (argc > 1 && !strcmp(argv[1], "again"))
		hold(&r, FIRST);
	report_expect(argc > 1 && !own ? "over-limit" : "near-limit", 0);
	report_ready();
	close(down[1]);
	wait(NULL);
	return 0;
}
