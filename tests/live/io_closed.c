// SPDX-License-Identifier: GPL-2.0
/*
 * More rings were closed than rows are kept of: what is known of them is told all the same, by stat.
 * Independent of the kernel but for what io_crowd tests: not run in guests.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "io_counts.h"
#include "load.h"
#include "tool.h"
#include "tool_json.h"

#define RINGS	"13007"

/* stat around one program after the other; what it tells is .json, its output .out of .a. */
static struct json_object *stat_of(struct tool_run *a, const char *option, const char *value, const char *programs)
{
	char path[] = "/tmp/fixbuf-closed-XXXXXX", *text;
	int fd = mkstemp(path);
	struct json_object *o;

	if (fd < 0)
		bail("no temporary file");
	close(fd);
	tool(a, "stat", "--json", "-o", path, option, value, "--", "/bin/sh", "-ec", programs, NULL);
	text = file_text(path);
	o = json_tokener_parse(text);
	free(text);
	unlink(path);
	if (!o)
		bail("stat says nothing: %s", a->err);
	return o;
}

static char *program_path(char text[4096], const char *name)
{
	snprintf(text, 4096, "%s", load_path(name));
	return text;
}

static void check_failures(void)
{
	char programs[16384], bad[4096], hazards[4096], rings[4096];
	struct json_object *o;
	struct tool_run a;

	snprintf(programs, sizeof(programs), "%s --no-wait read 7; %s --no-wait overflow; %s --no-wait " RINGS " 1 alone",
		 program_path(bad, "io_bad"), program_path(hazards, "io_hazards"), program_path(rings, "io_rings"));
	o = stat_of(&a, "--fail-on", "warning", programs);
	is(a.status, 1, "failures of closed rings make the exit status");
	is(json_nr_findings(o, 0, "failing-io"), 1, "failures of a closed ring are a finding");
	has_text(json_text(json_finding(o, 0, "failing-io"), "detail"), "failed with EFAULT", "which");
	is(json_nr_findings(o, 0, "cq-overflow"), 1, "a full ring that is closed is a finding");
	json_object_put(o);
	tool_free(&a);
}

static bool is_nobodys(struct json_object *row, long long unused)
{
	(void)unused;
	return !json_number(row, "pid");
}

static bool has_ops(struct json_object *row, long long ops)
{
	return !json_is(row, "ring", "0x1") && json_number(row, "ops") == ops;
}

/* Its own error says so where latencies are known to a power of two, and nowhere else. */
static bool has_wrong_error(struct json_object *row, long long unused)
{
	double error = json_object_get_double(json_member(row, "relative_error"));

	(void)unused;
	return json_number(row, "timed") && (error <= 0 || error > 1 || (error > 0.032 && !json_number(row, "coarse")));
}

static bool is_coarse(struct json_object *row, long long unused)
{
	(void)unused;
	return json_object_get_double(json_member(row, "relative_error")) > 0.1;
}

/*
 * Of one process the closed rings; before and after it another's ring keeps its row. In between counters are
 * given back: two looks see that a ring is gone.
 */
static void check_rows(void)
{
	char programs[16384], rings[4096];
	struct json_object *o;
	struct tool_run a;

	program_path(rings, "io_rings");
	snprintf(programs, sizeof(programs), "%s --no-wait 1 1009; %s --no-wait " RINGS " 1 alone; sleep 3; %s --no-wait 1 2003",
		 rings, rings, rings);
	o = stat_of(&a, "--fail-on", "error", programs);
	is(a.status, 0, "many closed rings: nothing is wrong");
	is(json_sum(o, "rings", "ops"), 1009 + 13007 + 2003, "each operation is in a row");
	is(io_rows(o, is_nobodys, 0), 0, "each row has its process");
	is(io_rows(o, has_ops, 1009), 1, "a large row that was there before stays");
	is(io_rows(o, has_ops, 2003), 1, "a large row that comes after stays");
	is(io_rows(o, has_wrong_error, 0), 0, "each row has its error");
	ok(io_rows(o, is_coarse, 0) > 0, "that of rows which found no fine histogram is large");
	ok(json_number(json_member(o, "losses"), "closed_rings") > 4096, "how many rings have no row of their own is said");
	json_object_put(o);
	tool_free(&a);
}

static struct json_object *advice_of(struct json_object *o, const char *tag)
{
	struct json_object *list = json_member(o, "advice");

	for (size_t i = 0; list && i < json_object_array_length(list); i++)
		if (json_is(json_object_array_get_idx(list, i), "tag", tag))
			return json_object_array_get_idx(list, i);
	return NULL;
}

/* Operations are known of each ring; of how many rings, and how many calls, is said as it is known. */
static void check_advice(void)
{
	char program[8192], rings[4096];
	struct json_object *o, *churn, *calls;
	long long counted, lost;
	struct tool_run a;

	snprintf(program, sizeof(program), "%s --no-wait " RINGS " 1 alone", program_path(rings, "io_rings"));
	o = stat_of(&a, "--advise", "-v", program);
	churn = advice_of(o, "ring-churn");
	is(json_number(churn, "ops"), 13007, "rings: operations");
	ok(json_object_get_boolean(json_member(churn, "at_least")), "rings: at least so many");
	has_text(json_text(churn, "detail"), "rings were made for 13007 operations", "rings: in words");
	calls = json_object_array_get_idx(json_member(o, "registrations"), 0);
	counted = json_number(calls, "calls");
	lost = json_member(json_member(o, "losses"), "no_calls") ? json_number(json_member(o, "losses"), "no_calls") : 0;
	ok(counted + lost >= 13007 && counted <= 13007, "calls are counted or said to be lost: %lld and %lld", counted, lost);
	is(json_object_get_boolean(json_member(calls, "at_least")), lost > 0, "calls: at least so many, where some are lost");
	json_object_put(o);
	tool_free(&a);
}

int main(void)
{
	if (geteuid())
		skip_all("needs root");
	check_failures();
	check_rows();
	check_advice();
	return tap_end();
}
