// SPDX-License-Identifier: GPL-2.0
/*
 * In a pid namespace of its own the tool takes and shows the ids that /proc has there, beside those
 * outside; it compares the pages of the processes that it sees, and vouches for no others. The test
 * itself runs as the first process of one.
 */
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>
#include "folder.h"
#include "load.h"
#include "memory.h"
#include "tool.h"
#include "tool_json.h"
#include "uring.h"

static int host_proc;	/* as it was outside */

/* Whether the process that is .pid outside is .ns_pid here, as the kernel itself says. */
static bool is_same(long long pid, long long ns_pid)
{
	char path[32], text[4096] = "", *ids;
	long long out, in;
	int fd;

	snprintf(path, sizeof(path), "%lld/status", pid);
	fd = openat(host_proc, path, O_RDONLY);
	if (fd < 0 || read(fd, text, sizeof(text) - 1) < 0)
		return false;
	close(fd);
	ids = strstr(text, "NSpid:");
	return ids && sscanf(ids, "NSpid: %lld %lld", &out, &in) == 2 && out == pid &&
	       in == ns_pid;
}

static struct json_object *ring_of(const struct tool_run *a, pid_t ns_pid)
{
	struct json_object *rings = json_member(a->json, "rings");

	for (size_t i = 0; rings && i < json_object_array_length(rings); i++) {
		struct json_object *r = json_object_array_get_idx(rings, i);

		if (json_number(r, "ns_pid") == ns_pid)
			return r;
	}
	return NULL;
}

static bool is_unsettled(const struct tool_run *a, const char *what)
{
	struct json_object *all = json_member(a->json, "unsettled");

	for (size_t i = 0; all && i < json_object_array_length(all); i++)
		if (json_is(json_object_array_get_idx(all, i), "what", what))
			return true;
	return false;
}

static void selected(void)
{
	char id[16], says[64];
	struct json_object *r;
	struct tool_run a;
	struct load l, other;

	if (!load_start(&other, "many", "pages", "101", NULL) ||
	    !load_start(&l, "many", "pages", "103", NULL))
		bail("%s", l.skip);
	snprintf(id, sizeof(id), "%d", l.pid);
	tool(&a, "list", "--json", "-p", id, NULL);
	r = ring_of(&a, l.pid);
	ok(r && json_object_array_length(json_member(a.json, "rings")) == 1,
	   "-p takes the id that /proc has");
	ok(is_same(json_number(r, "pid"), l.pid), "which is told beside that outside");
	snprintf(says, sizeof(says), "pid %d (%lld outside) many", l.pid, json_number(r, "pid"));
	tool_free(&a);
	tool(&a, "list", "-p", id, NULL);
	has_text(a.out, says, "list: both in the text");
	tool_free(&a);
	tool(&a, "verify", "--json", "-p", id, NULL);
	is(a.status, 0, "verify -p of a healthy process ends with 0");
	is(json_number(a.json, "pages"), 103, "its pages were compared");
	is(json_number(a.json, "not_compared_pages"), 0, "all of them");
	tool_free(&a);
	tool(&a, "verify", "--json", "--comm", "many", NULL);
	ok(is_unsettled(&a, "outside-processes"), "verify by name: those outside are unsettled");
	is(a.status, 4, "and its exit status says so");
	is(json_number(a.json, "pages"), 103 + 101, "the pages of those here were compared");
	tool_free(&a);
	snprintf(id, sizeof(id), "%d", 99999);
	tool(&a, "verify", "-p", id, NULL);
	is(a.status, 2, "there is no such process here");
	tool_free(&a);
	load_end(&other);
	load_end(&l);
}

/* Rows of I/O have both ids, too, while the process holds its ring. */
static void counted(void)
{
	struct json_object *r, *rings;
	struct tool_run a;
	struct load l;
	char says[64];

	if (!load_start(&l, "io_late", "1000003", "spaced", NULL))
		bail("%s", l.skip);
	if (write(l.to, "\n", 1) != 1)
		bail("write");
	tool(&a, "stat", "--json", "-d", "500ms", "--comm", "io_late", NULL);
	rings = json_member(a.json, "rings");
	r = rings ? json_object_array_get_idx(rings, 0) : NULL;
	is(json_number(r, "ns_pid"), l.pid, "stat: the id that /proc has");
	ok(is_same(json_number(r, "pid"), l.pid), "stat: and that outside");
	snprintf(says, sizeof(says), "%d (%lld outside)", l.pid, json_number(r, "pid"));
	tool_free(&a);
	tool(&a, "stat", "-d", "500ms", "--comm", "io_late", NULL);
	has_text(a.out, says, "stat: both in the text");
	tool_free(&a);
	kill(l.pid, SIGTERM);
	load_end(&l);
}

/* Of whom that is is not known: no user is blamed. */
static void exported(void)
{
	struct tool_run a;

	tool(&a, "export", "--once", NULL);
	if (strstr(a.err, "pages are not checked"))
		skip("export in the namespace", "it cannot look at pages here");
	else
		has_text(a.out, "fixbuf_unsettled{reason=\"outside-processes\"} ",
			 "export: those outside are unsettled, of no user");
	tool_free(&a);
}

/* A ring that somebody outside has made, and whom this namespace does not show. */
static void inherited(void)
{
	struct tool_run a;

	tool(&a, "verify", "--json", "-p", "1", NULL);
	is(a.status, 4, "verify of who has a ring of one outside is unsettled");
	is(json_nr_rings(a.json, json_number(ring_of(&a, 1), "pid")), 1, "whose ring is shown");
	is(json_nr_findings(a.json, 0, NULL), 0, "nothing is blamed on its pages");
	tool_free(&a);
}

static void found(void)
{
	struct json_object *f;
	struct tool_run a;
	char id[16], says[48];
	struct load l;

	if (!load_start(&l, "fault_dontneed", NULL))
		bail("%s", l.skip);
	snprintf(id, sizeof(id), "%d", l.pid);
	tool(&a, "verify", "--json", "-p", id, NULL);
	is(a.status, 1, "verify finds the fault");
	f = json_object_array_get_idx(json_member(a.json, "findings"), 0);
	is(json_number(f, "pages"), 3, "all of its pages");
	is(json_number(f, "ns_pid"), l.pid, "with the process's id here");
	ok(is_same(json_number(f, "pid"), l.pid), "and outside");
	snprintf(says, sizeof(says), "pid %d (%lld outside) fd", l.pid, json_number(f, "pid"));
	has_text(json_text(f, "detail"), says, "the sentence has both");
	tool_free(&a);
	load_end(&l);
}

/* Starts trace, has a program outside register meanwhile and .l end, if there is one: what it said. */
static void trace(struct tool_run *a, const char *option, const char *value, struct load *l, int ask,
		  int told)
{
	static const struct tool_how how = { 0 };
	char c = 0;

	tool_start(a, &how, "trace", "--tier", tool_tier() ? : "tracepoints", option, value, NULL);
	ok(tool_says(a, "OUTSIDE", 30000), "trace %s begins with a column for each id", option);
	if (write(ask, &c, 1) != 1 || read(told, &c, 1) != 1)
		bail("no program outside");
	if (l)
		load_end(l);
	usleep(500000);
	kill(a->pid, SIGINT);
	tool_wait(a, &how);
}

/* Counts the lines about processes of that name: with that id here ("-": none), and others. */
static void count_lines(const char *text, const char *name, const char *id, unsigned int *right,
			unsigned int *wrong)
{
	char ns_pid[16], comm[32];
	unsigned int pid;

	*right = *wrong = 0;
	for (const char *line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		/* a mark comes first */
		if (!*line || sscanf(line + 1, "%15s %u %31s", ns_pid, &pid, comm) != 3)
			continue;
		if (!strcmp(comm, name) && !strcmp(ns_pid, id))
			++*right;
		else
			++*wrong;
	}
}

/* .ask: a byte makes a program outside register, and another tells that it did. */
static void traced(int ask, int told)
{
	unsigned int right, wrong;
	struct tool_run a;
	struct load l;
	char id[16];

	if (!load_start(&l, "many", "pages", "7", NULL))
		bail("%s", l.skip);
	snprintf(id, sizeof(id), "%d", l.pid);
	trace(&a, "-p", id, &l, ask, told);
	count_lines(a.out, "many", id, &right, &wrong);
	ok(right > 0, "trace -p shows the process's ring being closed, under its id here");
	is(wrong, 0, "and nothing else");
	tool_free(&a);
	trace(&a, "--comm", "shared", NULL, ask, told);
	count_lines(a.out, "shared", "-", &right, &wrong);
	ok(right > 0, "trace shows a process outside, which has no id here");
	is(wrong, 0, "and nothing else");
	tool_free(&a);
}

/* What is made of the recording has this text; it may have zeros, too. */
static void drawn_has(const char *option, const char *file, const char *says)
{
	char out[64], command[160];
	struct tool_run a;

	snprintf(out, sizeof(out), "%s.out", file);
	tool(&a, "report", option, out, file, NULL);
	snprintf(command, sizeof(command), "grep -aqF '%s' %s", says, out);
	is(system(command), 0, "report %s has both", option);
	tool_free(&a);
	unlink(out);
}

/* A recording holds both, and is read elsewhere. */
static void recorded(void)
{
	char file[] = "/tmp/fixbuf-pid-XXXXXX";
	int fd = mkstemp(file);
	const char *example = "";
	unsigned int bad = 0;
	struct json_lines l;
	char says[64] = "no line had both";
	struct tool_run a;

	tool(&a, "record", "-q", "-o", file, "--", load_path("shared"), "--no-wait", NULL);
	is(a.status, 0, "record in the namespace");
	tool_free(&a);
	tool(&a, "report", "--trace", "--json", file, NULL);
	json_lines_parse(&l, a.out);
	ok(l.nr > 0, "its report tells events");
	for (size_t i = 0; i < l.nr; i++) {
		long long inner = json_number(l.lines[i], "ns_pid"), outer = json_number(l.lines[i], "pid");

		/* preemptible kernels skip programs now and then: nobody's loss */
		if (json_is(l.lines[i], "event", "lost"))
			continue;
		if (inner > 0 && inner != outer)
			snprintf(says, sizeof(says), "pid %lld (%lld outside)", inner, outer);
		else if (!bad++)
			example = json_object_to_json_string(l.lines[i]);
	}
	is(bad, 0, "each has both ids %s", example);
	json_lines_free(&l);
	tool_free(&a);
	drawn_has("--html", file, says);
	drawn_has("--perfetto", file, says);
	if (fd >= 0)
		close(fd);
	unlink(file);
}

/* What diff -p says of two files, or one and now; programs that a kernel skipped are a loss of any recording. */
static void is_diff(const char *id, const char *one, const char *other, const char *says)
{
	struct tool_run a;

	tool(&a, "diff", "-p", id, one, other, NULL);
	ok(!a.status || a.status == 4, "diff -p of %s and %s: nothing is worse %s", strrchr(one, '/') + 1,
	   other ? strrchr(other, '/') + 1 : "now", a.err);
	has_text(a.out, says, "and it says what became of the process");
	tool_free(&a);
}

/* By the id that /proc has, of lists, of recordings and of what runs, also when it has ended. */
static void compared(void)
{
	char list[64], rec[64], id[16], went[64];
	struct tool_run a;
	struct load l;

	folder_new();
	if (!load_start(&l, "many", "pages", "107", NULL))
		bail("%s", l.skip);
	snprintf(id, sizeof(id), "%d", l.pid);
	tool(&a, "list", "--json", "-o", folder_path(list, "all.json"), NULL);
	tool_free(&a);
	tool(&a, "record", "-q", "-d", "200ms", "-o", folder_path(rec, "all.rec"), NULL);
	tool_free(&a);
	is_diff(id, list, NULL, "no ring changed: 1 ring, 1 buffer, ");
	is_diff(id, list, list, "no ring changed: 1 ring, 1 buffer, ");
	is_diff(id, rec, NULL, "no ring changed: 1 ring, 1 buffer, ");
	is_diff(id, rec, rec, "no ring changed: 1 ring, 1 buffer, ");
	tool(&a, "record", "-q", "-d", "200ms", "-p", id, "-o", folder_path(list, "one.rec"), NULL);
	tool_free(&a);
	tool(&a, "diff", list, NULL);
	has_text(a.out, "no ring changed: 1 ring, 1 buffer, ", "what a recording of -p is of is found by that id, too");
	tool_free(&a);
	folder_path(list, "all.json");
	load_end(&l);
	snprintf(went, sizeof(went), "- pid %s (", id);
	is_diff(id, list, NULL, went);
	is_diff(id, rec, NULL, went);
	tool(&a, "diff", "-p", "99999", list, NULL);
	is(a.status, 2, "diff -p of a process that was not there, either");
	tool_free(&a);
	folder_remove();
}

static int inside(int ask, int told)
{
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount("proc", "/proc", "proc", 0, NULL)) {
		skip("a pid namespace", "its /proc cannot be mounted");
		return tap_end();
	}
	selected();
	counted();
	exported();
	inherited();
	found();
	traced(ask, told);
	recorded();
	compared();
	return tap_end();
}

int main(void)
{
	struct iovec iov = { mem_pages(5), 5 * PAGE };
	int ask[2], told[2], status;
	struct io_uring outside;
	char c;
	pid_t pid;

	/* who is inside inherits it */
	if (uring_open(&outside, 4) || uring_register(outside.ring_fd, &iov, 1))
		bail("a ring");
	host_proc = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (pipe2(ask, O_CLOEXEC) || pipe2(told, O_CLOEXEC))
		bail("pipe");
	fflush(stdout);
	pid = fork();
	if (!pid) {
		if (unshare(CLONE_NEWPID | CLONE_NEWNS)) {
			skip("a pid namespace", "none can be made here");
			return tap_end();
		}
		pid = fork();
		if (!pid) {
			close(ask[0]);
			close(told[1]);
			return inside(ask[1], told[0]);
		}
		close(ask[1]);
		return waitpid(pid, &status, 0) == pid && WIFEXITED(status) ? WEXITSTATUS(status) : 1;
	}
	close(ask[1]);
	close(told[0]);
	/* outside, until the other end is closed */
	while (read(ask[0], &c, 1) == 1) {
		char command[300];

		snprintf(command, sizeof(command), "%s --no-wait > /dev/null 2>&1", load_path("shared"));
		c = system(command) ? 1 : 0;
		if (write(told[1], &c, 1) != 1)
			break;
	}
	return waitpid(pid, &status, 0) == pid && WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
