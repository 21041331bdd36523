// SPDX-License-Identifier: GPL-2.0
/*
 * What is printed about the command line: --help, --json-schema, --completion.
 * Independent of the kernel: not run in guests.
 */
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "load.h"
#include "tool.h"
#include "tool_json.h"

#define MAX_COMMANDS 32

static char *commands[MAX_COMMANDS];
static size_t nr_commands;

/* The commands that --help lists; their number is asserted, as one that it omits is not tested. */
static void find_commands(void)
{
	struct tool_run a;
	char *line;

	tool(&a, "--help", NULL);
	is(a.status, 0, "--help ends with 0");
	line = strstr(a.out, "\nCommands:\n");
	if (!line)
		bail("the overview lists no commands");
	line += strlen("\nCommands:\n");
	for (; *line == ' ' && nr_commands < MAX_COMMANDS; line = strchr(line, '\n') + 1) {
		char *name = line + strspn(line, " ");

		commands[nr_commands++] = strndup(name, strcspn(name, " "));
	}
	ok(nr_commands >= 7, "it lists %zu commands", nr_commands);
	tool_free(&a);
}

/* Who types nothing is helped; a script that lost its arguments is told by the status. */
static void nothing_given(void)
{
	struct tool_run a, help;

	tool(&help, "--help", NULL);
	tool(&a, NULL);
	is(a.status, 2, "without a command the status is 2");
	is_text(a.out, help.out, "and help is printed");
	tool_free(&a);
	tool_free(&help);
}

/* Options stand under what they are about. */
static void help_is_grouped(void)
{
	static const char *const titles[] = { "\n Target:\n", "\n How:\n", "\n Output:\n", "\n Advanced:\n" };
	const char *at;
	struct tool_run a;

	tool(&a, "trace", "--help", NULL);
	at = a.out;
	for (size_t i = 0; at && i < 4; i++)
		at = strstr(at, titles[i]);
	ok(at, "trace --help: target, how, output, advanced");
	tool_free(&a);
	tool(&a, "bench", "--help", NULL);
	has_text(a.out, "\n How:\n", "one that is about no process has the others");
	tool_free(&a);
}

static size_t nr_lines_with(const char *text, const char *begin)
{
	size_t nr = 0;

	for (const char *line = text; line; line = strchr(line, '\n'), line += !!line)
		nr += !strncmp(line, begin, strlen(begin));
	return nr;
}

static void help_has_examples(void)
{
	for (size_t i = 0; i < nr_commands; i++) {
		char begin[128];
		const char *examples;
		struct tool_run a;

		tool(&a, commands[i], "--help", NULL);
		is(a.status, 0, "%s --help ends with 0", commands[i]);
		ok(nr_lines_with(a.out, "") <= 61, "%s --help has 60 lines at most", commands[i]);
		examples = strstr(a.out, "\nExamples:\n");
		snprintf(begin, sizeof(begin), "  fixbuf-trace %s", commands[i]);
		ok(examples && nr_lines_with(examples, begin) >= 3, "%s --help has three examples",
		   commands[i]);
		tool_free(&a);
	}
}

static bool has_json(const char *command)
{
	struct tool_run a;
	bool json;

	tool(&a, command, "--help", NULL);
	json = strstr(a.out, " --json ");
	tool_free(&a);
	return json;
}

static void schemas(void)
{
	struct json_object *defs;
	struct tool_run all;

	tool(&all, "--json-schema", NULL);
	is(all.status, 0, "--json-schema ends with 0");
	defs = json_member(all.json, "$defs");
	ok(defs && json_object_object_length(defs) > 20, "and is one object, with definitions");
	for (size_t i = 0; i < nr_commands; i++) {
		struct json_object *own;
		struct tool_run a;

		if (!has_json(commands[i]))
			continue;
		tool(&a, commands[i], "--json-schema", NULL);
		is(a.status, 0, "%s --json-schema ends with 0", commands[i]);
		own = json_member(a.json, "$defs");
		ok(json_member(own, commands[i]), "it defines what %s prints", commands[i]);
		ok(json_member(defs, commands[i]), "so does the schema of all commands");
		ok(own && json_object_object_length(own) < json_object_object_length(defs),
		   "%s: without what others print", commands[i]);
		tool_free(&a);
	}
	tool_free(&all);
}

static void full_disk(void)
{
	static const char *const options[] = { "--json-schema", "--completion=bash", "--version", "--help", "--usage" };
	FILE *full = fopen("/dev/full", "we");
	struct tool_how how = { .stdout_fd = full ? fileno(full) : -1 };

	if (!full)
		bail("no /dev/full");
	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		struct tool_run a;

		tool_as(&a, &how, options[i], NULL);
		is(a.status, 2, "%s onto a full disk ends with 2", options[i]);
		has_text(a.err, "No space left", "%s: says why", options[i]);
		tool_free(&a);
	}
	for (size_t i = 0; i < nr_commands; i++) {
		struct tool_run a;

		tool_as(&a, &how, commands[i], "--help", NULL);
		is(a.status, 2, "%s --help onto a full disk ends with 2", commands[i]);
		has_text(a.err, "No space left", "%s --help: says why", commands[i]);
		tool_free(&a);
	}
	fclose(full);
}

/* doctor is the only command whose JSON no other test asks for. */
static void doctor(void)
{
	struct tool_run a;

	tool(&a, "doctor", "--json", NULL);
	is(a.status, 0, "doctor --json ends with 0");
	ok(json_text(a.json, "tier"), "and names a tier");
	ok(strstr(a.out, "of an owner with CAP_IPC_LOCK"), "and says which rings are not found, to its end");
	tool_free(&a);
	tool(&a, "doctor", "-v", NULL);
	ok(strstr(a.out, "of an owner with CAP_IPC_LOCK"), "-v does, too");
	tool_free(&a);
}

/* Whatever a recording holds, each view of it has to follow the schema. */
static void reports(void)
{
	static const char *const views[] = { "--summary", "--trace", "--list", "--verify", "--stat" };
	char path[] = "/tmp/fixbuf-rec-XXXXXX";
	int fd = mkstemp(path);
	struct tool_run a;

	close(fd);
	tool(&a, "record", "-q", "--io", "--stacks", "--snapshot", "-o", path, "--",
	     load_path("lifecycle"), "--no-wait", NULL);
	is(a.status, 0, "a recording is made");
	tool_free(&a);
	for (size_t i = 0; i < sizeof(views) / sizeof(views[0]); i++) {
		tool(&a, "report", views[i], "--json", "--fail-on", "error", path, NULL);
		is(a.status, 0, "report %s --json ends with 0", views[i]);
		ok(a.out[0] == '{', "and is JSON");
		tool_free(&a);
	}
	unlink(path);
}

/* What selects by one value does not drop another in silence. */
static void second_user(void)
{
	struct tool_run a;

	tool(&a, "list", "-u", "0", "-u", "1", NULL);
	is(a.status, 2, "two users are refused");
	has_text(a.err, "'1' is a second user; give one --uid", "in words");
	tool_free(&a);
	tool(&a, "list", "-u", "0", "--uid", "root", NULL);
	is(a.status, 0, "the same user twice is one");
	tool_free(&a);
	tool(&a, "list", "-u", "no-such-user", NULL);
	has_text(a.err, "unknown user 'no-such-user'", "one whom nobody knows is told as that");
	tool_free(&a);
}

int main(void)
{
	find_commands();
	nothing_given();
	help_is_grouped();
	help_has_examples();
	schemas();
	full_disk();
	doctor();
	second_user();
	reports();
	return tap_end();
}
