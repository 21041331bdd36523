// SPDX-License-Identifier: GPL-2.0
/*
 * report --sqlite: what SQL says of a recording is what report --json says of it, and the queries
 * of the manual run.
 * Independent of the kernel: not run in guests.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "load.h"
#include "tool.h"
#include "tool_json.h"

static char folder[] = "/tmp/fixbuf-sql-XXXXXX";
static char rec[64], db[64];

/* What sqlite3 prints, without the line end; to be freed. */
static char *sql_text(const char *query)
{
	char command[2048], *text;
	FILE *f;

	snprintf(command, sizeof(command), "sqlite3 %s \"%s\" 2>&1", db, query);
	f = popen(command, "r");
	text = stream_text(f);
	if (pclose(f))
		note("%s: %s", query, text);
	text[strcspn(text, "\n")] = 0;
	return text;
}

static long long sql(const char *query)
{
	char *text = sql_text(query), *end;
	long long v = strtoll(text, &end, 10);

	/* two that both fail are not equal */
	if (*end || end == text)
		ok(false, "%s: %s is no number", query, text);
	free(text);
	return v;
}

static void make(struct tool_run *a)
{
	unlink(db);
	tool(a, "report", "--sqlite", db, rec, NULL);
	is(a->status, 0, "--sqlite");
	is_text(a->err, "", "without a word");
	is_text(a->out, "", "and nothing on standard output");
	tool_free(a);
}

/* How many rows of a view, or some of them, are there after a change to the tables. */
static void changed(const char *change, const char *view, long long want, const char *what)
{
	char both[512], *text;

	snprintf(both, sizeof(both), "BEGIN; %s; SELECT count(*) FROM %s; ROLLBACK", change, view);
	text = sql_text(both);
	is(strtoll(text, NULL, 10), want, "%s", what);
	free(text);
}

static void counters(struct json_object *whole)
{
	struct json_object *fixed = json_member(whole, "fixed"), *plain = json_member(whole, "plain");

	is(sql("SELECT sum(ops) FROM io WHERE fixed"), json_number(fixed, "ops"), "fixed operations");
	is(sql("SELECT sum(ops) FROM io WHERE NOT fixed"), json_number(plain, "ops"), "plain ones");
	is(sql("SELECT sum(bytes) FROM io WHERE fixed"), json_number(fixed, "bytes"), "their bytes");
	is(sql("SELECT sum(errors) FROM io"), json_number(fixed, "errors") + json_number(plain, "errors"),
	   "those that failed");
	is(sql("SELECT sum(count) FROM histograms"), sql("SELECT sum(timed) FROM io"),
	   "each that was timed is in the histograms");
	is(sql("SELECT sum(ops) FROM latency_fixed_vs_plain"), sql("SELECT sum(timed) FROM io"),
	   "and in the view of them");
	changed("INSERT INTO histograms SELECT machine, recording, part, ring, pid, operation, fixed, "
		"137438953472, NULL, 1000000 FROM histograms LIMIT 1",
		"latency_fixed_vs_plain WHERE p99_ns IS NULL", 1, "what is beyond the last bucket is not the least");
	is(sql("SELECT count(*) FROM io WHERE ring IS NULL OR ring NOT IN (SELECT ring FROM rings)"), 0,
	   "each interval has its ring");
	ok(sql("SELECT sum(ops) FROM uses") > 0, "uses of buffers are there");
	is(sql("SELECT count(*) FROM uses u WHERE NOT EXISTS (SELECT 1 FROM buffers b WHERE b.ring = u.ring "
	       "AND b.slot = u.slot AND b.address = u.address)"), 0, "each of a buffer");
}

static void unused(struct json_object *whole)
{
	struct json_object *buffers = json_member(whole, "buffers");
	long long nr = sql("SELECT count(*) FROM unused_buffers");

	is(nr, json_number(buffers, "unused"), "buffers without I/O");
	is(sql("SELECT sum(bytes) FROM unused_buffers"), json_number(buffers, "unused_bytes"), "their length");
	ok(nr > 0, "there are buffers without I/O (%lld)", nr);
	ok(nr < sql("SELECT count(*) FROM buffers"), "not all are");
	changed("UPDATE recordings SET machine = NULL; UPDATE rings SET machine = NULL; "
		"UPDATE buffers SET machine = NULL; UPDATE uses SET machine = NULL", "unused_buffers", nr,
		"as many where the machine's name is not known");
	changed("UPDATE recordings SET uses_lost = 1", "unused_buffers", 0,
		"none where uses found no room to be counted");
}

static void calls(struct json_object *whole)
{
	struct json_object *failures = json_member(whole, "failures");

	is(sql("SELECT count(*) FROM recordings"), 1, "one part");
	is(sql("SELECT events FROM recordings"), json_number(whole, "events"), "its events");
	is(sql("SELECT lost FROM recordings"), json_number(whole, "lost"), "what was lost");
	is(sql("SELECT count(*) FROM calls"), json_sum(whole, "calls", "calls"), "calls");
	is(sql("SELECT count(*) FROM failed_calls"), json_sum(whole, "calls", "failed"), "those that failed");
	is(sql("SELECT sum(count) FROM failures WHERE what = 'call'"), json_sum(whole, "failures", "count"),
	   "are in the sums by cause");
	is(sql("SELECT count(*) FROM failures WHERE what = 'call'"), json_object_array_length(failures),
	   "as many causes");
	is(sql("SELECT count(*) FROM failed_calls WHERE cause IS NULL"), 0, "each with its cause");
	is(sql("SELECT count(*) FROM buffers"), json_number(json_member(whole, "buffers"), "registered"), "buffers");
	is(sql("SELECT count(*) FROM buffers WHERE end_ns IS NULL"),
	   json_number(json_member(whole, "buffers"), "left"), "those that were left");
	is(sql("SELECT sum(bytes) FROM pins WHERE kind = 'pin'"), sql("SELECT sum(bytes) FROM pins WHERE kind = 'unpin'"),
	   "what was pinned was unpinned");
	is(sql("SELECT max(peak_pinned_bytes) / (SELECT page_bytes FROM recordings) FROM top_pinners"),
	   json_number(json_element(json_member(whole, "processes"), 0), "peak_pinned_pages"), "the highest level");
}

static void machine(struct json_object *whole)
{
	char *host = sql_text("SELECT DISTINCT machine FROM calls"), name[65] = "";

	gethostname(name, sizeof(name) - 1);
	is_text(host, name, "rows have the machine's name");
	is_text(json_text(whole, "host"), name, "so has --json");
	is(sql("SELECT DISTINCT recording FROM calls"), json_number(whole, "begin_ns"), "and the recording's begin");
	free(host);
}

static void equals_json(void)
{
	struct tool_run a, whole;
	char both[8192];
	int n = snprintf(both, sizeof(both), "%s --no-wait; ", load_path("lifecycle"));

	snprintf(both + n, sizeof(both) - n, "%s --no-wait", load_path("io_mix"));
	tool(&a, "record", "-q", "-o", rec, "--", "sh", "-c", both, NULL);
	is(a.status, 0, "record");
	tool_free(&a);
	make(&a);
	tool(&whole, "report", "--json", rec, NULL);
	calls(whole.json);
	counters(whole.json);
	unused(whole.json);
	machine(whole.json);
	tool_free(&whole);
}

/* A buffer over which all I/O fails is no unused one. */
static void failed_uses(void)
{
	struct json_object *buffers;
	struct tool_run a;

	tool(&a, "record", "-q", "-o", rec, "--", load_path("io_bad"), "--no-wait", "write", "3", NULL);
	is(a.status, 0, "record of I/O that fails");
	tool_free(&a);
	make(&a);
	tool(&a, "report", "--json", rec, NULL);
	buffers = json_member(a.json, "buffers");
	is(json_number(buffers, "registered"), 1, "it has one buffer");
	is(json_number(buffers, "unused"), 0, "which report takes for used");
	is(sql("SELECT count(*) FROM buffers"), 1, "SQL has it");
	is(sql("SELECT count(*) FROM unused_buffers"), 0, "and takes it for used, too");
	tool_free(&a);
}

/* Of a program without I/O every buffer is unused, however often its slot and address were registered. */
static void all_unused(void)
{
	struct json_object *buffers;
	struct tool_run a;

	tool(&a, "record", "-q", "-o", rec, "--", load_path("lifecycle"), "--no-wait", NULL);
	is(a.status, 0, "record of a program without I/O");
	tool_free(&a);
	make(&a);
	tool(&a, "report", "--json", rec, NULL);
	buffers = json_member(a.json, "buffers");
	ok(json_number(buffers, "registered") > 23, "it has buffers");
	is(json_number(buffers, "unused"), json_number(buffers, "registered"), "none of which is used");
	is(sql("SELECT count(*) FROM unused_buffers WHERE NOT older"), json_number(buffers, "unused"), "SQL has as many");
	is(sql("SELECT sum(bytes) FROM unused_buffers"), json_number(buffers, "unused_bytes"), "and as long ones");
	tool_free(&a);
}

#define INTERVALS "(SELECT DISTINCT begin_ns, end_ns FROM io)"

/* Counters are of the time from one reading to the next. */
static void intervals(void)
{
	struct tool_run a;
	char many[4096];

	snprintf(many, sizeof(many), "for i in 1 2 3 4 5 6 7; do %s 101 --no-wait; sleep 0.2; done", load_path("io_fast"));
	tool(&a, "record", "-q", "-i", "100ms", "-o", rec, "--", "sh", "-c", many, NULL);
	is(a.status, 0, "record of seven rounds of I/O");
	tool_free(&a);
	make(&a);
	ok(sql("SELECT count(*) FROM " INTERVALS) > 1, "counters of several intervals");
	is(sql("SELECT count(*) FROM io, recordings r WHERE io.begin_ns < r.begin_ns OR io.begin_ns > r.end_ns"), 0,
	   "each begins in the recording");
	is(sql("SELECT count(*) FROM io WHERE end_ns <= begin_ns"), 0, "and ends later");
	is(sql("SELECT count(*) FROM " INTERVALS " a JOIN " INTERVALS " b ON b.begin_ns > a.begin_ns "
	       "AND b.begin_ns < a.end_ns"), 0, "the next begins no sooner");
	is(sql("SELECT count(*) FROM " INTERVALS),
	   sql("SELECT count(DISTINCT begin_ns) FROM io"), "and at one moment only one does");
	is(sql("SELECT sum(ops) FROM io"), 7 * 101, "together they have all I/O");
}

/* Each I/O, and what is chosen. */
static void operations(void)
{
	struct json_lines l = { 0 };
	long long told = 0;
	struct tool_run a;
	char pid[16];

	tool(&a, "record", "-q", "--io", "-o", rec, "--", load_path("io_mix"), "--no-wait", NULL);
	is(a.status, 0, "record --io");
	tool_free(&a);
	make(&a);
	tool(&a, "report", "--trace", "--json", rec, NULL);
	json_lines_parse(&l, a.out);
	for (size_t i = 0; i < l.nr; i++)
		told += json_is(l.lines[i], "event", "io-done");
	ok(told > 100, "it has I/O");
	is(sql("SELECT count(*) FROM operations"), told, "each is a row");
	is(sql("SELECT count(*) FROM operations WHERE buffer IS NOT NULL"), sql("SELECT sum(ops) FROM buffers"),
	   "of the buffers that count them");
	json_lines_free(&l);
	tool_free(&a);

	snprintf(pid, sizeof(pid), "%d", getpid());
	unlink(db);
	tool(&a, "report", "--sqlite", db, "-p", pid, rec, NULL);
	is(a.status, 0, "of another process");
	is(sql("SELECT count(*) FROM operations"), 0, "there is no I/O");
	is(sql("SELECT count(*) FROM io"), 0, "nor a counter of it");
	is(sql("SELECT count(*) FROM recordings"), 1, "but a recording");
	tool_free(&a);
}

/* The lines "sqlite3 ..." of the manual, over our file. */
static void recipes(void)
{
	char *manual = file_text("user/share/fixbuf-trace.8"), *rest = manual, *line;
	unsigned int nr = 0;

	while ((line = strsep(&rest, "\n"))) {
		char command[1024], *out;
		FILE *f;

		if (strncmp(line, "sqlite3 fixbuf.db ", 18))
			continue;
		snprintf(command, sizeof(command), "sqlite3 %s %s 2>&1", db, line + 18);
		for (char *c; (c = strstr(command, "\\-"));)
			memmove(c, c + 1, strlen(c));
		f = popen(command, "r");
		out = stream_text(f);
		ok(!pclose(f) && !strstr(out, "rror"), "%s", line);
		free(out);
		nr++;
	}
	ok(nr >= 5, "the manual has recipes");
	is(sql("SELECT count(*) FROM sqlite_master WHERE sql NOT LIKE '%-- %'"), 0,
	   "each table and view says what it is, as .schema shows");
	free(manual);
}

static void refused(void)
{
	static const struct tool_how small = { .file_bytes = 64 << 10 };
	struct tool_run a;

	tool(&a, "report", "--sqlite", "/dev/full", rec, NULL);
	is(a.status, 3, "what is no file takes no tables");
	has_text(a.err, "cannot write to /dev/full", "in words");
	tool_free(&a);
	unlink(db);
	tool_as(&a, &small, "report", "--sqlite", db, rec, NULL);
	is(a.status, 3, "a file that has no room for them");
	has_text(a.err, "; what it has is incomplete\n", "and what is left of it is no database");
	tool_free(&a);
	tool(&a, "report", "--sqlite", db, "--json", rec, NULL);
	is(a.status, 2, "--json is another format");
	tool_free(&a);
}

int main(void)
{
	if (access("/usr/bin/sqlite3", X_OK))
		skip_all("there is no sqlite3");
	if (!mkdtemp(folder))
		bail("no folder");
	snprintf(rec, sizeof(rec), "%s/rec", folder);
	snprintf(db, sizeof(db), "%s/db", folder);
	equals_json();
	recipes();
	failed_uses();
	all_unused();
	intervals();
	operations();
	refused();
	unlink(rec);
	unlink(db);
	rmdir(folder);
	return tap_end();
}
