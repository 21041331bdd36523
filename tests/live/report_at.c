// SPDX-License-Identifier: GPL-2.0
/*
 * report --list --at of a time of day.
 * Independent of the kernel: not run in guests.
 */
#include <stdio.h>
#include <string.h>
#include "folder.h"
#include "tool.h"

static char file[FOLDER_PATH];

/* What the header says is the begin, down to the second; there is nothing before. */
static void at_time_of_day(void)
{
	struct tool_run report;
	char at[16] = "";

	tool(&report, "report", file, NULL);
	sscanf(report.out, "%*[^T]T%8s", at);
	tool_free(&report);
	tool(&report, "report", "--list", "--at", at, file, NULL);
	is(report.status, 0, "--at %s, the time of the start", at);
	ok(!strstr(report.err, "ends after"), "is not the end");
	tool_free(&report);
	if (!strcmp(at, "00:00:00"))
		return;
	tool(&report, "report", "--list", "--at", "00:00:00", file, NULL);
	is(report.status, 2, "a time of day before the start is refused");
	has_text(report.err, "is before the start (", "in words");
	has_text(report.err, at, "with the start");
	is_text(report.out, "", "and nothing is shown");
	tool_free(&report);
}

int main(void)
{
	struct tool_run a;

	folder_new();
	tool(&a, "record", "-q", "-o", folder_path(file, "rec"), "--", "sleep", "0.3", NULL);
	is(a.status, 0, "a program is recorded");
	tool_free(&a);
	at_time_of_day();
	folder_remove();
	return tap_end();
}
