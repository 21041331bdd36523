// SPDX-License-Identifier: GPL-2.0
/*
 * A plain user's process that starts many, all alive at a time, which do nothing. READY, and after a
 * line it starts them, and says so.
 *
 *   crowded NR
 */
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>
#include "load_report.h"
#include "memory.h"

/* All have one address space: each of their own would take the machine's memory. */
static int idle(void *unused)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	while (!unused)
		pause();
	return 0;
}

int main(int argc, char **argv)
{
	const struct rlimit any = { RLIM_INFINITY, RLIM_INFINITY };
	char *stacks;
	int nr, started = 0;

	report_init(&argc, argv);
	must(argc == 2 ? 0 : -EINVAL, "how many");
	nr = atoi(argv[1]);
	setrlimit(RLIMIT_NPROC, &any);
	become_plain(8 << 20);
	stacks = mem_pages(nr);
	report_before_fault();
	while (started < nr && clone(idle, stacks + (started + 1) * PAGE, CLONE_VM | SIGCHLD, NULL) >= 0)
		started++;
	/* fewer where the machine has no room for so many */
	report("started=%d", started);
	report_ready();
	return 0;
}
