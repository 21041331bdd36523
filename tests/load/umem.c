// SPDX-License-Identifier: GPL-2.0
/*
 * An ordinary user with a ring, a registered buffer, and the memory of an AF_XDP socket, which the
 * same limit pays for: all of it healthy. "shared": two descriptors of the socket. "unseen": none, its
 * memory is kept by a mapping of one of the socket's rings.
 */
#include <linux/if_xdp.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>
#include "load_report.h"
#include "memory.h"

#define PAGES	1021	/* above what is a note only */
#define NR	7	/* of the ring's buffer */

#ifndef AF_XDP
#define AF_XDP	44
#endif
#ifndef SOL_XDP
#define SOL_XDP	283
#endif

int main(int argc, char **argv)
{
	struct xdp_umem_reg reg = { .len = PAGES * PAGE, .chunk_size = PAGE };
	struct iovec iov = { mem_pages(NR), NR * PAGE };
	struct io_uring r;
	int fd;

	report_init(&argc, argv);
	become_plain(8 << 20);
	must(uring_open(&r, 4), "io_uring_setup");
	must(uring_register(r.ring_fd, &iov, 1), "register");
	if (unshare(CLONE_NEWUSER | CLONE_NEWNET))
		report_skip("no user namespace for an ordinary user");
	fd = socket(AF_XDP, SOCK_RAW, 0);
	if (fd < 0)
		report_skip("no AF_XDP sockets");
	reg.addr = (unsigned long)mem_pages(PAGES);
	must(setsockopt(fd, SOL_XDP, XDP_UMEM_REG, &reg, sizeof(reg)), "XDP_UMEM_REG");
	if (argc > 1 && !strcmp(argv[1], "shared"))
		must(dup(fd), "dup");
	if (argc > 1 && !strcmp(argv[1], "unseen")) {
		int ring = 16;

		must(setsockopt(fd, SOL_XDP, XDP_UMEM_FILL_RING, &ring, sizeof(ring)), "XDP_UMEM_FILL_RING");
		if (mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, XDP_UMEM_PGOFF_FILL_RING) == MAP_FAILED)
			report_skip("the socket's ring cannot be mapped");
		close(fd);
	}
	report("pages=%d", PAGES);
	report_ring("ring", r.ring_fd, 1);
	report_ready();
	return 0;
}
