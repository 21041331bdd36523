// SPDX-License-Identifier: GPL-2.0
/*
 * The verdict of stat -- PROGRAM where not all could be seen at the end: what a finding may hide behind, and
 * what not; what did not end and has ended by then; a watch that ends before the program.
 * One kernel tells for all: CI runs it on the oldest alone.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "load.h"
#include "tool.h"
#include "tool_json.h"

static bool ends_with(const char *text, const char *line)
{
	size_t len = strlen(text), n = strlen(line);

	return len >= n && !strcmp(text + len - n, line);
}

/* The total; the load writes beside it. */
static struct json_object *total(struct json_lines *l, const struct tool_run *a)
{
	json_lines_parse(l, a->out);
	return l->nr ? l->lines[l->nr - 1] : NULL;
}

static struct json_object *unsettled(struct json_object *total, const char *what)
{
	struct json_object *list = json_member(total, "unsettled");

	for (size_t i = 0; list && i < json_object_array_length(list); i++)
		if (json_is(json_element(list, i), "what", what))
			return json_element(list, i);
	return NULL;
}

/*
 * A success of a muted request is told to nobody: how long it took is not known, and a worker may have done
 * it, so that what is at most a warning cannot be excluded. A failure is told.
 */
static void muted(void)
{
	struct json_object *all;
	struct json_lines l;
	struct tool_run a;
	char load[4096];

	snprintf(load, sizeof(load), "%s", load_path("io_muted"));
	tool(&a, "stat", "--", load, "--no-wait", "101", "0", NULL);
	if (tool_skipped(&a, "muted requests"))
		goto out;
	has_text(a.out, "101 requests with IOSQE_CQE_SKIP_SUCCESS", "muted: they are counted");
	ok(!strstr(a.err, "no I/O"), "muted: so there was I/O");
	ok(ends_with(a.out, "\nverdict: unsettled\n"), "muted: the last line is the verdict");
	has_text(a.out, "unsettled muted-requests", "muted: and why");
	tool_free(&a);

	tool(&a, "stat", "--json", "--fail-on", "warning", "--", load, "--no-wait", "101", "0", NULL);
	is(json_number(unsettled(total(&l, &a), "muted-requests"), "count"), 101, "muted: --json says how many");
	json_lines_free(&l);
	is(a.status, 4, "muted: the exit status");
	tool_free(&a);

	/* what is never an error may hide */
	tool(&a, "stat", "--fail-on", "error", "--", load, "--no-wait", "101", "0", NULL);
	ok(!strstr(a.out, "muted-requests"), "muted: no error is hidden by it");
	is(a.status, 0, "muted: nor does it fail");
	tool_free(&a);

	tool(&a, "stat", "--json", "--fail-on", "warning", "--", load, "--no-wait", "31", "17", NULL);
	all = total(&l, &a);
	is(json_nr_findings(all, 0, "failing-io"), 1, "muted: failures are found");
	has_text(json_text(json_finding(all, 0, "failing-io"), "detail"), "17 of 17 I/Os", "muted: each of them");
	json_lines_free(&l);
	is(a.status, 1, "muted: they fail it");
out:
	tool_free(&a);
}

/* Without intervals: what was looked at meanwhile is told in the end, when the program has left nothing to look at. */
static void in_total(const char *leave)
{
	const char *what = leave ? "cancelled" : "ended";
	struct json_object *all, *f;
	struct json_lines l;
	struct tool_run a;
	char load[4096];

	snprintf(load, sizeof(load), "%s", load_path("io_slow"));
	tool(&a, "stat", "--fail-on", "info", "--json", "--", load, "--no-wait", "0", leave, NULL);
	all = total(&l, &a);
	is(l.nr, 1, "in total, %s: one view", what);
	f = json_finding(all, 0, "stuck-request");
	is(json_nr_findings(all, 0, "stuck-request"), 1, "in total, %s: told once", what);
	is_text(json_text(f, "severity"), "info", "in total, %s: as bad as in an interval", what);
	has_text(json_text(f, "detail"), "3 READ_FIXED had not ended, the oldest", "in total, %s: how many, and that it is over", what);
	has_text(json_text(f, "detail"), leave ? "; they were cancelled since" : "; they have ended since", "in total, %s: how it came to an end", what);
	is(a.status, 1, "in total, %s: --fail-on makes the exit status of it", what);
	json_lines_free(&l);
	tool_free(&a);
}

/* The time of -d ends before the program does: nothing has ended, and three are under way. */
static void before_the_end(void)
{
	struct tool_run a;
	char load[4096];

	snprintf(load, sizeof(load), "%s", load_path("io_slow"));
	tool(&a, "stat", "-d", "5s", "--fail-on", "info", "--", load, "--no-wait", "0", NULL);
	has_text(a.out, "3 under way at the end, 3 of which hold a registered buffer", "before its end: they are under way");
	has_text(a.out, "3 READ_FIXED have not ended", "before its end: told");
	ok(!strstr(a.err, "no I/O"), "before its end: I/O was seen");
	ok(ends_with(a.out, "\nverdict: found: 0 errors, 0 warnings, 1 note\n"), "before its end: the verdict is the last line");
	is(a.status, 1, "before its end: the exit status");
	tool_free(&a);
}

int main(void)
{
	muted();
	in_total(NULL);
	in_total("leave");
	before_the_end();
	return tap_end();
}
