// SPDX-License-Identifier: GPL-2.0
/*
 * What a user multiplies at no cost: processes that hold the same descriptors. Says how many there are.
 *
 *   forked rings NR	NR processes that hold each of up to 1021 rings, in tables of their own
 *   forked files NR	the same with one table in all, of 19001 descriptors and one ring
 */
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "load_report.h"
#include "memory.h"

#define LOCKED	(8UL << 20)
#define RINGS	1021
#define FILES	19001

static int make_rings(void)
{
	struct io_uring_params p;
	int fd, nr = 0;

	while (nr < RINGS) {
		memset(&p, 0, sizeof(p));
		fd = syscall(SYS_io_uring_setup, 1, &p);
		if (fd < 0)
			break;
		nr++;
	}
	return nr;
}

int main(int argc, char **argv)
{
	struct rlimit files;
	bool shared;
	int nr, i;

	report_init(&argc, argv);
	must(argc == 3 ? 0 : -EINVAL, "which and how many");
	shared = !strcmp(argv[1], "files");
	nr = atoi(argv[2]);
	getrlimit(RLIMIT_NOFILE, &files);
	files.rlim_cur = files.rlim_max;
	setrlimit(RLIMIT_NOFILE, &files);
	become_plain(LOCKED);
	report("rings=%d", shared ? 1 : make_rings());
	if (shared) {
		struct io_uring r;
		int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

		must(uring_open(&r, 4), "io_uring_setup");
		for (i = 0; i < FILES && dup(fd) >= 0;)
			i++;
		report("files=%d", i);
	}
	for (i = 0; i < nr; i++) {
		long pid = syscall(SYS_clone, SIGCHLD | (shared ? CLONE_FILES : 0), 0, 0, 0, 0);

		if (!pid) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			for (;;)
				pause();
		}
		must(pid, "clone");
		if (i == nr / 2)
			report("half=%ld", pid);
		if (i == nr - 1)
			report("last=%ld", pid);
	}
	report_ready();
	return 0;
}
