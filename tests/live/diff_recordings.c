// SPDX-License-Identifier: GPL-2.0
/*
 * Two recordings compared: counters are exactly those of the reports, and what is worse is worse by what
 * the man page says, no more and no less.
 * Independent of the kernel: not run in guests.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "folder.h"
#include "load.h"
#include "memory.h"
#include "tool.h"
#include "tool_json.h"
#include "uring.h"
#include "witness.h"

static char listed[64];

static bool left_out;	/* of one of the recordings */

static void note_left_out(const struct tool_run *report)
{
	left_out |= json_number(report->json, "lost") > 0 || json_number(report->json, "io_lost") > 0 ||
		    strstr(report->out, "skipped-programs");
}

static void record_to(const char *path, const char *json, const char *nr)
{
	struct tool_run a;

	tool(&a, "record", "-q", "-o", path, "--", load_path("io_bad"), "write", nr, NULL);
	tool_free(&a);
	tool(&a, "report", "--json", "-o", json, path, NULL);
	is(a.status, 0, "a recording of %s I/Os that fail", nr);
	note_left_out(&a);
	tool_free(&a);
}

/*
 * Nothing is worse. From 7.0 on a program of ours is not run while another of its processor is preempted
 * in it, which is a loss: what was recorded beside one is unsettled.
 */
static void is_no_worse(const struct tool_run *a, const char *what)
{
	if (a->status == 4 && witness_kernel(7, 0) && left_out)
		skip(what, "this kernel did not run all programs");
	else
		is(a->status, 0, "%s: %s%s", what, a->out, a->err);
}

static struct json_object *counter(const struct tool_run *a, const char *of, const char *name)
{
	struct json_object *list = json_member(a->json, "counters"), *o;

	for (size_t i = 0; (o = json_element(list, i)); i++)
		if (json_is(o, "of", of) && json_is(o, "name", name))
			return o;
	return NULL;
}

static void recordings(void)
{
	char path[64], few[64], more[64];
	struct tool_run a;

	record_to(folder_path(path, "rec"), folder_path(few, "few"), "3");
	unlink(path);
	record_to(path, folder_path(more, "more"), "7");
	tool(&a, "diff", "--json", few, more, NULL);
	is_no_worse(&a, "all failed in both: no greater part does");
	is(json_number(counter(&a, "fixed", "ops"), "had"), 3, "I/Os of the first");
	is(json_number(counter(&a, "fixed", "ops"), "has"), 7, "and of the second");
	is(json_number(counter(&a, "fixed", "errors"), "has"), 7, "which failed");
	is(json_number(counter(&a, "register", "calls"), "has"), 1, "and its call");
	tool_free(&a);
	tool(&a, "diff", few, more, NULL);
	has_text(a.out, "\nfixed I/Os, failed ", "text has them, too");
	tool_free(&a);
	tool(&a, "diff", "--fail-on", "latency", few, more, NULL);
	is(a.status, 4, "so few are not compared");
	tool_free(&a);
	tool(&a, "diff", "--fail-on", "findings", few, listed, NULL);
	is(a.status, 4, "a list has no findings and no counters");
	tool_free(&a);
	tool(&a, "diff", "--json", path, few, NULL);
	is(json_number(counter(&a, "fixed", "ops"), "had"), 7, "a recording is as its report is");
	is(json_number(counter(&a, "fixed", "ops"), "has"), 3, "beside one");
	tool_free(&a);
}

/* One kind of call, by numbers. */
static void write_calls(const char *path, unsigned int nr, unsigned int failed, unsigned int p50, unsigned int p99)
{
	char text[400];

	snprintf(text, sizeof(text), "{\"schema\":2,\"duration_ns\":1000,\"calls\":[{\"call\":\"update\",\"calls\":%u,\"failed\":%u,"
		 "\"timed\":%u,\"p50_ns\":%u,\"p99_ns\":%u}],\"findings\":[]}", nr, failed, nr, p50, p99);
	file_write(path, text, strlen(text));
}

/* What is worse of recordings: a greater part that failed, and what takes a quarter longer. */
static void worse_recordings(void)
{
	static const struct {
		const char *on;
		unsigned int nr, failed, p50, p99;
		int status;
	} rows[] = {
		{ "failed", 20006, 14, 100, 1000, 0 }, { "failed", 10003, 8, 100, 1000, 1 }, { "failed", 997, 0, 9, 9, 0 },
		{ "latency", 10003, 7, 125, 1250, 0 }, { "latency", 10003, 7, 126, 1000, 1 }, { "latency", 10003, 7, 100, 1251, 1 },
		{ "latency", 9973, 7, 100, 1251, 0 }, { "latency", 97, 7, 126, 1000, 4 }, { "latency", 101, 0, 126, 1000, 1 },
	};
	char first[64], second[64];
	struct tool_run a;

	write_calls(folder_path(first, "first"), 10003, 7, 100, 1000);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		write_calls(folder_path(second, "second"), rows[i].nr, rows[i].failed, rows[i].p50, rows[i].p99);
		tool(&a, "diff", "--fail-on", rows[i].on, first, second, NULL);
		is(a.status, rows[i].status, "--fail-on %s: %u of %u failed, %u and %u ns", rows[i].on, rows[i].failed,
		   rows[i].nr, rows[i].p50, rows[i].p99);
		tool_free(&a);
	}
	tool(&a, "diff", "--fail-on", "latency", listed, listed, NULL);
	is(a.status, 2, "a list has no latency");
	tool_free(&a);
}

static void write_medians(const char *path, unsigned int p50, unsigned int low, unsigned int high)
{
	char text[300];

	snprintf(text, sizeof(text), "{\"schema\":2,\"duration_ns\":1000,\"calls\":[],\"fixed\":{\"ops\":997,\"p50_ns\":%u,"
		 "\"p50_low_ns\":%u,\"p50_high_ns\":%u},\"findings\":[]}", p50, low, high);
	file_write(path, text, strlen(text));
}

/* A median that is longer by no more than it varies is not worse. */
static void spread(void)
{
	char first[64], second[64];
	struct tool_run a;

	write_medians(folder_path(first, "median1"), 1000, 900, 1250);
	write_medians(folder_path(second, "median2"), 1500, 1250, 1800);
	tool(&a, "diff", "--fail-on", "latency", first, second, NULL);
	is(a.status, 0, "the middle halves of the intervals meet");
	has_text(a.out, " 1.50 1.00-2.00\n", "which the ratio says: %s", a.out);
	tool_free(&a);
	write_medians(second, 1500, 1300, 1800);
	tool(&a, "diff", "--fail-on", "latency", first, second, NULL);
	is(a.status, 1, "they do not");
	tool_free(&a);
}

/* Intervals of a recording, some of which have enough I/O for a median. */
static void intervals(void)
{
	char path[64];
	struct json_object *fixed;
	struct tool_run a;

	tool(&a, "record", "-q", "-i", "100ms", "-d", "2s", "-o", folder_path(path, "intervals"), "--", load_path("io_rings"), "3",
	     "100000", NULL);
	tool_free(&a);
	tool(&a, "report", "--json", path, NULL);
	fixed = json_member(a.json, "fixed");
	if (json_number(fixed, "p50_ns") < 0 || json_number(fixed, "p50_low_ns") < 0)
		skip("the spread of a recording", "too few intervals had I/O that was timed");
	else
		ok(json_number(fixed, "p50_low_ns") > 0 && json_number(fixed, "p50_low_ns") <= json_number(fixed, "p50_high_ns") &&
		   json_number(fixed, "p50_high_ns") <= json_number(fixed, "max_ns") * 33 / 32,
		   "the quartiles of its medians, %lld and %lld ns", json_number(fixed, "p50_low_ns"), json_number(fixed, "p50_high_ns"));
	tool_free(&a);
}

/* The same program has the same finding in another run, by another process of another user. */
static void same_findings(void)
{
	char path[64], one[64], other[64];
	struct tool_run a;
	long long nr = 0;

	for (int i = 0; i < 2; i++) {
		tool(&a, "record", "-q", "-o", folder_path(path, i ? "limit2" : "limit1"), "--", load_path("fault_limit"), "--no-wait", NULL);
		tool_free(&a);
		tool(&a, "report", "--verify", "--json", path, NULL);
		nr = json_nr_findings(a.json, 0, "near-limit");
		note_left_out(&a);
		file_write(folder_path(i ? other : one, i ? "other" : "one"), a.out, strlen(a.out));
		tool_free(&a);
	}
	if (!nr) {
		skip("the finding of two runs", "there is none");
		return;
	}
	tool(&a, "diff", one, other, NULL);
	is_no_worse(&a, "no finding is new");
	has_text(a.out, "no finding came or went: ", "in words: %s", a.out);
	tool_free(&a);
}

/* A recording comes by standard input as well as by name. */
static void is_in_pipe(const char *one, const char *other)
{
	char command[512], *said;
	FILE *f;

	snprintf(command, sizeof(command), "%s diff %s - < %s", tool_path(), one, other);
	f = popen(command, "r");
	said = stream_text(f);
	pclose(f);
	has_text(said, "+   fd ", "standard input: %s", said);
	free(said);
}

/* "What changed since the recording?", typed as it would be. */
static void a_recording_and_now(void)
{
	char path[64], was[64], command[512], pid[16], *said;
	struct iovec iov[13];
	struct io_uring r, other;
	struct tool_run a;
	FILE *f;

	for (int i = 0; i < 13; i++)
		iov[i] = (struct iovec){ mem_pages(1), PAGE };
	if (uring_open(&r, 4) || uring_register(r.ring_fd, iov, 11))
		bail("no ring");
	snprintf(pid, sizeof(pid), "%d", getpid());
	tool(&a, "record", "-q", "-d", "200ms", "-p", pid, "-o", folder_path(path, "rings"), NULL);
	tool_free(&a);
	tool(&a, "report", "--list", "--json", "-o", folder_path(was, "was"), path, NULL);
	tool_free(&a);
	for (int i = 0; i < 2; i++) {
		snprintf(command, sizeof(command), "%s list --json -p %s | %s diff --fail-on buffers %s -", tool_path(), pid,
			 tool_path(), was);
		f = popen(command, "r");
		said = stream_text(f);
		is(WEXITSTATUS(pclose(f)), i, "exit %d", i);
		has_text(said, i ? "slots 11-12 " : "no ring changed: 1 ring, 11 buffers", "a recording and now, by standard input");
		free(said);
		uring_unregister(r.ring_fd);
		if (uring_register(r.ring_fd, iov, 13))
			bail("no more buffers");
	}
	tool(&a, "diff", "-p", pid, "--fail-on", "buffers", path, NULL);
	is(a.status, 1, "the recording itself and now: %s", a.err);
	has_text(a.out, "slots 11-12 ", "what came");
	has_text(a.out, "worse: buffers: diff_recordings +2\n", "and of whom");
	tool_free(&a);
	tool(&a, "diff", "-p", pid, path, NULL);
	has_text(a.out, "not compared, as only one has any: counters of a recording\n", "what now has not");
	tool_free(&a);
	if (uring_open(&other, 4) || uring_register(other.ring_fd, iov, 7))
		bail("no other ring");
	/* a ring that is made while it is recorded has its process's start, too */
	tool(&a, "record", "-q", "-d", "200ms", "-p", pid, "-o", folder_path(was, "later"), NULL);
	tool_free(&a);
	tool(&a, "diff", "--json", "--fail-on", "buffers", path, was, NULL);
	is(a.status, 1, "two recordings: %s", a.err);
	is(json_number(json_member(a.json, "had"), "buffers"), 11, "what the first ends with");
	is(json_number(json_member(a.json, "has"), "buffers"), 20, "and the second");
	is(json_number(json_element(json_member(a.json, "changes"), 0), "pid"), getpid(), "one process");
	ok(json_is(json_element(json_member(a.json, "changes"), 0), "change", "changed"), "the same by its start");
	ok(json_number(json_element(json_member(a.json, "changes"), 0), "start_ns") > 0, "which is known");
	tool_free(&a);
	is_in_pipe(path, was);
	tool(&a, "diff", "-u", "9", "--fail-on", "buffers", path, was, NULL);
	is(a.status, 4, "two recordings without a ring of the user: unsettled");
	has_text(a.out, "neither of the two has a ring\n", "in words");
	has_text(a.out, "nothing of the selection is in either of the two", "and why");
	tool_free(&a);
	io_uring_queue_exit(&other);
	io_uring_queue_exit(&r);
}

/* What a recording of some says of what runs now: what it left out is never worse. */
static void is_narrow(const char *path, const char *option, const char *value, int status, const char *says)
{
	struct tool_run a;

	tool(&a, "diff", path, option, value, NULL);
	is(a.status, status, "diff %s %s %s: %s", strrchr(path, '/') + 1, option ?: "", value ?: "", a.err);
	has_text(a.out, says, "which says what that is about");
	ok(!strstr(a.out, "worse: "), "and what was not asked for is not worse");
	tool_free(&a);
}

/* Who had no ring when the recording ended, and has ended since, is no slip, either. */
static void ring_less(void)
{
	char path[64], pid[16];
	struct tool_run a;
	pid_t child = fork();

	if (!child)
		for (;;)
			pause();
	snprintf(pid, sizeof(pid), "%d", child);
	tool(&a, "record", "-q", "-d", "200ms", "-p", pid, "-o", folder_path(path, "none.rec"), NULL);
	tool_free(&a);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	is_narrow(path, NULL, NULL, 4, "neither of the two has a ring\n");
}

/* A recording of one process beside another, which did not come. */
static void a_recording_of_some(void)
{
	static const char same[] = "no ring changed: 1 ring, 1 buffer, 404K";
	char one[64], user[64], named[64], program[64], list[64], pid[16], others[16];
	struct json_object *asked;
	struct load l, other;
	struct tool_run a;

	if (!load_start(&l, "many", "pages", "101", NULL) || !load_start(&other, "many", "pages", "103", NULL))
		bail("%s", l.skip);
	snprintf(pid, sizeof(pid), "%d", l.pid);
	snprintf(others, sizeof(others), "%d", other.pid);
	tool(&a, "record", "-q", "-d", "200ms", "-p", pid, "-o", folder_path(one, "one.rec"), NULL);
	tool_free(&a);
	tool(&a, "record", "-q", "-d", "200ms", "-u", "58411", "-o", folder_path(user, "user.rec"), NULL);
	tool_free(&a);
	tool(&a, "record", "-q", "-d", "200ms", "-p", pid, "--comm", "m?ny", "-o", folder_path(named, "named.rec"), NULL);
	tool_free(&a);
	tool(&a, "record", "-q", "-o", folder_path(program, "program.rec"), "--", load_path("lifecycle"), "--no-wait", NULL);
	tool_free(&a);
	tool(&a, "report", "--json", named, NULL);
	asked = json_member(a.json, "selection");
	is(json_number(json_element(json_member(asked, "processes"), 0), "pid"), l.pid, "a recording knows whom it is of");
	is_text(json_object_get_string(json_element(json_member(asked, "comms"), 0)), "m?ny", "by name, too");
	tool_free(&a);
	tool(&a, "report", "--json", "-o", folder_path(list, "report.json"), one, NULL);
	tool_free(&a);
	is_narrow(one, NULL, NULL, 0, same);
	is_narrow(named, NULL, NULL, 0, same);
	is_narrow(list, NULL, NULL, 0, same);
	is_narrow(user, NULL, NULL, 4, "neither of the two has a ring\n");
	is_narrow(program, NULL, NULL, 4, "program.rec is a recording of a program: ");
	is_narrow(one, "-p", pid, 0, same);
	is_narrow(one, "-p", others, 4, "nothing of the selection is in either of the two");
	is_narrow(one, "--comm", "many", 0, same);
	tool(&a, "diff", "--cgroup", "/", one, named, NULL);
	is(a.status, 2, "two files do not tell who was in a control group");
	has_text(a.err, "choose from what runs now", "in words");
	tool_free(&a);
	load_end(&other);
	load_end(&l);
	is_narrow(one, NULL, NULL, 0, "- pid ");
	ring_less();
}

/* Their rings, if any, are told by their I/O: that none of their buffers is there says nothing. */
static void of_another_command(void)
{
	static const struct {
		const char *view, *says;
	} rows[] = {
		{ "--stat", "is I/O as stat --json counted it" }, { "--trace", "has neither rings nor findings" },
	};
	char rec[64], path[64];
	struct tool_run a;

	tool(&a, "record", "-q", "-o", folder_path(rec, "other.rec"), "--", load_path("lifecycle"), "--no-wait", NULL);
	tool_free(&a);
	for (size_t i = 0; i < 2; i++) {
		tool(&a, "report", rows[i].view, "--json", "-o", folder_path(path, "other"), rec, NULL);
		tool_free(&a);
		tool(&a, "diff", listed, path, NULL);
		is(a.status, 2, "what report %s printed is refused", rows[i].view);
		has_text(a.err, rows[i].says, "in words");
		tool_free(&a);
	}
}

/* "What became of that process?" It went, and nothing about that is unsettled. */
static void gone(void)
{
	char path[64], pid[16];
	struct tool_run a;
	struct load l;

	if (!load_start(&l, "fault_munmap", NULL)) {
		skip("a process that ended", "%s", l.skip);
		return;
	}
	snprintf(pid, sizeof(pid), "%d", l.pid);
	tool(&a, "verify", "--json", "-q", "-p", pid, "-o", folder_path(path, "gone"), NULL);
	tool_free(&a);
	load_end(&l);
	for (int i = 0; i < 2; i++) {
		tool(&a, "diff", i ? "--comm" : "-p", i ? "fault_munmap" : pid, path, NULL);
		is(a.status, 0, "a process that has ended since: %s%s", a.out, a.err);
		has_text(a.out, "- pid ", "went");
		has_text(a.out, "- warning unmapped-page", "and what was wrong with it");
		tool_free(&a);
	}
	tool(&a, "diff", "-p", pid, listed, NULL);
	is(a.status, 2, "one that is in neither is a slip");
	tool_free(&a);
}

int main(void)
{
	struct tool_run a;

	if (geteuid())
		skip_all("needs root");
	folder_new();
	tool(&a, "list", "--json", "-o", folder_path(listed, "listed"), NULL);
	tool_free(&a);
	recordings();
	worse_recordings();
	spread();
	intervals();
	same_findings();
	a_recording_and_now();
	a_recording_of_some();
	of_another_command();
	gone();
	folder_remove();
	return tap_end();
}
