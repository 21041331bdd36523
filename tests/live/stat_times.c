// SPDX-License-Identifier: GPL-2.0
/*
 * stat -T: when each interval ended, beside each of its lines. stat -i: no interval is left out, neither
 * at the end of a program nor at SIGINT. Independent of the kernel: not run in guests.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "load.h"
#include "tool.h"
#include "tool_json.h"

static long long today_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static void in_json(void)
{
	long long last = today_ns(), begun = last;
	struct json_lines lines;
	unsigned int rising = 0;
	struct tool_run a;

	tool(&a, "stat", "--json", "-i", "100ms", "-d", "700ms", NULL);
	json_lines_parse(&lines, a.out);
	ok(lines.nr >= 2, "some intervals, and the total (%zu)", lines.nr);
	for (size_t i = 0; i < lines.nr; i++) {
		long long t = json_number(lines.lines[i], "time_ns");

		rising += t > last;
		last = t;
	}
	is(rising, lines.nr, "each ended after the one before");
	ok(last > begun && last < today_ns(), "all of them meanwhile");
	json_lines_free(&lines);
	tool_free(&a);
}

static void in_text(void)
{
	char before[16], after[16], head[16];
	struct tool_run a;
	const char *row;
	time_t t;

	time(&t);
	strftime(before, sizeof(before), "%T", localtime(&t));
	tool(&a, "stat", "-T", "-q", "--no-header", "--", load_path("io_short"), "1", "101", NULL);
	time(&t);
	strftime(after, sizeof(after), "%T", localtime(&t));
	row = strstr(a.out, " io_short ");
	while (row && row > a.out && row[-1] != '\n')
		row--;
	snprintf(head, sizeof(head), "%.8s", row ?: "");
	/* over midnight nothing can be said */
	ok(strcmp(after, before) < 0 || (strcmp(head, before) >= 0 && strcmp(head, after) <= 0),
	   "a line begins with the time of day: '%s', from %s to %s", head, before, after);
	tool_free(&a);
}

/* Of all lines but the last, which is the total. */
static long long intervals_sum(const struct json_lines *l, const char *key)
{
	long long sum = 0;

	for (size_t i = 0; i + 1 < l->nr; i++)
		sum += json_sum(l->lines[i], "rings", key);
	return sum;
}

/* .ops: what was done, -1 = not known. */
static void add_up(const char *text, long long ops, const char *what)
{
	static const char *const keys[] = { "ops", "bytes", "fixed_ops", "timed" };
	struct json_lines l;

	json_lines_parse(&l, text);
	ok(l.nr >= 2, "%s: an interval, and the total (%zu)", what, l.nr);
	if (l.nr && ops >= 0)
		is(json_sum(l.lines[l.nr - 1], "rings", "ops"), ops, "%s: the total has all", what);
	for (size_t i = 0; l.nr && i < sizeof(keys) / sizeof(keys[0]); i++)
		is(intervals_sum(&l, keys[i]), json_sum(l.lines[l.nr - 1], "rings", keys[i]),
		   "%s: intervals add up to its %s", what, keys[i]);
	json_lines_free(&l);
}

/* The program is over long before the first interval is. */
static void program_ends(void)
{
	char path[] = "/tmp/fixbuf-times-XXXXXX", *text;
	int fd = mkstemp(path);
	struct tool_run a;

	if (fd < 0)
		bail("no temporary file");
	close(fd);
	tool(&a, "stat", "--json", "-i", "1m", "-o", path, "--", load_path("io_short"), "1", "101", NULL);
	text = file_text(path);
	add_up(text, 102, "at a program's end");
	free(text);
	tool_free(&a);
	unlink(path);
	tool(&a, "stat", "-i", "1m", "--", load_path("io_short"), "1", "101", NULL);
	text = strstr(a.out, "\nin total:\n");
	is(text_count(a.out, " io_short "), 2 * (text ? text_count(text, " io_short ") : 0),
	   "as text, too: the rows of the last interval, and those of the total");
	tool_free(&a);
}

static void interrupted(void)
{
	struct tool_how how = { 0 };
	struct tool_run a;
	struct load l;
	char pid[16];

	if (!load_start(&l, "io_short", "0", "0", "plain", NULL))
		bail("no load: %s", l.skip);
	snprintf(pid, sizeof(pid), "%d", l.pid);
	tool_start(&a, &how, "stat", "--json", "-i", "300ms", "-p", pid, NULL);
	ok(tool_says(&a, "READ_FIXED", 20000), "intervals of a process that goes on");
	usleep(100000);
	kill(a.pid, SIGINT);
	tool_wait(&a, &how);
	add_up(a.out, -1, "at SIGINT");
	tool_free(&a);
	load_end(&l);
}

int main(void)
{
	in_json();
	in_text();
	program_ends();
	interrupted();
	return tap_end();
}
