// SPDX-License-Identifier: GPL-2.0
/*
 * Completions that find the ring full name no request: each is counted as what it is where many share a
 * user_data, none is left over as under way, and the size of the ring is told that was full.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "load.h"
#include "tool.h"
#include "tool_json.h"

static long long loss(struct json_object *o, const char *name)
{
	struct json_object *l = json_member(o, "losses");

	return json_member(l, name) ? json_number(l, name) : 0;
}

static long long said(const struct tool_run *a, const char *name)
{
	return value_text(a->out, name) ? (long long)value_number(a->out, name) : 0;
}

/* Of the program's only ring. */
static struct json_object *row_of(struct json_object *o, const char *opcode)
{
	return json_with(json_member(json_element(json_member(o, "rings"), 0), "opcodes"), "opcode", opcode);
}

/* None is said to be under way, whatever is known of the others. */
static void check_none_left(struct json_object *o, const char *mode, const char *by)
{
	is(json_number(o, "in_flight"), 0, "%s: nothing is under way at the end, by %s", mode, by);
	is(json_nr_findings(o, 0, "stuck-request"), 0, "%s: nothing is stuck, by %s", mode, by);
	is(loss(o, "reused_requests"), 0, "%s: none was used again before its end was seen, by %s", mode, by);
}

static void check_buffers(const struct tool_run *a, struct json_object *o, const char *mode)
{
	static const char *const names[] = { "first", "second" };
	struct json_object *list = json_member(o, "buffers");

	is(list ? (long long)json_object_array_length(list) : 0, 2, "%s: two buffers", mode);
	for (size_t i = 0; list && i < json_object_array_length(list); i++) {
		struct json_object *b = json_object_array_get_idx(list, i);
		long long index = json_number(b, "index");

		is(json_number(b, "ops"), said(a, names[index & 1]), "%s: uses of buffer %lld", mode, index);
	}
}

/* By stat, or by a recording, which keeps no uses of buffers. */
static void check_counts(const struct tool_run *a, struct json_object *o, const char *mode, const char *by)
{
	long long fixed = said(a, "first") + said(a, "second"), plain = said(a, "plain");

	is(json_number(row_of(o, "READ_FIXED"), "ops"), fixed, "%s: READ_FIXED, by %s", mode, by);
	is(json_number(row_of(o, "READ_FIXED"), "bytes"), fixed * 512, "%s: their bytes, by %s", mode, by);
	is(json_number(row_of(o, "READ"), "ops"), plain, "%s: READ, by %s", mode, by);
	is(loss(o, "no_start"), 0, "%s: each submission is found, by %s", mode, by);
	is(loss(o, "late"), said(a, "late"), "%s: what came late, by %s", mode, by);
}

static void check_size(const struct tool_run *a, struct json_object *o, const char *mode)
{
	struct json_object *f = json_finding(o, 0, "cq-overflow");
	char places[64];

	snprintf(places, sizeof(places), "found the completion ring of %lld places full", said(a, "places"));
	has_text(json_text(f, "detail"), places, "%s: how large the ring is", mode);
}

/* False where this kernel does not say which request it is: then that is told. */
static bool is_known(struct json_object *o, const struct tool_run *a, const char *mode, const char *by)
{
	if (json_is(o, "starts_by", "user_data")) {
		skip(mode, "this kernel's completions name no request");
		return false;
	}
	if (!loss(o, "overflowed"))
		return true;
	is(loss(o, "overflowed") + loss(o, "late"), said(a, "late"), "%s: what is not known is told, by %s", mode, by);
	return false;
}

static void by_stat(const char *mode)
{
	char path[] = "/tmp/fixbuf-late-XXXXXX", program[4096], *text;
	struct json_object *o;
	struct tool_run a;

	close(mkstemp(path));
	snprintf(program, sizeof(program), "%s", load_path("io_late_same"));
	tool(&a, "stat", "--json", "-q", "--by-buffer", "-o", path, "--", program, "--no-wait", mode, NULL);
	text = file_text(path);
	o = json_tokener_parse(text);
	if (!tool_skipped(&a, mode)) {
		is(a.status, 0, "%s: the program ends well", mode);
		check_none_left(o, mode, "stat");
		if (is_known(o, &a, mode, "stat")) {
			check_counts(&a, o, mode, "stat");
			check_buffers(&a, o, mode);
			check_size(&a, o, mode);
		}
	}
	json_object_put(o);
	free(text);
	unlink(path);
	tool_free(&a);
}

/* Each is told with its own buffer. */
static void by_events(const char *mode)
{
	char rec[] = "/tmp/fixbuf-late-XXXXXX", program[4096];
	long long of[2] = { 0 }, timed = 0;
	struct json_lines l;
	struct tool_run a, b;

	close(mkstemp(rec));
	snprintf(program, sizeof(program), "%s", load_path("io_late_same"));
	tool(&a, "record", "-q", "--io", "-o", rec, "--", program, "--no-wait", mode, NULL);
	if (tool_skipped(&a, mode))
		goto out;
	tool(&b, "report", "--stat", "--json", rec, NULL);
	check_none_left(b.json, mode, "record --io");
	if (!is_known(b.json, &a, mode, "record --io")) {
		tool_free(&b);
		goto out;
	}
	check_counts(&a, b.json, mode, "record --io");
	tool_free(&b);
	tool(&b, "report", "--trace", "--json", rec, NULL);
	json_lines_parse(&l, b.out);
	for (size_t i = 0; i < l.nr; i++) {
		if (!json_is(l.lines[i], "event", "io-done"))
			continue;
		of[json_number(l.lines[i], "index") & 1]++;
		timed += json_number(l.lines[i], "latency_ns") > 0;
	}
	is(of[0], said(&a, "first"), "%s: events of buffer 0", mode);
	is(of[1], said(&a, "second"), "%s: events of buffer 1", mode);
	is(timed, said(&a, "first") + said(&a, "second"), "%s: each with its time", mode);
	json_lines_free(&l);
	tool_free(&b);
out:
	unlink(rec);
	tool_free(&a);
}

/* Of a ring that stays: what has ended is not stuck. */
static void of_a_ring_that_stays(void)
{
	char path[] = "/tmp/fixbuf-late-XXXXXX", program[4096], *text;
	size_t told = 0;
	struct json_lines l;
	struct tool_run a;

	close(mkstemp(path));
	snprintf(program, sizeof(program), "%s", load_path("io_late_same"));
	tool(&a, "stat", "--json", "-q", "-i", "700ms", "-o", path, "--", program, "--no-wait", "async", "7", NULL);
	text = file_text(path);
	if (!tool_skipped(&a, "a ring that stays")) {
		json_lines_parse(&l, text);
		ok(l.nr > 7, "a ring that stays: it is looked at");
		for (size_t i = 0; i < l.nr; i++)
			told += json_nr_findings(l.lines[i], 0, "stuck-request");
		is(told, 0, "a ring that stays: nothing is stuck");
		json_lines_free(&l);
	}
	free(text);
	unlink(path);
	tool_free(&a);
}

int main(void)
{
	static const char *const modes[] = { "alone", "batch", "async", "sqpoll", "pipe" };

	if (geteuid())
		skip_all("needs root");
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		by_stat(modes[i]);
		by_events(modes[i]);
	}
	of_a_ring_that_stays();
	return tap_end();
}
