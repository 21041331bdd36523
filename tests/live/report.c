// SPDX-License-Identifier: GPL-2.0
/*
 * report says who, why and what is wrong, of whole files, parts and damaged ones;
 * record keeps to its limits. Independent of the kernel: record.c is not.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "load.h"
#include "tool.h"
#include "tool_json.h"

static char file[] = "/tmp/fixbuf-report-XXXXXX";

/* ---- what the program gives back ------------------------------------------------------ */

static void status(void)
{
	struct tool_run a;

	tool(&a, "record", "-q", "-o", file, "--", "sh", "-c", "exit 7", NULL);
	is(a.status, 7, "record returns the program's status");
	is_text(a.err, "", "with -q it says nothing");
	tool_free(&a);
	tool(&a, "record", "-o", file, "--", "/nonexistent", NULL);
	is(a.status, 127, "a program that is not there");
	tool_free(&a);
	tool(&a, "report", "--json", file, NULL);
	is(a.status, 0, "and still a recording");
	is(json_number(a.json, "shown"), 0, "in which nothing happened");
	tool_free(&a);
	tool(&a, "record", "-o", "/nonexistent/file", NULL);
	is(a.status, 2, "a file that cannot be created");
	has_text(a.err, "cannot write to /nonexistent/file", "in words");
	tool_free(&a);
}

/* ---- why it failed, what is wrong ------------------------------------------------------------- */

static void summary(void)
{
	struct tool_run a, report, json;
	struct json_object *calls, *list;
	long long nr[4] = { 0 }, failed = 0;
	const char *at;
	static const char *const names[] = { "register", "update", "clone", "unregister" };
	char program[4096];

	snprintf(program, sizeof(program), "%s", load_path("lifecycle"));
	tool(&a, "record", "-q", "-o", file, "--", program, "--no-wait", NULL);
	tool(&report, "report", file, NULL);
	has_text(report.out, "Who registered what", "the page says who");
	ok(report.out[10] == 'T' && strchr("+-", report.out[19]), "when, in which zone");
	has_text(report.out, "At what cost", "at what cost");
	has_text(report.out, "What failed, and why", "what failed");
	has_text(report.out, "nothing is mapped", "and why");
	has_text(report.out, "record -q -o", "by which command");
	tool(&json, "report", "--json", file, NULL);
	calls = json_member(json.json, "calls");
	for (size_t i = 0; calls && i < json_object_array_length(calls); i++)
		for (int k = 0; k < 4; k++)
			if (json_is(json_object_array_get_idx(calls, i), "call", names[k]))
				nr[k] = json_number(json_object_array_get_idx(calls, i), "calls") -
					json_number(json_object_array_get_idx(calls, i), "failed");
	for (int k = 0; k < 4; k++) {
		char name[32];

		snprintf(name, sizeof(name), "%s.ok", names[k]);
		if (value_text(a.out, name))
			is(nr[k], value_number(a.out, name), "%s calls that succeeded", names[k]);
	}
	list = json_member(json.json, "failures");
	ok(list && json_object_array_length(list) > 3, "failures, each kind once");
	for (size_t i = 0; calls && i < json_object_array_length(calls); i++)
		failed += json_number(json_object_array_get_idx(calls, i), "failed");
	snprintf(program, sizeof(program), "\n%lld calls failed", failed);
	at = strstr(report.out, program);
	ok(at && at < strstr(report.out, "Who registered what"), "what failed is told before all else");
	ok(!strstr(report.out, "kinds; --all") || json_object_array_length(list) > 10, "ten kinds are shown");
	tool_free(&report);
	tool(&report, "report", "--top", "1", file, NULL);
	has_text(report.out, "more kinds; --all shows them", "or as many as --top says");
	tool_free(&report);
	tool(&report, "report", "--all", file, NULL);
	ok(!strstr(report.out, "--all shows them"), "or all");
	is(json_number(json.json, "lost"), 0, "nothing was lost");
	tool_free(&json);
	tool_free(&report);
	tool_free(&a);
}

/* -p and its like choose the lines of --trace, too. */
static void lines_of_selection(void)
{
	struct tool_run a, none;
	char pid[16];

	tool(&a, "record", "-q", "-o", file, "--", load_path("lifecycle"), "--no-wait", NULL);
	snprintf(pid, sizeof(pid), "%lld", value_number(a.out, "pid"));
	tool_free(&a);
	tool(&a, "report", "--trace", "--no-header", "-q", "-p", pid, file, NULL);
	has_text(a.out, " register ", "--trace -p has the lines of that process");
	tool_free(&a);
	tool(&none, "report", "--trace", "--no-header", "-q", "-p", "1", file, NULL);
	is_text(none.out, "", "and of another none");
	tool_free(&none);
}

static void findings(void)
{
	unsigned int ours = 0, near = 0;
	struct tool_run a, report;
	struct json_object *list;
	long long uid;
	char program[4096];

	snprintf(program, sizeof(program), "%s", load_path("fault_limit"));
	tool(&a, "record", "-q", "-o", file, "--", program, "--no-wait", NULL);
	if (tool_skipped(&a, "findings")) {
		tool_free(&a);
		return;
	}
	tool(&report, "report", "--verify", "--json", file, NULL);
	is(report.status, 1, "--verify exits 1 on a finding");
	uid = value_number(a.out, "uid");
	list = json_member(report.json, "findings");
	for (size_t i = 0; list && i < json_object_array_length(list); i++) {
		struct json_object *f = json_object_array_get_idx(list, i);

		ours += json_number(f, "uid") == uid;
		near += json_number(f, "uid") == uid && json_is(f, "tag", "near-limit");
	}
	is(near, 1, "near-limit, once");
	is(ours, 1, "and nothing else of that user");
	tool_free(&report);
	tool(&report, "report", "--verify", "--fail-on", "error", file, NULL);
	is(report.status, 0, "--fail-on error");
	has_text(report.out, "after the start", "it says when");
	tool_free(&report);
	tool_free(&a);
}

/* ---- stacks ------------------------------------------------------------------------------------ */

static void folded(void)
{
	struct tool_run a, report, json;
	struct json_lines l;
	long long sum = 0, calls = 0;
	char program[4096];

	snprintf(program, sizeof(program), "%s", load_path("lifecycle"));
	/* the program stays for a second, so that its symbols can be looked up */
	tool(&a, "record", "-q", "--stacks", "-o", file, "--", "sh", "-c", "sleep 1 | $0", program,
	     NULL);
	tool(&report, "report", "--folded", file, NULL);
	is(report.status, 0, "--folded");
	has_text(report.out, ";main;", "with the program's functions");
	has_text(report.out, "_[k] ", "and the kernel's");
	for (char *s = strtok(report.out, "\n"); s; s = strtok(NULL, "\n"))
		sum += atoll(strrchr(s, ' ') + 1);
	tool(&json, "report", "--trace", "--json", file, NULL);
	json_lines_parse(&l, json.out);
	for (size_t i = 0; i < l.nr; i++)
		calls += json_is(l.lines[i], "event", "register") ||
			 json_is(l.lines[i], "event", "unregister") ||
			 json_is(l.lines[i], "event", "update") ||
			 json_is(l.lines[i], "event", "clone");
	ok(calls > 50, "calls were told");
	is(sum, calls, "each call is in one of the stacks");
	json_lines_free(&l);
	tool_free(&json);
	tool_free(&report);
	tool(&report, "report", "--folded", "--by", "nothing", file, NULL);
	is(report.status, 2, "--by something that is no weight");
	tool_free(&report);
	tool_free(&a);
}

/* ---- limits, parts, loss -------------------------------------------------------------------------- */

static void limits(void)
{
	struct tool_run a, report;
	char program[4096];
	struct stat st;

	snprintf(program, sizeof(program), "%s", load_path("lifecycle"));
	tool(&a, "record", "-o", file, "-d", "300ms", NULL);
	is(a.status, 0, "-d ends it");
	tool_free(&a);
	tool(&a, "record", "-o", file, "--append", "--", program, "--no-wait", NULL);
	has_text(a.err, "0 lost", "the last line says what was lost");
	tool_free(&a);
	tool(&report, "report", "--json", file, NULL);
	is(json_number(report.json, "parts"), 2, "--append adds a part");
	ok(json_number(report.json, "events") > 100, "with its events");
	tool_free(&report);
	tool(&a, "record", "-o", file, "--max-size", "1K", "--", program, "--no-wait", NULL);
	is(a.status, 0, "--max-size does not end the program");
	has_text(a.err, "--max-size", "but the recording, in words");
	stat(file, &st);
	ok(st.st_size < 100000, "%lld bytes are near it", (long long)st.st_size);
	tool_free(&a);
	tool(&report, "report", file, NULL);
	is(report.status, 0, "it can be reported");
	has_text(report.err, "ended at --max-size: ", "and says that it ended there");
	has_text(report.err, "left out, and later ones were not recorded\n", "and that what followed is not counted");
	ok(!strstr(report.err, "breaks off"), "by a clean end");
	has_text(report.out, "left out, later ones not recorded\n", "as the page does");
	tool_free(&report);
	tool(&a, "record", "-o", load_path("lifecycle"), "--append", "-d", "100ms", NULL);
	is(a.status, 2, "what is no recording is not appended to");
	has_text(a.err, "not a recording", "in words");
	tool_free(&a);
}

/* The file ends below the limit and not far from it, though a drain holds far more. */
static void size_is_kept(unsigned long long limit)
{
	struct tool_run a, report;
	unsigned long long told;
	char arg[32], id[16];
	struct stat st = { 0 };
	struct load l;

	if (!load_start(&l, "churn", NULL))
		bail("%s", l.skip);
	snprintf(arg, sizeof(arg), "%llu", limit);
	snprintf(id, sizeof(id), "%d", l.pid);
	tool_as(&a, &(struct tool_how){ .timeout_s = 100 }, "record", "-o", file, "--max-size", arg, "-p", id,
		"-d", "80s", NULL);
	is(a.status, 0, "--max-size %llu beside churn", limit);
	stat(file, &st);
	ok((unsigned long long)st.st_size <= limit && (unsigned long long)st.st_size * 20 >= limit * 19,
	   "%lld bytes are at most that, and a twentieth less at most", (long long)st.st_size);
	has_text(a.err, "ended at --max-size", "in words");
	told = strtoull(a.err + (strstr(a.err, "ends it\n") ? strstr(a.err, "ends it\n") - a.err + 8 : 0), NULL, 10);
	tool(&report, "report", "--json", file, NULL);
	is(json_number(report.json, "events"), told, "it has the events that were told");
	tool_free(&report);
	tool(&report, "report", "--verify", "--allow-unsettled", file, NULL);
	is(report.status, 0, "and nothing is found in them");
	tool_free(&report);
	tool_free(&a);
	load_end(&l);
}

static void loss(void)
{
	struct tool_run a, report;
	struct json_lines l;
	long long lost = 0, told;
	char program[4096], count[] = "100003";

	snprintf(program, sizeof(program), "%s", load_path("io_late"));
	tool(&a, "record", "--io", "--ring-buffer", "4", "-o", file, "--", program, "--no-wait",
	     count, NULL);
	tool(&report, "report", "--trace", "--json", "-q", file, NULL);
	json_lines_parse(&l, report.out);
	told = 0;
	for (size_t i = 0; i < l.nr; i++) {
		told += json_is(l.lines[i], "event", "io-done");
		if (json_is(l.lines[i], "event", "lost"))
			lost += json_number(l.lines[i], "count");
	}
	ok(lost > 0, "a ring buffer of 4 KiB loses events");
	json_lines_free(&l);
	tool_free(&report);
	tool(&report, "report", "--json", file, NULL);
	is(json_number(report.json, "lost"), lost, "the summary counts as many");
	is(json_number(json_member(report.json, "fixed"), "ops"), 100003,
	   "the counters know all of them");
	ok(told + lost >= 100003, "what was not told was lost");
	tool_free(&report);
	tool_free(&a);
}

/* ---- damage ----------------------------------------------------------------------------------------- */

static void put_text(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	fputs(text, f);
	fclose(f);
}

/* Of a file that is damaged nothing is left that looks like a report. */
static void leaves_no_part(void)
{
	static const char *const options[] = { "--sqlite", "--html", "--perfetto" };
	char out[64], *text;
	struct tool_run a;

	snprintf(out, sizeof(out), "%s.out", file);
	for (size_t i = 0; i < 3; i++) {
		unlink(out);
		tool(&a, "report", options[i], out, file, NULL);
		is(a.status, 2, "nor does %s take it", options[i]);
		ok(access(out, F_OK), "and it leaves no file");
		tool_free(&a);
		put_text(out, "");
		tool(&a, "report", options[i], out, file, NULL);
		text = file_text(out);
		is_text(text, "", "one of 0 bytes stays so");
		free(text);
		tool_free(&a);
	}
	unlink(out);
}

static void damage(void)
{
	struct tool_run a, report;
	char program[4096], cut[64];
	char *bytes;
	struct stat st;
	int fd;

	snprintf(program, sizeof(program), "%s", load_path("lifecycle"));
	tool(&a, "record", "-q", "-o", file, "--", program, "--no-wait", NULL);
	tool_free(&a);
	stat(file, &st);
	truncate(file, st.st_size - 7);
	tool(&report, "report", file, NULL);
	is(report.status, 0, "a file that was cut off is reported as far as it goes");
	has_text(report.err, "breaks off at offset", "and said to be cut off, where");
	tool_free(&report);
	for (int left = 100; left <= 400; left += 300) {
		snprintf(cut, sizeof(cut), "%s.cut", file);
		snprintf(program, sizeof(program), "head -c %d %s > %s", left, file, cut);
		is(system(program), 0, "one of which little more than its header is left");
		tool(&report, "report", cut, NULL);
		is(report.status, 0, "%d bytes are reported as far as they go", left);
		ok(!strstr(report.out, "1970"), "%d bytes: it does not begin in 1970", left);
		/* how much the first look at all rings takes is others' matter, too */
		ok(strstr(report.out, "nothing was checked: it breaks off before") ||
		   (left > 100 && strstr(report.out, "; what came after its last event is not known")),
		   "nothing is said to be right: %s", report.out);
		tool_free(&report);
		unlink(cut);
	}

	fd = open(file, O_RDWR | O_CLOEXEC);
	bytes = malloc(st.st_size);
	if (pread(fd, bytes, st.st_size, 0) <= 0)
		bail("cannot read %s", file);
	bytes[st.st_size / 2] ^= 0x10;
	if (pwrite(fd, bytes, st.st_size, 0) <= 0)
		bail("cannot write %s", file);
	tool(&report, "report", file, NULL);
	is(report.status, 2, "a file that is damaged is refused");
	has_text(report.err, "at offset ", "with the offset");
	tool_free(&report);
	leaves_no_part();

	bytes[st.st_size / 2] ^= 0x10;
	for (int version = 1; version <= 2; version++) {
		bytes[12] = version;
		if (pwrite(fd, bytes, st.st_size, 0) <= 0 || ftruncate(fd, st.st_size - 7))
			bail("cannot write %s", file);
		tool(&report, "report", "--json", file, NULL);
		is(report.status, 0, "version %d is read", version);
		is(json_number(report.json, "format"), version, "and told");
		tool_free(&report);
		tool(&report, "report", file, NULL);
		is(!!strstr(report.out, ", format 1\n"), version == 1, "in text, where it is the older one");
		tool_free(&report);
	}
	bytes[12] = 99;
	if (pwrite(fd, bytes, st.st_size, 0) <= 0)
		bail("cannot write %s", file);
	tool(&report, "report", file, NULL);
	is(report.status, 2, "a newer version is refused");
	has_text(report.err, "format version 99", "in words");
	tool_free(&report);
	close(fd);
	free(bytes);

	snprintf(cut, sizeof(cut), "%s.none", file);
	tool(&report, "report", cut, NULL);
	is(report.status, 2, "a file that is not there");
	tool_free(&report);
	tool(&report, "report", "/proc/self/exe", NULL);
	is(report.status, 2, "a file that is no recording");
	has_text(report.err, "not a recording", "in words");
	tool_free(&report);
	tool(&report, "report", "--list", "--trace", file, NULL);
	is(report.status, 2, "two views at once");
	tool_free(&report);
}

/* ---- what must stay ----------------------------------------------------------------------------------- */

static void is_refused(const char *command, const char *option, const char *out, const char *in, const char *why)
{
	char *before = file_text(out), *after;
	struct tool_run a;

	tool(&a, command, option, out, in, NULL);
	is(a.status, 2, "%s %s %s", command, option, why);
	has_text(a.err, why, "says why");
	after = file_text(out);
	is_text(after, before, "and what is there stays");
	tool_free(&a);
	free(before);
	free(after);
}

/* No report takes the place of a recording, nor of anything before it can be made. */
static void keeps_what_is_there(void)
{
	static const char *const options[] = { "--sqlite", "--html", "--perfetto", "-o" };
	char copy[64], name[64], notes[64], command[256], *text;
	struct tool_run a;

	snprintf(copy, sizeof(copy), "%s.copy", file);
	snprintf(name, sizeof(name), "%s.name", file);
	snprintf(notes, sizeof(notes), "%s.notes", file);
	tool(&a, "record", "-q", "-o", file, "--", load_path("lifecycle"), "--no-wait", NULL);
	tool_free(&a);
	snprintf(command, sizeof(command), "cp %s %s; ln %s %s", file, copy, file, name);
	is(system(command), 0, "a copy, and another name");
	for (size_t i = 0; i < 4; i++) {
		is_refused("report", options[i], file, file, "is an input file and would be overwritten");
		is_refused("report", options[i], name, file, "is an input file and would be overwritten");
		is_refused("report", options[i], copy, file, "is a recording and would be overwritten");
	}
	snprintf(command, sizeof(command), "cat %s | %s report - | grep -q 'none lost'", file, tool_path());
	is(system(command), 0, "- is standard input");
	snprintf(command, sizeof(command), "cat %s | %s report - %s 2>&1 | grep -q 'give it alone'", file, tool_path(), file);
	is(system(command), 0, "which is not one of several");
	is_refused("list", "-o", copy, "-q", "is a recording and would be overwritten");
	is_refused("bench", "-o", copy, copy, "is an input file and would be overwritten");

	put_text(notes, "notes\n");
	put_text(copy, "fixbuf\r\n, or so it says");
	for (size_t i = 0; i < 4; i++)
		is_refused("report", options[i], notes, copy, "stays as it is");
	is_refused("report", "--html", notes, "/nonexistent", "cannot open /nonexistent");
	is_refused("report", "--html", notes, "/proc/self/exe", "not a recording");

	tool(&a, "report", "--json", "-o", notes, file, NULL);
	is(a.status, 0, "a report that can be made takes its place");
	tool_free(&a);
	text = file_text(notes);
	ok(!strncmp(text, "{\"", 2), "whole");
	free(text);
	put_text(copy, "# none\n");
	tool(&a, "report", "--verify", "--ignore-file", copy, "-o", copy, file, NULL);
	is(a.status, 2, "a file of what is ignored stays, too");
	has_text(a.err, "is an input file and would be overwritten", "says why");
	tool_free(&a);
	text = file_text(copy);
	is_text(text, "# none\n", "so it does");
	free(text);
	tool(&a, "diff", "-o", notes, notes, notes, NULL);
	is(a.status, 2, "diff does not write to what it compares");
	has_text(a.err, "is an input file and would be overwritten", "says why");
	tool_free(&a);
	unlink(copy);
	unlink(name);
	unlink(notes);
}

int main(void)
{
	int fd = mkstemp(file);

	if (fd < 0)
		bail("no temporary file");
	close(fd);
	status();
	summary();
	lines_of_selection();
	findings();
	folded();
	limits();
	size_is_kept(kernel_only() ? 40000 : 200000);
	loss();
	damage();
	keeps_what_is_there();
	unlink(file);
	return tap_end();
}
