// SPDX-License-Identifier: GPL-2.0
/*
 * Advice does not contradict itself: what is used in any way is not idle, and what is plain is told how.
 * One kernel tells for all: CI runs it on the oldest alone.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "load.h"
#include "tool.h"
#include "tool_json.h"

/* What stat says around the load: each line of an interval, the last in total. */
static void stat_of(struct tool_run *a, struct json_lines *l, const char *interval, const char *mode)
{
	char path[] = "/tmp/fixbuf-advice-XXXXXX", program[4096], *text;
	int fd = mkstemp(path);

	if (fd < 0)
		bail("no temporary file");
	close(fd);
	snprintf(program, sizeof(program), "%s", load_path("io_advice"));
	if (interval)
		tool(a, "stat", "-q", "--json", "--advise", "--by-buffer", "-o", path, "-i", interval,
		     "--", program, "--no-wait", mode, NULL);
	else
		tool(a, "stat", "-q", "--json", "--advise", "-o", path, "--", program, "--no-wait",
		     mode, NULL);
	text = file_text(path);
	json_lines_parse(l, text);
	free(text);
	unlink(path);
}

/* Operations of the unfixed-io whose remedy says .how. */
static long long unfixed(struct json_object *o, const char *how)
{
	struct json_object *list = json_member(o, "advice");
	long long ops = 0;

	for (size_t i = 0; i < json_object_array_length(list); i++) {
		struct json_object *x = json_element(list, i);

		if (json_is(x, "tag", "unfixed-io") && strstr(json_text(x, "remedy"), how))
			ops += json_number(x, "ops");
	}
	return ops;
}

/* .o: of an interval that all was done in. */
static void kinds(struct json_object *o, const char *did)
{
	struct json_object *idle = json_with(json_member(o, "advice"), "tag", "idle-buffer");
	struct json_object *why = json_with(json_member(o, "advice"), "tag", "not-worth-registering");
	bool names = !json_is(o, "starts_by", "user_data"), zero_copy = value_text(did, "zero_copy");
	char text[64];

	snprintf(text, sizeof(text), "%lld went through the page cache", (long long)value_number(did, "cached"));
	has_text(json_text(why, "detail"), text, "why registering would not pay");
	is(unfixed(o, "use READ_FIXED"), value_number(did, "reads"), "READ inside a buffer");
	if (!names) {
		skip("vectors and sends", "this kernel's completions name no request");
		return;
	}
	is(unfixed(o, "use READV_FIXED"), value_number(did, "vectors"), "READV inside a buffer");
	is(unfixed(o, "use SEND_ZC"), value_number(did, "sends"), "SEND from a buffer");
	if (zero_copy)
		is(unfixed(o, "set IORING_RECVSEND_FIXED_BUF"),
		   value_number(did, "zero_copy") + 5, "SEND_ZC from a buffer, not by its index");
	is(json_number(idle, "index"), zero_copy ? 8 : -1, "the one buffer that nothing used");
	has_text(json_text(idle, "detail"), zero_copy ? "1 of its 9" : "2 of its 9",
		 "failed, cancelled, under way, plain: each is a use");
}

static void counts(struct json_object *o, const char *did)
{
	struct json_object *ops = json_member(json_element(json_member(o, "rings"), 0), "opcodes");
	struct json_object *list = json_member(o, "buffers"), *buffer = NULL;
	long long sends = value_text(did, "fixed_sends") ? value_number(did, "fixed_sends") : 0;

	for (size_t i = 0; i < json_object_array_length(list); i++)
		if (json_number(json_element(list, i), "index") == 0)
			buffer = json_element(list, i);
	is(json_number(json_with(ops, "opcode", "SENDMSG"), "ops"), value_number(did, "messages"),
	   "SENDMSG is counted");
	is(json_number(json_with(ops, "opcode", "RECVMSG"), "ops"), value_number(did, "messages"),
	   "RECVMSG is counted");
	is(json_number(buffer, "ops"), 3 + sends, "SEND_ZC by buffer, the first one, too");
}

static void copies(struct json_object *o, const char *did, const char *opcode, const char *key,
		   const char *remedy)
{
	struct json_object *list = json_member(o, "io_slower");
	long long found = 0;

	for (size_t i = 0; i < json_object_array_length(list); i++) {
		struct json_object *x = json_element(list, i);

		if (json_is(x, "opcode", opcode) &&
		    strstr(json_text(x, "explain"), "copied the data of this zero-copy send") &&
		    strstr(json_text(x, "explain"), remedy))
			found += json_number(x, "count");
	}
	if (value_number(did, key))
		is(found, value_number(did, key), "%s that was copied is told", opcode);
	else
		skip(opcode, "this kernel's notifications do not say whether it was copied");
}

/* Text, as what was not counted is no row of JSON. */
static void not_idle(const struct tool_run *a, const char *by)
{
	is(text_count(a->out, "  not known\n"), 8, "%s: of buffers that muted requests took it is not said that they were never used", by);
	ok(!strstr(a->out, "never\n") && !strstr(a->out, "idle-buffer"), "%s: nor that they are idle", by);
	has_text(a->out, "whether buffers are idle could not be told: 40 requests with IOSQE_CQE_SKIP_SUCCESS may have used them",
		 "%s: but why it is not known", by);
}

/* Losses are not narrowed by a filter, as whose they are was not recorded: that is said of each. */
static void others_losses(const char *path)
{
	static const char line[] = "40 requests with IOSQE_CQE_SKIP_SUCCESS: counted only on failure";
	static const char of_all[] = " (of all that was recorded, not of the selection alone)";
	struct tool_run a;
	const char *at;

	tool(&a, "report", "--stat", path, NULL);
	has_text(a.out, line, "what was not seen is told");
	ok(!strstr(a.out, of_all), "without a filter as it is");
	tool_free(&a);
	tool(&a, "report", "--stat", "--comm", "nosuch", path, NULL);
	has_text(a.out, line, "with one, too");
	/* it is wrapped */
	has_text(a.out, "(of all that was recorded", "as of all: %s", a.out);
	tool_free(&a);
	tool(&a, "report", "--stat", "--json", "--comm", "nosuch", path, NULL);
	ok(json_object_get_boolean(json_member(a.json, "losses_of_all")), "as JSON says");
	tool_free(&a);
	tool(&a, "report", "--trace", "--comm", "nosuch", path, NULL);
	at = strstr(a.err, line);
	ok(at && strstr(at, of_all), "and --trace: %s", a.err);
	tool_free(&a);
}

static void muted(void)
{
	char path[] = "/tmp/fixbuf-advice-XXXXXX", program[4096], script[4200];
	struct tool_run a;

	snprintf(program, sizeof(program), "%s", load_path("io_advice"));
	/* its buffers are looked at while it has them */
	snprintf(script, sizeof(script), "sleep 1.5 | %s muted", program);
	tool(&a, "stat", "--advise", "--by-buffer", "--", "sh", "-c", script, NULL);
	if (!tool_skipped(&a, "muted requests"))
		not_idle(&a, "stat");
	tool_free(&a);
	close(mkstemp(path));
	tool(&a, "record", "-q", "--io", "-o", path, "--", program, "--no-wait", "muted", NULL);
	if (!tool_skipped(&a, "muted requests in a recording")) {
		tool_free(&a);
		tool(&a, "report", "--stat", "--advise", "--by-buffer", path, NULL);
		not_idle(&a, "report");
		others_losses(path);
	}
	tool_free(&a);
	unlink(path);
}

int main(void)
{
	struct json_object *o;
	struct json_lines l;
	struct tool_run a;

	stat_of(&a, &l, "2s", NULL);
	if (!tool_skipped(&a, "advice")) {
		is(a.status, 0, "the load ends well");
		ok(l.nr >= 2, "an interval, and the total");
		o = l.lines[0];
		kinds(o, a.out);
		counts(o, a.out);
		copies(o, a.out, "SEND_ZC", "copied.47", "; SEND saves");
		copies(o, a.out, "SENDMSG_ZC", "copied.48", "; SENDMSG saves");
	}
	json_lines_free(&l);
	tool_free(&a);

	stat_of(&a, &l, NULL, "brief");
	o = l.lines[0];
	ok(json_object_get_boolean(json_member(o, "needs_longer_run")) !=
	   !!json_with(json_member(o, "advice"), "tag", "idle-buffer"),
	   "a ring that was gone before it was looked at takes a longer run, and is not all right");
	json_lines_free(&l);
	tool_free(&a);

	stat_of(&a, &l, NULL, "forked");
	if (!tool_skipped(&a, "a child")) {
		o = l.lines[0];
		is(json_number(json_element(json_member(o, "rings"), 0), "ops"), value_number(a.out, "by_child"),
		   "what a forked child does on the ring is counted");
		is(unfixed(o, "use READ_FIXED"), 0,
		   "and not taken for I/O of the buffers: they are its parent's memory");
	}
	json_lines_free(&l);
	tool_free(&a);

	stat_of(&a, &l, NULL, "refused");
	o = json_with(json_member(l.lines[0], "advice"), "tag", "failed-registration");
	is(json_number(o, "ops"), 5, "registrations that failed are counted");
	has_text(json_text(o, "detail"), "failed, the last with EFAULT; 1 went well", "with the last error");
	is(json_number(o, "pid"), json_number(json_element(json_member(l.lines[0], "rings"), 0), "pid"),
	   "and whose they were");
	json_lines_free(&l);
	tool_free(&a);

	stat_of(&a, &l, NULL, "defer");
	if (!tool_skipped(&a, "a ring with DEFER_TASKRUN")) {
		o = json_element(json_member(l.lines[0], "rings"), 0);
		ok(json_object_get_boolean(json_member(o, "waits_for_program")), "its latencies are said to hold the program's wait");
	}
	json_lines_free(&l);
	tool_free(&a);

	muted();
	return tap_end();
}
