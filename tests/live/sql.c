// SPDX-License-Identifier: GPL-2.0
/*
 * report --sqlite: what SQL says of a recording is what report --json says of it, and the queries
 * of the manual run.
 * Independent of the kernel: not run in guests.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "load.h"
#include "page_data.h"
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

/* The view of latencies says what --json says. */
static void latencies(struct json_object *io, const char *how)
{
	static const char *const names[] = { "p50_ns", "p99_ns", "coarse" };
	char query[128];

	for (size_t i = 0; i < 3; i++) {
		snprintf(query, sizeof(query), "SELECT %s FROM latency_fixed_vs_plain WHERE how = '%s'", names[i], how);
		is(sql(query), json_number(io, names[i]), "%s: %s", how, names[i]);
	}
}

/* No view compares each row of a table with each of another. */
static void plans(void)
{
	static const char *const views[] = { "top_pinners", "failed_calls", "unused_buffers", "latency_fixed_vs_plain" };
	char query[128], *plan;
	FILE *f;

	for (size_t i = 0; i < 4; i++) {
		snprintf(query, sizeof(query), "sqlite3 %s 'EXPLAIN QUERY PLAN SELECT * FROM %s'", db, views[i]);
		f = popen(query, "r");
		plan = stream_text(f);
		pclose(f);
		ok(strstr(plan, "SCAN") && !strstr(plan, "`--SCAN u\n") && !strstr(plan, "`--SCAN p\n"),
		   "%s looks up what belongs to a row", views[i]);
		free(plan);
	}
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
	latencies(fixed, "fixed");
	latencies(plain, "plain");
	plans();
	changed("INSERT INTO histograms SELECT machine, recording, part, ring, pid, operation, fixed, "
		"137438953472, NULL, 1000000 FROM histograms LIMIT 1; UPDATE io SET max_ns = 200000000000",
		"latency_fixed_vs_plain WHERE p99_ns = 137438953472", 1, "what is beyond the last bucket is not the least");
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
	is(sql("SELECT count(*) FROM operations WHERE user_data LIKE '0x%'"), told, "each with what the program calls it");
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

/* The data of the page; to be put. */
static struct json_object *drawn_data(void)
{
	struct json_object *page;
	struct tool_run a;
	char html[80];

	snprintf(html, sizeof(html), "%s.html", rec);
	tool(&a, "report", "--html", html, rec, NULL);
	is(a.status, 0, "--html");
	tool_free(&a);
	page = page_data(html);
	unlink(html);
	return page;
}

/* The account of a process, or (pid 0) of a user, as the page draws it: [first level, last level, limit]. */
static void drawn(struct json_object *page, long long uid, long long pid, long long want[3], const char *whose)
{
	struct json_object *accounts = json_member(page, "accounts");
	unsigned int nr = 0;

	for (size_t i = 0; i < json_object_array_length(accounts); i++) {
		struct json_object *a = json_object_array_get_idx(accounts, i);
		struct json_object *points = json_member(a, "points"), *first, *last;

		if (json_number(a, "uid") != uid || json_number(a, "pid") != (pid ? pid : -1))
			continue;
		nr++;
		first = json_object_array_get_idx(points, 0);
		last = json_object_array_get_idx(points, json_object_array_length(points) - 1);
		ok(json_object_get_int64(json_object_array_get_idx(first, 0)) < 1000000000LL, "%s: from the begin on", whose);
		is(json_object_get_int64(json_object_array_get_idx(first, 1)), want[0], "%s: the level then", whose);
		is(json_object_get_int64(json_object_array_get_idx(last, 1)), want[1], "%s: the level at the end", whose);
		is(json_number(a, "limit_bytes"), want[2], "%s: the limit", whose);
	}
	is(nr, 1, "%s: one line of the chart", whose);
}

/* What was registered before the recording is in every view, apart from what is registered in it. */
static void older(void)
{
	struct load at_limit, late;
	struct json_object *whole, *buffers, *list, *page;
	struct tool_run a, text, json;
	long long uid, limit, first, second, locked;
	char pids[64], query[256];
	pid_t reader;

	if (!load_start(&at_limit, "fault_limit", NULL)) {
		skip("what was there before", "%s", at_limit.skip);
		load_end(&at_limit);
		return;
	}
	if (!load_start(&late, "io_late", "101", NULL))
		bail("io_late: %s", late.skip);
	uid = load_number(&at_limit, "uid");
	limit = load_number(&at_limit, "limit");
	first = load_number(&at_limit, "first.pid");
	second = load_number(&at_limit, "second.pid");
	reader = late.pid;
	snprintf(pids, sizeof(pids), "%lld,%lld,%d", first, second, reader);
	tool_start(&a, &(struct tool_how){ 0 }, "record", "-o", rec, "-p", pids, NULL);
	ok(tool_says(&a, "recording to", 20000), "record has begun");
	usleep(300000);
	is(load_end(&late), 0, "one goes on, and ends");
	usleep(700000);
	kill(a.pid, SIGINT);
	tool_wait(&a, &(struct tool_how){ 0 });
	is(a.status, 0, "record of programs that were there before");
	tool_free(&a);

	make(&a);
	tool(&json, "report", "--json", rec, NULL);
	whole = json.json;
	buffers = json_member(whole, "buffers");
	is(json_number(buffers, "registered"), 0, "nothing was registered");
	is(json_number(buffers, "older"), 6, "six buffers were there before");
	is(json_number(buffers, "dropped"), 4, "four were dropped");
	is(json_number(buffers, "left"), 2, "two are left");
	is(json_number(buffers, "unused"), 5, "five saw no I/O");
	list = json_member(whole, "processes");
	is(json_object_array_length(list), 3, "each process has its row");
	is(json_sum(whole, "processes", "older_rings"), 3, "with a ring each");
	is(json_sum(whole, "processes", "older_buffers"), 6, "and their buffers");
	is(json_sum(whole, "processes", "peak_pinned_pages"), 31 + 29 + 8, "and what was pinned");
	is(json_sum(whole, "processes", "fixed_ops"), 101, "and what one read");
	list = json_member(whole, "users");
	is(json_object_array_length(list), 1, "their user has a line");
	is(json_number(json_element(list, 0), "limit_bytes"), limit, "with the limit");
	locked = json_number(json_element(list, 0), "peak_locked_pages");
	ok(locked >= 31 + 29 && locked * 4096 <= limit, "and the level, %lld pages", locked);

	is(sql("SELECT count(*) FROM rings"), 3, "SQL has the rings");
	is(sql("SELECT count(DISTINCT pid) FROM rings"), 3, "of three processes");
	snprintf(query, sizeof(query), "SELECT count(*) FROM rings WHERE uid = %lld", uid);
	is(sql(query), 2, "two of that user");
	is(sql("SELECT sum(older) FROM buffers"), 6, "the older buffers");
	is(sql("SELECT count(*) FROM buffers"), 6, "and no others");
	is(sql("SELECT count(*) FROM buffers WHERE end_ns IS NULL"), 2, "as many left");
	is(sql("SELECT count(*) FROM unused_buffers"), 5, "as many unused");
	is(sql("SELECT sum(peak_pinned_bytes) / 4096 FROM top_pinners"), 31 + 29 + 8, "as much pinned");
	snprintf(query, sizeof(query), "SELECT charged_bytes / 4096 FROM levels WHERE uid = %lld AND limit_bytes = %lld ORDER BY t_ns LIMIT 1",
		 uid, limit);
	is(sql(query), locked, "the user's level from the begin on, with the limit");
	snprintf(query, sizeof(query), "SELECT charged_bytes + pinned_bytes FROM levels WHERE pid = %d ORDER BY t_ns DESC, rowid DESC LIMIT 1",
		 reader);
	is(sql(query), 0, "who ended has nothing left");

	page = drawn_data();
	is(json_number(json_member(page, "totals"), "rings"), 3, "the page has the rings");
	is(json_number(json_member(page, "totals"), "buffers"), 0, "what was registered");
	is(json_number(json_member(page, "totals"), "older_buffers"), 6, "what was there before");
	is(json_object_array_length(json_member(page, "lives")), 6, "and draws it");
	is(json_object_array_length(json_member(page, "accounts")), 4, "as lines of memory");
	drawn(page, uid, 0, (long long []){ locked, locked, limit }, "the user");
	drawn(page, uid, first, (long long []){ 31, 31, -1 }, "the first");
	drawn(page, uid, second, (long long []){ 29, 29, -1 }, "the second");
	drawn(page, 0, reader, (long long []){ 8, 0, -1 }, "who read");
	json_object_put(page);

	tool(&text, "report", rec, NULL);
	has_text(text.out, "0 buffers registered, 6 were there before, 4 dropped", "text tells them apart");
	has_text(text.out, "; 2 left at the end", "and what is left");
	has_text(text.out, " locked at the start, of 264K\n", "and when the user had most");
	tool_free(&text);
	tool_free(&json);
	load_end(&at_limit);
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
	is(a.status, 2, "what is no file takes no tables");
	has_text(a.err, "cannot write to /dev/full", "in words");
	tool_free(&a);
	unlink(db);
	tool_as(&a, &small, "report", "--sqlite", db, rec, NULL);
	is(a.status, 2, "a file that has no room for them");
	has_text(a.err, "; no database is left there\n", "and nothing is left of it");
	ok(access(db, F_OK), "which is so");
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
	older();
	refused();
	unlink(rec);
	unlink(db);
	rmdir(folder);
	return tap_end();
}
