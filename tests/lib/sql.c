// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <stdlib.h>
#include "sql.h"
#include "tap.h"

bool sql_is_there(void)
{
	return !system("command -v sqlite3 >/dev/null");
}

long long sql_number(const char *db, const char *query)
{
	char command[1024];
	long long v = -1;
	FILE *f;

	snprintf(command, sizeof(command), "sqlite3 %s \"%s\"", db, query);
	f = popen(command, "r");
	if (!f || fscanf(f, "%lld", &v) != 1)
		note("%s: no answer", query);
	if (f)
		pclose(f);
	return v;
}
