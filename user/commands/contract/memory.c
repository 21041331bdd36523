// SPDX-License-Identifier: GPL-2.0
/* C6: which kinds of memory may be registered. */
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/vfs.h>
#include <unistd.h>
#include "commands/contract/contract.h"

/* An unnamed file on a file system that writes back, which shmem does not. */
static int real_file(void)
{
	const char *const folders[] = { getenv("TMPDIR"), ".", "/var/tmp", "/tmp" };

	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		struct statfs fs;
		int fd;

		if (!folders[i] || statfs(folders[i], &fs) || fs.f_type == TMPFS_MAGIC ||
		    fs.f_type == RAMFS_MAGIC)
			continue;
		fd = open(folders[i], O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
		if (fd >= 0 && !ftruncate(fd, 4 * page_bytes))
			return fd;
	}
	not_tried("no file on a disk here: set TMPDIR");
}

static void *map_file(int fd, int flags, int prot)
{
	char *p = mmap(NULL, 4 * page_bytes, prot, flags, fd, 0);

	if (p == MAP_FAILED)
		not_tried("cannot map the file: %s", strerror(errno));
	return p;
}

static void shared_file(void)
{
	void *p = map_file(real_file(), MAP_SHARED, PROT_READ | PROT_WRITE);
	struct ring_raw r;
	int ret;

	ring_new(&r);
	ret = register_one(&r, p, 2 * page_bytes);
	if (ret == -EFAULT)
		differs("EFAULT instead of EOPNOTSUPP, as kernels from 6.5 do");
	want_charged("register", ret, -EOPNOTSUPP);
}

static void private_file(void)
{
	void *p = map_file(real_file(), MAP_PRIVATE, PROT_READ | PROT_WRITE);
	struct ring_raw r;
	int ret;

	ring_new(&r);
	ret = register_one(&r, p, 2 * page_bytes);
	if (!ret)
		differs("accepted: a private copy is pinned, from 6.5");
	want_charged("register", ret, -EOPNOTSUPP);
}

static void shmem(void)
{
	int fd = memory_file(4 * page_bytes);
	char *p = map_file(fd, MAP_SHARED, PROT_READ | PROT_WRITE), back[5];
	struct ring_raw r;
	int ret;

	ring_new(&r);
	ret = register_one(&r, p, 2 * page_bytes);
	if (ret == -EOPNOTSUPP)
		differs("refused, as kernels up to 5.13 do");
	want_charged("register", ret, 0);
	want("write to it", pwrite(fd, "there", 5, 0), 5);
	want("WRITE_FIXED", ring_raw_rw(&r, IORING_OP_WRITE_FIXED, fd, p, 5, page_bytes, 0), 5);
	want("read back", pread(fd, back, 5, page_bytes), 5);
	if (memcmp(back, "there", 5))
		fails("the data is not in the file");
}

static void hugetlb(void)
{
	size_t size = huge_page_bytes();
	char *p = mmap(NULL, size, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, -1, 0);
	struct ring_raw r;
	int ret;

	if (p == MAP_FAILED)
		not_tried("no hugetlb pages: see /proc/sys/vm/nr_hugepages");
	ring_new(&r);
	ret = register_one(&r, p, size);
	if (ret == -ENOMEM)
		not_tried("needs RLIMIT_MEMLOCK of %zu MiB, or root", size / MIB);
	want_charged("register", ret, 0);
}

static void read_only(void)
{
	char *p = small_pages(2);
	struct ring_raw r;

	mprotect(p + page_bytes, page_bytes, PROT_READ);
	ring_new(&r);
	want_charged("register", register_one(&r, p, 2 * page_bytes), -EFAULT);
}

static void unmapped(void)
{
	char *p = small_pages(2);
	struct ring_raw r;

	ring_new(&r);
	/* last, or the ring would be mapped into the gap */
	munmap(p + page_bytes, page_bytes);
	want_charged("register", register_one(&r, p, 2 * page_bytes), -EFAULT);
}

const struct check checks_memory[] = {
	{ "C6", "shared file mapping -> EOPNOTSUPP", shared_file, AS_STARTED },
	{ "C6", "private file mapping -> EOPNOTSUPP", private_file, AS_STARTED },
	{ "C6", "a memfd is accepted and coherent", shmem, AS_STARTED },
	{ "C6", "hugetlb is accepted", hugetlb, AS_STARTED },
	{ "C6", "read-only memory -> EFAULT", read_only, AS_STARTED },
	{ "C6", "unmapped memory -> EFAULT", unmapped, AS_STARTED },
	{ NULL, NULL, NULL, 0 },
};
