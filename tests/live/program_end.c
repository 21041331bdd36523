// SPDX-License-Identifier: GPL-2.0
/*
 * "What did my program do?": what trace -- PROGRAM and stat -- PROGRAM say in the end.
 * One kernel tells for all: CI runs it on the oldest alone.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "load.h"
#include "tool.h"
#include "tool_json.h"

/* Other people's load may take the room of what was to be seen; that is said. */
static void is_fine(const char *text, const char *what)
{
	const char *unsettled = strstr(text, "verdict: unsettled");

	if (unsettled && !strstr(unsettled, "was followed"))
		skip(what, "not all was seen beside other load");
	else
		has_text(text, "verdict: nothing found", "%s", what);
}

static void traces(void)
{
	unsigned long long calls = 0, failed = 0;
	const char *totals;
	struct tool_run a;
	char want[80];

	tool(&a, "trace", "-o", "/dev/null", "--", load_path("io_short"), "3", "5", NULL);
	if (tool_skipped(&a, "trace -- PROGRAM"))
		goto out;
	is(text_count(a.err, " io_short "), 4, "a line for each ring of the program");
	has_text(a.err, "PID  COMM", "under titles");
	is_fine(a.err, "nothing failed");
	tool_free(&a);

	tool(&a, "trace", "-q", "-o", "/dev/null", "--", load_path("io_short"), "3", "5", NULL);
	is_text(a.err, "", "-q leaves it out");
	tool_free(&a);

	tool(&a, "trace", "-o", "/dev/null", "--", load_path("causes"), NULL);
	totals = strstr(a.err, " calls, ");
	while (totals && totals > a.err && totals[-1] >= '0' && totals[-1] <= '9')
		totals--;
	ok(totals && sscanf(totals, "%llu calls, %llu failed", &calls, &failed) == 2 && failed > 0,
	   "%llu of %llu calls failed", failed, calls);
	snprintf(want, sizeof(want), "verdict: found: %llu of %llu calls failed", failed, calls);
	has_text(a.err, want, "the verdict says so");
	tool_free(&a);

	tool(&a, "trace", "-o", "/dev/null", "--", load_path("many"), "rings", "31", NULL);
	is(text_count(a.err, " many "), 20, "of many rings 20 lines");
	has_text(a.err, "and 11 more rings", "and how many there are more");
	tool_free(&a);

	tool(&a, "trace", "--", "true", NULL);
	has_text(a.err, "no ring of the program was found", "a program without rings");
	ok(!strstr(a.err, "verdict"), "has no verdict");
out:
	tool_free(&a);
}

static void stats(void)
{
	struct json_object *all;
	struct tool_run a;

	tool(&a, "stat", "--", load_path("io_short"), "3", "101", NULL);
	is(text_count(a.out, " io_short "), 4, "stat: a line for each ring");
	is_fine(a.out, "stat: nothing failed");
	tool_free(&a);

	tool(&a, "stat", "-q", "--", load_path("io_short"), "3", "101", NULL);
	ok(!strstr(a.out, "verdict"), "-q leaves it out");
	tool_free(&a);

	tool(&a, "stat", "--", load_path("io_causes"), NULL);
	if (!tool_skipped(&a, "stat of I/O that fails")) {
		has_text(a.out, "verdict: found: 0 errors, ", "what failed is found");
		has_text(strstr(a.out, "verdict: ") ?: "", " warnings", "as warnings");
	}
	tool_free(&a);

	tool(&a, "stat", "--", "true", NULL);
	has_text(a.err, "no I/O of the program was seen", "stat of a program without rings");
	ok(!strstr(a.out, "verdict"), "has no verdict");
	tool_free(&a);

	tool(&a, "stat", "--json", "-d", "50ms", NULL);
	all = json_member(a.json, "in_flight_holding");
	ok(all || kernel_only(), "stat --json: how many requests hold a buffer at the end");
	tool_free(&a);
}

/* What runs on after its end is said once, by each command that ends with it; -q leaves it out. */
static void says_left(const char *command, const char *option, const char *out, unsigned int children)
{
	bool quiet = !strcmp(option, "-q");
	char load[4096], nr[16], want[4200];
	struct tool_run a;

	snprintf(load, sizeof(load), "%s", load_path("io_left"));
	snprintf(nr, sizeof(nr), "%u", children);
	snprintf(want, sizeof(want), ": %u processes of %s still run; the watch ends with the program itself\n",
		 2 * children, load);
	tool(&a, command, "-o", out, option, "--", load, "--no-wait", nr, "3000", NULL);
	if (quiet || !children)
		ok(!strstr(a.err, "still run"), "%s: %s", command, quiet ? "-q does not say what runs on" : "nothing runs on");
	else
		is(text_count(a.err, want), 1, "%s: what runs on after the program is said once", command);
	tool_free(&a);
}

static void left(void)
{
	char file[] = "/tmp/fixbuf-left-XXXXXX", load[4096];
	int fd = mkstemp(file);
	struct json_lines l;
	struct tool_run a;

	if (fd < 0)
		bail("mkstemp");
	close(fd);
	says_left("stat", "--hist", "/dev/null", 3);
	says_left("stat", "-q", "/dev/null", 3);
	says_left("stat", "--hist", "/dev/null", 0);
	says_left("trace", "--stacks", "/dev/null", 3);
	says_left("trace", "--stacks", "/dev/null", 0);
	says_left("record", "--stacks", file, 5);
	says_left("verify", "--watch", "/dev/null", 3);
	unlink(file);

	snprintf(load, sizeof(load), "%s", load_path("io_left"));
	tool(&a, "stat", "--json", "--", load, "--no-wait", "3", "3000", NULL);
	json_lines_parse(&l, a.out);
	is(l.nr ? json_number(l.lines[l.nr - 1], "still_running") : -1, 6, "stat --json: how many run on");
	json_lines_free(&l);
	tool_free(&a);
	tool(&a, "trace", "--json", "--", load, "--no-wait", "3", "3000", NULL);
	has_text(a.out, "{\"schema\":2,\"event\":\"still-running\",\"processes\":6}", "trace --json: the same");
	tool_free(&a);
	tool(&a, "verify", "--watch", "--json", "--", load, "--no-wait", "3", "3000", NULL);
	has_text(a.out, "\"still_running\":6", "verify --watch --json: the same");
	tool_free(&a);
}

/* The program prints all the while to where trace does. */
static void whole_lines(void)
{
	unsigned int lines = 0, broken = 0;
	const char *load = load_path("lifecycle");
	struct tool_run a;
	char script[1024];

	snprintf(script, sizeof(script), "(for i in 1 2 3 4 5; do %s --no-wait; done >/dev/null; exec kill -9 $$) & while :; do echo x; done", load);
	tool(&a, "trace", "--json", "--", "sh", "-c", script, NULL);
	for (char *line = a.out, *end; (end = strchr(line, '\n')); line = end + 1) {
		const bool prints = *line == 'x';

		lines += !prints;
		if (prints ? end == line + 1 : *line == '{' && end[-1] == '}')
			continue;
		if (!broken++)
			note("%.*s", (int)(end - line), line);
	}
	ok(lines > 100, "lines of trace between those of its program");
	is(broken, 0, "none is in the middle of another");
	tool_free(&a);
}

int main(void)
{
	traces();
	whole_lines();
	stats();
	left();
	return tap_end();
}
