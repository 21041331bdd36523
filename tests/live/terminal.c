// SPDX-License-Identifier: GPL-2.0
/*
 * stat on a pseudo-terminal without its screen: a program keeps its terminal.
 * Independent of the kernel: not run in guests.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include "load.h"
#include "tool.h"
#include "view.h"

#define SCREEN	"\033[?1049h"

static struct view v;

static pid_t start_reads(void)
{
	pid_t pid = fork();

	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	execl(load_path("io_rings"), "io_rings", "7", "1000000000", NULL);
	_exit(127);
}

static void check_program(void)
{
	view_start(&v, &(struct view_how){ 0 }, "stat", "-i", "100ms", "--", "sh", "-c",
		   "echo asks; sleep 1; read x && echo \"got <$x>\"; sleep 1; exit 7", NULL);
	ok(view_shows(&v, 0, "asks"), "what a program prints is seen");
	view_type(&v, "prime\n");
	is(view_end(&v), 7, "it ends as it likes");
	has_text(v.text, "got <prime>", "and reads what is typed");
	ok(!strstr(v.text, SCREEN), "there is no screen");
	ok(view_is_as_before(&v), "the terminal is as it was");
	view_close(&v);

	view_start(&v, &(struct view_how){ 0 }, "stat", "-i", "100ms", "--", load_path("io_rings"), "--no-wait", "3", "5003", NULL);
	is(view_end(&v), 0, "one with I/O");
	has_text(v.text, "OPS/S", "has its table");
	view_close(&v);
}

static void check_dumb(pid_t who)
{
	char pid[16];

	snprintf(pid, sizeof(pid), "%d", who);
	view_start(&v, &(struct view_how){ .columns = 80, .term = "dumb" }, "stat", "-i", "100ms", "-d", "1s", "-p", pid, NULL);
	is(view_end(&v), 0, "a dumb terminal");
	has_text(v.text, "OPS/S", "has the table");
	ok(!strchr(v.text, '\033'), "and no sequences");
	view_close(&v);
}

int main(void)
{
	pid_t who;

	if (geteuid())
		skip_all("needs root");
	who = start_reads();
	check_program();
	check_dumb(who);
	kill(who, SIGKILL);
	waitpid(who, NULL, 0);
	return tap_end();
}
