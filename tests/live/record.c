// SPDX-License-Identifier: GPL-2.0
/*
 * What record writes is what the live commands show, and report tells it without
 * privilege. Independent of the kernel but for what trace is tested for.
 */
#include <ctype.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>
#include "answer.h"
#include "load.h"
#include "tool.h"

#define NOBODY 65534

static char file[] = "/tmp/fixbuf-record-XXXXXX";

/* It has seen what is there and waits for facts. */
static bool is_recording(const struct answer *a)
{
	char text[4096] = "";

	return pread(a->err_fd, text, sizeof(text) - 1, 0) > 0 && strstr(text, "recording to ");
}

/* At the best tier: facts are written as they are told, whoever saw them. */
static void start_record(struct answer *a, const char *option, const char *value)
{
	tool_start(a, &(struct tool_how){ 0 }, "record", "-o", file, option, value, NULL);
	for (int i = 0; i < 6000 && !is_recording(a); i++)
		usleep(5000);
}

static void end_record(struct answer *a)
{
	kill(a->pid, SIGINT);
	tool_wait(a, &(struct tool_how){ 0 });
	is(a->status, 0, "record ends cleanly on SIGINT");
}

/* A process that becomes the load program once it is let go: its pid is known before. */
static pid_t hold_load(int *go, const char *load, const char *arg, const char *arg2)
{
	int p[2], null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	char c;
	pid_t pid;

	if (pipe2(p, O_CLOEXEC))
		bail("no pipe");
	pid = fork();
	if (!pid) {
		close(p[1]);
		dup2(null, 1);
		if (read(p[0], &c, 1) == 1)
			execl(load_path(load), load, "--no-wait", arg, arg2, NULL);
		_exit(126);
	}
	close(p[0]);
	close(null);
	*go = p[1];
	return pid;
}

/* ---- what the program gives back ------------------------------------------------------ */

static void status(void)
{
	struct answer a;

	tool(&a, "record", "-q", "-o", file, "--", "sh", "-c", "exit 7", NULL);
	is(a.status, 7, "record returns the program's status");
	is_text(a.err, "", "with -q it says nothing");
	answer_free(&a);
	tool(&a, "record", "-o", file, "--", "/nonexistent", NULL);
	is(a.status, 127, "a program that is not there");
	answer_free(&a);
	tool(&a, "report", "--json", file, NULL);
	is(a.status, 0, "and still a recording");
	is(json_number(a.json, "shown"), 0, "in which nothing happened");
	answer_free(&a);
	tool(&a, "record", "-o", "/nonexistent/file", NULL);
	is(a.status, 2, "a file that cannot be created");
	has_text(a.err, "cannot write to /nonexistent/file", "in words");
	answer_free(&a);
}

/* ---- the same lines ---------------------------------------------------------------------- */

/* Times are measured by each tool on its own. */
static void blank_times(char *s)
{
	char *to = s;

	while (*s) {
		char *end = s;

		while (isdigit((unsigned char)*end) || *end == '.')
			end++;
		if (end > s && (to == s || !isalnum((unsigned char)to[-1])) &&
		    (!strncmp(end, "ns", 2) || !strncmp(end, "us", 2) || !strncmp(end, "ms", 2) ||
		     (*end == 's' && !isalnum((unsigned char)end[1]) && end[-1] != 's'))) {
			*to++ = 'T';
			s = end + (*end == 's' ? 1 : 2);
			continue;
		}
		if (end == s)
			end++;
		memmove(to, s, end - s);
		to += end - s;
		s = end;
	}
	*to = 0;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Before 5.17 the tools ask /proc why, a little after the call, each at a time of its own. */
static bool explains_at_once(void)
{
	unsigned int major = 0, minor = 0;
	struct utsname uts;

	uname(&uts);
	sscanf(uts.release, "%u.%u", &major, &minor);
	return major > 5 || (major == 5 && minor >= 17);
}

/* Lines in order of text: what cpus tell at the same time may come in either order. */
static size_t lines_of(char *text, char **lines, size_t room)
{
	bool all = explains_at_once();
	size_t n = 0;

	for (char *s = strtok(text, "\n"); s && n < room; s = strtok(NULL, "\n"))
		if (all || strncmp(s, "         ", 9))
			lines[n++] = s;
	qsort(lines, n, sizeof(*lines), by_text);
	return n;
}

static void same_lines(const char *load, bool io)
{
	static char *live[16384], *told[16384];
	struct answer trace, record, report;
	char of_pid[32];
	size_t nr_live, nr_told, wrong = 0;
	pid_t pid;
	int go;

	pid = hold_load(&go, load, NULL, NULL);
	snprintf(of_pid, sizeof(of_pid), "-p%d", pid);
	start_record(&record, of_pid, io ? "--io" : NULL);
	tool_start(&trace, &(struct tool_how){ 0 }, "trace", "-q", of_pid, io ? "--io" : NULL, NULL);
	if (!tool_says(&trace, "WHAT", 30000))
		bail("trace does not start");
	if (write(go, "", 1) != 1)
		bail("cannot let %s go", load);
	is(await_exit(pid, 60), 0, "%s runs", load);
	close(go);
	usleep(300000);
	end_record(&record);
	kill(trace.pid, SIGINT);
	tool_wait(&trace, &(struct tool_how){ 0 });
	tool(&report, "report", "-q", "--trace", file, NULL);
	is(report.status, 0, "report --trace of %s", load);
	blank_times(trace.out);
	blank_times(report.out);
	if (!strcmp(trace.out, report.out))
		note("byte for byte, in order");
	nr_live = lines_of(trace.out, live, 16384);
	nr_told = lines_of(report.out, told, 16384);
	is(nr_told, nr_live, "%s%s: as many lines as trace printed", load, io ? " --io" : "");
	for (size_t i = 0; i < nr_live && i < nr_told; i++)
		if (strcmp(live[i], told[i]) && wrong++ < 3)
			note("trace: %s\nreport: %s", live[i], told[i]);
	is(wrong, 0, "%s%s: the same lines but for times", load, io ? " --io" : "");
	ok(nr_live > 10, "%s: there are lines", load);
	answer_free(&trace);
	answer_free(&record);
	answer_free(&report);
}

/* ---- the same rings ------------------------------------------------------------------------- */

static void same_rings(bool older)
{
	struct answer record, list, report;
	struct json_object *a, *b;
	const char *x, *y;
	char pid[16];
	struct load l;

	if (!older)
		start_record(&record, NULL, NULL);
	if (!load_start(&l, "shared", NULL))
		bail("shared does not start");
	if (older)
		start_record(&record, NULL, NULL);
	snprintf(pid, sizeof(pid), "%d", l.pid);
	tool(&list, "list", "--json", "-p", pid, NULL);
	end_record(&record);
	load_end(&l);
	tool(&report, "report", "--list", "--json", "-p", pid, file, NULL);
	a = json_member(list.json, "rings");
	b = json_member(report.json, "rings");
	is(b ? json_object_array_length(b) : 0, json_object_array_length(a),
	   "rings that are %s than the recording: as many as list shows", older ? "older" : "newer");
	for (size_t i = 0; older && b && i < json_object_array_length(a); i++) {
		/* before 5.11 the tools' own maps count there, and list has others than record */
		json_object_object_del(json_object_array_get_idx(a, i), "locked_vm_pages");
		json_object_object_del(json_object_array_get_idx(b, i), "locked_vm_pages");
		x = json_object_to_json_string(json_object_array_get_idx(a, i));
		y = json_object_to_json_string(json_object_array_get_idx(b, i));
		is_text(y, x, "ring %zu as list shows it", i);
	}
	is(answer_nr_rings(report.json, l.pid), answer_nr_rings(list.json, l.pid), "of that process");
	is_text(json_text(report.json, "kernel"), json_text(list.json, "kernel"), "the kernel");
	answer_free(&record);
	answer_free(&list);
	answer_free(&report);
}

/* When this process first did that, since the begin of the recording. */
static long long moment_of(const char *fact, pid_t pid)
{
	struct answer trace, all;
	struct json_lines l;
	long long t = 0;

	tool(&trace, "report", "-q", "--trace", "--json", file, NULL);
	tool(&all, "report", "--json", file, NULL);
	json_lines_parse(&l, trace.out);
	for (size_t i = 0; i < l.nr && !t; i++)
		if (json_is(l.lines[i], "fact", fact) && json_number(l.lines[i], "pid") == pid)
			t = json_number(l.lines[i], "time_ns");
	t -= json_number(all.json, "begin_ns");
	json_lines_free(&l);
	answer_free(&trace);
	answer_free(&all);
	return t;
}

/* At a moment in between a program has its buffers, at the end none. */
static void at_a_moment(void)
{
	struct answer record, report;
	char pid[16], at[32];
	long long end;
	pid_t process;
	int go;

	process = hold_load(&go, "many", "buffers", "23");
	snprintf(pid, sizeof(pid), "%d", process);
	start_record(&record, "-p", pid);
	if (write(go, "", 1) != 1)
		bail("cannot let many go");
	is(await_exit(process, 60), 0, "many runs");
	close(go);
	usleep(300000);
	end_record(&record);
	end = moment_of("ring-close", process);
	snprintf(at, sizeof(at), "%lldns", moment_of("ring-create", process) - 1);
	tool(&report, "report", "--list", "--at", at, "--json", "-p", pid, file, NULL);
	is(answer_nr_rings(report.json, process), 0, "--at %s, before its ring", at);
	answer_free(&report);
	snprintf(at, sizeof(at), "%lldns", end - 1);
	tool(&report, "report", "--list", "--at", at, "--json", "-p", pid, file, NULL);
	is(answer_nr_rings(report.json, process), 1, "--at %s, while it runs: its ring", at);
	is(ring_nr_buffers(answer_ring(report.json, process, -1)), 23, "with its buffers");
	answer_free(&report);
	tool(&report, "report", "--list", "--json", "-p", pid, file, NULL);
	is(answer_nr_rings(report.json, process), 0, "at the end: no rings");
	answer_free(&report);
	tool(&report, "report", "--list", "--at", "noon", file, NULL);
	is(report.status, 2, "a moment that is none");
	answer_free(&report);
	answer_free(&record);
}

/* ---- the same counts ------------------------------------------------------------------------ */

static void same_counts(void)
{
	struct answer a, report;
	struct json_object *rings, *fixed;
	long long fixed_ops = 0, did = 0;
	char program[4096];

	snprintf(program, sizeof(program), "%s", load_path("io_mix"));
	tool(&a, "record", "-q", "-o", file, "--stacks", "--", program, "--no-wait", NULL);
	is(a.status, 0, "io_mix is recorded");
	for (int op = 0; op < 64; op++) {
		char name[32];

		snprintf(name, sizeof(name), "op.%d.ops", op);
		if (value_text(a.out, name))
			did += value_number(a.out, name);
	}
	tool_as(&report, &(struct tool_how){ .uid = NOBODY }, "report", "--stat", "--json", file, NULL);
	is(report.status, 2, "nobody may not read what root wrote for itself");
	answer_free(&report);
	chmod(file, 0644);
	tool_as(&report, &(struct tool_how){ .uid = NOBODY }, "report", "--stat", "--json", file, NULL);
	is(report.status, 0, "report needs no privilege");
	/* by name only, what is refused at once is not seen */
	if (json_is(report.json, "starts_by", "user_data"))
		did -= value_number(a.out, "bad_index");
	rings = json_member(report.json, "rings");
	for (size_t i = 0; rings && i < json_object_array_length(rings); i++)
		fixed_ops += json_number(json_object_array_get_idx(rings, i), "ops");
	is(fixed_ops, did, "--stat: each operation that it did");
	ok(json_number(report.json, "duration_ns") > 0, "in some time");
	answer_free(&report);
	tool(&report, "report", "--json", file, NULL);
	fixed = json_member(report.json, "fixed");
	ok(json_number(fixed, "ops") > 0 && json_number(fixed, "p50_ns") > 0,
	   "--summary: fixed I/O with its latency");
	is(json_number(fixed, "ops") + json_number(json_member(report.json, "plain"), "ops"), did,
	   "fixed and plain are all");
	answer_free(&report);
	answer_free(&a);
}

/* ---- why it failed, what is wrong ------------------------------------------------------------- */

static void summary(void)
{
	struct answer a, report, json;
	struct json_object *calls, *list;
	long long nr[4] = { 0 };
	static const char *const names[] = { "register", "update", "clone", "unregister" };
	char program[4096];

	snprintf(program, sizeof(program), "%s", load_path("lifecycle"));
	tool(&a, "record", "-q", "-o", file, "--", program, "--no-wait", NULL);
	tool(&report, "report", file, NULL);
	has_text(report.out, "Who registered what", "the page says who");
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
	is(json_number(json.json, "lost"), 0, "nothing was lost");
	answer_free(&json);
	answer_free(&report);
	answer_free(&a);
}

static void findings(void)
{
	unsigned int ours = 0, near = 0;
	struct answer a, report;
	struct json_object *list;
	long long uid;
	char program[4096];

	snprintf(program, sizeof(program), "%s", load_path("fault_limit"));
	tool(&a, "record", "-q", "-o", file, "--", program, "--no-wait", NULL);
	if (a.status == 77) {
		skip("findings", "fault_limit cannot run here");
		answer_free(&a);
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
	answer_free(&report);
	tool(&report, "report", "--verify", "--fail-on", "error", file, NULL);
	is(report.status, 0, "--fail-on error");
	has_text(report.out, "after the start", "it says when");
	answer_free(&report);
	answer_free(&a);
}

/* ---- stacks ------------------------------------------------------------------------------------ */

static void folded(void)
{
	struct answer a, report, json;
	struct json_lines l;
	long long sum = 0, calls = 0;
	char program[4096];

	snprintf(program, sizeof(program), "%s", load_path("lifecycle"));
	/* it stays a second, so that its names can be looked up */
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
		calls += json_is(l.lines[i], "fact", "register") ||
			 json_is(l.lines[i], "fact", "unregister") ||
			 json_is(l.lines[i], "fact", "update") ||
			 json_is(l.lines[i], "fact", "clone");
	ok(calls > 50, "calls were told");
	is(sum, calls, "each call is in one of the stacks");
	json_lines_free(&l);
	answer_free(&json);
	answer_free(&report);
	tool(&report, "report", "--folded", "--by", "nothing", file, NULL);
	is(report.status, 2, "--by something that is no weight");
	answer_free(&report);
	answer_free(&a);
}

/* ---- limits, parts, loss -------------------------------------------------------------------------- */

static void limits(void)
{
	struct answer a, report;
	char program[4096];
	struct stat st;

	snprintf(program, sizeof(program), "%s", load_path("lifecycle"));
	tool(&a, "record", "-o", file, "-d", "300ms", NULL);
	is(a.status, 0, "-d ends it");
	answer_free(&a);
	tool(&a, "record", "-o", file, "--append", "--", program, "--no-wait", NULL);
	has_text(a.err, "0 lost", "the last line says what was lost");
	answer_free(&a);
	tool(&report, "report", "--json", file, NULL);
	is(json_number(report.json, "parts"), 2, "--append adds a part");
	ok(json_number(report.json, "facts") > 100, "with its facts");
	answer_free(&report);
	tool(&a, "record", "-o", file, "--max-size", "1K", "--", program, "--no-wait", NULL);
	is(a.status, 0, "--max-size does not end the program");
	has_text(a.err, "--max-size", "but the recording, in words");
	stat(file, &st);
	ok(st.st_size < 100000, "%lld bytes are near it", (long long)st.st_size);
	answer_free(&a);
	tool(&report, "report", file, NULL);
	is(report.status, 0, "it can be reported");
	is_text(report.err, "", "and has a clean end");
	answer_free(&report);
	tool(&a, "record", "-o", load_path("lifecycle"), "--append", "-d", "100ms", NULL);
	is(a.status, 2, "what is no recording is not appended to");
	has_text(a.err, "no recording", "in words");
	answer_free(&a);
}

static void loss(void)
{
	struct answer a, report;
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
		told += json_is(l.lines[i], "fact", "io-done");
		if (json_is(l.lines[i], "fact", "lost"))
			lost += json_number(l.lines[i], "count");
	}
	ok(lost > 0, "a ring buffer of 4 KiB loses facts");
	json_lines_free(&l);
	answer_free(&report);
	tool(&report, "report", "--json", file, NULL);
	is(json_number(report.json, "lost"), lost, "the summary counts as many");
	is(json_number(json_member(report.json, "fixed"), "ops"), 100003,
	   "the counters know all of them");
	ok(told + lost >= 100003, "what was not told was lost");
	answer_free(&report);
	answer_free(&a);
}

/* ---- damage ----------------------------------------------------------------------------------------- */

static void damage(void)
{
	struct answer a, report;
	char program[4096], cut[64];
	char *bytes;
	struct stat st;
	int fd;

	snprintf(program, sizeof(program), "%s", load_path("lifecycle"));
	tool(&a, "record", "-q", "-o", file, "--", program, "--no-wait", NULL);
	answer_free(&a);
	stat(file, &st);
	truncate(file, st.st_size - 7);
	tool(&report, "report", file, NULL);
	is(report.status, 0, "a file that was cut off is reported as far as it goes");
	has_text(report.err, "ends at offset", "and said to be cut off, where");
	answer_free(&report);

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
	answer_free(&report);

	bytes[12] = 99;
	if (pwrite(fd, bytes, st.st_size, 0) <= 0)
		bail("cannot write %s", file);
	tool(&report, "report", file, NULL);
	is(report.status, 2, "a newer version is refused");
	has_text(report.err, "format version 99", "in words");
	answer_free(&report);
	close(fd);
	free(bytes);

	snprintf(cut, sizeof(cut), "%s.none", file);
	tool(&report, "report", cut, NULL);
	is(report.status, 2, "a file that is not there");
	answer_free(&report);
	tool(&report, "report", "/proc/self/exe", NULL);
	is(report.status, 2, "a file that is no recording");
	has_text(report.err, "not a recording", "in words");
	answer_free(&report);
	tool(&report, "report", "--list", "--trace", file, NULL);
	is(report.status, 2, "two views at once");
	answer_free(&report);
}

int main(void)
{
	int fd = mkstemp(file);

	if (fd < 0)
		bail("no temporary file");
	close(fd);
	status();
	same_lines("lifecycle", false);
	same_lines("io_mix", true);
	same_rings(true);
	same_rings(false);
	at_a_moment();
	same_counts();
	summary();
	findings();
	folded();
	limits();
	loss();
	damage();
	unlink(file);
	return tap_end();
}
