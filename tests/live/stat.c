// SPDX-License-Identifier: GPL-2.0
/*
 * stat counts exactly what a program did, by opcode and buffer, in every kind
 * of ring, and starts that it keeps are all taken again.
 */
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "load.h"
#include "shared_machine.h"
#include "tool.h"
#include "tool_json.h"
#include "witness.h"


static const char *const op_names[64] = {
	[0] = "NOP", [1] = "READV", [2] = "WRITEV", [4] = "READ_FIXED", [5] = "WRITE_FIXED",
	[22] = "READ", [23] = "WRITE", [47] = "SEND_ZC", [60] = "READV_FIXED",
	[61] = "WRITEV_FIXED",
};

/* Runs stat on a load program: .out of .a is what the program printed, the JSON what stat did. */
static struct json_object *stat_of_two(struct tool_run *a, const char *option, const char *load,
				       const char *arg, const char *arg2)
{
	char path[] = "/tmp/fixbuf-stat-XXXXXX", program[4096];
	struct json_object *o;
	int fd = mkstemp(path);

	if (fd < 0)
		bail("no temporary file");
	snprintf(program, sizeof(program), "%s", load_path(load));
	tool(a, "stat", "--json", "--hist", "--by-buffer", option, "-o", path, "--", program,
	     "--no-wait", arg, arg2, NULL);
	o = json_object_from_file(path);
	close(fd);
	unlink(path);
	return o;
}

static struct json_object *stat_of(struct tool_run *a, const char *option, const char *load,
				   const char *arg)
{
	return stat_of_two(a, option, load, arg, NULL);
}

/* The number that the program reported about one opcode, 0 when it reported none. */
static long long did(const char *text, int op, const char *what)
{
	char name[64];

	snprintf(name, sizeof(name), "op.%d.%s", op, what);
	return value_text(text, name) ? (long long)value_number(text, name) : 0;
}

static void check_op(struct json_object *ops, const char *text, int op, const char *how,
		     long long unnamed)
{
	static const char *const keys[] = { "bytes", "cancelled", "shorts" };
	struct json_object *o = json_with(ops, "opcode", op_names[op]);

	is(json_number(o, "ops"), did(text, op, "ops") - unnamed, "%s: operations, %s", how,
	   op_names[op]);
	is(json_number(o, "errors"), did(text, op, "errors") - unnamed, "%s: errors, %s", how,
	   op_names[op]);
	is(json_number(o, "efaults"), did(text, op, "efaults") - unnamed, "%s: EFAULT, %s", how,
	   op_names[op]);
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		is(json_number(o, keys[i]), did(text, op, keys[i]), "%s: %s, %s", how, keys[i],
		   op_names[op]);
	is(json_sum(o, "histogram", "count"), json_number(o, "timed"),
	   "%s: the histogram holds each time, %s", how, op_names[op]);
	ok(json_number(o, "p50_ns") <= json_number(o, "p99_ns") &&
	   json_number(o, "p99_ns") <= json_number(o, "max_ns"), "%s: percentiles rise, %s", how,
	   op_names[op]);
}

static void check_mix(const char *how)
{
	struct json_object *o, *losses, *ring, *ops, *fixed;
	bool by_name;
	struct tool_run a;
	long long nr = 0, fixed_nr = 0, unnamed;

	o = stat_of(&a, "--by-opcode", "io_mix", how);
	how = how ? how : "plain";
	if (tool_skipped(&a, how))
		goto out;
	is(a.status, 0, "%s: the program's status is returned", how);
	losses = json_member(o, "losses");
	/* a request that was refused at once has no opcode where completions tell user_data only */
	by_name = json_is(o, "starts_by", "user_data");
	if (by_name && !strcmp(how, "iopoll")) {
		ok(json_number(losses, "unpolled") > 1000, "%s: that they cannot be counted is said",
		   how);
		goto out;
	}
	unnamed = by_name && value_text(a.out, "bad_index") ?
		  (long long)value_number(a.out, "bad_index") : 0;
	ring = json_element(json_member(o, "rings"), 0);
	is(json_object_array_length(json_member(o, "rings")), 1, "%s: one ring", how);
	is(json_number(ring, "pid"), value_number(a.out, "pid"), "%s: of that process", how);
	ops = json_member(ring, "opcodes");
	for (int op = 0; op < 64; op++) {
		if (!op_names[op] || !did(a.out, op, "ops"))
			continue;
		check_op(ops, a.out, op, how, op == 4 ? unnamed : 0);
		nr += did(a.out, op, "ops");
		if (strstr(op_names[op], "FIXED") || op == 47 || op == 0)
			fixed_nr += did(a.out, op, "ops");
	}
	is(json_number(ring, "ops"), nr - unnamed, "%s: nothing else is counted", how);
	is(json_number(ring, "fixed_ops"), fixed_nr - unnamed, "%s: what was fixed", how);
	fixed = json_with(ops, "opcode", "READ_FIXED");
	if (value_text(a.out, "async"))
		is(json_number(fixed, "punts"), value_number(a.out, "async"),
		   "%s: handed to workers", how);
	if (value_text(a.out, "muted"))
		is_machine_total(json_number(losses, "muted"), value_number(a.out, "muted"),
				 "%s: muted requests are told", how);
	is_machine_total(json_number(o, "in_flight"), 0, "%s: no start is left over", how);
	is_machine_total(json_number(o, "lost"), 0, "%s: nothing is lost", how);
out:
	json_object_put(o);
	tool_free(&a);
}

static void check_faults(void)
{
	struct json_object *o, *faults, *bad = NULL;
	unsigned int past = 0, named = 0;
	struct tool_run a;

	o = stat_of(&a, "--by-opcode", "io_mix", NULL);
	faults = json_member(o, "io_failures");
	for (size_t i = 0; faults && i < json_object_array_length(faults); i++) {
		if (!json_is(json_element(faults, i), "errno", "EFAULT"))
			continue;
		if (json_number(json_element(faults, i), "index") == 9)
			bad = json_element(faults, i);
		else
			past += json_number(json_element(faults, i), "count");
		named += !!strstr(json_text(json_element(faults, i), "explain"), "past buffer 0");
	}
	is(past,
	   value_number(a.out, "past_end") + value_number(a.out, "linked_past_end"),
	   "imports past the end");
	is(named, 2, "which bound was broken: partly past the buffer, and wholly");
	if (json_is(o, "starts_by", "user_data")) {
		skip("a bad index is explained", "the completion names no request on this kernel");
	} else {
		is(json_number(bad, "count"), value_number(a.out, "bad_index"), "bad indexes");
		has_text(json_text(bad, "explain"), "no buffer 9, the table has 1",
			 "a bad index is explained");
	}
	json_object_put(o);
	tool_free(&a);
}

static struct json_object *buffer_of(struct json_object *buffers, struct json_object *ring,
				     unsigned int index)
{
	for (size_t i = 0; buffers && i < json_object_array_length(buffers); i++)
		if (json_number(json_element(buffers, i), "index") == index &&
		    json_is(json_element(buffers, i), "ring", json_text(ring, "ring")))
			return json_element(buffers, i);
	return NULL;
}

/* Two rings share a buffer; the first does a large prime number of reads. */
static void check_shared(const char *count, unsigned long nr)
{
	struct json_object *o, *rings, *a_ring, *b_ring, *buffers, *a_buf, *b_buf;
	struct tool_run a;

	o = stat_of(&a, "--by-opcode", "io_many", count);
	is(a.status, 3, "another status of the program is returned, too");
	rings = json_member(o, "rings");
	is(rings ? json_object_array_length(rings) : 0, 2, "two rings");
	/* rings are listed by how busy they are */
	a_ring = json_element(rings, 0);
	b_ring = json_element(rings, 1);
	is(json_number(a_ring, "ops"), nr, "%s operations on one", count);
	is(json_number(a_ring, "bytes"), 512LL * nr, "and their bytes");
	is(json_number(a_ring, "timed"), nr, "each was timed");
	is(json_number(b_ring, "ops"), 211, "211 on the other");
	is_machine_total(json_number(o, "in_flight"), 0, "no start is left over");
	is_machine_total(json_number(o, "lost"), 0, "nothing is lost");
	buffers = json_member(o, "buffers");
	a_buf = buffer_of(buffers, a_ring, 0);
	b_buf = buffer_of(buffers, b_ring, 0);
	is(json_number(a_buf, "ops"), nr, "the buffer, by the one ring");
	is(json_number(b_buf, "ops"), 211, "and by the other");
	is(json_number(a_buf, "addr"), value_number(a.out, "addr"), "its address");
	is(json_number(b_buf, "addr"), value_number(a.out, "addr"), "is the same in both");
	is(json_number(a_buf, "touched_bytes"), 16384, "how far it was used");
	is(json_number(b_buf, "touched_bytes"), 512, "which differs by ring");
	json_object_put(o);
	tool_free(&a);
}

static struct json_object *advice(struct json_object *o, const char *tag)
{
	return json_with(json_member(o, "advice"), "tag", tag);
}

/* The advice names each thing that the program does against its own interest, with its numbers. */
static void check_advice(void)
{
	struct json_object *o, *x;
	struct tool_run a;

	o = stat_of(&a, "--advise", "io_habits", NULL);
	is(a.status, 0, "the careless program ends well");
	x = advice(o, "unfixed-io");
	is(json_number(x, "ops"), value_number(a.out, "inside"), "plain I/O inside a buffer");
	is(json_number(x, "fd"), value_number(a.out, "a.fd"), "on that ring");
	x = advice(o, "worth-registering");
	if (value_number(a.out, "outside")) {
		is(json_number(x, "ops"), value_number(a.out, "outside"),
		   "O_DIRECT from few other buffers");
		has_text(json_text(x, "detail"), "only 3 unregistered", "how many");
		ok(json_number(x, "saves_ns") > json_number(x, "ops"), "what their pins took: more than 1 ns each");
	} else {
		skip("O_DIRECT from few other buffers", "no O_DIRECT here");
	}
	has_text(json_text(advice(o, "idle-buffer"), "detail"), "2 of its 5 registered buffers",
		 "buffers that no request named");
	if (witness_joins_pages())
		skip("small pages where huge ones would do", "this kernel makes segments of neighbours");
	else
		has_text(json_text(advice(o, "small-folios"), "detail"), "1024 segments; 2 huge pages",
			 "small pages where huge ones would do");
	is(json_number(advice(o, "oversized-buffer"), "index"), 4, "a buffer that is used little of");
	x = advice(o, "table-churn");
	is(json_number(x, "ops"), value_number(a.out, "registered"), "a table made again and again");
	is(json_number(x, "fd"), value_number(a.out, "b.fd"), "on the other ring");
	json_object_put(o);
	tool_free(&a);
}

/* A ring per operation is told once, not as a table that is made again and again. */
static void check_ring_advice(void)
{
	struct json_object *o;
	struct tool_run a;
	char path[] = "/tmp/fixbuf-stat-XXXXXX";
	int fd = mkstemp(path);

	if (fd < 0)
		bail("no temporary file");
	tool(&a, "stat", "--json", "--advise", "-o", path, "--", load_path("io_rings"), "--no-wait",
	     "101", "1", "alone", NULL);
	is(a.status, 0, "a ring per operation: it ends well");
	o = json_object_from_file(path);
	is_text(json_text(advice(o, "ring-churn"), "remedy"),
		"keep one ring and what is registered with it for all of them", "what to do");
	has_text(json_text(advice(o, "ring-churn"), "detail"),
		 ": 101 rings were made for 101 operations", "how many");
	/* an emulated processor, or one that is shared, registers slowly indeed */
	is(json_object_array_length(json_member(o, "advice")), advice(o, "slow-registration") ? 2 : 1,
	   "and nothing else is advised");
	json_object_put(o);
	close(fd);
	unlink(path);
	tool_free(&a);
}

/* Rings that are gone long before the program ends were looked at while they were there. */
static void check_late_advice(void)
{
	char path[] = "/tmp/fixbuf-stat-XXXXXX";
	struct json_object *o;
	struct tool_run a;
	int fd = mkstemp(path);

	if (fd < 0)
		bail("no temporary file");
	tool(&a, "stat", "--json", "--advise", "-o", path, "--", "sh", "-c", "\"$0\" --no-wait; sleep 2",
	     load_path("io_habits"), NULL);
	o = json_object_from_file(path);
	is(json_number(advice(o, "unfixed-io"), "ops"), value_number(a.out, "inside"),
	   "rings that ended before the program are advised on, too");
	json_object_put(o);
	close(fd);
	unlink(path);
	tool_free(&a);
}

/* What .option costs less or tells more, changes no count. */
static struct json_object *counts_the_same(struct tool_run *a, const char *option, const char *what)
{
	struct json_object *o = stat_of(a, option, "io_many", "10007");

	is(json_number(json_element(json_member(o, "rings"), 0), "ops"), 10007, "%s: the same number",
	   what);
	return o;
}

/* Requests of one submission share a start; those of another have their own. */
static void check_share_starts(void)
{
	struct json_object *o, *ring;
	struct tool_run a;

	o = counts_the_same(&a, "--share-starts", "with shared starts");
	ring = json_element(json_member(o, "rings"), 0);
	is(json_number(ring, "timed"), 10007, "with shared starts: each is timed");
	is(json_number(o, "starts_shared_by"), json_is(o, "starts_by", "request") ? 4 : 1,
	   "with shared starts: how many share one is said");
	json_object_put(o);
	tool_free(&a);
	o = stat_of_two(&a, "--share-starts", "io_late", "31", "spaced");
	ring = json_element(json_member(o, "rings"), 0);
	is(json_number(ring, "timed"), 31, "one at a time: each is timed");
	ok(json_number(ring, "p50_ns") < 20000000, "one at a time: none begins with the one before");
	json_object_put(o);
	tool_free(&a);
}

static void check_count_only(void)
{
	struct tool_run a;

	json_object_put(counts_the_same(&a, "--advise", "with advice"));
	tool_free(&a);
	tool(&a, "stat", "--json", "--no-latency", "-d", "200ms", NULL);
	is(a.status, 0, "counting only works");
	ok(a.json && !json_number(a.json, "in_flight"), "and keeps no start");
	tool_free(&a);
}

/*
 * Processes one after the other, whose rings and tasks are likely to lie where
 * those before them lay: each has its own count.
 */
static void check_successors(void)
{
	enum { NR = 5 };
	struct tool_how how = { 0 };
	struct json_lines lines;
	struct tool_run a;
	long long ops[NR] = { 0 };
	pid_t pids[NR];

	tool_start(&a, &how, "stat", "--json", "-i", "100ms", NULL);
	ok(tool_says(&a, "{", 20000), "stat of all processes begins");
	for (int i = 0; i < NR; i++) {
		struct load l;

		if (!load_start(&l, "io_many", "1009", NULL))
			bail("io_many does not start");
		pids[i] = l.pid;
		is(load_end(&l), 3, "a program does its I/O");
	}
	kill(a.pid, SIGINT);
	tool_wait(&a, &how);
	json_lines_parse(&lines, a.out);
	if (lines.nr) {
		struct json_object *rings = json_member(lines.lines[lines.nr - 1], "rings");

		for (size_t i = 0; rings && i < json_object_array_length(rings); i++)
			for (int k = 0; k < NR; k++)
				if (json_number(json_element(rings, i), "pid") == pids[k])
					ops[k] += json_number(json_element(rings, i), "ops");
	}
	for (int k = 0; k < NR; k++)
		is(ops[k], 1009 + 211, "what each did is its own");
	json_lines_free(&lines);
	tool_free(&a);
}

/* Attached to a ring of which all is under way and nothing ends: it is told, not left out. */
static void check_silent(void)
{
	struct tool_run a;
	struct load l;
	char pid[16], fd[16];

	if (!load_start(&l, "io_pipe", "3", NULL))
		bail("%s", l.skip);
	snprintf(pid, sizeof(pid), "%d", l.pid);
	snprintf(fd, sizeof(fd), "fd %llu", load_number(&l, "fd"));
	tool(&a, "stat", "--by-buffer", "-p", pid, "-d", "200ms", NULL);
	has_text(a.out, "none ended", "its buffer has a row");
	has_text(a.out, fd, "by its descriptor");
	has_text(a.out, "1 ring without I/O that ended", "and a sentence");
	tool_free(&a);
	tool(&a, "stat", "--json", "-p", pid, "-d", "200ms", NULL);
	is(json_number(a.json, "silent_rings"), 1, "in JSON, too");
	tool_free(&a);
	is(load_end(&l), 0, "its reads end");
}

/* What the maps and programs of a process take of the kernel's memory, as the kernel tells it. */
static unsigned long long kernel_bytes(pid_t pid)
{
	unsigned long long sum = 0, n;
	char path[300], line[128];
	struct dirent *e;
	DIR *dir;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/fdinfo", pid);
	dir = opendir(path);
	while (dir && (e = readdir(dir))) {
		snprintf(path, sizeof(path), "/proc/%d/fdinfo/%s", pid, e->d_name);
		f = fopen(path, "re");
		while (f && fgets(line, sizeof(line), f))
			if (sscanf(line, "memlock: %llu", &n) == 1)
				sum += n;
		if (f)
			fclose(f);
	}
	if (dir)
		closedir(dir);
	return sum;
}

static void check_memory(void)
{
	unsigned long long most = sysconf(_SC_NPROCESSORS_CONF) > 2 ? 64 << 20 : 8 << 20, bytes;
	struct tool_how how = { 0 };
	struct tool_run a;

	tool_start(&a, &how, "stat", "-i", "100ms", NULL);
	ok(tool_says(&a, "OPS/S", 20000), "stat of all begins");
	bytes = kernel_bytes(a.pid);
	ok(bytes > 1 << 20 && bytes <= most, "it takes %llu bytes of the kernel's memory", bytes);
	kill(a.pid, SIGINT);
	tool_wait(&a, &how);
	tool_free(&a);
}

static void check_usage(void)
{
	struct tool_how how = { 0 };
	struct json_lines lines;
	struct tool_run a;
	size_t within = 0;
	double begun;

	tool(&a, "stat", "--no-latency", "--hist", "-d", "1s", NULL);
	is(a.status, 2, "a histogram without latencies is refused");
	tool_free(&a);
	tool(&a, "stat", "-p", "1", "--", "true", NULL);
	is(a.status, 2, "a process and a program are refused");
	tool_free(&a);
	tool(&a, "stat", "-i", "nonsense", NULL);
	is(a.status, 2, "a bad interval is refused");
	tool_free(&a);
	tool(&a, "stat", "-q", "--", "/nonexistent", NULL);
	is(a.status, 127, "a program that is not there");
	tool_free(&a);
	begun = now_s();
	tool(&a, "stat", "--json", "-i", "100ms", "-d", "450ms", NULL);
	begun = now_s() - begun;
	is(a.status, 0, "intervals end with the duration");
	json_lines_parse(&lines, a.out);
	ok(lines.nr >= 2 && lines.nr <= 6, "one line an interval, and the total (%zu)", lines.nr);
	for (size_t i = 0; i < lines.nr; i++)
		within += json_number(lines.lines[i], "duration_ns") < begun * 1e9;
	is(within, lines.nr, "none of them is longer than all of it was");
	json_lines_free(&lines);
	tool_free(&a);
	tool_start(&a, &how, "stat", "-i", "100ms", NULL);
	ok(tool_says(&a, "OPS/S", 20000), "a table is printed");
	kill(a.pid, SIGINT);
	tool_wait(&a, &how);
	ok(!strchr(a.out, '\033'), "no control characters in a pipe");
	has_text(a.out, "in total:", "totals at the end");
	tool_free(&a);
}

int main(void)
{
	if (geteuid())
		skip_all("needs root");
	check_mix(NULL);
	check_mix("sqpoll");
	check_mix("defer");
	check_mix("iopoll");
	check_faults();
	check_shared(kernel_only() ? "100003" : "1000003", kernel_only() ? 100003 : 1000003);
	check_advice();
	check_late_advice();
	check_ring_advice();
	check_count_only();
	check_share_starts();
	check_successors();
	check_silent();
	if (!kernel_only()) {
		check_memory();
		check_usage();
	}
	return tap_end();
}
