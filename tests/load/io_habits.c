// SPDX-License-Identifier: GPL-2.0
/*
 * Does with registered buffers what stat advises against, and stays a moment
 * so that its rings can be looked at.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>
#include "load_report.h"
#include "memory.h"

#define SMALL_BYTES	(4UL << 20)

static int file;
static bool direct;

static void open_file(void)
{
	const char *dir = access("/mnt/disk", W_OK) ? "/var/tmp" : "/mnt/disk";
	char path[64], *zero = mem_pages(1);

	snprintf(path, sizeof(path), "%s/fixbuf-XXXXXX", dir);
	file = mkostemp(path, O_CLOEXEC);
	must(file < 0 ? -errno : 0, path);
	unlink(path);
	for (int i = 0; i < 16; i++)
		must(pwrite(file, zero, PAGE, i * PAGE) < 0 ? -errno : 0, "write");
	fsync(file);
	direct = !fcntl(file, F_SETFL, O_DIRECT);
}

static void io(struct io_uring *r, int op, char *addr, unsigned int index)
{
	int res = uring_io(r, op, file, addr, PAGE, 0, index);

	must(res == (int)PAGE ? 0 : res < 0 ? res : -EIO, "I/O");
}

/* Slots 0 to 3 of 64 KiB, of which 1 and 2 are never used, and 4 of 4 MiB on small pages. */
static void careless(struct io_uring *r)
{
	char *small = mmap(NULL, 2 * SMALL_BYTES, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *aligned = (char *)(((unsigned long)small + THP - 1) & ~(THP - 1));
	struct iovec iov[5];
	char *other[3];

	madvise(small, 2 * SMALL_BYTES, MADV_NOHUGEPAGE);
	for (size_t i = 0; i < SMALL_BYTES; i += PAGE)
		aligned[i] = 1;
	for (int i = 0; i < 4; i++)
		iov[i] = (struct iovec){ mem_pages(16), 16 * PAGE };
	iov[4] = (struct iovec){ aligned, SMALL_BYTES };
	must(uring_register(r->ring_fd, iov, 5), "register");
	for (int i = 0; i < 101; i++)
		io(r, IORING_OP_READ_FIXED, iov[0].iov_base, 0);
	for (int i = 0; i < 7; i++)
		io(r, IORING_OP_READ_FIXED, aligned, 4);
	for (int i = 0; i < 103; i++)
		io(r, IORING_OP_READ, (char *)iov[3].iov_base + PAGE, 0);
	for (int i = 0; i < 3; i++)
		other[i] = mem_pages(1);
	for (int i = 0; i < 211; i++)
		io(r, IORING_OP_READ, other[i % 3], 0);
	report("inside=103");
	report("outside=%d", direct ? 211 : 0);
}

static void restless(struct io_uring *r)
{
	struct iovec iov = { mem_pages(2), 2 * PAGE };

	for (int i = 0; i < 23; i++) {
		must(uring_register(r->ring_fd, &iov, 1), "register");
		io(r, IORING_OP_READ_FIXED, iov.iov_base, 0);
		must(uring_unregister(r->ring_fd), "unregister");
	}
	report("registered=23");
}

int main(int argc, char **argv)
{
	struct io_uring a, b;

	report_init(&argc, argv);
	open_file();
	must(uring_open(&a, 4), "io_uring_setup");
	must(uring_open(&b, 4), "io_uring_setup");
	report("a.fd=%d", a.ring_fd);
	report("b.fd=%d", b.ring_fd);
	careless(&a);
	restless(&b);
	usleep(1300000);
	report_ready();
	return 0;
}
