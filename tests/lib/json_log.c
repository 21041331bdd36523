// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include "json_log.h"
#include "tool.h"

void json_log_expect(struct tool_run *a, char *const *argv)
{
	const char *command = argv[1] && argv[1][0] != '-' ? argv[1] : "trace";
	const char *output = "";
	bool json = false;

	for (int i = 1; argv[i] && strcmp(argv[i], "--"); i++) {
		json |= !strcmp(argv[i], "--json");
		if (!strcmp(argv[i], "-o") && argv[i + 1])
			output = argv[i + 1];
	}
	if (!json || !getenv("FIXBUF_JSON_LOG"))
		return;
	a->logged_command = strdup(command);
	a->logged_file = *output ? strdup(output) : NULL;
}

void json_log_keep(const struct tool_run *a)
{
	char path[4096], *text;
	FILE *f;

	if (!a->logged_command)
		return;
	snprintf(path, sizeof(path), "%s/%s", getenv("FIXBUF_JSON_LOG"), a->logged_command);
	f = fopen(path, "ae");
	/* tests run beside each other, and what is longer than the buffer is written in parts */
	if (!f || flock(fileno(f), LOCK_EX))
		bail("cannot write to %s", path);
	text = a->logged_file ? file_text(a->logged_file) : strdup(a->out);
	/* a traced program may print, too; what was cut off by a kill has no newline */
	for (char *line = text, *end; (end = strchr(line, '\n')); line = end + 1)
		if (*line == '{')
			fwrite(line, 1, end + 1 - line, f);
	free(text);
	if (fclose(f))
		bail("cannot write to %s", path);
}
