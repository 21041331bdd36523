// SPDX-License-Identifier: GPL-2.0
/* What record writes is what the live commands show, and report tells it without privilege. */
#include <ctype.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "load.h"
#include "tool.h"
#include "witness.h"
#include "tool_json.h"

#define NOBODY	65534
#define TRIES	3

static char file[] = "/tmp/fixbuf-record-XXXXXX";

/* Waits until record has taken its first look and waits for facts. */
static bool is_recording(const struct tool_run *a)
{
	char text[4096] = "";

	return pread(a->err_fd, text, sizeof(text) - 1, 0) > 0 && strstr(text, "recording to ");
}

/* Runs at the best tier only: record writes facts as it gets them, whichever probe saw them. */
static void start_record(struct tool_run *a, const char *option, const char *value)
{
	tool_start(a, &(struct tool_how){ 0 }, "record", "-o", file, option, value, NULL);
	for (int i = 0; i < 6000 && !is_recording(a); i++)
		usleep(5000);
}

static void end_record(struct tool_run *a)
{
	kill(a->pid, SIGINT);
	tool_wait(a, &(struct tool_how){ 0 });
	is(a->status, 0, "record ends cleanly on SIGINT");
}

/* Forks a process that becomes the load when it is let go, so that its pid is known before. */
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

/* ---- the same lines ---------------------------------------------------------------------- */

/* Removes times, which each tool measures on its own. */
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

struct lines {
	char *list[16384];
	size_t nr;
	bool torn;	/* a preemptible kernel skipped runs of the BPF programs */
};

/* Sorts the lines by text, as facts of several CPUs may come in either order. */
static void lines_of(struct lines *l, char *text)
{
	/* before bpf_find_vma() the tools ask /proc why, a little after the call, each at a time of its own */
	bool all = witness_kernel(5, 17);

	*l = (struct lines){ .nr = 0 };
	for (char *s = strtok(text, "\n"); s; s = strtok(NULL, "\n")) {
		if (strstr(s, "the kernel skipped")) {
			l->torn = true;
			continue;
		}
		if (l->nr < sizeof(l->list) / sizeof(l->list[0]) &&
		    (all || strncmp(s, "         ", 9)))
			l->list[l->nr++] = s;
	}
	qsort(l->list, l->nr, sizeof(l->list[0]), by_text);
}

/* trace and record watch the load at the same time; .trace is what the one printed. */
static void watch_load(struct tool_run *trace, struct tool_run *report, const char *load, bool io)
{
	struct tool_run record;
	char of_pid[32];
	pid_t pid;
	int go;

	pid = hold_load(&go, load, NULL, NULL);
	snprintf(of_pid, sizeof(of_pid), "-p%d", pid);
	start_record(&record, of_pid, io ? "--io" : NULL);
	tool_start(trace, &(struct tool_how){ 0 }, "trace", "-q", of_pid, io ? "--io" : NULL, NULL);
	if (!tool_says(trace, "WHAT", 30000))
		bail("trace does not start");
	if (write(go, "", 1) != 1)
		bail("cannot let %s go", load);
	is(await_exit(pid, 60), 0, "%s runs", load);
	close(go);
	usleep(300000);
	end_record(&record);
	tool_free(&record);
	kill(trace->pid, SIGINT);
	tool_wait(trace, &(struct tool_how){ 0 });
	tool(report, "report", "-q", "--trace", file, NULL);
	is(report->status, 0, "report --trace of %s", load);
	blank_times(trace->out);
	blank_times(report->out);
}

/* Compares both; false when one of them may miss facts that the other has: then try again. */
static bool compare(struct tool_run *trace, struct tool_run *report, const char *name, bool last)
{
	static struct lines live, told;
	size_t wrong = 0;
	bool same = !strcmp(trace->out, report->out);

	lines_of(&live, trace->out);
	lines_of(&told, report->out);
	for (size_t i = 0; i < live.nr && i < told.nr; i++)
		wrong += !!strcmp(live.list[i], told.list[i]);
	if ((wrong || live.nr != told.nr) && (live.torn || told.torn)) {
		if (last)
			skip(name, "the kernel left out some of our programs each time");
		return last;
	}
	if (same)
		note("byte for byte, in order");
	is(told.nr, live.nr, "%s: as many lines as trace printed", name);
	if (!is(wrong, 0, "%s: the same lines but for times", name))
		for (size_t i = 0, shown = 0; i < live.nr && i < told.nr && shown < 3; i++)
			if (strcmp(live.list[i], told.list[i]) && ++shown)
				note("trace: %s\nreport: %s", live.list[i], told.list[i]);
	ok(live.nr > 10, "%s: there are lines", name);
	return true;
}

static void same_lines(const char *load, bool io)
{
	struct tool_run trace, report;
	char name[64];
	bool done = false;

	snprintf(name, sizeof(name), "%s%s", load, io ? " --io" : "");
	for (int i = 0; !done && i < TRIES; i++) {
		watch_load(&trace, &report, load, io);
		done = compare(&trace, &report, name, i == TRIES - 1);
		tool_free(&trace);
		tool_free(&report);
	}
}

/* ---- the same rings ------------------------------------------------------------------------- */

/* How many requests use a slot is of the moment: a recording, told later, does not say. */
static void unknown_use(struct json_object *listed, struct json_object *recorded)
{
	struct json_object *a = json_member(listed, "buffers"), *b = json_member(recorded, "buffers");

	for (size_t i = 0; i < json_object_array_length(a); i++) {
		is(json_number(json_element(b, i), "in_use"), -1, "slot %zu of a recording: in use or not is not known", i);
		json_object_object_del(json_element(a, i), "in_use");
		json_object_object_del(json_element(b, i), "in_use");
	}
}

static void same_rings(bool older)
{
	struct tool_run record, list, report;
	struct json_object *a, *b;
	const char *x, *y;
	char pid[16];
	struct load l;

	if (!older)
		start_record(&record, "--raw-addresses", NULL);
	if (!load_start(&l, "shared", NULL))
		bail("shared does not start");
	if (older)
		start_record(&record, "--raw-addresses", NULL);
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
		unknown_use(json_object_array_get_idx(a, i), json_object_array_get_idx(b, i));
		x = json_object_to_json_string(json_object_array_get_idx(a, i));
		y = json_object_to_json_string(json_object_array_get_idx(b, i));
		is_text(y, x, "ring %zu as list shows it", i);
	}
	is(json_nr_rings(report.json, l.pid), json_nr_rings(list.json, l.pid), "of that process");
	is_text(json_text(report.json, "kernel"), json_text(list.json, "kernel"), "the kernel");
	tool_free(&record);
	tool_free(&list);
	tool_free(&report);
}

/* The time, since the begin of the recording, at which this process first did that. */
static long long moment_of(const char *fact, pid_t pid)
{
	struct tool_run trace, all;
	struct json_lines l;
	long long t = 0;

	tool(&trace, "report", "-q", "--trace", "--json", file, NULL);
	tool(&all, "report", "--json", file, NULL);
	json_lines_parse(&l, trace.out);
	for (size_t i = 0; i < l.nr && !t; i++)
		if (json_is(l.lines[i], "event", fact) && json_number(l.lines[i], "pid") == pid)
			t = json_number(l.lines[i], "time_ns");
	t -= json_number(all.json, "begin_ns");
	json_lines_free(&l);
	tool_free(&trace);
	tool_free(&all);
	return t;
}

/* The program has its buffers at a moment in between, and none at the end. */
static void at_a_moment(void)
{
	struct tool_run record, report;
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
	is(json_nr_rings(report.json, process), 0, "--at %s, before its ring", at);
	tool_free(&report);
	snprintf(at, sizeof(at), "%lldns", end - 1);
	tool(&report, "report", "--list", "--at", at, "--json", "-p", pid, file, NULL);
	is(json_nr_rings(report.json, process), 1, "--at %s, while it runs: its ring", at);
	is(json_ring_nr_buffers(json_ring(report.json, process, -1)), 23, "with its buffers");
	tool_free(&report);
	tool(&report, "report", "--list", "--json", "-p", pid, file, NULL);
	is(json_nr_rings(report.json, process), 0, "at the end: no rings");
	tool_free(&report);
	tool(&report, "report", "--list", "--at", at, file, NULL);
	ok(!strstr(report.err, "ends after"), "--at %s: nothing about its end", at);
	tool_free(&report);
	tool(&report, "report", "--list", "--at", "9000s", file, NULL);
	is(report.status, 0, "--at 9000s, beyond the end");
	has_text(report.err, "the recording ends after", "--at 9000s: says so");
	tool_free(&report);
	tool(&report, "report", "--list", "--at", "noon", file, NULL);
	is(report.status, 2, "a moment that is none");
	tool_free(&report);
	tool_free(&record);
}

/* ---- the same counts ------------------------------------------------------------------------ */

/* With --io, too, which writes each I/O over a registered buffer besides. */
static void same_counts(const char *io)
{
	struct tool_run a, report;
	struct json_object *rings, *fixed;
	long long fixed_ops = 0, did = 0;
	char program[4096];

	snprintf(program, sizeof(program), "%s", load_path("io_mix"));
	tool(&a, "record", "-q", "-o", file, io ? io : "--stacks", "--", program, "--no-wait", NULL);
	is(a.status, 0, "io_mix is recorded%s", io ? " with each I/O" : "");
	for (int op = 0; op < 64; op++) {
		char name[32];

		snprintf(name, sizeof(name), "op.%d.ops", op);
		if (value_text(a.out, name))
			did += value_number(a.out, name);
	}
	tool_as(&report, &(struct tool_how){ .uid = NOBODY }, "report", "--stat", "--json", file, NULL);
	is(report.status, 2, "nobody may not read what root wrote for itself");
	tool_free(&report);
	chmod(file, 0644);
	tool_as(&report, &(struct tool_how){ .uid = NOBODY }, "report", "--stat", "--json", file, NULL);
	is(report.status, 0, "report needs no privilege");
	/* a request that was refused at once is not seen where completions tell user_data only */
	if (json_is(report.json, "starts_by", "user_data"))
		did -= value_number(a.out, "bad_index");
	rings = json_member(report.json, "rings");
	for (size_t i = 0; rings && i < json_object_array_length(rings); i++)
		fixed_ops += json_number(json_object_array_get_idx(rings, i), "ops");
	is(fixed_ops, did, "--stat: each operation that it did");
	ok(json_number(report.json, "duration_ns") > 0, "in some time");
	tool_free(&report);
	tool(&report, "report", "--json", file, NULL);
	fixed = json_member(report.json, "fixed");
	ok(json_number(fixed, "ops") > 0 && json_number(fixed, "p50_ns") > 0,
	   "--summary: fixed I/O with its latency");
	is(json_number(fixed, "ops") + json_number(json_member(report.json, "plain"), "ops"), did,
	   "fixed and plain are all");
	tool_free(&report);
	tool_free(&a);
}

/* ---- what is not selected takes no room ------------------------------------------------------ */

/* Events that the end of record tells. */
static long events_of(const char *comm, const char *time)
{
	struct tool_run a;
	long nr = -1;

	tool(&a, "record", "-o", file, "--comm", comm, "-d", time, NULL);
	is(a.status, 0, "record --comm %s", comm);
	for (const char *line = a.err; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (sscanf(line, "%ld events", &nr) == 1)
			break;
	}
	tool_free(&a);
	return nr;
}

/*
 * A recording begins with all rings that there are, for the sums of accounts; what comes after that
 * takes time. The number of neighbours' rings may change between the two recordings.
 */
static long events_over_time(const char *comm, long most)
{
	long nr = -1;

	for (int i = 0; i < TRIES && (nr < 0 || nr > most); i++) {
		nr = -events_of(comm, "1ms");
		nr += events_of(comm, "701ms");
	}
	return nr;
}

static void selected_only(void)
{
	long all, none;
	struct load l, held;

	if (!load_start(&held, "many", "rings", "701", NULL) ||
	    !load_start(&l, "io_short", "0", "0", "plain", NULL))
		bail("the neighbours do not start");
	all = events_over_time("io_shor?", LONG_MAX);
	none = events_over_time("nosuch*", all / 4);
	is(load_end(&l), 0, "the neighbour ends well");
	is(load_end(&held), 0, "the one with many rings, too");
	ok(all > 100 && none >= 0 && none < all / 4, "others' rings are not written (%ld and %ld events)",
	   none, all);
}

/* --snapshot has the buffers of processes that are not selected. */
static void others_too(void)
{
	struct load asked, other;
	struct tool_run a;
	char pid[16];

	if (!load_start(&asked, "many", "buffers", "3", NULL) ||
	    !load_start(&other, "many", "buffers", "5", NULL))
		bail("many does not start");
	snprintf(pid, sizeof(pid), "%d", asked.pid);
	tool(&a, "record", "-q", "--snapshot", "-p", pid, "-d", "100ms", "-o", file, NULL);
	is(a.status, 0, "record --snapshot of one process");
	tool_free(&a);
	snprintf(pid, sizeof(pid), "%d", other.pid);
	tool(&a, "report", "--list", "--at", "1us", "-p", pid, file, NULL);
	has_text(a.out, "1 ring, 5 buffers,", "has the buffers of another from the start on");
	tool_free(&a);
	load_end(&asked);
	load_end(&other);
}

/* SIGUSR1 saves what a flight recorder keeps: nothing of a recording that keeps all, which goes on. */
static void asked_for_nothing(void)
{
	struct tool_how how = { 0 };
	struct tool_run a;
	struct stat st;

	unlink(file);
	tool_start(&a, &how, "record", "-o", file, "-d", "1s", NULL);
	ok(tool_says(&a, "recording to", 20000), "it begins");
	kill(a.pid, SIGUSR1);
	tool_wait(&a, &how);
	is(a.status, 0, "SIGUSR1 does not end it: %s", a.err);
	tool_free(&a);
	/* standard output is "-", and that no recording is */
	tool(&a, "report", "--json", "-o", "-", file, NULL);
	is(json_number(a.json, "lost"), 0, "-o -: to standard output");
	ok(stat("-", &st), "no file has that name");
	tool_free(&a);
}

int main(void)
{
	int fd = mkstemp(file);

	if (fd < 0)
		bail("no temporary file");
	close(fd);
	same_lines("lifecycle", false);
	same_lines("io_mix", true);
	same_rings(true);
	if (!kernel_only()) {
		same_rings(false);
		at_a_moment();
	}
	same_counts(NULL);
	same_counts("--io");
	if (!kernel_only()) {
		selected_only();
		others_too();
	}
	asked_for_nothing();
	unlink(file);
	return tap_end();
}
