// SPDX-License-Identifier: GPL-2.0
/*
 * Tagged pointers, as arm64 allows: the top byte is the program's. Buffer 0, of 7 pages, is
 * registered with a tag, buffer 1, of 3, without; 5 reads with the pointers that were registered,
 * 3 of buffer 0 without its tag and 2 of buffer 1 with one fail; then an entry whose second page
 * is read-only. Last, pages of buffer 0 are dropped and touched again.
 */
#include <errno.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include "load_report.h"
#include "memory.h"

#define BLOCK			512
#define SET_TAGGED_ADDR_CTRL	55	/* PR_SET_TAGGED_ADDR_CTRL */
#define TAGGED_ADDR_ENABLE	1

static char *tagged(char *p)
{
	return (char *)((uintptr_t)p | 0x5aULL << 56);
}

static void reads(struct io_uring *ring, unsigned int nr, char *at, unsigned int index, int want)
{
	int file = must(mem_cached_file(PAGE), "a file to read");

	for (unsigned int i = 0; i < nr; i++) {
		int res = uring_io(ring, IORING_OP_READ_FIXED, file, at, BLOCK, 0, index);

		must(res == want ? 0 : -EIO, "a read");
	}
}

int main(int argc, char **argv)
{
	struct iovec plain[2], iov[2], bad;
	struct io_uring r;
	char *mixed;

	report_init(&argc, argv);
	if (prctl(SET_TAGGED_ADDR_CTRL, TAGGED_ADDR_ENABLE, 0, 0, 0))
		report_skip("this kernel takes no tagged pointers");
	plain[0] = (struct iovec){ mem_pages(7), 7 * PAGE };
	plain[1] = (struct iovec){ mem_pages(3), 3 * PAGE };
	iov[0] = (struct iovec){ tagged(plain[0].iov_base), 7 * PAGE };
	iov[1] = plain[1];
	must(uring_open(&r, 4), "io_uring_setup");
	must(uring_register(r.ring_fd, iov, 2), "register");
	reads(&r, 5, (char *)iov[0].iov_base + PAGE, 0, BLOCK);
	reads(&r, 3, (char *)plain[0].iov_base + PAGE, 0, -EFAULT);
	reads(&r, 2, tagged(plain[1].iov_base), 1, -EFAULT);

	mixed = mem_pages(2);
	mprotect(mixed + PAGE, PAGE, PROT_READ);
	bad = (struct iovec){ tagged(mixed), 2 * PAGE };
	must(uring_update(r.ring_fd, 1, &bad, 1) == -EFAULT ? 0 : -EIO, "an update that fails");
	/* a failed update leaves the slot empty in some kernels */
	must(uring_update(r.ring_fd, 1, &plain[1], 1), "update");

	report_before_fault();
	madvise((char *)plain[0].iov_base + 2 * PAGE, 3 * PAGE, MADV_DONTNEED);
	mem_touch((char *)plain[0].iov_base + 2 * PAGE, 3);
	report_ring("ring", r.ring_fd, 2);
	report_slot("ring", 0, &plain[0], 7, 1);
	report_slot("ring", 1, &plain[1], 3, 1);
	report("bad=%p", (void *)mixed);
	report("stale=%p", (char *)plain[0].iov_base + 2 * PAGE);
	report_ready();
	return 0;
}
