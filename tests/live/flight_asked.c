// SPDX-License-Identifier: GPL-2.0
/*
 * What asks a flight recorder to save: SIGUSR1 while it already waits to save what happened, which is
 * saved at once, and what asked for it is told; not what is found of another user's limit.
 * Independent of the kernel: not run in guests.
 */
#include <stdio.h>
#include <string.h>
#include "folder.h"
#include "load.h"
#include "tool.h"

static void by_signal(void)
{
	char kept[FOLDER_PATH], path[512], script[1024], *at;
	struct tool_run record, saved;

	snprintf(script, sizeof(script), "%s --no-wait >/dev/null; sleep 2; kill -USR1 $PPID; sleep 2", load_path("lifecycle"));
	tool(&record, "record", "-o", folder_path(kept, "kept"), "--trigger", "failure", "--keep-time", "10m",
	     "--after", "5m", "--", "sh", "-c", script, NULL);
	is(record.status, 0, "record what fails");
	has_text(record.err, "failure (", "a call did");
	has_text(record.err, ", and SIGUSR1): saved to ", "and is saved at SIGUSR1, which is told");
	is(text_count(record.err, "saved to "), 1, "once");
	at = strstr(record.err, "saved to ");
	snprintf(path, sizeof(path), "%s", at ? at + strlen("saved to ") : "none");
	path[strcspn(path, "\n")] = 0;
	tool(&saved, "report", path, NULL);
	is(saved.status, 0, "it can be read");
	has_text(saved.out, " failed", "and has the call that failed");
	tool_free(&saved);
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
	not_by_others();
	folder_remove();
	return tap_end();
}
