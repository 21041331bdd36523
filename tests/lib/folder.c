// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <stdlib.h>
#include "folder.h"
#include "tap.h"

static char folder[] = "/tmp/fixbuf-test-XXXXXX";

void folder_new(void)
{
	if (!mkdtemp(folder))
		bail("no folder");
}

const char *folder_path(char path[FOLDER_PATH], const char *name)
{
	snprintf(path, FOLDER_PATH, "%s/%s", folder, name);
	return path;
}

void file_write(const char *path, const char *text, size_t len)
{
	FILE *f = fopen(path, "we");

	if (!f || fwrite(text, 1, len, f) != len || fclose(f))
		bail("cannot write %s", path);
}

void folder_remove(void)
{
	char command[sizeof(folder) + 8];

	snprintf(command, sizeof(command), "rm -r %s", folder);
	if (system(command))
		note("%s stays", folder);
}
