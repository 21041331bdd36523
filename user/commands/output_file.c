// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/err.h"
#include "base/open_safely.h"
#include "base/signals.h"
#include "commands/output_file.h"
#include "recording/format.h"

/* The regular file that is printed to: what was in it goes with the first that is printed. */
static struct {
	int fd;
	bool created, begun, dropped;
} file;

bool output_file_begin(void)
{
	if (file.fd && !file.begun && ftruncate(file.fd, 0))
		return false;
	file.begun = true;
	return true;
}

/* fopencookie(3): fewer bytes than it was given are an error */
static ssize_t put(void *cookie, const char *buf, size_t size)
{
	size_t done = 0;

	(void)cookie;
	if (!output_file_begin())
		return 0;
	while (done < size) {
		ssize_t len = write(file.fd, buf + done, size - done);

		if (len < 0 && errno != EINTR)
			break;
		done += len > 0 ? len : 0;
	}
	return done;
}

static FILE *stream(int fd, bool created)
{
	struct stat st;

	if (fstat(fd, &st) || !S_ISREG(st.st_mode))
		return fdopen(fd, "w");
	file.fd = fd;
	file.created = created;
	return fopencookie(NULL, "w", (cookie_io_functions_t){ .write = put });
}

void output_file_drop(void)
{
	file.dropped = true;
}

int output_file_close(struct output *o, int status)
{
	bool refused = status == EXIT_USAGE || status == EXIT_CANNOT;
	int err = fclose(o->out);

	if (!file.fd)
		return err;
	if (!refused && !output_file_begin())
		err = -1;
	else if (file.created && (!file.begun || file.dropped))
		unlink(o->path);
	else if (file.begun && file.dropped && ftruncate(file.fd, 0))
		err = -1;
	return close(file.fd) ? -1 : err;
}

int output_file_open(struct output *o)
{
	struct stat st;
	bool created;
	int fd;

	if (o->path && !strcmp(o->path, "-"))
		o->path = NULL;
	if (!o->path || o->out != stdout)
		return 0;
	created = lstat(o->path, &st) && errno == ENOENT;
	fd = open_output(o->path, REC_MAGIC);
	if (fd == -ELOOP || fd == -EPERM)
		return misuse("%s %s another user may have put there; name another file", o->path,
			      fd == -ELOOP ? "is reached through a link that" : "is what");
	if (fd == -EDEADLK)
		return misuse("%s is an input file and would be overwritten; name another file to write to", o->path);
	if (fd == -EEXIST)
		return misuse("%s is a recording and would be overwritten; name another file to write to", o->path);
	o->out = fd < 0 ? stdout : stream(fd, created);
	if (fd < 0 || !o->out)
		return misuse("cannot write to %s: %s; name a file that can be created",
			      o->path, strerror(fd < 0 ? -fd : errno));
	signals_output(fd);
	return 0;
}
