// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <string.h>
#include "base/err.h"
#include "base/open_safely.h"
#include "base/signals.h"
#include "commands/output_file.h"
#include "recording/format.h"

int output_file_open(struct output *o)
{
	int fd;

	if (o->path && !strcmp(o->path, "-"))
		o->path = NULL;
	if (!o->path || o->out != stdout)
		return 0;
	fd = open_output(o->path, REC_MAGIC);
	if (fd == -ELOOP || fd == -EPERM)
		return misuse("%s %s another user may have put there; name another file", o->path,
			      fd == -ELOOP ? "is reached through a link that" : "is what");
	if (fd == -EDEADLK)
		return misuse("%s is an input file and would be overwritten; name another file to write to", o->path);
	if (fd == -EEXIST)
		return misuse("%s is a recording and would be overwritten; name another file to write to", o->path);
	o->out = fd < 0 ? stdout : fdopen(fd, "w");
	if (fd < 0 || !o->out)
		return misuse("cannot write to %s: %s; name a file that can be created",
			      o->path, strerror(fd < 0 ? -fd : errno));
	signals_output(fd);
	return 0;
}
