// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "seen.h"
#include "tool.h"

void seen_expect(struct answer *a, char *const *argv)
{
	const char *command = argv[1] && argv[1][0] != '-' ? argv[1] : "trace";
	const char *output = "";
	bool json = false;

	for (int i = 1; argv[i] && strcmp(argv[i], "--"); i++) {
		json |= !strcmp(argv[i], "--json");
		if (!strcmp(argv[i], "-o") && argv[i + 1])
			output = argv[i + 1];
	}
	if (!json || !getenv("FIXBUF_SEEN"))
		return;
	a->json_of = strdup(command);
	a->json_in = *output ? strdup(output) : NULL;
}

void seen_keep(const struct answer *a)
{
	char path[4096], *text;
	FILE *f;

	if (!a->json_of)
		return;
	snprintf(path, sizeof(path), "%s/%s", getenv("FIXBUF_SEEN"), a->json_of);
	f = fopen(path, "ae");
	if (!f)
		bail("cannot write to %s", path);
	text = a->json_in ? file_text(a->json_in) : strdup(a->out);
	/* a traced program may print, too; what was cut off by a kill has no newline */
	for (char *line = text, *end; (end = strchr(line, '\n')); line = end + 1)
		if (*line == '{')
			fwrite(line, 1, end + 1 - line, f);
	free(text);
	if (fclose(f))
		bail("cannot write to %s", path);
}
