// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "base/array.h"
#include "base/open_safely.h"

#define MAX_LINKS 40	/* as the kernel */

/* Whether nobody but us and root may put a link there. */
static bool is_ours(const char *folder)
{
	struct stat st;

	return !stat(folder, &st) && (!st.st_uid || st.st_uid == geteuid()) &&
	       !(st.st_mode & (S_IWGRP | S_IWOTH));
}

/* Where .link leads, and on from there to .rest, "" = no further; to be freed, NULL without memory. */
static char *behind_link(const char *link, const char *target, const char *rest)
{
	const char *slash = strrchr(link, '/');
	int folder = slash && target[0] != '/' ? slash + 1 - link : 0;
	char *path;

	return asprintf(&path, "%.*s%s%s%s", folder, link, target, *rest ? "/" : "", rest) < 0 ? NULL : path;
}

/* The same of all folders on the way to the last part, and on the ways that links on it lead. */
static bool way_is_ours(const char *path, unsigned int links)
{
	char *copy = strdup(path), *at = copy, *behind, target[PATH_MAX];
	bool ours = copy && links <= MAX_LINKS && is_ours(path[0] == '/' ? "/" : ".");

	while (ours && (at = strchr(at + 1, '/'))) {
		ssize_t len;

		*at = '\0';
		len = readlink(copy, target, sizeof(target) - 1);
		if (len >= 0) {
			target[len] = '\0';
			behind = behind_link(copy, target, at + 1);
			ours = behind && way_is_ours(behind, links + 1);
			free(behind);
			break;
		}
		ours = is_ours(copy);
		*at = '/';
	}
	free(copy);
	return ours;
}

static int open_with_mode(const char *path, int flags, mode_t mode)
{
	const struct open_how how = {
		.flags = flags, .mode = flags & O_CREAT ? mode : 0, .resolve = RESOLVE_NO_SYMLINKS,
	};
	int fd = syscall(SYS_openat2, AT_FDCWD, path, &how, sizeof(how));

	if (fd >= 0)
		return fd;
	if (errno != ELOOP)
		return -errno;
	if (!way_is_ours(path, 0))
		return -ELOOP;
	fd = open(path, flags | O_NOFOLLOW, mode);
	return fd < 0 ? -errno : fd;
}

int open_safely(const char *path, int flags)
{
	return open_with_mode(path, flags, 0600);
}

/* ---- what must stay ------------------------------------------------------------------------ */

/* Regular files that were opened to be read. */
static struct input {
	dev_t dev;
	ino_t ino;
} *inputs;
static size_t nr_inputs;

static bool is_input(const struct stat *st)
{
	for (size_t i = 0; i < nr_inputs; i++)
		if (inputs[i].dev == st->st_dev && inputs[i].ino == st->st_ino)
			return true;
	return false;
}

static void note_input(const struct stat *st)
{
	if (!S_ISREG(st->st_mode) || is_input(st))
		return;
	array_grow(inputs, nr_inputs);
	inputs[nr_inputs++] = (struct input){ st->st_dev, st->st_ino };
}

/* .fd is open for writing alone; what we may not read is not known to begin so. */
static bool begins_with(int fd, const char *magic)
{
	size_t len = strlen(magic);
	char name[32], begin[16];
	bool same;
	int in;

	snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	in = open(name, O_RDONLY | O_CLOEXEC);
	if (in < 0)
		return false;
	same = len <= sizeof(begin) && pread(in, begin, len, 0) == (ssize_t)len && !memcmp(begin, magic, len);
	close(in);
	return same;
}

static int may_overwrite(int fd, const struct stat *st, const char *kept)
{
	if (!S_ISREG(st->st_mode))
		return 0;
	if (is_input(st))
		return -EDEADLK;
	return begins_with(fd, kept) ? -EEXIST : 0;
}

/* ---- what is printed to ------------------------------------------------------------------- */

/* Whether somebody else put it there: not who owns the folder, whose it is to have what he likes. */
static bool is_planted(const char *path, const struct stat *st)
{
	const char *slash = strrchr(path, '/');
	struct stat folder;
	char *name;
	int err;

	if (!st->st_uid || st->st_uid == geteuid())
		return false;
	if (asprintf(&name, "%.*s.", slash ? (int)(slash + 1 - path) : 0, path) < 0)
		return true;
	err = stat(name, &folder);
	free(name);
	return err || folder.st_mode & (S_IWGRP | S_IWOTH);
}

/* The kernel's own, which lead to what is open already, and root's devices: no folder below /dev but that. */
static bool is_open_or_device(const char *path)
{
	return !strncmp(path, "/proc/self/fd/", 14) || !strncmp(path, "/dev/fd/", 8) ||
	       (!strncmp(path, "/dev/", 5) && strrchr(path, '/') == path + 4);
}

/* Takes what is open, when it is fit for that: a descriptor or -errno. */
static int take(int fd, const char *path, const char *kept)
{
	struct stat st;
	int err = 0;

	if (fstat(fd, &st))
		err = -errno;
	else if (!is_open_or_device(path) && is_planted(path, &st))
		err = -EPERM;
	else
		err = may_overwrite(fd, &st, kept);
	/* only a FIFO's opening was not to wait */
	if (!err && !is_open_or_device(path) && fcntl(fd, F_SETFL, 0))
		err = -errno;
	if (err)
		close(fd);
	return err ? err : fd;
}

static int open_output_at(const char *path, const char *kept, unsigned int links)
{
	char target[PATH_MAX], *behind;
	struct stat st;
	ssize_t len;
	int fd;

	if (is_open_or_device(path)) {
		fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
		return fd < 0 ? -errno : take(fd, path, kept);
	}
	len = readlink(path, target, sizeof(target) - 1);
	if (len >= 0) {
		target[len] = '\0';
		if (links > MAX_LINKS || !way_is_ours(path, 0))
			return -ELOOP;
		behind = behind_link(path, target, "");
		fd = behind ? open_output_at(behind, kept, links + 1) : -ENOMEM;
		free(behind);
		return fd;
	}
	if (!lstat(path, &st) && S_ISFIFO(st.st_mode)) {
		if (is_planted(path, &st))
			return -EPERM;
		/* who reads it may come later */
		fd = open(path, O_WRONLY | O_NOFOLLOW | O_CLOEXEC);
		return fd < 0 ? -errno : take(fd, path, kept);
	}
	fd = open_with_mode(path, O_WRONLY | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC,
			    0666);
	return fd < 0 ? fd : take(fd, path, kept);
}

int open_output(const char *path, const char *kept)
{
	return open_output_at(path, kept, 0);
}

/* ---- what is read ------------------------------------------------------------------------- */

int open_input(const char *path)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC), err = ESPIPE;
	struct stat st;

	if (fd < 0)
		return -1;
	/* only its opening was not to wait */
	if (fstat(fd, &st) || fcntl(fd, F_SETFL, 0))
		err = errno;
	else if (!S_ISFIFO(st.st_mode) || is_open_or_device(path))
		return note_input(&st), fd;
	close(fd);
	errno = err;
	return -1;
}

const char *input_error(int err)
{
	return err == ESPIPE ? "it is a named pipe, not a file" : strerror(err);
}
