// SPDX-License-Identifier: GPL-2.0
/*
 * Two processes with the same id, one after the other: the first registers a buffer, reads into it a prime
 * number of times and ends; the second, another user, does the same, and ends a moment later, or when told to.
 */
#include <errno.h>
#include <linux/sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include "load_report.h"
#include "load_ring.h"
#include "memory.h"

#define FIRST_READS	31
#define SECOND_READS	43
#define FIRST_PAGES	5
#define SECOND_PAGES	7

static void work(const char *name, unsigned int reads, unsigned int pages)
{
	struct iovec iov = { .iov_len = pages * PAGE };
	struct io_uring r;
	int fd = must(mem_cached_file(PAGE), "a file to read");

	prctl(PR_SET_NAME, name);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	iov.iov_base = mem_pages(pages);
	must(uring_open(&r, 4), "io_uring_setup");
	must(uring_register(r.ring_fd, &iov, 1), "register");
	for (unsigned int i = 0; i < reads; i++)
		must(uring_io(&r, IORING_OP_READ_FIXED, fd, iov.iov_base, PAGE, 0, 0), "read");
}

/* A child of that id; 0 in it. */
static pid_t fork_as(pid_t pid)
{
	struct clone_args how = { .exit_signal = SIGCHLD, .set_tid = (__u64)&pid, .set_tid_size = 1 };

	return syscall(SYS_clone3, &how, sizeof(how));
}

int main(int argc, char **argv)
{
	pid_t pid, again;
	int status;

	report_init(&argc, argv);
	report("first.reads=%u", FIRST_READS);
	report("second.reads=%u", SECOND_READS);
	report("first.bytes=%lu", FIRST_PAGES * PAGE);
	report("second.bytes=%lu", SECOND_PAGES * PAGE);
	report_ready();
	pid = must(fork(), "fork");
	if (!pid) {
		work("first", FIRST_READS, FIRST_PAGES);
		_exit(0);
	}
	waitpid(pid, &status, 0);
	must(status ? -EIO : 0, "the first");
	again = fork_as(pid);
	if (again < 0)
		report_skip("no process gets the id that it asks for: %s", errno_name(errno));
	if (!again) {
		must(setresgid(65534, 65534, 65534) || setresuid(65534, 65534, 65534) ? -errno : 0, "another user");
		work("second", SECOND_READS, SECOND_PAGES);
		for (;;)
			pause();
	}
	usleep(700000);
	report("both.pid=%d", again);
	report_ready();
	kill(again, SIGKILL);
	waitpid(again, NULL, 0);
	return 0;
}
