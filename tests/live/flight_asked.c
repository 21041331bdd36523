// SPDX-License-Identifier: GPL-2.0
/*
 * SIGUSR1 to a flight recorder that already waits to save what happened: it is saved at once, and what
 * asked for it is told.
 * Independent of the kernel: not run in guests.
 */
#include <stdio.h>
#include <string.h>
#include "folder.h"
#include "load.h"
#include "tool.h"

int main(void)
{
	char kept[FOLDER_PATH], path[512], script[1024], *at;
	struct tool_run record, saved;

	folder_new();
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
	folder_remove();
	return tap_end();
}
