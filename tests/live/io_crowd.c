// SPDX-License-Identifier: GPL-2.0
/*
 * stat counts the I/O of what is selected exactly and nothing else, whatever
 * neighbours do, however many rings and processes come and go.
 * One kernel tells for all: CI runs it on the oldest alone.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "io_counts.h"
#include "load.h"
#include "tool.h"
#include "witness.h"

static struct load noise;

static bool is_strangers(struct json_object *row, long long uid)
{
	return json_number(row, "uid") != uid;
}

static bool lacks_percentiles(struct json_object *row, long long unused)
{
	(void)unused;
	return json_number(row, "p99_ns") <= 0;
}

/* 0x1 stands for all rings that found no place. */
static bool lacks_descriptor(struct json_object *row, long long unused)
{
	(void)unused;
	return !json_is(row, "ring", "0x1") && !json_member(row, "fd");
}

/* What found no place of its ring: else rows of rings would be low in silence. */
static long long unplaced(struct json_object *o)
{
	struct json_object *rings = json_member(o, "rings");
	long long sum = 0;

	for (size_t i = 0; rings && i < json_object_array_length(rings); i++)
		if (json_is(json_element(rings, i), "ring", "0x1"))
			sum += json_number(json_element(rings, i), "ops");
	return sum;
}

/*
 * From 7.0 on (f7d327654b88, "bpf: Have __bpf_trace_run() use rcu_read_lock_dont_migrate()") a task
 * may be preempted in a program of a tracepoint; what others of that CPU do until it goes on does
 * not run that program.
 */
static bool preempts_programs(void)
{
	return witness_kernel(7, 0);
}

static void check_exact(struct json_object *o, long long want, long long uid, const char *what)
{
	struct json_object *losses = json_member(o, "losses");
	long long missed = json_member(losses, "missed") ? json_number(losses, "missed") : 0;

	if (missed && preempts_programs()) {
		ok(json_sum(o, "rings", "ops") <= want && json_sum(o, "rings", "ops") >= want - missed,
		   "%s: as many as were done, but for %lld", what, missed);
		is(io_rows(o, is_strangers, uid), 0, "%s: nobody else is counted", what);
		is(json_number(o, "lost"), missed, "%s: what is lost is said", what);
		skip("exactness", "this kernel did not run programs %lld times", missed);
		return;
	}
	io_counts_are(o, want, what);
	is(io_rows(o, lacks_percentiles, 0), 0, "%s: each row has percentiles", what);
	is(io_rows(o, is_strangers, uid), 0, "%s: nobody else is counted", what);
	is(json_number(o, "in_flight"), 0, "%s: nothing is under way", what);
	ok(!json_member(json_member(o, "losses"), "no_start"),
	   "%s: no completion of a neighbour is told", what);
}

/* stat around a load program with two arguments. */
static void check_program(const char *load, const char *a, const char *b, long long want)
{
	char path[] = "/tmp/fixbuf-crowd-XXXXXX", what[128];
	struct json_object *o;
	struct tool_run t;
	int fd = mkstemp(path);

	if (fd < 0)
		bail("no temporary file");
	snprintf(what, sizeof(what), "%s %s %s", load, a, b);
	tool(&t, "stat", "--json", "-o", path, "--", load_path(load), "--no-wait", a, b, NULL);
	is(t.status, 0, "%s: it ends well", what);
	o = json_object_from_file(path);
	is(value_number(t.out, "ops"), want, "%s: what it says it did", what);
	check_exact(o, want, 0, what);
	is(io_rows(o, lacks_descriptor, 0), 0, "%s: each ring has its descriptor", what);
	if (!json_member(json_member(o, "losses"), "closed_rings") &&
	    !json_member(json_member(o, "losses"), "ended_processes"))
		is(unplaced(o), json_member(json_member(o, "losses"), "no_place") ?
		   json_number(json_member(o, "losses"), "no_place") : 0, "%s: what has no ring is told", what);
	json_object_put(o);
	close(fd);
	unlink(path);
	tool_free(&t);
}

/*
 * More under way than starts are kept of: all are counted, and each ring tells how many of its own
 * have no latency.
 */
static void check_deep(void)
{
	char path[] = "/tmp/fixbuf-crowd-XXXXXX";
	struct json_object *o, *rings, *losses, *r;
	size_t wrong = 0, nr;
	struct tool_run t;
	int fd = mkstemp(path);

	if (fd < 0)
		bail("no temporary file");
	tool(&t, "stat", "--json", "-o", path, "--", load_path("io_deep"), "--no-wait", "601", "127",
	     NULL);
	is(t.status, 0, "deep: it ends well");
	o = json_object_from_file(path);
	losses = json_member(o, "losses");
	rings = json_member(o, "rings");
	nr = rings ? json_object_array_length(rings) : 0;
	is(nr, 601, "deep: rings");
	for (size_t i = 0; i < nr; i++) {
		r = json_object_array_get_idx(rings, i);
		wrong += json_number(r, "ops") != 127 || json_number(r, "timed") > 127;
	}
	is(wrong, 0, "deep: operations of each");
	ok(json_number(losses, "evicted_starts") > 0, "deep: starts lost their place");
	is(json_sum(o, "rings", "timed") + json_number(losses, "no_start"), 601 * 127,
	   "deep: each is timed, or told as not timed");
	is(json_number(o, "lost"), 0, "deep: nothing is lost");
	is(json_number(o, "in_flight"), 0, "deep: nothing is under way");
	json_object_put(o);
	close(fd);
	unlink(path);
	tool_free(&t);
}

#define FEW	3
#define MANY	601
#define MORE	101
#define DEEP	127

static long long sum_of(struct json_object *o, const char *list, const char *key, const char *who, long long is)
{
	struct json_object *rows = json_member(o, list);
	long long sum = 0;

	for (size_t i = 0; rows && i < json_object_array_length(rows); i++)
		if (json_number(json_element(rows, i), who) == is)
			sum += json_number(json_element(rows, i), key);
	return sum;
}

/* A user with more under way than there is room for takes none of another user's, before and after. */
static void check_flood(void)
{
	static const struct tool_how how = { .timeout_s = 100 };
	struct load flood, other;
	struct json_lines lines;
	long long uid, others_uid, evicted;
	struct json_object *o;
	struct tool_run t;
	char pids[40];

	if (!load_start(&flood, "io_deep", "601", "127", "101", NULL) ||
	    !load_start(&other, "io_deep", "3", "127", "0", NULL))
		bail("%s", flood.skip ?: other.skip);
	snprintf(pids, sizeof(pids), "%d,%d", flood.pid, other.pid);
	tool_start(&t, &how, "stat", "--json", "-i", "300ms", "--fail-on", "error", "-p", pids, NULL);
	ok(tool_says(&t, "{", 20000), "flood: it begins");
	load_break(&flood);
	load_break(&other);
	load_break(&flood);
	uid = load_number(&flood, "uid");
	others_uid = load_number(&other, "uid");
	is(load_end(&other), 0, "flood: the other ends well");
	is(load_end(&flood), 0, "flood: who floods ends well");
	usleep(700000);
	kill(t.pid, SIGINT);
	tool_wait(&t, &how);
	json_lines_parse(&lines, t.out);
	o = lines.nr ? lines.lines[lines.nr - 1] : NULL;
	if (json_is(o, "starts_by", "user_data")) {
		skip("flood", "a completion names no request on this kernel");
	} else {
		evicted = json_number(json_member(o, "losses"), "evicted_starts");
		is(sum_of(o, "rings", "ops", "pid", other.pid), FEW * DEEP, "flood: operations of the other");
		is(sum_of(o, "rings", "timed", "pid", other.pid), FEW * DEEP, "flood: each is timed");
		is(sum_of(o, "rings", "ops", "pid", flood.pid), (MANY + MORE) * DEEP, "flood: of who floods");
		ok(evicted > MORE * DEEP, "flood: starts lost their place: %lld", evicted);
		is(sum_of(o, "losses_of", "count", "uid", uid), evicted, "flood: all are told as its own");
		ok(sum_of(o, "unsettled", "count", "uid", uid) >= evicted, "flood: unsettled is its user");
		is(sum_of(o, "unsettled", "count", "uid", others_uid), 0, "flood: and not the other");
	}
	json_lines_free(&lines);
	tool_free(&t);
}

/* A few under way keep their starts: where two groups of them want one place, one has another. */
static void check_few(void)
{
	struct json_object *o;
	struct tool_run t;

	tool(&t, "stat", "--json", "-q", "-o", "/dev/stderr", "--", load_path("io_deep"), "--no-wait", "13", "127", NULL);
	o = json_tokener_parse(t.err);
	is(json_sum(o, "rings", "ops"), 13 * 127, "few: operations");
	if (!json_member(json_member(o, "losses"), "missed"))
		is(json_sum(o, "rings", "timed"), 13 * 127, "few: each has its latency");
	else
		skip("each has its latency", "this kernel did not run all programs");
	json_object_put(o);
	tool_free(&t);
}

/* By its user, while it comes and goes: intervals and the total. */
static void check_intervals(const char *processes, const char *ops, long long want)
{
	struct tool_how how = { 0 };
	struct json_lines lines;
	struct tool_run t;
	struct load l;
	long long told = 0;
	char uid[24];

	if (!load_start(&l, "io_short", processes, ops, "plain", NULL))
		bail("%s", l.skip);
	snprintf(uid, sizeof(uid), "%llu", load_number(&l, "uid"));
	tool_start(&t, &how, "stat", "--json", "-i", "200ms", "-u", uid, NULL);
	ok(tool_says(&t, "{", 20000), "by user: it begins");
	is(load_end(&l), 0, "by user: the load ends well");
	usleep(300000);
	kill(t.pid, SIGINT);
	tool_wait(&t, &how);
	json_lines_parse(&lines, t.out);
	for (size_t i = 0; i + 1 < lines.nr; i++) {
		told += json_sum(lines.lines[i], "rings", "ops");
		if (io_rows(lines.lines[i], is_strangers, atoi(uid)))
			ok(false, "by user: an interval has somebody else's I/O");
	}
	if (lines.nr) {
		struct json_object *total = lines.lines[lines.nr - 1];

		check_exact(total, want, atoi(uid), "by user");
		told += want - json_sum(total, "rings", "ops");
	}
	ok(told <= want && told > 0, "intervals tell no more than there was (%lld)", told);
	json_lines_free(&lines);
	tool_free(&t);
}

/* A thread's number is that of its process; what others do is not counted. */
static void check_pid(void)
{
	struct tool_how how = { 0 };
	struct json_object *ring;
	struct tool_run t;
	struct load l;
	char pid[24];

	if (!load_start(&l, "io_late", "1009", NULL))
		bail("%s", l.skip);
	snprintf(pid, sizeof(pid), "%d", l.pid);
	tool_start(&t, &how, "stat", "--json", "-i", "200ms", "-p", pid, NULL);
	ok(tool_says(&t, "{", 20000), "by process: it begins");
	is(load_end(&l), 0, "by process: the load ends well");
	usleep(300000);
	kill(t.pid, SIGINT);
	tool_wait(&t, &how);
	{
		struct json_lines lines;

		json_lines_parse(&lines, t.out);
		ok(lines.nr > 0, "by process: there is a total");
		if (lines.nr) {
			struct json_object *o = lines.lines[lines.nr - 1];

			check_exact(o, 1009, 0, "by process");
			ring = json_object_array_get_idx(json_member(o, "rings"), 0);
			is(json_number(ring, "pid"), l.pid, "by process: its number");
		}
		json_lines_free(&lines);
	}
	tool_free(&t);
}

/* What is under way when stat comes is counted with its buffer, as not timed. */
static void check_under_way(void)
{
	struct tool_how how = { 0 };
	struct json_lines lines;
	struct tool_run t;
	struct load l;
	char pid[24];

	if (!load_start(&l, "io_pipe", "31", NULL))
		bail("%s", l.skip);
	snprintf(pid, sizeof(pid), "%d", l.pid);
	tool_start(&t, &how, "stat", "--json", "-i", "200ms", "--by-buffer", "-p", pid, NULL);
	ok(tool_says(&t, "{", 20000), "under way: it begins");
	is(load_end(&l), 0, "under way: the load ends well");
	usleep(300000);
	kill(t.pid, SIGINT);
	tool_wait(&t, &how);
	json_lines_parse(&lines, t.out);
	if (lines.nr && json_is(lines.lines[0], "starts_by", "user_data")) {
		skip("what was under way", "a completion names no request on this kernel");
	} else if (ok(lines.nr > 0, "under way: there is a total")) {
		struct json_object *o = lines.lines[lines.nr - 1];

		is(json_sum(o, "rings", "ops"), 31, "under way: operations");
		is(json_sum(o, "rings", "timed"), 0, "under way: none is timed");
		is(json_sum(o, "buffers", "ops"), 31, "under way: each is its buffer's");
	}
	json_lines_free(&lines);
	tool_free(&t);
}

/* How many failures of this opcode are said to be this process's. */
static long long faults_of(struct json_object *o, pid_t pid, const char *opcode)
{
	struct json_object *list = json_member(o, "io_failures");
	long long n = 0;

	for (size_t i = 0; list && i < json_object_array_length(list); i++) {
		struct json_object *f = json_object_array_get_idx(list, i);

		if (json_number(f, "pid") == pid && json_is(f, "opcode", opcode))
			n += json_number(f, "count");
	}
	return n;
}

/* Processes by turns, whose rings come to lie where others' were: failures stay with who made them. */
static void check_failures(void)
{
	enum { NR = 6 };
	struct tool_how how = { 0 };
	struct json_lines lines;
	struct tool_run t;
	pid_t pids[NR];

	tool_start(&t, &how, "stat", "--json", "-i", "200ms", NULL);
	ok(tool_says(&t, "{", 20000), "failures: it begins");
	for (int i = 0; i < NR; i++) {
		struct load l;

		if (!load_start(&l, "io_bad", i % 2 ? "write" : "read", i % 2 ? "5" : "3", NULL))
			bail("%s", l.skip);
		pids[i] = l.pid;
		is(load_end(&l), 0, "failures: the program ends well");
	}
	usleep(300000);
	kill(t.pid, SIGINT);
	tool_wait(&t, &how);
	json_lines_parse(&lines, t.out);
	if (lines.nr && json_is(lines.lines[0], "starts_by", "user_data")) {
		skip("failures by process", "a completion names no request on this kernel");
	} else {
		struct json_object *o = lines.nr ? lines.lines[lines.nr - 1] : NULL;

		for (int i = 0; i < NR; i++) {
			is(faults_of(o, pids[i], "READ_FIXED"), i % 2 ? 0 : 3,
			   "failures: READ_FIXED of the %d. process", i + 1);
			is(faults_of(o, pids[i], "WRITE_FIXED"), i % 2 ? 5 : 0,
			   "failures: WRITE_FIXED of the %d. process", i + 1);
		}
	}
	json_lines_free(&lines);
	tool_free(&t);
}

int main(void)
{
	bool quick = kernel_only();

	if (geteuid())
		skip_all("needs root");
	if (!load_start(&noise, "io_short", "0", "0", "plain", NULL))
		bail("%s", noise.skip);
	check_program("io_short", quick ? "97" : "397", "997", (quick ? 97 : 397) + 997);
	check_program("io_rings", quick ? "509" : "4099", "3", 3 * (quick ? 509 : 4099));
	check_intervals(quick ? "97" : "997", "101", (quick ? 97 : 997) + 101);
	check_pid();
	check_under_way();
	check_failures();
	if (!quick) {
		check_program("io_short", "4999", "1009", 4999 + 1009);
		check_program("io_rings", "9973", "1", 9973);
		check_deep();
	check_few();
	check_flood();
	}
	is(load_end(&noise), 0, "the neighbour ends well");
	return tap_end();
}
