// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include "command.h"
#include "tool.h"

char *command_said(int *status, const char *command)
{
	FILE *f = popen(command, "re");
	char *text = stream_text(f);
	size_t nr = strlen(text);
	int s;

	if (!f)
		bail("cannot run %s", command);
	if (nr && text[nr - 1] == '\n')
		text[nr - 1] = '\0';
	s = pclose(f);
	if (status)
		*status = WIFEXITED(s) ? WEXITSTATUS(s) : -1;
	return text;
}

int command_run(const char *command)
{
	int status;
	char *text = command_said(&status, command);

	if (status)
		note("%s: %d: %s", command, status, text);
	free(text);
	return status;
}
