// SPDX-License-Identifier: GPL-2.0
/*
 * What each command waits for at its start: the kernel's verifier goes through every program that
 * it loads, a loop as often as it may run; and pages are touched for the first time.
 * Independent of the kernel: not run in guests, which count otherwise.
 * Alone: what other tests have registered is read, too.
 */
#include <dirent.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "tool.h"

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

static void looks_and_touches(const char *begun, long long most, long faults, const char *command,
			      const char *option)
{
	const struct tool_how how = { 0 };
	struct tool_run t;
	char own_pid[16];
	long long sum;
	long touched;

	/* what others have registered is not to be measured */
	snprintf(own_pid, sizeof(own_pid), "%d", getpid());
	tool_start(&t, &how, command, "-p", own_pid, option, NULL);
	if (!tool_says(&t, begun, 20000))
		bail("%s does not begin", command);
	sum = looked_at(t.pid);
	touched = process_faults(t.pid);
	kill(t.pid, SIGINT);
	tool_wait(&t, &how);
	if (sum < 0)
		skip("what the verifier looks at", "this kernel does not tell it");
	else
		ok(sum < most, "%s: its programs take less than %lld instructions to verify: %lld", command, most,
		   sum);
	if (getenv("ASAN_OPTIONS"))
		skip("what it touches", "ASan has memory of its own");
	else
		ok(touched > 0 && touched < faults, "%s takes less than %ld minor faults: %ld", command, faults,
		   touched);
	is(t.status, 0, "%s ends well", command);
	tool_free(&t);
}

int main(void)
{
	/*
	 * 36,000 were seen, and 106,000 of one loop that was inlined twice; 1,000 faults, and 3,600 where
	 * libbpf reads the kernel's types, too
	 */
	looks_and_touches("EVENT", 40000, 2000, "trace", "--syscalls");
	/* 77,000, and 123,000 where the rounds of two loops had branches; 3,300 of its tables */
	looks_and_touches("operations", 90000, 5000, "stat", "--interval=200ms");
	return tap_end();
}
