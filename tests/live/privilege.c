// SPDX-License-Identifier: GPL-2.0
/*
 * Without privilege each command says so in one sentence; list and doctor tell what /proc shows of
 * the user's own processes, the others print nothing else.
 * One kernel tells for all: CI runs it on the oldest alone.
 */
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include "load.h"
#include "memory.h"
#include "tool.h"

#define PLAIN_UID 54321

/* contract and bench are for everybody: without privilege they try less */
static const char *const commands[] = { "trace", "list", "verify", "doctor", "stat" };

/* A program of that user's, in which it may look; it ends with its standard input. */
static pid_t begin_own(int *end)
{
	const struct rlimit limit = { 8 << 20, 8 << 20 }; /* up to 5.15 it is 64 KiB else */
	/* the path may be closed to that user, the descriptor is not */
	int in[2], out[2], program = open(load_path("many"), O_RDONLY | O_CLOEXEC);
	char *argv[] = { "many", "pages", "37", NULL };
	char text[256] = "";
	size_t len = 0;
	pid_t pid;

	if (pipe(in) || pipe(out) || program < 0)
		bail("no pipe, or no program");
	pid = fork();
	if (!pid) {
		dup2(in[0], 0);
		dup2(out[1], 1);
		close(in[1]);
		close(out[0]);
		if (!setrlimit(RLIMIT_MEMLOCK, &limit) && !setgroups(0, NULL) && !setresgid(PLAIN_UID, PLAIN_UID, PLAIN_UID) &&
		    !setresuid(PLAIN_UID, PLAIN_UID, PLAIN_UID))
			fexecve(program, argv, environ);
		_exit(126);
	}
	close(program);
	close(in[0]);
	close(out[1]);
	set_cloexec(in[1]);
	while (!strstr(text, "READY") && len < sizeof(text) - 1) {
		ssize_t n = read(out[0], text + len, sizeof(text) - 1 - len);

		if (n <= 0)
			bail("the program does not start: %s", text);
		len += n;
	}
	close(out[0]);
	*end = in[1];
	return pid;
}

static void own_rings(void)
{
	struct tool_how how = { .uid = PLAIN_UID };
	char want[64], id[16];
	struct tool_run a;
	int end, status;
	pid_t pid = begin_own(&end);

	snprintf(id, sizeof(id), "%d", pid);
	/* its name: before "exec: fix up /proc/pid/comm in the execveat(AT_EMPTY_PATH) case", 6.14, a number */
	snprintf(want, sizeof(want), "pid %d ", pid);
	tool_as(&a, &how, "list", NULL);
	is(a.status, 3, "list without privilege ends with 3");
	ok(strstr(a.out, want) && strstr(strstr(a.out, want), " fd "), "and shows the ring of a process of this user");
	ok(strstr(a.out, " 148K"), "with its buffer of 37 pages");
	ok(strstr(a.out, "soft limit "), "and its limit");
	ok(strstr(a.out, "Not shown without privilege"), "and says what is missing");
	tool_free(&a);
	tool_as(&a, &how, "list", "-p", id, NULL);
	ok(strstr(a.out, "1 descriptor of rings, 1 buffer, 148K registered"), "a selection: %s", a.out);
	tool_free(&a);
	tool_as(&a, &how, "list", "--comm", "nob[o]dy", NULL);
	ok(!strstr(a.out, want), "of which it is none");
	tool_free(&a);
	tool_as(&a, &how, "list", "-p", "1", NULL);
	ok(strstr(a.out, "1 process of this user or named may not be looked into"), "what is hidden is told");
	tool_free(&a);
	tool_as(&a, &how, "list", "--by", "user", NULL);
	ok(strstr(a.out, want) && strstr(a.out, "--by, --sort, --min-size, --top and --watch are not followed"),
	   "what it does not follow is said");
	tool_free(&a);
	tool_as(&a, &how, "list", "--watch", "-i", "100ms", "-d", "1s", NULL);
	has_text(a.out, "--watch are not followed: this is\none look", "list --watch looks once, and says so");
	tool_free(&a);
	tool_as(&a, &how, "list", "--json", NULL);
	is_text(a.out, "", "JSON is for those who see all");
	tool_free(&a);
	tool_as(&a, &how, "doctor", NULL);
	is(a.status, 3, "doctor without privilege ends with 3");
	ok(strstr(a.out, "148K registered"), "and has the rings of this user's processes");
	ok(strstr(a.out, "RLIMIT_MEMLOCK"), "and its limit");
	tool_free(&a);
	close(end);
	ok(waitpid(pid, &status, 0) == pid && !status, "the program ends well");
}

int main(void)
{
	struct tool_how how = { .uid = PLAIN_UID };
	struct tool_run a;

	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		const char *end;

		tool_as(&a, &how, commands[i], NULL);
		is(a.status, 3, "%s without privilege ends with 3", commands[i]);
		end = strchr(a.err, '\n');
		ok(!strncmp(a.err, "fixbuf-trace: ", 14) && end && !end[1], "%s: one sentence",
		   commands[i]);
		if (strcmp(commands[i], "list") && strcmp(commands[i], "doctor"))
			is_text(a.out, "", "%s: and prints nothing else", commands[i]);
		tool_free(&a);
	}
	own_rings();
	return tap_end();
}
