// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "backing.h"
#include "load_report.h"
#include "memory.h"

static struct io_uring ring;

struct io_uring *backing_ring(void)
{
	return &ring;
}

void backing_hold(char *p, size_t pages)
{
	struct iovec iov = { p, pages * PAGE };
	int ret;

	if (!ring.ring_fd)
		must(uring_open(&ring, 4), "io_uring_setup");
	ret = uring_register(ring.ring_fd, &iov, 1);
	if (ret == -EOPNOTSUPP)
		report_skip("this kernel does not register files' pages");
	must(ret, "register");
	report_before_fault();
}

char *backing_private(void)
{
	char *p = mem_pages(BACKING_PAGES);

	backing_hold(p, BACKING_PAGES);
	return p;
}

void backing_advise(char *p, size_t pages, int advice, const char *name)
{
	if (madvise(p, pages * PAGE, advice)) {
		if (errno == EINVAL)
			report_skip("this kernel does not know %s", name);
		must(-errno, name);
	}
}

int backing_file(size_t pages)
{
	int fd = memfd_create("backing", MFD_CLOEXEC);

	must(fd < 0 || ftruncate(fd, pages * PAGE) ? -errno : 0, "memfd");
	return fd;
}

char *backing_map(void *at, size_t pages, int flags, int fd, off_t page)
{
	char *p = mmap(at, pages * PAGE, PROT_READ | PROT_WRITE, flags, fd, page * PAGE);

	if (p == MAP_FAILED)
		must(-errno, "mmap");
	return p;
}

char *backing_of_file(int *fd)
{
	char *p;

	*fd = backing_file(BACKING_PAGES + 4);
	p = backing_map(NULL, BACKING_PAGES, MAP_SHARED, *fd, 2);
	mem_touch(p, BACKING_PAGES);
	backing_hold(p, BACKING_PAGES);
	return p;
}

char *backing_of_huge(int *fd)
{
	char *p;

	*fd = memfd_create("huge", MFD_CLOEXEC | MFD_HUGETLB);
	if (*fd < 0 || ftruncate(*fd, THP))
		report_skip("no hugetlb: %s", strerror(errno));
	p = mmap(NULL, THP, PROT_READ | PROT_WRITE, MAP_SHARED, *fd, 0);
	if (p == MAP_FAILED)
		report_skip("no huge page is set aside (vm.nr_hugepages)");
	mem_touch(p, 1);
	backing_hold(p, THP / PAGE);
	return p;
}

int backing_userfault(char *p, unsigned long long mode)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register reg = {
		.range = { (unsigned long)p, BACKING_PAGES * PAGE }, .mode = mode,
	};
	int fd = syscall(__NR_userfaultfd, O_CLOEXEC);

	if (fd < 0 || ioctl(fd, UFFDIO_API, &api) || ioctl(fd, UFFDIO_REGISTER, &reg))
		report_skip("userfaultfd is refused: %s", strerror(errno));
	return fd;
}
