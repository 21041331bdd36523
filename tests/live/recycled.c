// SPDX-License-Identifier: GPL-2.0
/*
 * Two users' processes with one id, one after the other: each has its own name, calls and I/O everywhere.
 * One kernel tells for all: CI runs it on the oldest alone.
 */
#include <string.h>
#include "folder.h"
#include "load.h"
#include "tool.h"
#include "tool_json.h"

static char file[FOLDER_PATH];

static const struct {
	const char *name, *reads, *bytes;
	int uid;
} both[] = {
	{ "first", "first.reads", "first.bytes", 0 }, { "second", "second.reads", "second.bytes", 65534 },
};

#define RUN(a, ...)	tool(a, __VA_ARGS__, "-o", file, "--", load_path("recycled"), "--no-wait", NULL)

/* Rows of that name: of its user, with the id that both have. */
static long long sum_of(struct json_object *o, const char *list, int i, pid_t pid, const char *key)
{
	struct json_object *rows = json_member(o, list);
	long long sum = 0;

	for (size_t n = 0; rows && n < json_object_array_length(rows); n++) {
		struct json_object *row = json_element(rows, n);

		if (json_is(row, "comm", both[i].name) && json_number(row, "pid") == pid &&
		    json_number(row, "uid") == both[i].uid)
			sum += json_number(row, key);
	}
	return sum;
}

static void counted(void)
{
	struct json_object *o;
	struct tool_run a;
	char *text;

	RUN(&a, "stat", "--json");
	if (tool_skipped(&a, "stat"))
		return;
	text = file_text(file);
	o = json_tokener_parse(text);
	for (int i = 0; i < 2; i++)
		is(sum_of(o, "rings", i, value_number(a.out, "both.pid"), "ops"), value_number(a.out, both[i].reads),
		   "stat: the I/O of the %s", both[i].name);
	json_object_put(o);
	free(text);
	tool_free(&a);
}

static long long events(const struct json_lines *l, const char *event, int i, pid_t pid)
{
	long long nr = 0;

	for (size_t n = 0; n < l->nr; n++)
		nr += json_is(l->lines[n], "event", event) && json_is(l->lines[n], "comm", both[i].name) &&
		      json_number(l->lines[n], "pid") == pid && json_number(l->lines[n], "uid") == both[i].uid;
	return nr;
}

static void traced(void)
{
	struct json_lines l;
	struct tool_run a;
	char *text;

	RUN(&a, "trace", "--io", "--json");
	if (tool_skipped(&a, "trace"))
		return;
	text = file_text(file);
	json_lines_parse(&l, text);
	for (int i = 0; i < 2; i++) {
		is(events(&l, "io-done", i, value_number(a.out, "both.pid")), value_number(a.out, both[i].reads),
		   "trace: the I/O of the %s", both[i].name);
		is(events(&l, "register", i, value_number(a.out, "both.pid")), 1, "trace: its call");
	}
	json_lines_free(&l);
	free(text);
	tool_free(&a);
}

static void recorded(void)
{
	struct tool_run a, r;

	RUN(&a, "record", "--io");
	if (tool_skipped(&a, "record"))
		return;
	tool(&r, "report", file, "--json", NULL);
	for (int i = 0; i < 2; i++) {
		pid_t pid = value_number(a.out, "both.pid");

		is(sum_of(r.json, "processes", i, pid, "ops"), value_number(a.out, both[i].reads),
		   "report: the I/O of the %s", both[i].name);
		is(sum_of(r.json, "processes", i, pid, "registered_bytes"), value_number(a.out, both[i].bytes),
		   "report: what it has registered");
		is(sum_of(r.json, "processes", i, pid, "calls"), 1, "report: its call");
	}
	tool_free(&r);
	tool(&r, "report", file, "--stat", "--json", NULL);
	for (int i = 0; i < 2; i++)
		is(sum_of(r.json, "rings", i, value_number(a.out, "both.pid"), "ops"), value_number(a.out, both[i].reads),
		   "report --stat: the I/O of the %s", both[i].name);
	tool_free(&r);
	tool_free(&a);
}

int main(void)
{
	folder_new();
	folder_path(file, "out");
	counted();
	traced();
	recorded();
	folder_remove();
	return tap_end();
}
