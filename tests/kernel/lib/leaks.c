// SPDX-License-Identifier: GPL-2.0
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "leaks.h"
#include "tap.h"

#define FILE_NAME	"/sys/kernel/debug/kmemleak"
/* an object that is younger is not reported */
#define MIN_AGE_S	5

static bool command(const char *text)
{
	int fd = open(FILE_NAME, O_WRONLY | O_CLOEXEC);
	bool done;

	if (fd < 0)
		return false;
	done = write(fd, text, strlen(text)) > 0;
	close(fd);
	return done;
}

void leaks_forget(void)
{
	command("clear");
}

void leaks_none(void)
{
	bool scanned = true, told = false;
	char line[256];
	int leaks = 0;
	FILE *f;

	if (access(FILE_NAME, F_OK)) {
		skip("kmemleak finds nothing", "not in this kernel");
		return;
	}
	/* what changed since the first scan is looked at again by the second */
	for (int i = 0; i < 2; i++) {
		sleep(MIN_AGE_S + 1);
		scanned = scanned && command("scan");
	}
	ok(scanned, "kmemleak is still at work");
	f = fopen(FILE_NAME, "re");
	while (f && fgets(line, sizeof(line), f)) {
		leaks += !strncmp(line, "unreferenced", 12);
		if (leaks && leaks < 4)
			note("%s", line);
	}
	if (f) {
		told = true;
		fclose(f);
	}
	ok(told && !leaks, "kmemleak finds nothing");
}
