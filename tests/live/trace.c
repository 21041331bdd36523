// SPDX-License-Identifier: GPL-2.0
/* trace tells every call, buffer and refusal of a program, each once, and why it was refused. */
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "load.h"
#include "tool.h"
#include "tool_json.h"

static const char *const calls[] = { "register", "unregister", "update", "clone" };

#define NR_CALLS (sizeof(calls) / sizeof(calls[0]))

/* For each cause of a refusal a part of the explanation that trace must print. */
static const struct cause {
	const char *name, *part;
} causes[] = {
	{ "update-beyond", "beyond the table" },
	{ "unmapped", "nothing is mapped" },
	{ "read-only", "read-only" },
	{ "null", "NULL" },
	{ "empty", "length 0" },
	{ "too-long", "limit" },
	{ "wraps", "wraps" },
	{ "unreadable", "cannot be read" },
	{ "none", "entries is 0" },
	{ "file", "file memory" },
	{ "nothing", "no buffers registered" },
	{ "busy", "already" },
	{ "over-limit", "RLIMIT_MEMLOCK" },
	{ "no-clone", "6.12" },
};

static char out_file[] = "/tmp/fixbuf-trace-XXXXXX";

/* Runs trace -q on a program, with the JSON in out_file; .out is what the program printed. */
static void trace_program(struct tool_run *a, char **trace, const char *option, ...)
{
	const char *tier = tool_tier();
	struct tool_how how = { .timeout_s = 100 };
	char *arg[4] = { 0 };
	va_list ap;

	va_start(ap, option);
	for (int i = 0; i < 4 && (arg[i] = va_arg(ap, char *)); i++)
		;
	va_end(ap);
	if (tier)
		tool_as(a, &how, "trace", "-q", "-o", out_file, "--tier", tier, option, "--",
			arg[0], arg[1], arg[2], arg[3], NULL);
	else
		tool_as(a, &how, "trace", "-q", "-o", out_file, option, "--", arg[0], arg[1],
			arg[2], arg[3], NULL);
	*trace = file_text(out_file);
}

static bool is_call(struct json_object *line)
{
	for (size_t i = 0; i < NR_CALLS; i++)
		if (json_is(line, "event", calls[i]))
			return true;
	return false;
}

static bool failed(struct json_object *line)
{
	return json_text(line, "errno");
}

static unsigned int count(const struct json_lines *l, pid_t pid, const char *fact,
			  const char *errno_name)
{
	unsigned int nr = 0;

	for (size_t i = 0; i < l->nr; i++) {
		struct json_object *o = l->lines[i];
		const char *e = json_text(o, "errno");

		if (json_is(o, "event", fact) && json_number(o, "pid") == pid &&
		    (errno_name ? e && !strcmp(e, errno_name) : !e))
			nr++;
	}
	return nr;
}

/* The sum of all count.CALL.RESULT that the program reported. */
static void counts(const struct json_lines *l, const char *told, pid_t pid)
{
	unsigned int nr_calls = 0, want = 0;

	for (const char *p = told; (p = strstr(p, "count.")); p++) {
		char call[16], result[16];
		unsigned int nr;

		if (sscanf(p, "count.%15[^.].%15[^=]=%u", call, result, &nr) != 3)
			continue;
		is(count(l, pid, call, strcmp(result, "ok") ? result : NULL), nr,
		   "%s with result %s", call, result);
		want += nr;
	}
	for (size_t i = 0; i < l->nr; i++)
		nr_calls += is_call(l->lines[i]);
	is(nr_calls, want, "calls in all");
}

static const char *part_of(const char *cause)
{
	for (size_t i = 0; i < sizeof(causes) / sizeof(causes[0]); i++)
		if (!strcmp(causes[i].name, cause))
			return causes[i].part;
	bail("the load program knows a cause '%s' that this test does not", cause);
}

/* Compares the refusals in their order: which call, which error, and why. */
static void refusals(const struct json_lines *l, const char *told)
{
	size_t at = 0;

	for (unsigned int i = 0; i < value_number(told, "fails"); i++) {
		char name[32], cause[32], want[32];
		struct json_object *o;

		while (at < l->nr && !(is_call(l->lines[at]) && failed(l->lines[at])))
			at++;
		o = at < l->nr ? l->lines[at++] : NULL;
		snprintf(name, sizeof(name), "fail.%u", i);
		snprintf(cause, sizeof(cause), "%s", value_text(told, name));
		snprintf(name, sizeof(name), "fail.%u.errno", i);
		snprintf(want, sizeof(want), "%s", value_text(told, name));
		is_text(json_text(o, "errno"), want, "refusal %u (%s): its error", i, cause);
		has_text(json_text(o, "explain"), part_of(cause), "refusal %u (%s): explained", i,
			 cause);
		ok(json_number(o, "result") < 0, "refusal %u (%s): a negative result", i, cause);
	}
}

/* Compares the buffers told with the program's calls: sets of three, at known addresses. */
static void buffers(const struct json_lines *l, const char *told, pid_t pid)
{
	unsigned int at[3] = { 0 }, made = 0;
	unsigned long long addr[3];

	for (int i = 0; i < 3; i++) {
		char name[32];

		snprintf(name, sizeof(name), "ring.%d.addr", i);
		addr[i] = value_number(told, name);
	}
	for (size_t k = 0; k < l->nr; k++) {
		struct json_object *o = l->lines[k];

		if (!json_is(o, "event", "buffer") || json_number(o, "pid") != pid)
			continue;
		made++;
		for (int i = 0; i < 3; i++)
			at[i] += (unsigned long long)json_number(o, "addr") == addr[i] &&
				 json_number(o, "index") == i;
	}
	/* each registration and clone makes three slots, each update one */
	is(made, 3 * (count(l, pid, "register", NULL) + count(l, pid, "clone", NULL)) +
	   count(l, pid, "update", NULL), "buffers made");
	is(at[0], count(l, pid, "register", NULL) + count(l, pid, "clone", NULL),
	   "slot 0 at its address, each time");
	is(at[2], at[0], "slot 2 too");
	is(at[1], at[0] + count(l, pid, "update", NULL), "slot 1, and each of its updates");
	is(count(l, pid, "drop", NULL), made, "each buffer is dropped once");
}

static void lines_of_json(void)
{
	struct json_lines l;
	bool left_out;
	struct tool_run a;
	char *trace;
	pid_t pid;

	trace_program(&a, &trace, "--json", load_path("lifecycle"), "--no-wait", NULL);
	is(a.status, 0, "trace ends with the program's status");
	is_text(a.err, "", "and has no complaint");
	json_lines_parse(&l, trace);
	if (!ok(l.nr && !l.bad, "each line is a JSON object"))
		note("%s", l.bad ? l.bad : "nothing was printed");
	if (!strstr(a.out, "READY"))
		bail("the load program did not run: %s", a.out);
	pid = value_number(a.out, "pid");
	is(json_nr_lost(&l, &left_out), 0, "nothing was lost");
	if (left_out) {
		skip("what it tells", "the kernel skipped runs of our programs");
	} else {
		counts(&l, a.out, pid);
		is(count(&l, pid, "ring-create", NULL), value_number(a.out, "rings"), "rings made");
		is(count(&l, pid, "ring-close", NULL), value_number(a.out, "rings"), "rings closed");
		buffers(&l, a.out, pid);
		refusals(&l, a.out);
	}
	json_lines_free(&l);
	free(trace);
	tool_free(&a);
}

static void lines_of_text(void)
{
	struct tool_run a;
	char *trace;

	trace_program(&a, &trace, "-T", load_path("lifecycle"), "--no-wait", NULL);
	has_text(trace, "register", "text: calls");
	has_text(trace, "ENOMEM", "text: errors by name");
	has_text(trace, "CAP_IPC_LOCK", "text: what to do");
	free(trace);
	tool_free(&a);
}

int main(void)
{
	int fd = mkstemp(out_file);

	if (fd < 0)
		bail("no temporary file");
	close(fd);
	lines_of_json();
	lines_of_text();
	unlink(out_file);
	return tap_end();
}
