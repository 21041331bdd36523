// SPDX-License-Identifier: GPL-2.0
/*
 * A user who fills a table that all share, of causes, counters, histograms, buffers or stacks, leaves
 * room to others: what they do is told as if he were not there, and what is lost is told as his.
 * Independent of the kernel: not run in guests.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "folder.h"
#include "load.h"
#include "metrics.h"
#include "tool.h"
#include "tool_json.h"

static struct load flood, other;

/* Who floods, then another user: each to its end. */
static void both(const char *what, const char *his, const char *own)
{
	if (!load_start(&flood, "fills", what, his, NULL))
		bail("%s", flood.skip);
	if (!load_start(&other, "fills", what, own, NULL))
		bail("%s", other.skip);
}

static long long lost_of(struct json_object *o, const char *loss, long long uid)
{
	struct json_object *list = json_member(o, "losses_of");
	long long sum = 0;

	for (size_t i = 0; list && i < json_object_array_length(list); i++)
		if (json_is(json_element(list, i), "loss", loss) && json_number(json_element(list, i), "uid") == uid)
			sum += json_number(json_element(list, i), "count");
	return sum;
}

/* The sum of that number over the rows of that process. */
static long long sum_of(struct json_object *o, const char *list, const char *what, pid_t pid)
{
	struct json_object *rows = json_member(o, list);
	long long sum = 0;

	for (size_t i = 0; rows && i < json_object_array_length(rows); i++)
		if (json_number(json_element(rows, i), "pid") == pid)
			sum += json_number(json_element(rows, i), what);
	return sum;
}

/* Rows of that process that are of one ring, each with percentiles of its own. */
static long nr_whole(struct json_object *o, pid_t pid)
{
	struct json_object *rows = json_member(o, "rings");
	long nr = 0;

	for (size_t i = 0; rows && i < json_object_array_length(rows); i++) {
		struct json_object *row = json_element(rows, i);

		nr += json_number(row, "pid") == pid && !json_is(row, "ring", "0x1") && !json_number(row, "coarse");
	}
	return nr;
}

/* Buffers of the rings of that process. */
static long nr_buffers(struct json_object *o, pid_t pid)
{
	struct json_object *list = json_member(o, "buffers"), *rows = json_member(o, "rings");
	long nr = 0;

	for (size_t i = 0; rows && i < json_object_array_length(rows); i++) {
		const char *ring = json_text(json_element(rows, i), "ring");

		if (json_number(json_element(rows, i), "pid") != pid)
			continue;
		for (size_t k = 0; list && k < json_object_array_length(list); k++)
			nr += json_is(json_element(list, k), "ring", ring);
	}
	return nr;
}

static void counted(const char *what, const char *his, const char *own, const char *loss)
{
	struct tool_how how = { .timeout_s = 120 };
	struct json_object *o;
	struct json_lines l;
	struct tool_run a;
	long nr = atol(own);

	tool_start(&a, &how, "stat", "--by-buffer", "--json", "-i", "500ms", NULL);
	ok(tool_says(&a, "{", 30000), "%s: stat counts", what);
	both(what, his, own);
	/* a reading, while both are there */
	usleep(700000);
	kill(a.pid, SIGINT);
	tool_wait(&a, &how);
	json_lines_parse(&l, a.out);
	o = l.nr ? l.lines[l.nr - 1] : NULL;
	ok(lost_of(o, loss, load_number(&flood, "uid")) > 0, "%s: what is lost is told as his", what);
	is(lost_of(o, loss, load_number(&other, "uid")), 0, "%s: and nothing as the other's", what);
	if (!strcmp(what, "causes")) {
		is(sum_of(o, "io_failures", "count", other.pid), nr, "%s: of each of the other's it is told", what);
	} else if (!strcmp(what, "buffers")) {
		is(nr_buffers(o, other.pid), nr, "%s: each of the other's is told", what);
	} else {
		is(sum_of(o, "rings", "ops", other.pid), nr, "%s: the other's operations", what);
		is(nr_whole(o, other.pid), nr, "%s: each ring has its row, with percentiles", what);
	}
	is(load_end(&flood), 0, "%s: who floods ends well", what);
	is(load_end(&other), 0, "%s: the other ends well", what);
	json_lines_free(&l);
	tool_free(&a);
}

/* Calls of that process, and those of them that have a stack of both sides, named. */
static long nr_stacks(const struct json_lines *l, pid_t pid, long *calls)
{
	long nr = 0;

	*calls = 0;
	for (size_t i = 0; i < l->nr; i++) {
		struct json_object *o = l->lines[i], *frames = json_member(o, "ustack");

		if (!json_is(o, "event", "register") || json_number(o, "pid") != pid)
			continue;
		++*calls;
		nr += frames && json_object_array_length(frames) > 2;
	}
	return nr;
}

static void stacks(void)
{
	struct tool_how how = { .timeout_s = 120 };
	struct json_lines l;
	struct tool_run a;
	long calls, told;

	tool_start(&a, &how, "trace", "--failed", "--stacks", "--json", "--ring-buffer", "65536", NULL);
	sleep(2);
	both("stacks", "4093", "53");
	sleep(1);
	kill(a.pid, SIGINT);
	tool_wait(&a, &how);
	json_lines_parse(&l, a.out);
	told = nr_stacks(&l, flood.pid, &calls);
	ok(calls > 0 && told < calls, "stacks: of his not all are kept (%ld of %ld)", told, calls);
	told = nr_stacks(&l, other.pid, &calls);
	/* a place is given by a hash: each sixteenth may be taken, and what other programs have */
	is(calls, 53, "stacks: the other's calls");
	ok(told >= 41, "stacks: the other's are kept, but for what finds its place taken (%ld of %ld)", told, calls);
	is(load_end(&flood), 0, "stacks: who floods ends well");
	is(load_end(&other), 0, "stacks: the other ends well");
	json_lines_free(&l);
	tool_free(&a);
}

/* And a recording. */
static void recorded(void)
{
	struct tool_how how = { .timeout_s = 120 };
	char file[FOLDER_PATH];
	struct tool_run a;

	tool_start(&a, &how, "record", "-o", folder_path(file, "tables.rec"), NULL);
	ok(tool_says(&a, "recording to", 30000), "record begins");
	both("causes", "1103", "7");
	kill(a.pid, SIGINT);
	tool_wait(&a, &how);
	is(a.status, 0, "record: it ends");
	tool_free(&a);
	tool(&a, "report", "--stat", "--json", file, NULL);
	ok(lost_of(a.json, "no_cause", load_number(&flood, "uid")) > 0, "report: what is lost is told as his");
	is(lost_of(a.json, "no_cause", load_number(&other, "uid")), 0, "report: and nothing as the other's");
	ok(lost_of(a.json, "no_cause", load_number(&flood, "uid")) <= json_number(json_member(a.json, "losses"), "no_cause"),
	   "report: his is of all");
	tool_free(&a);
	is(load_end(&flood), 0, "record: who floods ends well");
	is(load_end(&other), 0, "record: the other ends well");
}

/* More rings than have rows, twice at the same addresses: no buffer has another's uses, and none is called unused. */
static void without_rows(void)
{
	char file[FOLDER_PATH], script[1024];
	const char *load = load_path("io_rings");
	struct json_object *list;
	long long more = 0, sum = 0;
	struct tool_run a;

	snprintf(script, sizeof(script), "%s 6007 3; %s 6007 3", load, load);
	tool(&a, "record", "-q", "--io", "-o", folder_path(file, "rows.rec"), "--", "sh", "-c", script, NULL);
	is(a.status, 0, "rows: record two programs with 6007 rings each");
	tool_free(&a);
	tool(&a, "report", "--stat", "--by-buffer", "--json", file, NULL);
	list = json_member(a.json, "buffers");
	for (size_t i = 0; list && i < json_object_array_length(list); i++) {
		sum += json_number(json_element(list, i), "ops");
		more += json_number(json_element(list, i), "ops") > 3;
	}
	is(more, 0, "rows: each buffer has its three uses at most");
	is(sum + json_number(json_member(a.json, "losses"), "no_buffer"), 2 * 6007 * 3, "rows: what is not told is told as lost");
	tool_free(&a);
	tool(&a, "report", "--json", file, NULL);
	is(json_number(json_member(a.json, "fixed"), "ops"), 2 * 6007 * 3, "rows: all operations are counted");
	has_text(a.out, "\"unused\":null", "rows: which buffers were not used is not known");
	tool_free(&a);
}

/* A scrape says whose it is, too. */
static void exported(void)
{
	const char *name = "fixbuf_user_io_lost_total", *cause = "reason=\"no_cause\"";
	char his[32], others[32], *text;
	struct exporter x;

	exporter_start(&x, NULL);
	both("causes", "1103", "7");
	snprintf(his, sizeof(his), "uid=\"%lld\"", load_number(&flood, "uid"));
	snprintf(others, sizeof(others), "uid=\"%lld\"", load_number(&other, "uid"));
	text = exporter_scrape(&x);
	/* what is not collected yet is answered with what was */
	for (int i = 0; i < 300 && metric(text, name, his, cause, NULL) <= 0; i++) {
		usleep(100000);
		free(text);
		text = exporter_scrape(&x);
	}
	ok(metric(text, name, his, cause, NULL) > 0, "export: what is lost is told as his");
	is(metric(text, name, others, NULL), -1, "export: and nothing as the other's");
	ok(metric(text, name, his, cause, NULL) <= metric(text, "fixbuf_io_lost_total", cause, NULL),
	   "export: his is of all");
	free(text);
	exporter_end(&x);
	is(load_end(&flood), 0, "export: who floods ends well");
	is(load_end(&other), 0, "export: the other ends well");
}

int main(void)
{
	if (geteuid())
		skip_all("it takes root");
	exporter_needed();
	folder_new();
	counted("causes", "1103", "7", "no_cause");
	counted("rings", "6701", "3", "no_histogram");
	counted("buffers", "16381", "5", "no_buffer");
	stacks();
	without_rows();
	recorded();
	exported();
	folder_remove();
	return tap_end();
}
