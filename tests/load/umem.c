// SPDX-License-Identifier: GPL-2.0
/*
 * An ordinary user with a ring, a registered buffer, and the memory of an AF_XDP socket, which the
 * same limit pays for: all of it healthy. "shared": two descriptors of the socket. "many": SOCKETS, with memory
 * of their own. "unseen": no descriptor, its memory is kept by a mapping of one of the socket's rings.
 * "flood": the same, with more descriptors of something else than are looked through of one user, in
 * tables of TABLES processes and in one that SHARERS more share.
 */
#include <linux/if_xdp.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>
#include "load_report.h"
#include "memory.h"

#define PAGES	1021	/* above what is a note only */
#define NR	7	/* of the ring's buffer */
#define SOCKETS	101
#define EACH	11	/* pages */
#define TABLES	251
#define SHARERS	1009
#define FILES	20000

#ifndef AF_XDP
#define AF_XDP	44
#endif
#ifndef SOL_XDP
#define SOL_XDP	283
#endif

static int xdp_socket(unsigned int pages)
{
	struct xdp_umem_reg reg = { .len = pages * PAGE, .chunk_size = PAGE };
	int fd = socket(AF_XDP, SOCK_RAW, 0);

	if (fd < 0)
		report_skip("no AF_XDP sockets");
	reg.addr = (unsigned long)mem_pages(pages);
	must(setsockopt(fd, SOL_XDP, XDP_UMEM_REG, &reg, sizeof(reg)), "XDP_UMEM_REG");
	return fd;
}

static int stay(void *arg)
{
	(void)arg;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;)
		pause();
	return 0;
}

static void flood(void)
{
	char *stack = mem_pages(4);

	for (int fd = 0; fd < FILES - 16 && fd >= 0;)
		fd = dup(0);
	for (int i = 1; i < TABLES; i++)
		if (!must(fork(), "fork"))
			stay(NULL);
	for (int i = 0; i < SHARERS; i++)
		must(clone(stay, stack + 4 * PAGE, CLONE_FILES | SIGCHLD, NULL), "clone");
}

static bool has_mode(const char *mode, int argc, char **argv)
{
	return argc > 1 && !strcmp(argv[1], mode);
}

int main(int argc, char **argv)
{
	const struct rlimit files = { FILES, FILES };
	struct iovec iov = { mem_pages(NR), NR * PAGE };
	struct io_uring r;
	int fd;

	report_init(&argc, argv);
	if (has_mode("flood", argc, argv) && setrlimit(RLIMIT_NOFILE, &files))
		report_skip("%d descriptors are not to be had", FILES);
	become_plain(8 << 20);
	/* before it has pages that are copied at each fork */
	if (has_mode("flood", argc, argv))
		flood();
	must(uring_open(&r, 4), "io_uring_setup");
	must(uring_register(r.ring_fd, &iov, 1), "register");
	if (unshare(CLONE_NEWUSER | CLONE_NEWNET))
		report_skip("no user namespace for an ordinary user");
	for (int i = 0; i < SOCKETS && has_mode("many", argc, argv); i++)
		xdp_socket(EACH);
	fd = has_mode("many", argc, argv) ? -1 : xdp_socket(PAGES);
	if (has_mode("shared", argc, argv))
		must(dup(fd), "dup");
	if (has_mode("unseen", argc, argv) || has_mode("flood", argc, argv)) {
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
