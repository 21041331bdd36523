// SPDX-License-Identifier: GPL-2.0
/*
 * A registration that is over RLIMIT_MEMLOCK, as a user of its own: "same" (pages of three rings),
 * "ended" (a process that left its ring), "rings" (seven without buffers; rings_charged=1 where
 * the kernel charges them), "provided" (two rings of provided buffers; the same), "user-ns", "soft"
 * or "hard" (limit). Says fails=1, or skipped.CAUSE=REASON.
 */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include "load_report.h"
#include "memory.h"

#define LIMIT	(256UL << 10)
#define PART	(64UL << 10)

static unsigned int nr_fails;

static void over_limit(const char *cause)
{
	/* more than the limit: not every kernel charges the ring, too */
	struct iovec v = { mem_pages((LIMIT + PART) / PAGE), LIMIT + PART };
	struct io_uring r;

	must(uring_open(&r, 4), "io_uring_setup");
	if (uring_register(r.ring_fd, &v, 1) == -ENOMEM)
		nr_fails++;
	else
		report("skipped.%s=it does not fail here", cause);
}

static void same_pages(int times)
{
	struct iovec v = { mem_pages(PART / PAGE), PART };
	struct io_uring r;

	for (int i = 0; i < times; i++) {
		must(uring_open(&r, 4), "io_uring_setup");
		must(uring_register(r.ring_fd, &v, 1), "register");
	}
}

/* A child that shares our descriptors leaves its ring, and its charge, to us. */
static void left_behind(void)
{
	pid_t pid = syscall(__NR_clone, CLONE_FILES | SIGCHLD, 0, 0, 0, 0);

	if (!pid) {
		same_pages(1);
		_exit(0);
	}
	waitpid(pid, NULL, 0);
	report("ended=%d", pid);
}

/* Without a limit to fit into, a ring can be made where the kernel charges none for it. */
static bool rings_are_charged(void)
{
	struct rlimit none = { 0, 0 };
	pid_t pid = fork();
	int status;

	if (!pid) {
		struct io_uring r;

		_exit(setrlimit(RLIMIT_MEMLOCK, &none) || uring_open(&r, 4) == -ENOMEM);
	}
	waitpid(pid, &status, 0);
	return WEXITSTATUS(status);
}

static void seven_rings(void)
{
	struct io_uring r;

	report("rings_charged=%d", rings_are_charged());
	/* the seventh is the one that registers */
	for (int i = 0; i < 6; i++)
		must(uring_open(&r, 4), "io_uring_setup");
}

/* One of the highest numbers of a group that are looked at. */
static void provided_buffers(void)
{
	static const unsigned short groups[] = { 5, 4095 };
	struct io_uring r;

	report("rings_charged=%d", rings_are_charged());
	must(uring_open(&r, 4), "io_uring_setup");
	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
		struct io_uring_buf_reg reg = {
			.ring_addr = (unsigned long)mem_pages(PART / 2 / PAGE), .bgid = groups[i],
			.ring_entries = PART / 2 / sizeof(struct io_uring_buf),
		};

		if (uring_call(r.ring_fd, IORING_REGISTER_PBUF_RING, &reg, 1)) {
			report("skipped.provided=no rings of provided buffers");
			return;
		}
	}
}

static void memlock(const char *cause)
{
	bool hard = !strcmp(cause, "hard") || !strcmp(cause, "user-ns");
	struct rlimit limit = { LIMIT, hard ? LIMIT : 2 * LIMIT };

	become_plain(2 * LIMIT);
	must(setrlimit(RLIMIT_MEMLOCK, &limit) ? -errno : 0, "setrlimit");
	if (!strcmp(cause, "user-ns") && unshare(CLONE_NEWUSER)) {
		report("skipped.%s=no user namespace for a plain user", cause);
		return;
	}
	if (!strcmp(cause, "same"))
		same_pages(3);
	if (!strcmp(cause, "ended"))
		left_behind();
	if (!strcmp(cause, "rings"))
		seven_rings();
	if (!strcmp(cause, "provided"))
		provided_buffers();
	over_limit(cause);
}

int main(int argc, char **argv)
{
	report_init(&argc, argv);
	memlock(argc > 1 ? argv[1] : "soft");
	report("fails=%u", nr_fails);
	report_ready();
	return 0;
}
