// SPDX-License-Identifier: GPL-2.0
/*
 * stat, record --io and trace --io count the rarer kinds exactly: SENDMSG_ZC, commands to an
 * NVMe device, completions that find the ring full, and what runs beside plain NOPs and requests
 * that complete many times, of which all but the last are said not to be counted.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "load.h"
#include "shared_machine.h"
#include "tool.h"
#include "tool_json.h"

/* Runs a command on the load: .out of .a is what the load printed, the text what the tool did. */
static char *watch_kind(struct tool_run *a, const char *kind, const char *command)
{
	char path[] = "/tmp/fixbuf-kinds-XXXXXX", program[4096], *text;
	int fd = mkstemp(path);
	struct tool_run report;

	if (fd < 0)
		bail("no temporary file");
	snprintf(program, sizeof(program), "%s", load_path("io_kinds"));
	if (!strcmp(command, "stat")) {
		tool(a, "stat", "--json", "-o", path, "--", program, "--no-wait", kind, NULL);
		text = file_text(path);
	} else if (!strcmp(command, "trace")) {
		tool(a, "trace", "--json", "-q", "--io", "-o", path, "--", program, "--no-wait",
		     kind, NULL);
		text = file_text(path);
	} else {
		tool(a, "record", "-q", "--io", "-o", path, "--", program, "--no-wait", kind, NULL);
		tool(&report, "report", "--stat", "--json", path, NULL);
		text = strdup(report.out);
		tool_free(&report);
	}
	close(fd);
	unlink(path);
	return text;
}

static long long said(const struct tool_run *a, const char *name)
{
	return value_text(a->out, name) ? (long long)value_number(a->out, name) : 0;
}

/* An opcode, over a registered buffer and not, against what the program says. */
static void check_rows(const struct tool_run *a, struct json_object *ops, const char *kind,
		       const char *opcode, int op)
{
	static const char *const keys[] = { "ops", "bytes", "errors", "efaults", "cancelled" };
	struct json_object *o = json_with(ops, "opcode", opcode);
	char name[32];

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		snprintf(name, sizeof(name), "op.%d.%s", op, keys[i]);
		is(o ? json_number(o, keys[i]) : 0, said(a, name), "%s: %s, %s", kind, keys[i],
		   opcode);
	}
	snprintf(name, sizeof(name), "fixed.%d", op);
	if (value_text(a->out, name))
		is(json_number(o, "fixed_ops"), said(a, name), "%s: over a registered buffer, %s", kind,
		   opcode);
}

/* The number of one kind of loss in stat's JSON, 0 when it names none. */
static long long loss(struct json_object *o, const char *name)
{
	struct json_object *l = json_member(o, "losses");

	return json_member(l, name) ? json_number(l, name) : 0;
}

/* .command: stat, or record, whose file says the same. */
static void check_stat(const char *kind, const char *command)
{
	struct tool_run a;
	char *text = watch_kind(&a, kind, command);
	struct json_object *o = json_tokener_parse(text), *ops;
	long long unseen;

	if (tool_skipped(&a, kind))
		goto out;
	is(a.status, 0, "%s: the program ends well", kind);
	ops = json_member(json_element(json_member(o, "rings"), 0), "opcodes");
	unseen = loss(o, "overflowed");
	if (unseen) {
		/* from 6.1 a completion that overflows is not traced as a completion */
		is(unseen, said(&a, "overflowed"), "%s: what was not seen is told", kind);
		is(json_number(json_with(ops, "opcode", "READ_FIXED"), "ops"),
		   said(&a, "op.4.ops") - unseen, "%s: all others are counted", kind);
		is(json_number(json_element(json_member(o, "rings"), 0), "ops"), said(&a, "op.4.ops"),
		   "%s: the ring's total has all", kind);
	} else {
		check_rows(&a, ops, kind, "READ_FIXED", 4);
		check_rows(&a, ops, kind, "SENDMSG_ZC", 48);
		check_rows(&a, ops, kind, "URING_CMD", 46);
		check_rows(&a, ops, kind, "RECV", 27);
		check_rows(&a, ops, kind, "READ_MULTISHOT", 49);
	}
	/* there none is a receive or a read */
	is(loss(o, "multishot"), json_is(o, "starts_by", "user_data") ? 0 : said(&a, "went_on"),
	   "%s: what did not end its request is said, by %s", kind, command);
	is(loss(o, "reused_requests"), 0, "%s: the end of each request that was used again was seen, by %s", kind,
	   command);
	/* up to 6.0 they are completions like any other */
	if (value_text(a.out, "overflowed") && (unseen || loss(o, "late")))
		is(loss(o, "late") + unseen, said(&a, "overflowed"), "%s: what came late is told", kind);
	is_machine_total(json_number(o, "lost"), 0, "%s: nothing is lost", kind);
	is_machine_total(loss(o, "no_start"), 0, "%s: each start was found", kind);
	is_machine_total(json_number(o, "in_flight"), 0, "%s: no start is left over", kind);
out:
	json_object_put(o);
	free(text);
	tool_free(&a);
}

/* Runs at the best tier only, as facts of I/O come from the same tracepoints at each. */
static void check_facts(const char *kind)
{
	struct tool_run a;
	char *text = watch_kind(&a, kind, "trace");
	long long fixed[64] = { 0 }, bytes[64] = { 0 }, unseen = 0;
	struct json_lines l;

	if (a.status == EXIT_SKIPPED)
		goto out;
	is(a.status, 0, "%s: the program ends well, told as events", kind);
	json_lines_parse(&l, text);
	for (size_t i = 0; i < l.nr; i++) {
		struct json_object *o = l.lines[i];
		long long res = json_number(o, "result");
		int op = json_is(o, "opcode", "READ_FIXED") ? 4 :
			 json_is(o, "opcode", "URING_CMD") ? 46 :
			 json_is(o, "opcode", "SENDMSG_ZC") ? 48 : 63;

		if (json_is(o, "event", "io-total"))
			unseen = loss(o, "overflowed");
		if (!json_is(o, "event", "io-done"))
			continue;
		fixed[op]++;
		bytes[op] += res > 0 ? res : 0;
	}
	is(fixed[4], said(&a, "op.4.ops") - unseen, "%s: events of READ_FIXED", kind);
	if (!unseen)
		is(bytes[4], said(&a, "op.4.bytes"), "%s: their bytes", kind);
	is(fixed[46], said(&a, "fixed.46"), "%s: events of URING_CMD", kind);
	is(fixed[48], said(&a, "fixed.48"), "%s: events of SENDMSG_ZC", kind);
	is(fixed[63], 0, "%s: no other", kind);
	json_lines_free(&l);
out:
	free(text);
	tool_free(&a);
}

/* Whoever sees only the end of a request is told what else there was. */
static void check_words(void)
{
	struct tool_run a;

	tool(&a, "stat", "--", load_path("io_kinds"), "--no-wait", "multishot", NULL);
	if (!tool_skipped(&a, "multishot") && said(&a, "op.27.ops"))
		has_text(a.out, " completions of multishot requests not counted", "stat says so in words");
	tool_free(&a);
}

int main(void)
{
	static const char *const kinds[] = { "sendmsg", "command", "overflow", "multishot", "nops" };

	if (geteuid())
		skip_all("needs root");
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		check_stat(kinds[i], "stat");
		check_stat(kinds[i], "record");
		check_facts(kinds[i]);
	}
	check_words();
	return tap_end();
}
