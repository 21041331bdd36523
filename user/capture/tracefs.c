// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "capture/tracefs.h"

static int open_detached(void)
{
	int fs = syscall(SYS_fsopen, "tracefs", FSOPEN_CLOEXEC), mnt;

	if (fs < 0)
		return -1;
	mnt = syscall(SYS_fsconfig, fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0);
	if (!mnt)
		mnt = syscall(SYS_fsmount, fs, FSMOUNT_CLOEXEC, 0);
	close(fs);
	return mnt;
}

/* A descriptor of the events directory's root, -1 = none to be had. */
static int open_tracefs(void)
{
	static const char *const mounts[] = { "/sys/kernel/tracing", "/sys/kernel/debug/tracing" };
	int dir, events;

	for (size_t i = 0; i < sizeof(mounts) / sizeof(mounts[0]); i++) {
		dir = open(mounts[i], O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (dir < 0)
			continue;
		/* not access(2), which asks as our real user, without the capabilities that we have */
		events = openat(dir, "events", O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (events >= 0) {
			close(events);
			return dir;
		}
		close(dir);
	}
	return open_detached();
}

int tracefs_event_id(const char *event)
{
	static int dir = -1;
	char path[128], digits[16];
	ssize_t n;
	int fd;

	if (dir < 0)
		dir = open_tracefs();
	if (dir < 0)
		return -errno;
	snprintf(path, sizeof(path), "events/%s/id", event);
	fd = openat(dir, path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	n = read(fd, digits, sizeof(digits) - 1);
	close(fd);
	if (n <= 0)
		return -EIO;
	digits[n] = 0;
	return atoi(digits);
}
