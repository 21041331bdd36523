// SPDX-License-Identifier: GPL-2.0
#include <stdarg.h>
#include <stdio.h>
#include "shared_machine.h"
#include "tool.h"
#include "tool_json.h"

#define LOOK	"700ms"	/* how long to look for others; the test's programs have ended by then */

/* Finds a process whose rings are at work now: its pid, 0 when there is none. */
static pid_t somebody(char *comm, size_t size)
{
	struct json_object *rings, *o = NULL;
	struct json_lines calls;
	struct tool_run a, b;
	pid_t pid = 0;

	tool(&a, "stat", "--json", "-d", LOOK, NULL);
	tool(&b, "trace", "-q", "--json", "-d", LOOK, NULL);
	json_lines_parse(&calls, b.out);
	rings = json_member(a.json, "rings");
	for (size_t i = 0; rings && !o && i < json_object_array_length(rings); i++)
		if (json_number(json_object_array_get_idx(rings, i), "ops") > 0)
			o = json_object_array_get_idx(rings, i);
	for (size_t i = 0; !o && i < calls.nr; i++)
		if (json_number(calls.lines[i], "pid") > 0)
			o = calls.lines[i];
	if (o) {
		pid = json_number(o, "pid");
		snprintf(comm, size, "%s", json_text(o, "comm"));
	}
	json_lines_free(&calls);
	tool_free(&a);
	tool_free(&b);
	return pid;
}

void is_machine_total(long long got, long long want, const char *what, ...)
{
	char text[256], comm[32];
	pid_t pid = 0;
	va_list ap;

	va_start(ap, what);
	vsnprintf(text, sizeof(text), what, ap);
	va_end(ap);
	if (got != want)
		pid = somebody(comm, sizeof(comm));
	if (pid)
		skip(text, "%lld where %lld was ours, of the whole machine; process %d (%s) uses io_uring, too",
		     got, want, pid, comm);
	else
		is(got, want, "%s", text);
}
