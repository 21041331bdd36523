// SPDX-License-Identifier: GPL-2.0
/*
 * More I/Os and calls that fail than are kept apart: text, JSON, page and SQL count them all, and say
 * of how many the cause is not known.
 * Independent of the kernel: not run in guests.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "folder.h"
#include "load.h"
#include "page_data.h"
#include "sql.h"
#include "tool.h"
#include "tool_json.h"

#define NR	1103	/* the table has 1031 causes */
#define THIRDS	368

static char rec[FOLDER_PATH], html[FOLDER_PATH], db[FOLDER_PATH], dom[FOLDER_PATH];

static void in_json(struct json_object *whole)
{
	long long told = json_sum(whole, "io_failures", "count"), rest = json_number(whole, "no_cause");

	is(json_number(json_member(whole, "fixed"), "errors"), NR, "JSON: I/Os that failed");
	ok(rest > 0 && rest < NR, "JSON: of some the cause is not known (%lld)", rest);
	is(told + rest, NR, "JSON: with the others they are all");
	is(json_sum(whole, "failures", "count"), NR + THIRDS, "JSON: calls that failed");
}

static void in_text(long long rest)
{
	struct tool_run text;
	char line[96];

	tool(&text, "report", rec, NULL);
	has_text(text.out, "1471 calls failed; 1103 I/Os failed", "text: the same numbers");
	snprintf(line, sizeof(line), "  %lld more have no cause: the table of causes had no more room\n", rest);
	has_text(text.out, line, "text: and those without a cause");
	tool_free(&text);
}

static void in_sql(long long rest)
{
	struct tool_run a;

	if (!sql_is_there()) {
		skip("SQL", "there is no sqlite3");
		return;
	}
	tool(&a, "report", "--sqlite", db, rec, NULL);
	is(a.status, 0, "--sqlite");
	tool_free(&a);
	is(sql_number(db, "SELECT sum(errors) FROM io"), NR, "SQL: I/Os that failed");
	is(sql_number(db, "SELECT sum(no_cause) FROM recordings"), rest, "SQL: those without a cause");
	is(sql_number(db, "SELECT sum(count) FROM failures WHERE what = 'io'"), NR - rest, "SQL: and with one");
	is(sql_number(db, "SELECT sum(count) FROM failures WHERE what = 'call'"), NR + THIRDS, "SQL: calls");
}

/* Kinds of calls are the very rows of --json. */
static void same_kinds(struct json_object *page, struct json_object *whole)
{
	struct json_object *ours = json_member(page, "failures"), *theirs = json_member(whole, "failures");

	is(json_object_array_length(ours), json_object_array_length(theirs), "page: as many kinds of calls");
	is(json_object_array_length(ours), 2, "page: two");
	for (size_t i = 0; i < json_object_array_length(ours); i++) {
		struct json_object *one = json_element(ours, i);

		is(json_object_equal(one, json_with(theirs, "errno", json_text(one, "errno"))), true,
		   "page: %s, %lld times, first and last as in JSON", json_text(one, "errno"), json_number(one, "count"));
	}
	is(json_number(page, "failures_left_out"), 0, "page: none is left out");
}

static void drawn(long long rest)
{
	char command[512], line[96], *text;

	if (system("command -v chromium > /dev/null")) {
		skip("it is drawn", "there is no chromium here; install the package of that name");
		return;
	}
	snprintf(command, sizeof(command),
		 "timeout 60 chromium --headless --no-sandbox --disable-gpu --user-data-dir=%s.browser "
		 "--dump-dom file://%s > %s 2> /dev/null", rec, html, dom);
	is(system(command), 0, "a browser reads the page");
	text = file_text(dom);
	has_text(text, "<a href=\"#failures\">1,471 calls failed</a>", "page: its headline has the calls");
	has_text(text, "<a href=\"#failures\">1,103 I/Os failed</a>", "page: and the I/Os");
	snprintf(line, sizeof(line), "<p>%lld more have no cause: the table of causes had no more room.</p>", rest);
	has_text(text, line, "page: and those without a cause");
	has_text(text, "<td class=\"n\">1,103</td><td class=\"\">EBUSY</td>", "page: times of one kind of call");
	has_text(text, "<td class=\"n\">368</td><td class=\"\">ENXIO</td>", "page: and of the other");
	free(text);
}

static void in_page(struct json_object *whole, long long rest)
{
	struct json_object *page, *totals;
	struct tool_run a;

	tool(&a, "report", "--html", html, rec, NULL);
	is(a.status, 0, "--html");
	tool_free(&a);
	page = page_data(html);
	totals = json_member(page, "totals");
	is(json_number(totals, "io_failed"), NR, "page: I/Os that failed");
	is(json_number(totals, "io_no_cause"), rest, "page: those without a cause");
	same_kinds(page, whole);
	json_object_put(page);
	drawn(rest);
}

int main(void)
{
	struct tool_run a, whole;
	long long rest;

	folder_new();
	folder_path(rec, "rec");
	folder_path(html, "page.html");
	folder_path(db, "db");
	folder_path(dom, "dom");
	tool(&a, "record", "-q", "-o", rec, "--", load_path("many_failed"), "--no-wait", "1103", NULL);
	is(a.status, 0, "record");
	tool_free(&a);
	tool(&whole, "report", "--json", rec, NULL);
	rest = json_number(whole.json, "no_cause");
	in_json(whole.json);
	in_text(rest);
	in_sql(rest);
	in_page(whole.json, rest);
	tool_free(&whole);
	folder_remove();
	return tap_end();
}
