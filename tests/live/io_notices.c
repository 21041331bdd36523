// SPDX-License-Identifier: GPL-2.0
/*
 * The notification of a zero-copy send is counted and timed beside the send: its time lies between
 * how long the memory cannot have been free and how long the program waited, and until it comes
 * nothing is under way.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "load.h"
#include "metrics.h"
#include "shared_machine.h"
#include "tool.h"
#include "tool_json.h"
#include "witness.h"

#define HIST_ERROR	32	/* a percentile is off by less than its 31st part */

static struct json_object *row_of(struct json_object *o, const char *opcode)
{
	return json_with(json_member(json_element(json_member(o, "rings"), 0), "opcodes"), "opcode", opcode);
}

/* A loss of a kind, 0 when none is told. */
static long long loss(struct json_object *o, const char *name)
{
	struct json_object *l = json_member(o, "losses");

	return json_member(l, name) ? json_number(l, name) : 0;
}

/* .least_ns: what each of .late took at least. */
static void check_times(struct json_object *o, const char *did, const char *opcode, int op,
			long long late, long long least_ns, const char *where)
{
	struct json_object *n = json_member(row_of(o, opcode), "notifications");
	/* from 7.0 on a program is not run while another of its processor is preempted in it */
	long long unseen = witness_kernel(7, 0) ? loss(o, "no_send") : 0, count, sum;
	char name[32];

	snprintf(name, sizeof(name), "notified.%d", op);
	count = value_number(did, name);
	ok(json_number(n, "count") <= count && json_number(n, "count") >= count - unseen,
	   "%s: %lld notifications of %s, but for %lld that are told", where, count, opcode, unseen);
	count = json_number(n, "count");
	late -= unseen;
	if (!n)
		return;
	sum = json_number(n, "mean_ns") * count + count;
	ok(sum >= late * least_ns, "%s: each waited for what was read late, %s", where, opcode);
	ok(json_number(n, "max_ns") >= least_ns, "%s: the longest, too, %s", where, opcode);
	if (late == count)
		ok(json_number(n, "p50_ns") >= least_ns - least_ns / HIST_ERROR &&
		   json_number(n, "p99_ns") >= json_number(n, "p50_ns"),
		   "%s: and the median, %s", where, opcode);
	snprintf(name, sizeof(name), "notified.%d.max_ns", op);
	ok(json_number(n, "max_ns") <= (long long)value_number(did, name),
	   "%s: none took longer than the program waited, %s", where, opcode);
	snprintf(name, sizeof(name), "notified.%d.sum_ns", op);
	ok(json_number(n, "mean_ns") * count <= (long long)value_number(did, name),
	   "%s: nor did all together, %s", where, opcode);
}

static void check_total(struct json_object *o, const char *did, const char *where)
{
	long long late_ns = value_number(did, "late_ns");

	check_times(o, did, "SEND_ZC", 47, value_number(did, "late.47"), late_ns, where);
	is(json_number(row_of(o, "SEND_ZC"), "ops"), value_number(did, "op.47.ops"),
	   "%s: a notification is no send", where);
	is(json_number(row_of(o, "SEND_ZC"), "fixed_ops"), value_number(did, "fixed"),
	   "%s: nor one over a registered buffer", where);
	ok(!row_of(o, "NOP"), "%s: nor a NOP", where);
	if (value_text(did, "notified.48"))
		check_times(o, did, "SENDMSG_ZC", 48, value_number(did, "notified.48"), late_ns, where);
	else
		skip("SENDMSG_ZC", "this kernel has none");
}

static void check_stat(void)
{
	char path[] = "/tmp/fixbuf-notices-XXXXXX", program[4096], *text;
	struct json_object *o = NULL;
	long long most = 0;
	struct json_lines l;
	struct tool_run a;

	close(mkstemp(path));
	snprintf(program, sizeof(program), "%s", load_path("io_notices"));
	tool(&a, "stat", "--json", "-q", "-i", "200ms", "-o", path, "--", program, "--no-wait", NULL);
	text = file_text(path);
	json_lines_parse(&l, text);
	if (tool_skipped(&a, "zero-copy sends"))
		goto out;
	is(a.status, 0, "the program ends well");
	for (size_t i = 0; i < l.nr; i++) {
		if (json_object_get_boolean(json_member(l.lines[i], "total"))) {
			o = l.lines[i];
			continue;
		}
		if (json_number(l.lines[i], "in_flight") > most)
			most = json_number(l.lines[i], "in_flight");
	}
	ok(o != NULL, "there is a total");
	check_total(o, a.out, "stat");
	ok(most <= 1, "a send that waits for its notification is not under way");
	if (loss(o, "no_send") && witness_kernel(7, 0))
		skip("each notification's send was seen", "this kernel did not run programs");
	else
		is(loss(o, "no_send"), 0, "each notification's send was seen");
	is_machine_total(loss(o, "no_start"), 0, "each start was found");
	is_machine_total(json_number(o, "in_flight"), 0, "no start is left over");
out:
	json_lines_free(&l);
	free(text);
	unlink(path);
	tool_free(&a);
}

static void check_text(void)
{
	char program[4096];
	struct tool_run a;

	snprintf(program, sizeof(program), "%s", load_path("io_notices"));
	tool(&a, "stat", "--", program, "--no-wait", "full", NULL);
	if (!tool_skipped(&a, "zero-copy sends as text"))
		has_text(a.out, "from submission to the word that their memory is free", "a table of them");
	tool_free(&a);
	snprintf(program, sizeof(program), "%s", load_path("io_kinds"));
	tool(&a, "stat", "--", program, "--no-wait", "overflow", NULL);
	ok(!strstr(a.out, "memory is free"), "none where no such send is");
	tool_free(&a);
}

static void check_full(void)
{
	char path[] = "/tmp/fixbuf-notices-XXXXXX", program[4096], *text;
	struct json_object *o, *row;
	struct tool_run a;

	close(mkstemp(path));
	snprintf(program, sizeof(program), "%s", load_path("io_notices"));
	tool(&a, "stat", "--json", "-q", "-o", path, "--", program, "--no-wait", "full", NULL);
	text = file_text(path);
	o = json_tokener_parse(text);
	if (tool_skipped(&a, "zero-copy sends whose completions find the ring full"))
		goto out;
	row = row_of(o, "SEND_ZC");
	if (loss(o, "overflowed")) {
		skip("zero-copy sends whose completions find the ring full", "this kernel does not say which they are");
		goto out;
	}
	is(json_number(row, "ops"), value_number(a.out, "op.47.ops"), "a full ring: each send");
	is(json_number(json_member(row, "notifications"), "count"), value_number(a.out, "notified.47"),
	   "a full ring: each notification");
	ok(loss(o, "late") > 0, "a full ring: some came late");
	is_machine_total(json_number(o, "in_flight"), 0, "a full ring: no start is left over");
out:
	json_object_put(o);
	free(text);
	unlink(path);
	tool_free(&a);
}

/* A line for each of those over registered buffers: none of them waited for what was read late. */
static void check_lines(const char *path, long long count, long long late_ns)
{
	long long told = 0, max = 0, timed = 0, named = 0;
	struct json_lines l;
	struct tool_run a;

	tool(&a, "report", "--trace", "--json", path, NULL);
	json_lines_parse(&l, a.out);
	for (size_t i = 0; i < l.nr; i++) {
		if (!json_is(l.lines[i], "event", "io-notified"))
			continue;
		told += json_is(l.lines[i], "opcode", "SEND_ZC");
		timed += json_number(l.lines[i], "latency_ns") > 0;
		/* a send ends before its memory is free */
		for (size_t of = 0; of < i; of++)
			named += json_is(l.lines[of], "event", "io-done") && json_is(l.lines[of], "opcode", "SEND_ZC") &&
				 json_is(l.lines[of], "user_data", json_text(l.lines[i], "user_data"));
		if (json_number(l.lines[i], "latency_ns") > max)
			max = json_number(l.lines[i], "latency_ns");
	}
	is(told, count, "trace --io: a line for each notification");
	is(named, count, "which bears the user_data of its send");
	ok(timed == count && max < late_ns, "which says how long it took");
	json_lines_free(&l);
	tool_free(&a);
}

/* What report --json and --sqlite say of the same sends. */
static void check_views(const char *path, long long count, struct json_object *n)
{
	char db[] = "/tmp/fixbuf-notices-db-XXXXXX", query[256], said[64] = "";
	struct json_object *sum;
	struct tool_run a;
	FILE *f;

	tool(&a, "report", "--json", path, NULL);
	sum = json_member(json_member(a.json, "plain"), "notifications");
	ok(json_number(sum, "count") +
	   json_number(json_member(json_member(a.json, "fixed"), "notifications"), "count") >= count,
	   "report --json has them");
	tool_free(&a);
	close(mkstemp(db));
	unlink(db);
	tool(&a, "report", "--sqlite", db, path, NULL);
	snprintf(query, sizeof(query),
		 "sqlite3 -separator ' ' %s \"SELECT sum(notified), max(notified_max_ns), sum(notified_ns) FROM io WHERE operation = 'SEND_ZC'\" 2>/dev/null",
		 db);
	f = a.status ? NULL : popen(query, "r");
	if (f && fgets(said, sizeof(said), f)) {
		long long told = 0, max = 0, ns = 0;

		sscanf(said, "%lld %lld %lld", &told, &max, &ns);
		is(told, count, "report --sqlite: how many");
		is(max, json_number(n, "max_ns"), "how long the longest took");
		is(ns / (told ? told : 1), json_number(n, "mean_ns"), "and all together");
	} else {
		skip("report --sqlite", "no SQLite here");
	}
	if (f)
		pclose(f);
	unlink(db);
	tool_free(&a);
}

/* export counts the same, as a histogram. */
static void check_export(void)
{
	struct exporter x;
	struct load l;
	char label[48];

	exporter_start(&x, "--by", "pid", NULL);
	if (!load_start(&l, "io_notices", NULL)) {
		skip("zero-copy sends, exported", "%s", l.skip);
		load_end(&l);
		exporter_end(&x);
		return;
	}
	snprintf(label, sizeof(label), "pid=\"%d\",opcode=\"SEND_ZC\"", l.pid);
	is_metric(&x, load_number(&l, "notified.47"), "export: notifications of SEND_ZC",
		  "fixbuf_io_notification_seconds_count", label);
	load_end(&l);
	is(exporter_end(&x), 0, "export ends with 0");
}

static void check_recording(bool fixed)
{
	char path[] = "/tmp/fixbuf-notices-XXXXXX", program[4096];
	struct tool_run a, b;

	close(mkstemp(path));
	snprintf(program, sizeof(program), "%s", load_path("io_notices"));
	if (fixed)
		tool(&a, "record", "-q", "--io", "-o", path, "--", program, "--no-wait", NULL);
	else
		tool(&a, "record", "-q", "-o", path, "--", program, "--no-wait", NULL);
	if (!tool_skipped(&a, "zero-copy sends, recorded")) {
		tool(&b, "report", "--stat", "--json", path, NULL);
		if (fixed) {
			check_total(b.json, a.out, "record --io");
			check_lines(path, value_number(a.out, "fixed"), value_number(a.out, "late_ns"));
		} else {
			check_total(b.json, a.out, "report");
			check_views(path, value_number(a.out, "notified.47"),
				    json_member(row_of(b.json, "SEND_ZC"), "notifications"));
		}
		tool_free(&b);
	}
	unlink(path);
	tool_free(&a);
}

int main(void)
{
	if (geteuid())
		skip_all("needs root");
	check_stat();
	check_text();
	check_full();
	if (!kernel_only()) {
		check_recording(false);
		check_recording(true);
		check_export();
	}
	return tap_end();
}
