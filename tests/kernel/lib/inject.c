// SPDX-License-Identifier: GPL-2.0
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "inject.h"

/* The kernel counts down from here, so that what is missing has failed. */
#define TIMES	1000000000L

static bool write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool written;

	if (fd < 0)
		return false;
	written = write(fd, text, strlen(text)) == (ssize_t)strlen(text);
	close(fd);
	return written;
}

static bool set(const char *name, const char *setting, long value)
{
	char path[128], text[32];

	snprintf(path, sizeof(path), "/sys/kernel/debug/%s/%s", name, setting);
	snprintf(text, sizeof(text), "%ld", value);
	return !access(path, F_OK) && write_text(path, text);
}

bool inject_some(const char *name, unsigned int percent)
{
	/* only some of them have these: by default what may wait or is small does not fail */
	set(name, "ignore-gfp-wait", 0);
	set(name, "ignore-gfp-highmem", 0);
	set(name, "min-order", 0);
	return set(name, "task-filter", 1) && set(name, "interval", 1) && set(name, "verbose", 0) &&
	       set(name, "times", TIMES) && set(name, "probability", percent);
}

long inject_count(const char *name)
{
	char path[128], text[32] = "";
	int fd;

	snprintf(path, sizeof(path), "/sys/kernel/debug/%s/times", name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	if (read(fd, text, sizeof(text) - 1) <= 0)
		*text = '\0';
	close(fd);
	return *text ? TIMES - atol(text) : -1;
}

bool inject_here(void)
{
	return write_text("/proc/self/make-it-fail", "1");
}

int inject_nth_open(void)
{
	return open("/proc/thread-self/fail-nth", O_RDWR | O_CLOEXEC);
}

bool inject_nth(int fd, unsigned int n)
{
	char text[16];
	int len = snprintf(text, sizeof(text), "%u", n);

	return pwrite(fd, text, len, 0) == len;
}

bool inject_nth_end(int fd)
{
	char text[16] = "";

	/* where this copy is the one that fails, none of the calls before was */
	if (pread(fd, text, sizeof(text) - 1, 0) <= 0)
		return false;
	inject_nth(fd, 0);
	return !atoi(text);
}
