// SPDX-License-Identifier: GPL-2.0
/*
 * "My service has workers": trace, stat, record and verify --watch of one process tell of all that it
 * started and starts, and with --no-follow of itself alone.
 * One kernel tells for all: CI runs it on the oldest alone.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include "load.h"
#include "tool.h"
#include "tool_json.h"
#include "witness.h"

static struct load service;
static pid_t bystander;
static char pid[16];

static const char *no_follow(bool follow)
{
	return follow ? NULL : "--no-follow";
}

static void begin(void)
{
	if (!load_start(&service, "family", NULL))
		skip_all("%s", service.skip);
	snprintf(pid, sizeof(pid), "%d", service.pid);
}

/* Another process that uses io_uring meanwhile, and ends. */
static void stop(struct tool_run *a, const struct tool_how *how)
{
	struct load other;

	if (load_start(&other, "io_short", "1", "5", NULL)) {
		bystander = other.pid;
		load_end(&other);
	}
	load_break(&service);
	usleep(300000);
	kill(a->pid, SIGINT);
	tool_wait(a, how);
}

static void traced(bool follow)
{
	const struct tool_how how = { .timeout_s = 100 };
	struct tool_run a;
	size_t got;

	begin();
	tool_start(&a, &how, "trace", "--events", "register", "-p", pid, no_follow(follow), NULL);
	ok(tool_says(&a, "WHAT", 30000), "trace -p begins");
	stop(&a, &how);
	got = text_count(a.out, " register ");
	/* from 7.0 on a program is not run while another of its processor is preempted in it */
	if (follow && got < load_number(&service, "registered") && witness_kernel(7, 0) && strstr(a.out, "the kernel skipped"))
		skip("trace -p: what workers registered", "this kernel did not run all programs");
	else
		is(got, follow ? load_number(&service, "registered") : 0, "%s",
		   follow ? "trace -p: what workers registered" : "trace -p --no-follow: not that");
	tool_free(&a);
	load_end(&service);
}

static struct json_object *last_line(const struct json_lines *l)
{
	return l->nr ? l->lines[l->nr - 1] : NULL;
}

static void counted(bool follow)
{
	const struct tool_how how = { .timeout_s = 100 };
	struct json_lines l;
	struct tool_run a;

	begin();
	tool_start(&a, &how, "stat", "-i", "100ms", "--json", "-p", pid, no_follow(follow), NULL);
	ok(tool_says(&a, "{", 30000), "stat -p begins");
	stop(&a, &how);
	json_lines_parse(&l, a.out);
	is(json_sum(last_line(&l), "rings", "ops"), follow ? load_number(&service, "ops") : 0, "%s",
	   follow ? "stat -p: the I/O of workers" : "stat -p --no-follow: not that");
	json_lines_free(&l);
	tool_free(&a);
	load_end(&service);
}

static void recorded(void)
{
	const struct tool_how how = { .timeout_s = 100 };
	unsigned int registered = 0, others = 0;
	char file[] = "/tmp/fixbuf-follow-XXXXXX";
	bool skipped = false;
	struct json_lines l;
	struct tool_run a;

	close(mkstemp(file));
	begin();
	tool_start(&a, &how, "record", "-o", file, "-p", pid, NULL);
	ok(tool_says(&a, "recording", 30000), "record -p begins");
	stop(&a, &how);
	tool_free(&a);
	tool(&a, "report", "--trace", "--json", file, NULL);
	json_lines_parse(&l, a.out);
	for (size_t i = 0; i < l.nr; i++) {
		registered += json_is(l.lines[i], "event", "register");
		others += json_number(l.lines[i], "pid") == bystander;
	}
	json_nr_lost(&l, &skipped);
	/* as above */
	if (registered < load_number(&service, "registered") && witness_kernel(7, 0) && skipped)
		skip("record -p: what workers registered", "this kernel did not run all programs");
	else
		is(registered, load_number(&service, "registered"), "record -p: what workers registered");
	is(others, 0, "and nothing else");
	json_lines_free(&l);
	tool_free(&a);
	load_end(&service);
	unlink(file);
}

/* Of two processes that were asked for one has nothing, and nor has what it started. */
static void watched(void)
{
	const struct tool_how how = { .timeout_s = 100 };
	struct json_object *last, *row;
	pid_t idle = fork();
	struct json_lines l;
	struct tool_run a;
	char both[40];

	if (!idle) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			pause();
	}
	begin();
	snprintf(both, sizeof(both), "%s,%d", pid, idle);
	tool_start(&a, &how, "verify", "--watch", "--json", "-p", both, NULL);
	ok(tool_says(&a, "watching", 30000), "verify --watch -p begins");
	stop(&a, &how);
	is(a.status, 1, "verify --watch -p: a finding");
	json_lines_parse(&l, a.out);
	for (size_t i = 0, told = 0; i < l.nr; i++)
		if (json_is(l.lines[i], "tag", "stale-page") && !told++)
			is(json_number(l.lines[i], "pid"), load_number(&service, "fault"), "of a worker");
	last = last_line(&l);
	row = json_with(json_member(last, "unsettled"), "what", "nothing-to-check");
	is(json_number(row, "pid"), idle, "and nothing to check of who has no ring");
	is(text_count(a.out, "nothing-to-check"), 1, "only of that");
	json_lines_free(&l);
	tool_free(&a);
	load_end(&service);
	kill(idle, SIGKILL);
	waitpid(idle, NULL, 0);
}

#define ROOM	16384	/* FAMILY_ROOM */
#define BEYOND	13
#define LATE	5	/* of another user, who comes when there is no room left */

static long long unfollowed(const struct json_lines *l, const struct load *of)
{
	struct json_object *list = json_member(last_line(l), "unsettled"), *row;

	for (size_t i = 0; list && i < json_object_array_length(list); i++) {
		row = json_element(list, i);
		if (json_is(row, "what", "unfollowed-children") && json_member(row, "uid") &&
		    json_number(row, "uid") == (long long)load_number(of, "uid"))
			return json_number(row, "count");
	}
	return 0;
}

/* Who starts more than there is room for is told by name, and so is who finds none for that. */
static void crowded(const char *many)
{
	const struct tool_how how = { .timeout_s = 100 };
	char both[40], late[8];
	struct load first, next;
	struct json_lines l;
	struct tool_run a;

	snprintf(late, sizeof(late), "%d", LATE);
	if (!load_start(&first, "crowded", "--late", many, NULL) ||
	    !load_start(&next, "crowded", "--late", late, NULL))
		bail("crowded does not start");
	snprintf(both, sizeof(both), "%d,%d", first.pid, next.pid);
	tool_start(&a, &how, "verify", "--watch", "--json", "-p", both, NULL);
	ok(tool_says(&a, "watching", 30000), "verify --watch of two that start others begins");
	load_break(&first);
	load_break(&next);
	kill(a.pid, SIGINT);
	tool_wait(&a, &how);
	json_lines_parse(&l, a.out);
	if (load_number(&first, "started") != strtoull(many, NULL, 10) || load_number(&next, "started") != LATE) {
		skip("who started too many", "this machine has no room for so many processes");
	} else {
		is(unfollowed(&l, &first), BEYOND, "of who started too many: so many were not followed");
		is(unfollowed(&l, &next), LATE, "of who came late: so many");
	}
	json_lines_free(&l);
	tool_free(&a);
	load_end(&first);
	load_end(&next);
}

/* One that has ended and of which nobody took note is a child for ever: a start does not wait for it. */
static void dead_child(void)
{
	const struct tool_how how = { .timeout_s = 40 };
	struct tool_run a;
	char parent[16];
	int up[2];
	pid_t p;

	if (pipe(up))
		bail("pipe");
	p = fork();
	if (!p) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		p = fork();
		if (!p)
			_exit(0);
		waitid(P_PID, p, NULL, WEXITED | WNOWAIT);
		if (write(up[1], "", 1) == 1)
			pause();
		_exit(1);
	}
	is(read(up[0], parent, 1), 1, "a process that keeps a dead child");
	snprintf(parent, sizeof(parent), "%d", p);
	tool_as(&a, &how, "trace", "-d", "10ms", "-p", parent, NULL);
	is(a.status, 0, "trace of it starts, and ends");
	tool_free(&a);
	kill(p, SIGKILL);
	waitpid(p, NULL, 0);
	close(up[0]);
	close(up[1]);
}

/* Once, by whatever watches it; nobody waits for what will never come without a word. */
static void told_of_its_end(void)
{
	char file[] = "/tmp/fixbuf-follow-XXXXXX";
	const char *const commands[][4] = {
		{ "trace", NULL }, { "stat", "-i", "500ms", NULL }, { "verify", "--watch", NULL },
		{ "record", "-o", file, NULL }, { "list", "--watch", NULL },
		{ "export", "--listen", "127.0.0.1:0", NULL }, { "trace", "-q", NULL },
	};
	const struct tool_how how = { .timeout_s = 100 };
	char named[64], nameless[64];

	close(mkstemp(file));
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		const char *const *c = commands[i];
		bool quiet = c[1] && !strcmp(c[1], "-q");
		struct tool_run a;
		struct load l;

		if (!load_start(&l, "io_late", "7", "spaced", NULL))
			bail("io_late does not start");
		snprintf(pid, sizeof(pid), "%d", l.pid);
		snprintf(named, sizeof(named), "fixbuf-trace: process %s (io_late) has ended\n", pid);
		/* before its name was read: where to begin takes long */
		snprintf(nameless, sizeof(nameless), "fixbuf-trace: process %s has ended\n", pid);
		tool_start(&a, &how, c[0], "-p", pid, c[1], c[1] ? c[2] : NULL, NULL);
		/* it was found, at least: who ends before all is attached is told of, too */
		usleep(3000000);
		load_end(&l);
		ok(tool_says(&a, " has ended\n", quiet ? 2500 : 30000) == !quiet, "%s %s: %s", c[0], c[1] ?: "-p",
		   quiet ? "not a word" : "that it ended");
		usleep(quiet ? 0 : 1300000);
		kill(a.pid, SIGINT);
		tool_wait(&a, &how);
		is(text_count(a.err, named) + text_count(a.err, nameless), !quiet, "once, until the end: %s", a.err);
		tool_free(&a);
	}
	unlink(file);
}

int main(void)
{
	struct tool_run a;
	char many[16];

	dead_child();
	traced(true);
	traced(false);
	counted(true);
	counted(false);
	recorded();
	watched();
	snprintf(many, sizeof(many), "%d", ROOM + BEYOND);
	if (kernel_only())
		skip("who started too many", "no kernel differs in it, and a guest has no room for so many processes");
	else
		crowded(many);
	told_of_its_end();
	tool(&a, "trace", "--no-follow", NULL);
	is(a.status, 2, "--no-follow without -p");
	has_text(a.err, "add -p", "which says what to do");
	tool_free(&a);
	return tap_end();
}
