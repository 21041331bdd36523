// SPDX-License-Identifier: GPL-2.0
/*
 * What each command waits for at its start: the kernel's verifier goes through every program that
 * it loads, a loop as often as it may run; and pages are touched for the first time.
 * Independent of the kernel: not run in guests, which count otherwise.
 */
#include <dirent.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "tool.h"

#define MOST	40000	/* instructions: 33,000 were seen, and 106,000 of one loop that was inlined twice */

/* Instructions that were looked at for the programs of this process; -1 = it is not told. */
static long long looked_at(pid_t pid)
{
	char folder[64], path[sizeof(folder) + NAME_MAX + 2];
	long long sum = -1;
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
		if (at)
			sum = (sum < 0 ? 0 : sum) + strtoll(at + strlen("verified_insns:"), NULL, 10);
		free(text);
	}
	if (d)
		closedir(d);
	return sum;
}

#define FAULTS	2000	/* 600 were seen, and 3,600 where libbpf reads the kernel's types, too */

int main(void)
{
	const struct tool_how how = { 0 };
	struct tool_run t;
	char own_pid[16];
	long long sum;
	long touched;

	/* what others have registered is not to be measured */
	snprintf(own_pid, sizeof(own_pid), "%d", getpid());
	tool_start(&t, &how, "trace", "--tier", "tracepoints", "-p", own_pid, NULL);
	if (!tool_says(&t, "EVENT", 20000))
		bail("trace does not begin");
	sum = looked_at(t.pid);
	touched = process_faults(t.pid);
	kill(t.pid, SIGINT);
	tool_wait(&t, &how);
	if (sum < 0)
		skip("what the verifier looks at", "this kernel does not tell it");
	else
		ok(sum < MOST, "its programs take less than %d instructions to verify: %lld", MOST, sum);
	if (getenv("ASAN_OPTIONS"))
		skip("what it touches", "ASan has memory of its own");
	else
		ok(touched > 0 && touched < FAULTS, "it takes less than %d minor faults: %ld", FAULTS,
		   touched);
	is(t.status, 0, "trace ends well");
	tool_free(&t);
	return tap_end();
}
