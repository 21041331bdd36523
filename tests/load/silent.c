// SPDX-License-Identifier: GPL-2.0
/*
 * An unprivileged process that holds the lock of its own address space until it is let go: it maps
 * a file again whose server, a child of its own, does not answer who reads it already. Whoever reads
 * its pagemap waits for that lock. It registers a buffer before.
 * usage: silent DEVICE FOLDER	DEVICE is /dev/fuse, or a node like that, which everybody may open
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/fuse.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "load_report.h"
#include "memory.h"

#define PAGES		7
#define HIS_UID		54391
#define FILE_NODE	2
#define HELD		16
#define REQUEST_BYTES	(1 << 20)
#define LAST_MS		500

static int stop[2];	/* closed by who lets go */

/* ---- the server ----------------------------------------------------------------------- */

static void answer(int dev, __u64 id, int err, const void *bytes, size_t len)
{
	struct fuse_out_header h = { .len = sizeof(h) + len, .error = err, .unique = id };
	struct iovec parts[] = { { &h, sizeof(h) }, { (void *)bytes, len } };

	if (writev(dev, parts, len ? 2 : 1) < 0 && errno != ENOENT)
		_exit(1);
}

static void answer_one(int dev, const struct fuse_in_header *h, bool *opened)
{
	struct fuse_attr root = { .ino = 1, .mode = S_IFDIR | 0755, .nlink = 2 };
	struct fuse_attr file = { .ino = FILE_NODE, .mode = S_IFREG | 0644, .nlink = 1, .size = PAGE };
	struct fuse_init_out init = { .major = FUSE_KERNEL_VERSION, .minor = 31, .max_write = 4096 };
	struct fuse_attr_out attr = { .attr_valid = 1000, .attr = h->nodeid == FILE_NODE ? file : root };
	struct fuse_entry_out entry = {
		.nodeid = FILE_NODE, .entry_valid = 1000, .attr_valid = 1000, .attr = file,
	};
	/* who maps what was opened like that waits for pages that are being read */
	struct fuse_open_out open = { .open_flags = FOPEN_KEEP_CACHE | (*opened ? FOPEN_DIRECT_IO : 0) };

	switch (h->opcode) {
	case FUSE_INIT:
		answer(dev, h->unique, 0, &init, sizeof(init));
		break;
	case FUSE_GETATTR:
		answer(dev, h->unique, 0, &attr, sizeof(attr));
		break;
	case FUSE_LOOKUP:
		answer(dev, h->unique, 0, &entry, sizeof(entry));
		break;
	case FUSE_OPEN:
		*opened = true;
		answer(dev, h->unique, 0, &open, sizeof(open));
		break;
	case FUSE_FORGET:
	case FUSE_BATCH_FORGET:
	case FUSE_INTERRUPT:
		break;
	default:
		answer(dev, h->unique, -ENOSYS, NULL, 0);
	}
}

/*
 * Answers all but reading, and that once it is let go, so that nobody waits for ever; it ends when
 * nothing more comes then, for its own namespace keeps what is mounted, and so the device.
 */
static void serve(int dev)
{
	char *request = malloc(REQUEST_BYTES);
	const struct fuse_in_header *h = (void *)request;
	__u64 held[HELD];
	size_t nr = 0;
	bool opened = false, over = false;

	while (request) {
		struct pollfd fds[] = { { dev, POLLIN, 0 }, { over ? -1 : stop[0], POLLIN, 0 } };

		if (!poll(fds, 2, over ? LAST_MS : -1))
			break;
		if (fds[1].revents) {
			over = true;
			while (nr)
				answer(dev, held[--nr], -EIO, NULL, 0);
		}
		if (fds[0].revents & (POLLERR | POLLHUP))
			break;
		if (!(fds[0].revents & POLLIN) || read(dev, request, REQUEST_BYTES) < (ssize_t)sizeof(*h))
			continue;
		if (h->opcode != FUSE_READ)
			answer_one(dev, h, &opened);
		else if (over || nr == HELD)
			answer(dev, h->unique, -EIO, NULL, 0);
		else
			held[nr++] = h->unique;
	}
	_exit(0);
}

/* ---- who maps ------------------------------------------------------------------------- */

static void put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		_exit(77);
	close(fd);
}

static int mount_own(const char *device, const char *folder)
{
	char text[128];
	int dev;

	if (unshare(CLONE_NEWUSER | CLONE_NEWNS))
		_exit(77);
	put("/proc/self/setgroups", "deny");
	snprintf(text, sizeof(text), "%d %d 1", HIS_UID, HIS_UID);
	put("/proc/self/uid_map", text);
	put("/proc/self/gid_map", text);
	dev = open(device, O_RDWR | O_CLOEXEC);
	snprintf(text, sizeof(text), "fd=%d,rootmode=40000,user_id=%d,group_id=%d", dev, HIS_UID, HIS_UID);
	if (dev < 0 || mount("silent", folder, "fuse", MS_NOSUID | MS_NODEV, text))
		_exit(77);
	return dev;
}

/* Never returns before it is let go. */
static void hold(const char *device, const char *folder, int ready)
{
	int dev = mount_own(device, folder), first, second;
	char path[128], c;

	if (!fork())
		serve(dev);
	close(dev);
	snprintf(path, sizeof(path), "%s/file", folder);
	first = open(path, O_RDONLY | O_CLOEXEC);
	if (first < 0)
		_exit(77);
	if (!fork())
		_exit(read(first, &c, 1) == 1);
	/* that read is under way */
	usleep(200000);
	second = open(path, O_RDONLY | O_CLOEXEC);
	if (second < 0 || write(ready, "", 1) != 1)
		_exit(1);
	mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, second, 0);
	_exit(0);
}

int main(int argc, char **argv)
{
	int ready[2], status;
	struct iovec iov;
	struct io_uring r;
	pid_t victim;
	char c;

	report_init(&argc, argv);
	if (argc != 3)
		return 2;
	if (setgroups(0, NULL) || setresgid(HIS_UID, HIS_UID, HIS_UID) || setresuid(HIS_UID, HIS_UID, HIS_UID))
		return 1;
	prctl(PR_SET_DUMPABLE, 1);
	must(pipe2(ready, O_CLOEXEC), "pipe");
	must(pipe2(stop, O_CLOEXEC), "pipe");
	victim = must(fork(), "fork");
	if (!victim) {
		close(stop[1]);
		must(uring_open(&r, 4), "io_uring_setup");
		iov = (struct iovec){ mem_pages(PAGES), PAGES * PAGE };
		must(uring_register(r.ring_fd, &iov, 1), "register");
		hold(argv[1], argv[2], ready[1]);
	}
	close(ready[1]);
	if (read(ready[0], &c, 1) != 1) {
		waitpid(victim, &status, 0);
		report_skip("no file system of its own can be mounted");
	}
	usleep(100000);
	report("victim=%d", victim);
	report("uid=%d", HIS_UID);
	report("pages=%d", PAGES);
	report_ready();
	close(stop[1]);
	waitpid(victim, &status, 0);
	return 0;
}
