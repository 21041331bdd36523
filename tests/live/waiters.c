// SPDX-License-Identifier: GPL-2.0
/*
 * However many threads of one user wait in a call, the refused calls of others are seen.
 * Independent of the kernel: not run in guests.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "load.h"
#include "tool.h"
#include "uring.h"

#define THREADS "1400"
#define NO_FD	1021

/* How many lines of the text have both. */
static unsigned int lines_with(char *text, const char *a, const char *b)
{
	unsigned int nr = 0;

	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
		nr += strstr(line, a) && strstr(line, b);
	return nr;
}

int main(void)
{
	const struct tool_how how = { 0 };
	char pid[16];
	struct tool_run t;
	struct load l;

	snprintf(pid, sizeof(pid), "%d ", getpid());
	tool_start(&t, &how, "trace", "--syscalls", NULL);
	if (!tool_says(&t, "EVENT", 20000))
		bail("trace does not begin");
	if (load_start(&l, "waiters", THREADS, NULL)) {
		is(uring_call(NO_FD, IORING_REGISTER_BUFFERS, NULL, 1), -EBADF, "a call is refused");
		usleep(300000);
		kill(t.pid, SIGINT);
		tool_wait(&t, &how);
		is(lines_with(t.out, pid, "EBADF"), 1, "and seen, beside " THREADS " that wait (said: '%.*s')",
		   (int)strcspn(t.err, "\n"), t.err);
		is(load_end(&l), 0, "those go on when they may");
	} else {
		skip("refused calls beside many that wait", "%s", l.skip);
		kill(t.pid, SIGINT);
		tool_wait(&t, &how);
	}
	tool_free(&t);
	return tap_end();
}
