// SPDX-License-Identifier: GPL-2.0
/*
 * verify --watch of one name, with so little room that events are lost all the time: the addresses
 * of its rings become those of others', whose findings it does not tell.
 * Independent of the kernel: not run in guests. Not under ASan: watch.c runs the same.
 */
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include "load.h"
#include "tool.h"
#include "tool_json.h"

#define OTHERS 5

/* One after the other has nearly all that its user may lock. */
static pid_t others(void)
{
	char command[8400];
	pid_t pid = fork();

	if (pid)
		return pid;
	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	snprintf(command, sizeof(command), "while :; do sleep 0.2 | %s >/dev/null; done",
		 load_path("fault_limit"));
	execl("/bin/sh", "sh", "-c", command, NULL);
	_exit(127);
}

int main(void)
{
	pid_t pids[OTHERS];
	struct json_lines l;
	struct tool_run w;
	struct load churn;
	long long lost = 0;
	size_t found = 0;

	if (!load_start(&churn, "churn", "small", NULL))
		skip_all("%s", churn.skip);
	for (int i = 0; i < OTHERS; i++)
		pids[i] = others();
	tool(&w, "verify", "--watch", "--json", "-q", "--comm", "churn", "--tier", "tracepoints",
	     "--ring-buffer", "4", "-d", "2s", NULL);
	json_lines_parse(&l, w.out);
	for (size_t i = 0; i < l.nr; i++) {
		if (json_is(l.lines[i], "event", "lost"))
			lost += json_number(l.lines[i], "count");
		if (json_is(l.lines[i], "tag", "near-limit") && !found++)
			note("%s", json_object_to_json_string(l.lines[i]));
	}
	ok(l.nr, "the watch ends with its totals");
	note("%lld events were lost", lost);
	is(found, 0, "what is about others is not told");
	for (int i = 0; i < OTHERS; i++) {
		kill(-pids[i], SIGKILL);
		waitpid(pids[i], NULL, 0);
	}
	json_lines_free(&l);
	tool_free(&w);
	load_end(&churn);
	return tap_end();
}
