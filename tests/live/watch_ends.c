// SPDX-License-Identifier: GPL-2.0
/* How verify --watch ends, and what it refuses: the same at every tier. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "load.h"
#include "tool.h"
#include "tool_json.h"

#define TRIES	31

static void interrupted_cleanly(void)
{
	static const struct tool_how how = { .timeout_s = 60 };
	struct json_object *last;
	struct json_lines l;
	struct tool_run a;

	tool_start(&a, &how, "verify", "--watch", "--json", "-u", "54399", "--allow-unsettled",
		   NULL);
	ok(tool_says(&a, "watching (tier: ", 30000), "it says when it watches");
	usleep(300000);
	kill(a.pid, SIGINT);
	tool_wait(&a, &how);
	is(a.status, 0, "Ctrl-C ends it cleanly");
	json_lines_parse(&l, a.out);
	last = l.nr ? l.lines[l.nr - 1] : NULL;
	ok(last && json_is(last, "event", "summary"), "and with the totals");
	ok(strchr(a.err, '\n') && !strchr(a.err, '\n')[1], "without complaint");
	json_lines_free(&l);
	tool_free(&a);
}

static void misused(void)
{
	static const char *const options[] = { "-d1s", "-i1s", "--stacks", "--tier=tracepoints",
					       "--ring-buffer=64" };
	struct tool_run a;

	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		tool(&a, "verify", options[i], NULL);
		is(a.status, 2, "verify %s without --watch: exit status", options[i]);
		has_text(a.err, "--watch", "which is what the sentence says");
		tool_free(&a);
	}
	tool(&a, "verify", "--", "true", NULL);
	is(a.status, 2, "a program without --watch: exit status");
	tool_free(&a);
	tool(&a, "verify", "--watch", "-q", "--", "sh", "-c", "exit 7", NULL);
	is(a.status, 7, "without a finding the status is the program's");
	tool_free(&a);
}

/*
 * Too short to be sure of: a call under way could look like that. Nobody is vouched for, either.
 * False when no look fell between two calls.
 */
static bool suspected(void)
{
	struct json_object *last, *first = NULL;
	struct json_lines l;
	struct tool_run a;

	tool(&a, "verify", "--watch", "--json", "-q", "--", load_path("fault_double_charge"), "shortly",
	     "--no-wait", NULL);
	json_lines_parse(&l, a.out);
	for (size_t i = 0; i < l.nr && !first; i++)
		if (json_is(l.lines[i], "event", "finding"))
			first = l.lines[i];
	last = l.nr ? l.lines[l.nr - 1] : NULL;
	if (first) {
		is_text(json_text(first, "tag"), "overcharged", "what ended before it rested is told");
		ok(last && !json_is(last, "verdict", "nothing-found"), "and is not nothing");
		if (json_is(last, "verdict", "found"))
			is(a.status, 1, "one that rested was found");
		else
			is(a.status, 4, "one that did not is unsettled");
	}
	json_lines_free(&l);
	tool_free(&a);
	return first;
}

/* Whoever watches sleeps while .l ends; what is not looked at then is not vouched for. */
static void end_unseen(struct tool_run *a, const struct tool_how *how, struct load *l)
{
	load_end(l);
	/* the kernel releases the ring a little later */
	usleep(300000);
	kill(a->pid, SIGCONT);
	kill(a->pid, SIGINT);
	tool_wait(a, how);
}

static void missed_buffers(void)
{
	static const struct tool_how how = { .timeout_s = 60 };
	struct tool_run a;
	struct load l;

	tool_start(&a, &how, "verify", "--watch", "--json", "--comm", "fault_remap", NULL);
	ok(tool_says(&a, "watching (tier: ", 30000), "it watches");
	usleep(300000);
	kill(a.pid, SIGSTOP);
	if (!load_start(&l, "fault_remap", NULL))
		skip("missed buffers", "%s", l.skip);
	end_unseen(&a, &how, &l);
	if (!l.skip) {
		is(a.status, 4, "buffers that came and went unseen leave it unsettled");
		has_text(a.out, "\"missed-buffers\"", "which are told");
	}
	tool_free(&a);
}

static void unchecked_calls(void)
{
	static const struct tool_how how = { .timeout_s = 60 };
	struct tool_run a;
	struct load l;
	char pid[16];
	bool broken;

	if (!load_start(&l, "fault_bypass", "--late", NULL)) {
		skip("unchecked calls", "%s", l.skip);
		return;
	}
	snprintf(pid, sizeof(pid), "%d", l.pid);
	tool_start(&a, &how, "verify", "--watch", "--json", "-p", pid, NULL);
	ok(tool_says(&a, "watching (tier: ", 30000), "it watches");
	usleep(300000);
	kill(a.pid, SIGSTOP);
	load_break(&l);
	broken = load_text(&l, "expect.uncharged-pin");
	end_unseen(&a, &how, &l);
	if (broken)
		ok(a.status == 1 || a.status == 4, "what was undone unseen is not vouched for (%d)", a.status);
	else
		skip("unchecked calls", "nothing is wrong on this kernel, or it has no huge page");
	tool_free(&a);
}

/* Where nothing is known of it, it is told how long nobody looked: here from the first look on. */
static void told_at_the_end(void)
{
	enum { LATE_MS = 1613 };
	struct json_object *last;
	struct json_lines l;
	struct tool_run a;
	char late[16];

	snprintf(late, sizeof(late), "%d", LATE_MS);
	tool(&a, "verify", "--watch", "--json", "-q", "-i", "30s", "--tier", "tracepoints", "--",
	     load_path("fault_munmap"), "--no-wait", late, NULL);
	json_lines_parse(&l, a.out);
	last = l.nr ? l.lines[l.nr - 1] : NULL;
	ok(json_number(last, "unlooked_ns") >= LATE_MS * 1000000LL / 2,
	   "for how long nobody had looked when it went is told (%lld ns)", json_number(last, "unlooked_ns"));
	json_lines_free(&l);
	tool_free(&a);
}

/*
 * A buffer that loses its memory and is gone before the next look: where such calls are followed that
 * is known, though what the pages were is not.
 */
static void broken_at_the_end(void)
{
	const char *tier = tool_tier();
	struct tool_run a;

	tool(&a, "doctor", "--json", NULL);
	if (json_is(a.json, "tier", "tracepoints") || (tier && !strcmp(tier, "tracepoints"))) {
		tool_free(&a);
		told_at_the_end();
		return;
	}
	tool_free(&a);
	for (int i = 0; i < 7; i++) {
		tool(&a, "verify", "--watch", "--json", "-q", "--tier", tier ? tier : "functions", "--",
		     load_path("fault_munmap"), "--no-wait", NULL);
		ok(a.status == 1 || a.status == 4, "munmap before the end is not vouched for (%d)", a.status);
		tool_free(&a);
	}
}

static void nothing_called(void)
{
	struct tool_run a;

	tool(&a, "verify", "--watch", "--json", "-q", "--", "true", NULL);
	is(a.status, 4, "a program that makes no call is not vouched for");
	has_text(a.out, "no call that registers buffers was seen", "why");
	tool_free(&a);
	tool(&a, "verify", "--watch", "-q", "--", load_path("calls"), "enter", "--no-wait", NULL);
	is(a.status, 4, "nor are calls of io_uring_enter() that fail");
	tool_free(&a);
}

/* A preemptible kernel runs no program of ours where it preempted one: that is told, and unsettled. */
static bool left_out(const struct tool_run *a)
{
	return a->out && strstr(a->out, "\"skipped-programs\"");
}

/*
 * A process that was found sound and ends before the watch: the verdict is about what was there. Of
 * one that is named beside it and never has a ring nothing is known for all that.
 */
static void ended_before(void)
{
	static const struct tool_how how = { .timeout_s = 60 };
	char pids[48], none[64];
	struct tool_run alone, both;
	struct json_object *row;
	struct load l;

	if (!load_start(&l, "many", "buffers", "7", NULL)) {
		skip("what ended before the watch", "%s", l.skip);
		return;
	}
	snprintf(pids, sizeof(pids), "%d", l.pid);
	tool_start(&alone, &how, "verify", "--watch", "--json", "-d", kernel_only() ? "12s" : "3s", "-p", pids, NULL);
	snprintf(pids, sizeof(pids), "%d,%d", l.pid, getpid());
	/* all of these are children of ours */
	tool_start(&both, &how, "verify", "--watch", "--json", "-d", kernel_only() ? "12s" : "3s", "-p", pids,
		   "--no-follow", NULL);
	ok(tool_says(&alone, "watching", 30000) && tool_says(&both, "watching", 30000), "two watch it");
	sleep(kernel_only() ? 5 : 1);
	load_end(&l);
	tool_wait(&alone, &how);
	tool_wait(&both, &how);
	if (left_out(&alone)) {
		skip("what was sound until it ended", "the kernel left out some of our programs");
	} else {
		is(alone.status, 0, "what was sound until it ended is no doubt");
		ok(json_is(alone.json, "verdict", "nothing-found"), "the verdict is about it");
	}
	is(both.status, 4, "one beside it that has no ring is unsettled");
	row = json_element(json_member(both.json, "unsettled"), 0);
	snprintf(none, sizeof(none), "no ring of pid %d was found", getpid());
	if (left_out(&both)) {
		skip("who has no ring", "the kernel left out some of our programs");
	} else {
		has_text(json_text(row, "why"), none, "and named");
		is(json_object_array_length(json_member(both.json, "unsettled")), 1, "alone");
	}
	tool_free(&alone);
	tool_free(&both);
}

int main(void)
{
	int tries = 0;

	interrupted_cleanly();
	while (tries < TRIES && !suspected())
		tries++;
	ok(tries < TRIES, "of %d such programs one is suspected", TRIES);
	missed_buffers();
	unchecked_calls();
	broken_at_the_end();
	nothing_called();
	ended_before();
	misused();
	return tap_end();
}
