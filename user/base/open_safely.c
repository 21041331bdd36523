// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "base/open_safely.h"

/* Whether nobody but us and root may put a link there. */
static bool is_ours(const char *folder)
{
	struct stat st;

	return !stat(folder, &st) && (!st.st_uid || st.st_uid == geteuid()) &&
	       !(st.st_mode & (S_IWGRP | S_IWOTH));
}

/* The same of all folders on the way, "/" and "." among them. */
static bool way_is_ours(const char *path)
{
	char *copy = strdup(path);
	bool ours = copy && is_ours(path[0] == '/' ? "/" : ".");

	for (char *at = copy; ours && at && (at = strchr(at + 1, '/'));) {
		*at = '\0';
		ours = is_ours(copy);
		*at = '/';
	}
	free(copy);
	return ours;
}

/* Links are followed only where nobody could have made them for us to follow. */
static bool links_are_ours(const char *path)
{
	char *copy = strdup(path), *folder = copy ? realpath(dirname(copy), NULL) : NULL, *real = NULL;
	bool ours = folder && asprintf(&real, "%s/.", folder) > 0 && way_is_ours(path) &&
		    way_is_ours(real);

	free(real);
	free(folder);
	free(copy);
	return ours;
}

int open_safely(const char *path, int flags)
{
	const struct open_how how = {
		.flags = flags, .mode = flags & O_CREAT ? 0600 : 0, .resolve = RESOLVE_NO_SYMLINKS,
	};
	int fd = syscall(SYS_openat2, AT_FDCWD, path, &how, sizeof(how));

	if (fd >= 0)
		return fd;
	if (errno != ELOOP)
		return -errno;
	if (!links_are_ours(path))
		return -ELOOP;
	fd = open(path, flags, 0600);
	return fd < 0 ? -errno : fd;
}
