// SPDX-License-Identifier: GPL-2.0
/* How verify --watch ends, and what it refuses: the same at every tier. */
#include <signal.h>
#include <string.h>
#include <unistd.h>
#include "tool.h"
#include "tool_json.h"

static void interrupted_cleanly(void)
{
	static const struct tool_how how = { .timeout_s = 60 };
	struct json_object *last;
	struct json_lines l;
	struct tool_run a;

	tool_start(&a, &how, "verify", "--watch", "--json", "-u", "54399", "--allow-unsettled",
		   NULL);
	ok(tool_says(&a, "watching (tier: ", 30000), "it says when it watches");
	usleep(300000);
	kill(a.pid, SIGINT);
	tool_wait(&a, &how);
	is(a.status, 0, "Ctrl-C ends it cleanly");
	json_lines_parse(&l, a.out);
	last = l.nr ? l.lines[l.nr - 1] : NULL;
	ok(last && json_is(last, "event", "summary"), "and with the totals");
	ok(strchr(a.err, '\n') && !strchr(a.err, '\n')[1], "without complaint");
	json_lines_free(&l);
	tool_free(&a);
}

static void misused(void)
{
	static const char *const options[] = { "-d1s", "-i1s", "--stacks", "--tier=tracepoints",
					       "--ring-buffer=64" };
	struct tool_run a;

	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		tool(&a, "verify", options[i], NULL);
		is(a.status, 2, "verify %s without --watch: exit status", options[i]);
		has_text(a.err, "--watch", "which is what the sentence says");
		tool_free(&a);
	}
	tool(&a, "verify", "--", "true", NULL);
	is(a.status, 2, "a program without --watch: exit status");
	tool_free(&a);
	tool(&a, "verify", "--watch", "-q", "--", "sh", "-c", "exit 7", NULL);
	is(a.status, 7, "without a finding the status is the program's");
	tool_free(&a);
}

int main(void)
{
	interrupted_cleanly();
	misused();
	return tap_end();
}
