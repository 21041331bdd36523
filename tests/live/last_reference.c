// SPDX-License-Identifier: GPL-2.0
/* A ring ends with its last reference: who has that, a walk or another tool, is not whose ring it was. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "load.h"
#include "tool.h"

int main(void)
{
	struct tool_how how = { 0 };
	unsigned int closes = 0;
	struct tool_run a;
	struct load l;
	char id[16], want[64];
	int pidfd, ring;

	if (!load_start(&l, "many", "pages", "37", NULL))
		bail("%s", l.skip);
	snprintf(id, sizeof(id), "%d", l.pid);
	tool_start(&a, &how, "trace", "-q", "-p", id, NULL);
	if (!tool_says(&a, "WHAT", 30000))
		bail("trace does not begin");
	/* not before: it is to know us as no holder */
	pidfd = syscall(SYS_pidfd_open, l.pid, 0);
	ring = pidfd < 0 ? -1 : syscall(SYS_pidfd_getfd, pidfd, (int)load_number(&l, "ring.fd"), 0);
	if (ring < 0)
		bail("no descriptor of another process is to be had here");
	load_end(&l);
	close(ring);
	usleep(500000);
	kill(a.pid, SIGINT);
	tool_wait(&a, &how);
	snprintf(want, sizeof(want), " %7d many ", l.pid);
	for (char *line = strtok(a.out, "\n"); line; line = strtok(NULL, "\n")) {
		if (!strstr(line, " ring-close "))
			continue;
		closes++;
		has_text(line, want, "it is told as the owner's");
	}
	is(closes, 1, "the end of the ring, once");
	tool_free(&a);
	close(pidfd);
	return tap_end();
}
