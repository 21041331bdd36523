// SPDX-License-Identifier: GPL-2.0
/*
 * trace --stacks by root beside a user whose program changes places with a pipe, a link and another
 * file all the time: no name is from what was not mapped, and nothing is waited for.
 * Independent of the kernel: not run in guests.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include "load.h"
#include "tool.h"

#define RUNS		61
#define MAX_SECONDS	30
#define EXCHANGE	2	/* RENAME_EXCHANGE */
#define OWN_NAME	"hostile_register"
#define OTHERS_NAME	"othersx_register"

static char dir[] = "/tmp/fixbuf-races-XXXXXX";

static const char *in_dir(const char *name)
{
	static char path[4][128];
	static int turn;

	turn = (turn + 1) % 4;
	snprintf(path[turn], sizeof(path[turn]), "%s/%s", dir, name);
	return path[turn];
}

static void shell(const char *command)
{
	char text[1024];

	snprintf(text, sizeof(text), "cd %s && A=%s && %s", dir, load_path("attacker"), command);
	if (system(text))
		bail("%s", text);
}

static void exchange(const char *a, const char *b)
{
	syscall(SYS_renameat2, -100, in_dir(a), -100, in_dir(b), EXCHANGE);
	usleep(random() % 2000);
}

/* It has its place half of the time. */
static pid_t start_exchanges(void)
{
	static const char *const others[] = { "other", "pipe", "other", "link", "other", "cut" };
	pid_t child = fork();

	if (child)
		return child;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (int i = 0;; i = (i + 1) % 6) {
		exchange("program", others[i]);
		exchange("program", others[i]);
	}
}

static int count(const char *text, const char *what)
{
	int nr = 0;

	for (; (text = strstr(text, what)); text += strlen(what))
		nr++;
	return nr;
}

int main(void)
{
	const struct tool_how how = { .timeout_s = 2 * MAX_SECONDS };
	const char *tier = tool_tier();
	char script[512], *text;
	struct tool_run a;
	double begun;
	pid_t child;

	if (!mkdtemp(dir) || chmod(dir, 0777))
		bail("no temporary folder");
	/* what takes its place can be run by nobody */
	shell("cp $A program && sed 's/" OWN_NAME "/" OTHERS_NAME "/g' $A >other && chmod 755 program && "
	      "chmod 644 other && mkfifo pipe && ln -s other link && head -c 9000 $A >cut");
	child = start_exchanges();
	snprintf(script, sizeof(script), "for i in $(seq %d); do %s become %s honest 2>/dev/null & done; sleep 2; touch %s/seen; wait",
		 RUNS, load_path("attacker"), dir, dir);
	begun = now_s();
	tool_start(&a, &how, "trace", "--json", "-q", "--stacks", "-o", in_dir("lines"), "--tier",
		   tier ? tier : "tracepoints", "--", "sh", "-c", script, NULL);
	tool_wait(&a, &how);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	text = file_text(in_dir("lines"));
	is(a.status, 0, "trace ends with the programs");
	ok(now_s() - begun < MAX_SECONDS, "in time (%.1f s)", now_s() - begun);
	ok(count(text, "\"register\"") > 0, "their calls are told (%d)", count(text, "\"register\""));
	note("%d lines have a name of their own file", count(text, OWN_NAME));
	is(count(text, OTHERS_NAME), 0, "no name is from a file that was not mapped");
	free(text);
	tool_free(&a);
	shell("rm -r $PWD");
	return tap_end();
}
