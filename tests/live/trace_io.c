// SPDX-License-Identifier: GPL-2.0
/*
 * trace --io tells each I/O over a registered buffer once, with its buffer and
 * result, in every kind of ring; of a sample it counts all.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "load.h"
#include "shared_machine.h"
#include "tool.h"
#include "tool_json.h"

#define BLOCK	512

/* io_mix uses no other over its registered buffer */
static const struct op {
	int nr;
	const char *name;
} ops[] = {
	{ 0, "NOP" }, { 4, "READ_FIXED" }, { 5, "WRITE_FIXED" }, { 47, "SEND_ZC" },
	{ 60, "READV_FIXED" }, { 61, "WRITEV_FIXED" },
};

#define NR_OPS (sizeof(ops) / sizeof(ops[0]))

struct run {
	struct tool_run a;	/* .out: what the load program says */
	struct json_lines l;
	struct json_object *total;
	char *text;
	bool by_name;		/* completions tell user_data only, not the request */
};

static void run(struct run *r, const char *sample, const char *load, const char *arg,
		const char *arg2)
{
	char path[] = "/tmp/fixbuf-io-XXXXXX", program[4096];
	int fd = mkstemp(path);

	memset(r, 0, sizeof(*r));
	if (fd < 0)
		bail("no temporary file");
	snprintf(program, sizeof(program), "%s", load_path(load));
	tool(&r->a, "trace", "--json", "-q", "--io", "--sample", sample, "--ring-buffer", "16384",
	     "-o", path, "--", program, "--no-wait", arg, arg2, NULL);
	r->text = file_text(path);
	close(fd);
	unlink(path);
	json_lines_parse(&r->l, r->text);
	ok(!r->l.bad, "each line is a JSON object");
	for (size_t i = 0; i < r->l.nr; i++)
		if (json_is(r->l.lines[i], "event", "io-total"))
			r->total = r->l.lines[i];
	r->by_name = json_is(r->total, "starts_by", "user_data");
}

static void run_free(struct run *r)
{
	json_lines_free(&r->l);
	free(r->text);
	tool_free(&r->a);
}

static long long did(const struct run *r, int op, const char *what)
{
	char name[64];

	snprintf(name, sizeof(name), "op.%d.%s", op, what);
	return value_text(r->a.out, name) ? (long long)value_number(r->a.out, name) : 0;
}

/* Requests that were refused at once have no start, and then no name. */
static long long unnamed(const struct run *r, int op)
{
	return r->by_name && op == 4 && value_text(r->a.out, "bad_index") ?
	       (long long)value_number(r->a.out, "bad_index") : 0;
}

static struct json_object *op_total(const struct run *r, const char *name)
{
	struct json_object *list = json_member(r->total, "opcodes");

	for (size_t i = 0; list && i < json_object_array_length(list); i++)
		if (json_is(json_object_array_get_idx(list, i), "opcode", name))
			return json_object_array_get_idx(list, i);
	return NULL;
}

/* Compares the facts about one opcode with what the program reported. */
static void check_op(const struct run *r, const struct op *op, const char *how)
{
	long long nr = 0, bytes = 0, errors = 0, efaults = 0, cancelled = 0, wrong = 0, untimed = 0;
	long long base = value_number(r->a.out, "ring.addr");

	for (size_t i = 0; i < r->l.nr; i++) {
		struct json_object *o = r->l.lines[i];
		long long result = json_number(o, "result");

		if (!json_is(o, "event", "io-done") || !json_is(o, "opcode", op->name))
			continue;
		nr++;
		untimed += json_number(o, "latency_ns") <= 0 && !json_number(o, "refused");
		if (result >= 0) {
			bytes += result;
			wrong += json_number(o, "index") || json_number(o, "pid") !=
				 (long long)value_number(r->a.out, "pid") || json_text(o, "errno");
			if (json_number(o, "addr") >= 0)
				wrong += json_number(o, "offset_bytes") !=
					 json_number(o, "addr") - base;
		} else if (json_is(o, "errno", "ECANCELED")) {
			cancelled++;
		} else {
			errors++;
			efaults += json_is(o, "errno", "EFAULT");
			wrong += !json_member(o, "fault");
		}
	}
	is(nr, did(r, op->nr, "ops") - unnamed(r, op->nr), "%s: events, %s", how, op->name);
	is(bytes, did(r, op->nr, "bytes"), "%s: bytes, %s", how, op->name);
	is(errors, did(r, op->nr, "errors") - unnamed(r, op->nr), "%s: errors, %s", how, op->name);
	is(efaults, did(r, op->nr, "efaults") - unnamed(r, op->nr), "%s: EFAULT, %s", how, op->name);
	is(cancelled, did(r, op->nr, "cancelled"), "%s: cancelled, %s", how, op->name);
	is(wrong, 0, "%s: each with process, index and offset, %s", how, op->name);
	is(untimed, 0, "%s: each with a latency, %s; lost: %s", how, op->name,
	   json_object_to_json_string(json_member(r->total, "losses")));
}

/* The counts are exact, however few I/Os a sample shows. */
static long long check_totals(const struct run *r, const char *how)
{
	long long all = 0, shown = 0;

	for (size_t i = 0; i < r->l.nr; i++)
		shown += json_is(r->l.lines[i], "event", "io-done");
	for (size_t i = 0; i < NR_OPS; i++) {
		long long nr = did(r, ops[i].nr, "ops") - unnamed(r, ops[i].nr);

		all += nr;
		if (!nr)
			continue;
		is(json_number(op_total(r, ops[i].name), "ops"), nr, "%s: counted, %s", how,
		   ops[i].name);
		is(json_number(op_total(r, ops[i].name), "bytes"),
		   ops[i].nr ? did(r, ops[i].nr, "bytes") : 0, "%s: bytes counted, %s", how,
		   ops[i].name);
	}
	is(json_number(r->total, "ops"), all, "%s: counted in all", how);
	is(json_number(r->total, "shown"), shown, "%s: shown", how);
	if (!r->by_name)
		is_machine_total(json_number(r->total, "in_flight"), 0,
				 "%s: none is left under way", how);
	return shown;
}

static void check_mix(const char *arg)
{
	const char *how = arg ? arg : "plain";
	long long shown, punted = 0, lost = 0;
	struct run r;

	run(&r, "1", "io_mix", arg, NULL);
	if (tool_skipped(&r.a, how))
		goto out;
	is(r.a.status, 0, "%s: the program's status is returned", how);
	if (r.by_name && !strcmp(how, "iopoll")) {
		ok(json_number(json_member(r.total, "losses"), "unpolled") > 1000,
		   "%s: that they cannot be seen is said", how);
		goto out;
	}
	for (size_t i = 0; i < NR_OPS; i++)
		if (did(&r, ops[i].nr, "ops"))
			check_op(&r, &ops[i], how);
	shown = check_totals(&r, how);
	is(shown, json_number(r.total, "ops"), "%s: all are shown", how);
	for (size_t i = 0; i < r.l.nr; i++) {
		punted += json_is(r.l.lines[i], "opcode", "READ_FIXED") &&
			  json_number(r.l.lines[i], "punted") > 0;
		/* a loss without a cpu counts runs of programs that a preemptible kernel skipped */
		lost += json_is(r.l.lines[i], "event", "lost") &&
			json_member(r.l.lines[i], "cpu");
	}
	if (value_text(r.a.out, "async"))
		is(punted, value_number(r.a.out, "async"), "%s: handed to workers", how);
	if (value_text(r.a.out, "muted"))
		is_machine_total(json_number(json_member(r.total, "losses"), "muted"),
				 value_number(r.a.out, "muted"), "%s: muted requests are told",
				 how);
	is(lost, 0, "%s: no event lacked room", how);
out:
	run_free(&r);
}

/* What was cancelled did not fail: the totals in text tell them apart, as JSON does. */
static void check_text_totals(void)
{
	long long errors = 0, cancelled = 0;
	char totals[64], program[4096];
	struct json_object *list;
	struct tool_run a;
	struct run r;

	run(&r, "1", "io_mix", NULL, NULL);
	list = json_member(r.total, "opcodes");
	for (size_t i = 0; list && i < json_object_array_length(list); i++) {
		errors += json_number(json_element(list, i), "errors");
		cancelled += json_number(json_element(list, i), "cancelled");
	}
	is(cancelled, did(&r, 4, "cancelled"), "cancelled, in all");
	run_free(&r);
	snprintf(program, sizeof(program), "%s", load_path("io_mix"));
	tool(&a, "trace", "--io", "-o", "/dev/null", "--", program, "--no-wait", NULL);
	snprintf(totals, sizeof(totals), ", %lld failed, %lld cancelled; ", errors, cancelled);
	has_text(a.err, totals, "what failed, and what was cancelled");
	tool_free(&a);
}

static void check_faults(void)
{
	long long past = 0, beyond = 0, index = 0, other = 0;
	struct run r;

	run(&r, "1", "io_mix", NULL, NULL);
	for (size_t i = 0; i < r.l.nr; i++) {
		struct json_object *f = json_member(r.l.lines[i], "fault");

		if (json_is(f, "bound", "end") && json_number(f, "by") == 100)
			past += !!strstr(json_text(f, "detail"), "100 bytes past buffer 0");
		else if (json_is(f, "bound", "end") && json_number(f, "by") == BLOCK)
			beyond++;
		else if (json_is(f, "bound", "index") && json_number(f, "by") == 9)
			index += !!strstr(json_text(f, "detail"), "no buffer 9, the table has 1");
		else
			other += !!f;
	}
	is(past, value_number(r.a.out, "past_end"), "imports that end 100 bytes past the buffer");
	is(beyond, value_number(r.a.out, "linked_past_end"), "imports that begin at its end");
	if (r.by_name)
		skip("buffers that are not there", "the completion names no request on this kernel");
	else
		is(index, value_number(r.a.out, "bad_index"), "buffers that are not there");
	is(other, 0, "no other failed import");
	run_free(&r);
}

static void check_sample(void)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	long long all, shown;
	struct run r;

	run(&r, "7", "io_mix", NULL, NULL);
	shown = check_totals(&r, "sample");
	all = json_number(r.total, "ops");
	is(json_number(r.total, "sample"), 7, "the sample is told");
	ok(shown <= all / 7 && shown >= all / 7 - cpus, "one in seven of %lld is shown: %lld", all,
	   shown);
	run_free(&r);
	run(&r, "1000000000", "io_mix", NULL, NULL);
	is(check_totals(&r, "none"), 0, "a share that none reaches: all are counted, none shown");
	run_free(&r);
}

/* Each is told with what the program calls it, as text, too, and in a recording. */
static void check_names(void)
{
	char rec[] = "/tmp/fixbuf-io-XXXXXX", program[4096];
	bool seen[101] = { false };
	long long nr = 0;
	struct tool_run a;
	struct run r;

	run(&r, "1", "io_late", "101", NULL);
	for (size_t i = 0; i < r.l.nr; i++) {
		const char *name = json_text(r.l.lines[i], "user_data");
		unsigned long long n = name ? strtoull(name, NULL, 0) : ~0ULL;

		if (json_is(r.l.lines[i], "event", "io-done") && n < 101 && !seen[n]) {
			seen[n] = true;
			nr++;
		}
	}
	is(nr, 101, "each I/O bears the user_data of its own request");
	run_free(&r);
	snprintf(program, sizeof(program), "%s", load_path("io_late"));
	close(mkstemp(rec));
	tool(&a, "record", "-q", "--io", "-o", rec, "--", program, "--no-wait", "7", NULL);
	is(a.status, 0, "record --io");
	tool_free(&a);
	tool(&a, "report", "--trace", rec, NULL);
	for (unsigned int i = 0; i < 7; i++) {
		char name[32];

		snprintf(name, sizeof(name), ", user_data 0x%x\n", i);
		is(text_count(a.out, name), 1, "a recording has it: %u", i);
	}
	tool_free(&a);
	unlink(rec);
}

/* Requests that share a user_data: what a completion tells of them. */
static void check_same_name(void)
{
	long long nr = 0, nameless = 0;
	struct run r;

	run(&r, "1", "io_late", "101", "same");
	for (size_t i = 0; i < r.l.nr; i++) {
		if (!json_is(r.l.lines[i], "event", "io-done"))
			continue;
		nr++;
		if (json_number(r.l.lines[i], "index") < 0)
			nameless++;
		else
			nr -= json_number(r.l.lines[i], "index") != 3 ||
			      json_number(r.l.lines[i], "offset_bytes") != 4096;
	}
	is(nr, 101, "requests of one user_data are all told, none with another's buffer");
	if (r.by_name)
		is_machine_total(json_number(json_member(r.total, "losses"), "ambiguous"), nameless,
				 "those that cannot be told apart are counted");
	else
		is(nameless, 0, "and each is told apart");
	run_free(&r);
}

static long long number_before(const char *text, const char *words)
{
	const char *end = strstr(text, words), *at = end;

	while (at && at > text && at[-1] >= '0' && at[-1] <= '9')
		at--;
	return at && at < end ? strtoll(at, NULL, 10) : -1;
}

/* Facts that find no room in the ring buffer are counted as lost: nobody reads it while they come. */
static void check_loss(void)
{
	long long lost, missing, did = kernel_only() ? 20011 : 100003;
	struct tool_how how = { .timeout_s = 60 };
	char count[16], pid[16];
	struct tool_run a;
	struct load load;

	snprintf(count, sizeof(count), "%lld", did);
	if (!load_start(&load, "io_late", count, NULL))
		bail("io_late does not start");
	snprintf(pid, sizeof(pid), "%d", load.pid);
	tool_start(&a, &how, "trace", "--io", "--ring-buffer", "4", "-p", pid, NULL);
	ok(tool_says(&a, "EVENT", 20000), "with little room it begins");
	kill(a.pid, SIGSTOP);
	is(load_end(&load), 0, "the program ends well");
	kill(a.pid, SIGCONT);
	usleep(300000);
	kill(a.pid, SIGINT);
	tool_wait(&a, &how);
	is(number_before(a.err, " I/Os over registered buffers, "), did, "all are counted");
	missing = did - number_before(a.err, " shown\n");
	lost = number_before(a.err, " events lost");
	/* facts about the ring itself may be among the lost */
	ok(missing > 0 && lost >= missing, "%lld that are not shown are told as lost (%lld)", missing,
	   lost);
	is_machine_total(lost > missing + 20, false, "and hardly more");
	tool_free(&a);
}

static unsigned int lines_with(const char *text, const char *a, const char *b)
{
	unsigned int nr = 0;

	for (const char *s = text, *end; *s; s = *end ? end + 1 : end) {
		const char *at = strstr(s, a), *also = strstr(s, b);

		end = s + strcspn(s, "\n");
		nr += at && at < end && also && also < end;
	}
	return nr;
}

/* Two programs do the same; the option (or the process) selects one of them. */
static void check_filter(const char *option, const char *value, long long want_a, long long want_b)
{
	struct tool_how how = { .timeout_s = 30 };
	char pid_a[16], pid_b[16], total[80];
	struct load a, b;
	struct tool_run t;

	if (!load_start(&a, "io_late", "101", NULL) || !load_start(&b, "io_late", "103", NULL))
		bail("io_late does not start");
	snprintf(pid_a, sizeof(pid_a), "%d", a.pid);
	snprintf(pid_b, sizeof(pid_b), "%d", b.pid);
	tool_start(&t, &how, "trace", "--io", option, value ? value : pid_a, NULL);
	ok(tool_says(&t, "EVENT", 20000), "%s: begins", option);
	is(load_end(&a) | load_end(&b), 0, "%s: the programs end well", option);
	usleep(300000);
	kill(t.pid, SIGINT);
	tool_wait(&t, &how);
	is(t.status, 0, "%s: ends on an interrupt", option);
	is(lines_with(t.out, pid_a, "READ_FIXED [3] +0x1000 512: ok, "), want_a,
	   "%s: I/O that is wanted", option);
	is(lines_with(t.out, pid_b, "io-done"), want_b, "%s: and that is not", option);
	snprintf(total, sizeof(total), "%lld I/Os over registered buffers", want_a + want_b);
	has_text(t.err, total, "%s: in the totals, too", option);
	tool_free(&t);
}

/* Counters go by who made the ring, lines by who submits: where these differ it is said. */
static void check_renamed(void)
{
	struct tool_how how = { .timeout_s = 30 };
	char pid[16];
	struct load load;
	struct tool_run t;

	tool_start(&t, &how, "trace", "--io", "--comm", "io_late", NULL);
	ok(tool_says(&t, "EVENT", 20000), "a program that takes another name: begins");
	if (!load_start(&load, "io_late", "107", "renamed", NULL))
		bail("io_late does not start");
	snprintf(pid, sizeof(pid), "%d", load.pid);
	is(load_end(&load), 0, "it ends well");
	usleep(300000);
	kill(t.pid, SIGINT);
	tool_wait(&t, &how);
	has_text(t.err, "107 I/Os over registered buffers", "its I/O is counted");
	is(lines_with(t.out, pid, "io-done"), 0, "and not shown");
	has_text(t.err, "; 0 shown\n107 counted and not shown: the ring is of the selection, but the task that submitted them is not",
		 "and that is said");
	tool_free(&t);
}

/* The totals at the end of a part of a recording are its own. */
static void check_parts(void)
{
	char path[] = "/tmp/fixbuf-parts-XXXXXX";
	int fd = mkstemp(path);
	struct tool_run a;

	for (int i = 0; i < 2; i++) {
		tool(&a, "record", "-q", "-o", path, "--append", "--io", "--", load_path("io_late"), "--no-wait", "107", NULL);
		is(a.status, 0, "io_late is recorded");
		tool_free(&a);
	}
	tool(&a, "report", "--trace", path, NULL);
	is(text_count(a.err, "107 I/Os over registered buffers"), 2, "each part has its own totals");
	is(text_count(a.err, "; 107 shown"), 2, "also of what was shown");
	tool_free(&a);
	unlink(path);
	close(fd);
}

static void check_usage(void)
{
	struct tool_run a;

	tool(&a, "trace", "--sample", "7", "-d", "100ms", NULL);
	is(a.status, 2, "a sample without I/O is refused");
	has_text(a.err, "--io", "and what is missing is said");
	tool_free(&a);
	tool(&a, "trace", "--io", "--sample", "0", "-d", "100ms", NULL);
	is(a.status, 2, "a sample of none is refused");
	tool_free(&a);
	tool(&a, "trace", "--io", "--sample", "1000000001", "-d", "100ms", NULL);
	is(a.status, 2, "a sample of too few is refused");
	tool_free(&a);
	tool(&a, "trace", "--json", "--", load_path("io_late"), "--no-wait", NULL);
	ok(!strstr(a.out, "io-"), "without --io there is none");
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
	check_text_totals();
	check_faults();
	check_sample();
	check_names();
	check_same_name();
	check_loss();
	check_filter("-p", NULL, 101, 0);
	check_filter("-u", "54321", 0, 0);
	check_filter("--comm", "no-such*", 0, 0);
	check_filter("--comm", "io_late", 101, 103);
	check_renamed();
	if (!kernel_only())
		check_parts();
	check_usage();
	return tap_end();
}
