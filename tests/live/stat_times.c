// SPDX-License-Identifier: GPL-2.0
/* stat -T: when each interval ended, beside each of its lines. Independent of the kernel: not run in guests. */
#include <stdio.h>
#include <string.h>
#include <time.h>
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

int main(void)
{
	in_json();
	in_text();
	return tap_end();
}
