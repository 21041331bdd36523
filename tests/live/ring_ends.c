// SPDX-License-Identifier: GPL-2.0
/*
 * Rings that end while verify looks at their many buffers are left at once, not buffer by buffer.
 * Independent of the kernel: not run in guests. Not under ASan: what it takes is what counts.
 */
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include "memory.h"
#include "tool.h"
#include "uring.h"

#define PROCESSES 7
#define BUFFERS	16381
#define ROUNDS	3
#define MOST_S	5	/* ten times what it took; buffer by buffer it is 20 and more */

/* Each buffer is the same page. */
static pid_t hold(int up)
{
	struct iovec *iov;
	struct io_uring r;
	pid_t pid = fork();

	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	iov = calloc(BUFFERS, sizeof(*iov));
	iov[0] = (struct iovec){ mem_pages(1), PAGE };
	for (int i = 1; i < BUFFERS; i++)
		iov[i] = iov[0];
	if (!uring_open(&r, 4) && !uring_register(r.ring_fd, iov, BUFFERS) &&
	    write(up, "", 1) == 1)
		pause();
	_exit(77);
}

/* CPU time of verify while all of them end, this long after its start. */
static double verify_s(unsigned int after_us)
{
	static const struct tool_how how = { .timeout_s = 100 };
	pid_t pids[PROCESSES];
	struct tool_run v;
	double begun;
	int up[2];
	char c;

	if (pipe(up))
		bail("pipe");
	for (int i = 0; i < PROCESSES; i++)
		pids[i] = hold(up[1]);
	close(up[1]);
	for (int i = 0; i < PROCESSES; i++)
		if (read(up[0], &c, 1) != 1)
			skip_all("this kernel or user cannot register %d buffers", BUFFERS);
	close(up[0]);
	tool_start(&v, &how, "verify", "-q", NULL);
	usleep(after_us);
	for (int i = 0; i < PROCESSES; i++)
		kill(pids[i], SIGKILL);
	for (int i = 0; i < PROCESSES; i++)
		waitpid(pids[i], NULL, 0);
	begun = children_cpu_s();
	tool_wait(&v, &how);
	tool_free(&v);
	return children_cpu_s() - begun;
}

int main(void)
{
	double worst = 0;

	for (int i = 0; i < ROUNDS; i++) {
		double took = verify_s(211000 + i * 103000);

		if (took > worst)
			worst = took;
	}
	note("%.3f s of CPU time", worst);
	ok(worst < MOST_S, "verify does not try each buffer of rings that have ended");
	return tap_end();
}
