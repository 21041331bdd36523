// SPDX-License-Identifier: GPL-2.0
/*
 * trace shows what its filters select and returns its program's status, at any tier.
 * One kernel tells for all: CI runs it on the oldest alone.
 */
#include <ctype.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "load.h"
#include "tool.h"
#include "tool_json.h"

static void statuses(void)
{
	struct tool_run a;

	tool(&a, "trace", "-q", "--", "/bin/sh", "-c", "exit 7", NULL);
	is(a.status, 7, "the program's status is trace's");
	tool_free(&a);
	tool(&a, "trace", "-q", "--", "/bin/sh", "-c", "kill -9 $$", NULL);
	is(a.status, 128 + SIGKILL, "also when a signal ended it");
	tool_free(&a);
	tool(&a, "trace", "-q", "--", "/nonexistent/program", NULL);
	is(a.status, 127, "127 for a program that is not there");
	has_text(a.err, "/nonexistent/program", "and says which");
	tool_free(&a);
}

/* Counts the facts about each of two processes that trace shows with this filter. */
static void filtered(const char *option, const char *value, pid_t in, pid_t out)
{
	struct tool_how how = { .timeout_s = 100 };
	unsigned int inside = 0, outside = 0;
	struct json_lines l;
	struct tool_run a;

	tool_as(&a, &how, "trace", "--json", "-q", "-d", "700ms", option, value, NULL);
	if (!is(a.status, 0, "%s %s: ends after its duration with 0", option, value)) {
		tool_free(&a);
		return;
	}
	json_lines_parse(&l, a.out);
	ok(!l.bad, "%s %s: each line is a JSON object", option, value);
	for (size_t i = 0; i < l.nr; i++) {
		inside += json_number(l.lines[i], "pid") == in;
		outside += json_number(l.lines[i], "pid") == out;
	}
	ok(inside || !in, "%s %s: tells what it selects", option, value);
	is(outside, 0, "%s %s: and nothing else", option, value);
	json_lines_free(&l);
	tool_free(&a);
}

static void filters(void)
{
	struct load root, plain;
	struct tool_run a;
	char id[16];

	if (!load_start(&root, "churn", "slow", NULL) ||
	    !load_start(&plain, "churn", "slow", "plain", NULL))
		bail("churn does not start");
	snprintf(id, sizeof(id), "%d", root.pid);
	filtered("-p", id, root.pid, plain.pid);
	snprintf(id, sizeof(id), "%llu", load_number(&plain, "uid"));
	filtered("-u", id, plain.pid, root.pid);
	filtered("--comm", "nosuch*", 0, root.pid);
	filtered("--comm", "chur?", root.pid, 0);
	filtered("--comm=nosuch*", "--comm=chur?", root.pid, 0);
	filtered("--comm=chu?n", "--comm=*such", root.pid, 0);
	filtered("--comm=hurn", "--comm=chur", 0, root.pid);
	tool(&a, "trace", "-q", "-d", "1s", "--comm", "churn",
	     "--comm", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", NULL);
	ok(a.status && strstr(a.err, "is too long"), "names that are too many to look for are refused");
	tool_free(&a);
	load_end(&root);
	load_end(&plain);
}

/* Makes every run of blanks and newlines one blank, as an explanation is wrapped to a width. */
static void unwrap(char *s)
{
	char *start = s, *to = s;

	for (; *s; s++)
		if (!isspace(*s))
			*to++ = *s;
		else if (to > start && to[-1] != ' ')
			*to++ = ' ';
	*to = '\0';
}

/* ENOMEM is explained by who held the memory at the call, not by who holds it when it is told. */
static void holders(void)
{
	struct tool_run a;

	tool(&a, "trace", "-q", "--no-header", "--", load_path("fault_limit"), "--no-wait", NULL);
	is(a.status, 0, "a user at its limit");
	unwrap(a.out);
	has_text(a.out, "of 264 KiB locked, this call needs 148 KiB more", "what the call needs");
	has_text(a.out, " 124 KiB", "the other process holds it");
	ok(!strstr(a.out, " 116 KiB"), "what the refused one got later is not counted");
	tool_free(&a);
}

int main(void)
{
	statuses();
	holders();
	filters();
	return tap_end();
}
