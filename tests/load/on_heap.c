// SPDX-License-Identifier: GPL-2.0
/*
 * Registers buffers of two pages each: HEAP of them lie in the heap that brk() makes, in whole pages,
 * and two in memory of their own.
 *   on_heap HEAP
 */
#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <unistd.h>
#include "load_report.h"
#include "memory.h"

#define MAX	31
#define OWN	2
#define PAGES	2

int main(int argc, char **argv)
{
	struct iovec iov[OWN + MAX];
	struct io_uring ring;
	unsigned int heap;

	report_init(&argc, argv);
	heap = argc > 1 ? strtoul(argv[1], NULL, 10) : 3;
	must(heap > MAX ? -EINVAL : 0, "HEAP");
	/* else what is large is mapped */
	mallopt(M_MMAP_MAX, 0);
	for (unsigned int i = 0; i < OWN + heap; i++) {
		iov[i].iov_len = PAGES * PAGE;
		iov[i].iov_base = i < OWN ? mem_pages(PAGES) : aligned_alloc(PAGE, PAGES * PAGE);
		must(iov[i].iov_base ? 0 : -ENOMEM, "memory");
		if (i >= OWN && (char *)iov[i].iov_base + PAGES * PAGE > (char *)sbrk(0))
			report_skip("this malloc() takes no memory from brk()");
	}
	must(uring_open(&ring, 4), "io_uring_setup");
	must(uring_register(ring.ring_fd, iov, OWN + heap), "register");
	report("pid=%d", getpid());
	report_ready();
	return 0;
}
