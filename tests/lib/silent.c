// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>
#include "silent.h"

static char dir[32], node[64], folder[64];

bool silent_start(struct load *l)
{
	strcpy(dir, "/tmp/fixbuf-silent-XXXXXX");
	snprintf(node, sizeof(node), "%s/device", mkdtemp(dir) ? dir : "");
	snprintf(folder, sizeof(folder), "%s/folder", dir);
	/* the number of /dev/fuse */
	if (chmod(dir, 0755) || mkdir(folder, 0777) || mknod(node, S_IFCHR | 0666, makedev(10, 229)) ||
	    chmod(node, 0666))
		bail("no folder");
	return load_start(l, "silent", node, folder, NULL);
}

int silent_end(struct load *l)
{
	int status = l->skip ? 0 : load_end(l);

	unlink(node);
	rmdir(folder);
	rmdir(dir);
	return status;
}
