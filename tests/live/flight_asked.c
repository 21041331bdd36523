// SPDX-License-Identifier: GPL-2.0
/*
 * What asks a flight recorder to save: SIGUSR1 while it already waits to save what happened, which is
 * saved at once, and what asked for it is told; of what fails again only what came since; not what is
 * found of another user's limit.
 * Independent of the kernel: not run in guests.
 */
#include <stdio.h>
#include <string.h>
#include "folder.h"
#include "load.h"
#include "tool.h"
#include "tool_json.h"

/* The .nth file that was said to be saved; "none" without. */
static void saved(const struct tool_run *record, int nth, char path[512])
{
	const char *at = record->err;

	for (int i = 0; at && i <= nth; i++)
		at = strstr(at + !!i, "saved to ");
	snprintf(path, 512, "%s", at ? at + strlen("saved to ") : "none");
	path[strcspn(path, ",\n")] = 0;
}

static void by_signal(void)
{
	char kept[FOLDER_PATH], path[512], script[1024];
	struct tool_run record, report;

	snprintf(script, sizeof(script), "%s --no-wait >/dev/null; sleep 2; kill -USR1 $PPID; sleep 2", load_path("lifecycle"));
	tool(&record, "record", "-o", folder_path(kept, "kept"), "--trigger", "failure", "--keep-time", "10m",
	     "--after", "5m", "--", "sh", "-c", script, NULL);
	is(record.status, 0, "record what fails");
	has_text(record.err, "failure (", "a call did");
	has_text(record.err, ", and SIGUSR1): saved to ", "and is saved at SIGUSR1, which is told");
	is(text_count(record.err, "saved to "), 1, "once");
	saved(&record, 0, path);
	tool(&report, "report", path, NULL);
	is(report.status, 0, "it can be read");
	has_text(report.out, " failed", "and has the call that failed");
	tool_free(&report);
	tool_free(&record);
}

/* Something fails again and again: what was saved before is not saved once more. */
static void again(void)
{
	char kept[FOLDER_PATH], script[1024], one[512], two[512];
	const char *load = load_path("lifecycle");
	struct tool_run record, first, second, both;

	snprintf(script, sizeof(script), "%s --no-wait >/dev/null; sleep 3; %s --no-wait >/dev/null; sleep 2", load, load);
	tool(&record, "record", "-o", folder_path(kept, "kept"), "--trigger", "failure", "--keep-time", "10m",
	     "--after", "300ms", "--", "sh", "-c", script, NULL);
	is(record.status, 0, "record what fails twice");
	is(text_count(record.err, "saved to "), 2, "each is saved: %s", record.err);
	is(text_count(record.err, ", which begins where what was saved last ends"), 1, "the second is told to go on");
	saved(&record, 0, one);
	saved(&record, 1, two);
	tool(&first, "report", "--json", one, NULL);
	tool(&second, "report", "--json", two, NULL);
	tool(&both, "report", "--json", one, two, NULL);
	ok(json_sum(first.json, "failures", "count") > 0, "calls failed");
	is(json_sum(second.json, "failures", "count"), json_sum(first.json, "failures", "count"), "as many in each");
	is(json_sum(both.json, "failures", "count"), 2 * json_sum(first.json, "failures", "count"), "both have each once");
	is(json_number(both.json, "unrecorded_ns"), 0, "nothing is between them");
	tool_free(&both);
	tool_free(&second);
	tool_free(&first);
	tool_free(&record);
}

/* The second is asked for less than lies between them: then it does not begin there, and that is not said. */
static void apart(void)
{
	char kept[FOLDER_PATH], script[1024], one[512], two[512];
	const char *load = load_path("lifecycle");
	struct tool_run record, both;

	snprintf(script, sizeof(script), "%s --no-wait >/dev/null; sleep 7; %s --no-wait >/dev/null; sleep 2", load, load);
	tool(&record, "record", "-o", folder_path(kept, "kept"), "--trigger", "failure", "--keep-time", "10s",
	     "--before", "1s", "--after", "300ms", "--", "sh", "-c", script, NULL);
	is(record.status, 0, "record what fails twice, and of each the second before it");
	is(text_count(record.err, "saved to "), 2, "each is saved: %s", record.err);
	is(text_count(record.err, "begins where"), 0, "neither is told to go on");
	saved(&record, 0, one);
	saved(&record, 1, two);
	tool(&both, "report", "--json", one, two, NULL);
	ok(json_number(both.json, "unrecorded_ns") > 0, "as there is time between them that neither has");
	tool_free(&both);
	tool_free(&record);
}

static void not_by_others(void)
{
	struct tool_run record;
	char kept[FOLDER_PATH];
	struct load l;

	if (!load_start(&l, "fault_limit", NULL))
		bail("%s", l.skip);
	tool(&record, "record", "-o", folder_path(kept, "kept"), "--trigger", "finding", "--after", "300ms",
	     "--", load_path("lifecycle"), "--no-wait", NULL);
	is(record.status, 0, "record what is found, beside another user");
	is(text_count(record.err, "saved to "), 0, "what is found of that one is not saved");
	tool_free(&record);
	load_end(&l);
}

int main(void)
{
	folder_new();
	by_signal();
	again();
	apart();
	not_by_others();
	folder_remove();
	return tap_end();
}
