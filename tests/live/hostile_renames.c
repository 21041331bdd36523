// SPDX-License-Identifier: GPL-2.0
/*
 * A process that changes its name thousands of times a second is one process, with all that it did, in
 * each command; what is shown of its name is one that it had, or the begin of one and the end of the other,
 * as a name is written and read without a lock.
 * One kernel tells for all: CI runs it on the oldest alone.
 */
#include <string.h>
#include "folder.h"
#include "load.h"
#include "metrics.h"
#include "strict.h"
#include "tool.h"
#include "tool_json.h"

static char file[FOLDER_PATH];

static bool is_its(const char *name)
{
	return *name && !name[strspn(name, "AB")];
}

/* Rows with the id of the process: their sum of .key, and whether each has its name. */
static long long sum_of(struct json_object *o, const char *list, pid_t pid, const char *key, size_t *nr)
{
	struct json_object *rows = json_member(o, list);
	long long sum = 0;

	*nr = 0;
	for (size_t i = 0; rows && i < json_object_array_length(rows); i++) {
		struct json_object *row = json_element(rows, i);
		const char *name = json_text(row, "comm") ?: "";

		if (json_number(row, "pid") != pid)
			continue;
		if (!is_its(name))
			ok(false, "its name is '%s'", name);
		sum += json_number(row, key);
		(*nr)++;
	}
	return sum;
}

static struct json_object *file_json(void)
{
	char *text = file_text(file);
	struct json_object *o = json_tokener_parse(text);

	free(text);
	return o;
}

static void there(void)
{
	struct json_object *ring;
	struct tool_run a;
	struct load l;
	const char *wrong;
	char pid[16];

	if (!load_start(&l, "renamed", NULL))
		bail("%s", l.skip);
	snprintf(pid, sizeof(pid), "%d", l.pid);
	for (int i = 0; i < 7; i++) {
		size_t nr;

		tool(&a, "list", "--json", "-p", pid, NULL);
		ring = json_ring(a.json, l.pid, -1);
		is(json_ring_nr_buffers(ring), 1, "list: its buffer");
		sum_of(a.json, "rings", l.pid, "pid", &nr);
		is(nr, 1, "of one ring");
		tool_free(&a);
	}
	tool(&a, "export", "--once", "-p", pid, "--verify-interval", "0", NULL);
	wrong = strict_metrics(a.out, strlen(a.out), 0);
	ok(!wrong, "export is clean%s%s", wrong ? ": " : "", wrong ?: "");
	is(metric(a.out, "fixbuf_registered_buffers", NULL), 1, "and has it once");
	tool_free(&a);
	load_end(&l);
}

static void counted(void)
{
	struct json_object *o;
	struct tool_run a;
	size_t nr;

	tool(&a, "stat", "--json", "-o", file, "--", load_path("renamed"), "--no-wait", NULL);
	if (tool_skipped(&a, "stat"))
		return;
	o = file_json();
	is(sum_of(o, "rings", value_number(a.out, "pid"), "ops", &nr), value_number(a.out, "reads"), "stat: all its I/O");
	is(nr, 1, "in one row");
	json_object_put(o);
	tool_free(&a);
}

static void traced(void)
{
	long long calls = 0, reads = 0, named = 0;
	struct json_lines l;
	struct tool_run a;
	char *text;

	tool(&a, "trace", "--io", "--json", "-o", file, "--", load_path("renamed"), "--no-wait", NULL);
	if (tool_skipped(&a, "trace"))
		return;
	text = file_text(file);
	json_lines_parse(&l, text);
	for (size_t i = 0; i < l.nr; i++) {
		const char *name = json_text(l.lines[i], "comm") ?: "";

		if (json_number(l.lines[i], "pid") != (long long)value_number(a.out, "pid"))
			continue;
		calls += json_is(l.lines[i], "event", "register");
		if (!json_is(l.lines[i], "event", "io-done"))
			continue;
		reads++;
		named += is_its(name);
	}
	is(calls, value_number(a.out, "calls"), "trace: all its calls");
	is(reads, value_number(a.out, "reads"), "all its I/O");
	is(named, reads, "each under its name");
	json_lines_free(&l);
	free(text);
	tool_free(&a);
}

static void recorded(void)
{
	struct tool_run a, r;
	size_t nr;

	tool(&a, "record", "--io", "-o", file, "--", load_path("renamed"), "--no-wait", NULL);
	if (tool_skipped(&a, "record"))
		return;
	tool(&r, "report", file, "--json", NULL);
	is(sum_of(r.json, "processes", value_number(a.out, "pid"), "ops", &nr), value_number(a.out, "reads"),
	   "report: all its I/O");
	is(nr, 1, "in one row");
	is(sum_of(r.json, "processes", value_number(a.out, "pid"), "calls", &nr), 2 * value_number(a.out, "calls") - 1,
	   "and all its calls");
	tool_free(&r);
	tool_free(&a);
}

int main(void)
{
	folder_new();
	folder_path(file, "out");
	there();
	counted();
	traced();
	recorded();
	folder_remove();
	return tap_end();
}
