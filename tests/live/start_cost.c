// SPDX-License-Identifier: GPL-2.0
/*
 * What each command waits for at its start: the kernel's verifier goes through every program that
 * it loads, a loop as often as it may run.
 * Independent of the kernel: not run in guests, which count otherwise.
 */
#include <dirent.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "tool.h"

#define MOST	50000	/* instructions, of one program: 100,000 of a loop with branches take 80 ms */

/* Instructions that were looked at for the dearest program of this process; -1 = it is not told. */
static long long dearest(pid_t pid)
{
	char folder[64], path[sizeof(folder) + NAME_MAX + 2];
	long long most = -1;
	struct dirent *e;
	DIR *d;

	snprintf(folder, sizeof(folder), "/proc/%d/fdinfo", pid);
	d = opendir(folder);
	while (d && (e = readdir(d))) {
		const char *at;
		char *text;

		snprintf(path, sizeof(path), "%s/%s", folder, e->d_name);
		text = file_text(path);
		at = strstr(text, "verified_insns:");
		if (at && strtoll(at + strlen("verified_insns:"), NULL, 10) > most)
			most = strtoll(at + strlen("verified_insns:"), NULL, 10);
		free(text);
	}
	if (d)
		closedir(d);
	return most;
}

int main(void)
{
	const struct tool_how how = { 0 };
	struct tool_run t;
	long long most;

	tool_start(&t, &how, "trace", "--tier", "tracepoints", NULL);
	if (!tool_says(&t, "EVENT", 20000))
		bail("trace does not begin");
	most = dearest(t.pid);
	kill(t.pid, SIGINT);
	tool_wait(&t, &how);
	if (most < 0)
		skip("what the verifier looks at", "this kernel does not tell it");
	else
		ok(most < MOST, "the dearest program takes less than %d instructions to verify: %lld",
		   MOST, most);
	is(t.status, 0, "trace ends well");
	tool_free(&t);
	return tap_end();
}
