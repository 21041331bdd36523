// SPDX-License-Identifier: GPL-2.0
/*
 * Independent of the kernel: trace shows the events that were asked for, all of them and no other,
 * and so does report --trace; the totals count all.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "load.h"
#include "tool.h"
#include "tool_json.h"

static char folder[] = "/tmp/fixbuf-trace_filter-XXXXXX";
static char lines_file[64], recording[64];
static unsigned int nr_failures;

static void count_failures(const char *text)
{
	for (nr_failures = 0; (text = strstr(text, "fail.")); nr_failures++)
		text = strstr(text, ".errno=") ?: text + strlen(text);
}

static void live(struct json_lines *l, const char *a, const char *b, const char *c)
{
	struct tool_run t;
	char *text;

	tool(&t, "trace", "--json", "-o", lines_file, a, b, c, "--", load_path("lifecycle"),
	     "--no-wait", NULL);
	is(t.status, 0, "trace %s ends well", a);
	text = file_text(lines_file);
	json_lines_parse(l, text);
	free(text);
	count_failures(t.out);
	tool_free(&t);
}

static void recorded(struct json_lines *l, const char *a, const char *b, const char *c)
{
	struct tool_run t;

	tool(&t, "report", "--trace", "--json", recording, a, b, c, NULL);
	is(t.status, 0, "report --trace %s ends well", a);
	json_lines_parse(l, t.out);
	tool_free(&t);
}

/* How many lines are of one of these events; *others gets the rest. */
static size_t nr_of(const struct json_lines *l, const char *const *events, size_t *others)
{
	size_t n = 0;

	*others = 0;
	for (size_t i = 0; i < l->nr; i++) {
		bool found = false;

		for (size_t k = 0; events[k]; k++)
			found |= json_is(l->lines[i], "event", events[k]);
		n += found;
		*others += !found;
	}
	return n;
}

static void with(void (*watch)(struct json_lines *l, const char *a, const char *b, const char *c),
		 const char *how)
{
	static const char *const calls[] = {
		"ring-create", "register", "unregister", "update", "clone", NULL
	}, *const pins[] = { "pin", "unpin", NULL };
	struct json_lines all, some;
	size_t n, others, want;

	watch(&all, "-q", "-q", "-q");
	want = nr_of(&all, calls, &others);
	ok(want > 0 && others > 0, "%s: %zu of %zu lines are calls", how, want, all.nr);
	watch(&some, "--calls", "-q", "-q");
	n = nr_of(&some, calls, &others);
	is(n, want, "%s: --calls shows each call", how);
	is(others, 0, "%s: and nothing else", how);
	json_lines_free(&some);
	want = nr_of(&all, pins, &others);
	watch(&some, "--events", "unpin,pin", "-q");
	n = nr_of(&some, pins, &others);
	is(n, want, "%s: --events shows those", how);
	is(others, 0, "%s: and nothing else", how);
	json_lines_free(&some);
	watch(&some, "--failed", "-q", "-q");
	is(some.nr, nr_failures, "%s: --failed shows what failed, once each", how);
	for (n = 0; n < some.nr && json_text(some.lines[n], "explain"); n++)
		;
	is(n, nr_failures, "%s: each with its cause", how);
	json_lines_free(&some);
	watch(&some, "--failed", "--events", "pin");
	is(some.nr, 0, "%s: both have to let a line through", how);
	json_lines_free(&some);
	watch(&some, "--slow", "1h", "-q");
	is(some.nr, 0, "%s: nothing took an hour", how);
	json_lines_free(&some);
	watch(&some, "--slow", "1ns", "--calls");
	n = nr_of(&some, calls + 1, &others);
	want = nr_of(&all, calls + 1, &others);
	is(n, want, "%s: each call took a nanosecond", how);
	json_lines_free(&some);
	json_lines_free(&all);
}

int main(void)
{
	struct tool_run t;
	char totals[64];

	if (!mkdtemp(folder))
		bail("no folder");
	snprintf(lines_file, sizeof(lines_file), "%s/lines", folder);
	snprintf(recording, sizeof(recording), "%s/rec", folder);
	with(live, "trace");
	tool(&t, "record", "-q", "-o", recording, "--", load_path("lifecycle"), "--no-wait", NULL);
	is(t.status, 0, "record ends well");
	tool_free(&t);
	with(recorded, "report");
	tool(&t, "trace", "--failed", "-o", lines_file, "--", load_path("lifecycle"), "--no-wait", NULL);
	snprintf(totals, sizeof(totals), ", %u failed; ", nr_failures);
	ok(strstr(t.err, totals) && !strstr(t.err, "; 0 rings created"), "the totals count all: %s", t.err);
	tool_free(&t);
	unlink(lines_file);
	unlink(recording);
	rmdir(folder);
	return tap_end();
}
