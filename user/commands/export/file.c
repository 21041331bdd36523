// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/err.h"
#include "commands/export/file.h"

static int write_synced(int fd, const char *text, size_t len)
{
	while (len) {
		ssize_t n = write(fd, text, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		text += n;
		len -= n;
	}
	/* others read it, whatever our umask */
	return fchmod(fd, 0644) || fsync(fd);
}

static const char *remedy(int err)
{
	return err == ENOSPC || err == EDQUOT ? "make room there" :
		"name a file in a folder that this user may write to";
}

int export_file_replace(struct export_file *f, const char *path, const char *text, size_t len)
{
	const char *name = strrchr(path, '/');
	int folder = name ? name + 1 - path : 0, fd, err;
	char *temp;

	/* node_exporter reads what ends in .prom: this must not */
	if (asprintf(&temp, "%.*s.%s.XXXXXX", folder, path, path + folder) < 0)
		return err_set(ENOMEM, "out of memory");
	fd = mkostemp(temp, O_CLOEXEC);
	err = fd < 0 ? errno : 0;
	if (fd >= 0) {
		err = write_synced(fd, text, len) ? errno : 0;
		close(fd);
		if (!err && rename(temp, path))
			err = errno;
		if (err)
			unlink(temp);
	}
	free(temp);
	if (err && f->has == FILE_NEVER)
		return err_set(err, "cannot write %s: %s; %s", path, strerror(err), remedy(err));
	if (err && f->has == FILE_WRITTEN)
		cannot("cannot write %s: %s; what it has gets old, and it is tried again each interval",
		       path, strerror(err));
	f->has = err ? FILE_OLD : FILE_WRITTEN;
	return 0;
}
