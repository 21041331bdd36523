// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <unistd.h>
#include "memory.h"
#include "witness.h"

static void fail(const char *what)
{
	perror(what);
	exit(1);
}

size_t mem_page_bytes(void)
{
	static size_t bytes;

	if (!bytes)
		bytes = sysconf(_SC_PAGESIZE);
	return bytes;
}

static char *map(size_t bytes)
{
	char *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		fail("mmap");
	return p;
}

void mem_touch(char *p, size_t pages)
{
	for (size_t i = 0; i < pages; i++)
		*(volatile char *)(p + i * PAGE) = (char)i;
}

char *mem_pages(size_t pages)
{
	char *p = map(pages * PAGE);

	/* refused where the kernel has no huge pages at all: then nothing is lost */
	(void)madvise(p, pages * PAGE, MADV_NOHUGEPAGE);
	mem_touch(p, pages);
	return p;
}

char *mem_huge(void)
{
	for (int attempt = 0; attempt < 8; attempt++) {
		char *area = map(2 * THP);
		char *p = (char *)(((uintptr_t)area + THP - 1) & ~(THP - 1));

		if (madvise(p, THP, MADV_HUGEPAGE))
			return NULL;
		memset(p, 0x5a, THP);
		if (witness_huge_bytes(p) == THP)
			return p;
		munmap(area, 2 * THP);
	}
	return NULL;
}

int mem_file(size_t bytes, bool *direct)
{
	static const char *const dirs[] = { "/var/tmp", "/tmp", "." };
	int fd = -1;

	for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]) && fd < 0; i++) {
		char path[64];

		snprintf(path, sizeof(path), "%s/fixbuf-XXXXXX", dirs[i]);
		fd = mkostemp(path, O_CLOEXEC);
		if (fd < 0)
			continue;
		unlink(path);
		if (ftruncate(fd, bytes)) {
			close(fd);
			fd = -1;
		}
	}
	if (fd >= 0)	/* tmpfs of older kernels knows no O_DIRECT: buffered I/O does as well */
		*direct = !fcntl(fd, F_SETFL, O_DIRECT);
	return fd;
}

int mem_cached_file(size_t bytes)
{
	/* tmpfs would hand each request to a worker */
	const char *dir = access("/mnt/disk", W_OK) ? "/var/tmp" : "/mnt/disk";
	static const char page[65536] = { 1 };
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "%s/fixbuf-XXXXXX", dir);
	fd = mkostemp(path, O_CLOEXEC);
	if (fd < 0)
		return -errno;
	unlink(path);
	for (size_t at = 0; at < bytes; at += PAGE) {
		if (pwrite(fd, page, PAGE, at) == (ssize_t)PAGE)
			continue;
		close(fd);
		return -EIO;
	}
	return fd;
}

char *mem_shm(int flags)
{
	int id = shmget(IPC_PRIVATE, PAGE, IPC_CREAT | 0600);
	void *p = id < 0 ? (void *)-1 : shmat(id, NULL, flags);

	if (id >= 0)
		shmctl(id, IPC_RMID, NULL);
	return p == (void *)-1 ? NULL : p;
}
