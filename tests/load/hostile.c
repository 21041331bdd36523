// SPDX-License-Identifier: GPL-2.0
/*
 * An unprivileged process whose names hurt whoever prints them: its own, that of a file which it
 * maps, that of a memfd, and that of a function. It registers two buffers, reads into one, and is refused
 * a read-only mapping of each of the two files.
 * usage: hostile FILE
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>
#include "hostile.h"
#include "load_report.h"
#include "memory.h"

#define PAGES	7

int hostile_register(int fd, const struct iovec *iov, unsigned int nr) __asm__("\"" HOSTILE_SYMBOL "\"");

__attribute__((noinline)) int hostile_register(int fd, const struct iovec *iov, unsigned int nr)
{
	int ret = uring_register(fd, iov, nr);

	/* no tail call: the function stays on the stack */
	__asm__ volatile("" ::: "memory");
	return ret;
}

static int memfd(void)
{
	int fd = must(memfd_create("m" HOSTILE, 0), "memfd_create");

	must(ftruncate(fd, PAGE), "ftruncate");
	return fd;
}

int main(int argc, char **argv)
{
	struct iovec good[2] = { { .iov_len = PAGES * PAGE }, { .iov_len = PAGE } }, bad = { .iov_len = PAGE };
	struct io_uring r;
	int fd;

	report_init(&argc, argv);
	if (argc != 2)
		return 2;
	fd = must(open(argv[1], O_RDONLY), "open");
	if (setgroups(0, NULL) || setresgid(65534, 65534, 65534) || setresuid(65534, 65534, 65534))
		return 1;
	prctl(PR_SET_NAME, HOSTILE);
	/* a process that has changed its user is not looked into otherwise */
	prctl(PR_SET_DUMPABLE, 1);
	must(uring_open(&r, 4), "io_uring_setup");
	for (int i = 0; i < 2; i++)
		good[i].iov_base = mem_pages(PAGES);
	bad.iov_base = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, fd, 0);
	report("refused=%s", errno_name(-hostile_register(r.ring_fd, &bad, 1)));
	bad.iov_base = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, memfd(), 0);
	report("memfd.refused=%s", errno_name(-hostile_register(r.ring_fd, &bad, 1)));
	must(hostile_register(r.ring_fd, good, 2), "register");
	must(uring_io(&r, IORING_OP_READ_FIXED, fd, good[0].iov_base, PAGE, 0, 0), "read");
	/* beyond the buffer */
	report("fault=%s", errno_name(-uring_io(&r, IORING_OP_READ_FIXED, fd, good[1].iov_base, 2 * PAGE, 0, 1)));
	/* long enough to be looked into: who has ended has no names */
	usleep(300000);
	report_ring("ring", r.ring_fd, 2);
	report_ready();
	return 0;
}
