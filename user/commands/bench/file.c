// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>
#include "base/alloc.h"
#include "base/err.h"
#include "base/signals.h"
#include "commands/bench/file.h"

#define MIB		(1UL << 20)
#define TEMPORARY_BYTES	(64 * MIB)
#define USED_BYTES	(128 * MIB)	/* of a larger file: stays in the page cache */
#define LEAST_BYTES	8192		/* one block of 4 KiB for each way of reading */

static bool in_memory(const char *path)
{
	struct statfs fs;

	return !statfs(path, &fs) && (fs.f_type == TMPFS_MAGIC || fs.f_type == RAMFS_MAGIC);
}

/* A file without a name; where the file system knows no such thing, one that loses it at once. */
static int unnamed(const char *folder)
{
	int fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	char path[4096];

	if (fd >= 0)
		return fd;
	snprintf(path, sizeof(path), "%s/.fixbuf-bench-XXXXXX", folder);
	fd = mkostemp(path, O_CLOEXEC);
	if (fd >= 0)
		unlink(path);
	return fd;
}

/* Blocks that nothing compresses, written out, so that reads find a file at rest. */
static int fill(int fd)
{
	__u64 *data = must_alloc(1, MIB), x = 88172645463325252ULL;
	int err = 0;

	for (size_t i = 0; i < MIB / sizeof(*data); i++) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		data[i] = x;
	}
	for (size_t at = 0; at < TEMPORARY_BYTES && !err && !interrupted; at += MIB) {
		ssize_t n = pwrite(fd, data, MIB, at);

		data[0] ^= at;
		if (n != (ssize_t)MIB)
			err = n < 0 ? errno : ENOSPC;
	}
	free(data);
	if (!err && !interrupted && fsync(fd))
		err = errno;
	return err;
}

static int open_temporary(struct bench_file *f)
{
	const char *const folders[] = { getenv("TMPDIR"), "/var/tmp", "." };
	const size_t nr = sizeof(folders) / sizeof(folders[0]);
	int err = ENOENT;

	f->temporary = true;
	f->buffered = -1;
	/* a file in memory says little about I/O: only when there is no other place */
	for (int memory = 0; memory < 2; memory++) {
		for (size_t i = 0; i < nr && f->buffered < 0; i++) {
			if (!folders[i] || in_memory(folders[i]) != memory)
				continue;
			f->buffered = unnamed(folders[i]);
			f->path = folders[i];
			f->memory = memory;
			err = f->buffered < 0 ? errno : 0;
		}
	}
	if (!err)
		err = fill(f->buffered);
	f->bytes = TEMPORARY_BYTES;
	if (err)
		return cannot("cannot create a temporary file of %lu MiB: %s; set TMPDIR to a folder with room, or name a FILE",
			      TEMPORARY_BYTES / MIB, strerror(err));
	return 0;
}

static int open_named(struct bench_file *f, const char *path, bool write)
{
	struct stat st;
	off_t end;

	f->path = path;
	if (stat(path, &st))
		return misuse("cannot read %s: %s; name a file or a block device that exists", path,
			      strerror(errno));
	if (!S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode))
		return misuse("%s is neither a regular file nor a block device; name one that is",
			      path);
	f->device = S_ISBLK(st.st_mode);
	f->memory = !f->device && in_memory(path);
	/* O_EXCL: a device that is mounted is refused */
	f->buffered = open(path, (write ? O_RDWR : O_RDONLY) | O_CLOEXEC |
			   (write && f->device ? O_EXCL : 0));
	if (f->buffered < 0 && errno == EBUSY)
		return misuse("%s is in use (mounted?) and is not written to; name another, or leave --write out",
			      path);
	if (f->buffered < 0)
		return misuse("cannot open %s to %s it: %s; name another", path,
			      write ? "write to" : "read", strerror(errno));
	end = lseek(f->buffered, 0, SEEK_END);
	if (end < LEAST_BYTES)
		return misuse("%s is too small to measure anything with: %lld bytes; name a file of 64 MiB or so",
			      path, (long long)end);
	f->bytes = (__u64)end < USED_BYTES ? (__u64)end : USED_BYTES;
	return 0;
}

/* Another open file of the same data: flags belong to the open file, not to the descriptor. */
static void open_direct(struct bench_file *f, bool write)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", f->buffered);
	f->direct = open(path, (write ? O_RDWR : O_RDONLY) | O_DIRECT | O_CLOEXEC);
	f->direct_errno = f->direct < 0 ? errno : 0;
}

int bench_file_open(struct bench_file *f, const char *path, bool write)
{
	int status;

	f->buffered = f->direct = -1;
	status = path ? open_named(f, path, write) : open_temporary(f);
	if (!status)
		open_direct(f, write);
	return status;
}

void bench_file_close(struct bench_file *f)
{
	if (f->direct >= 0)
		close(f->direct);
	if (f->buffered >= 0)
		close(f->buffered);
}
