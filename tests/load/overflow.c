// SPDX-License-Identifier: GPL-2.0
/*
 * A ring whose completions overflow, and are of no request: the tags of a table that is released. READY,
 * and after a line it is.
 *
 *   overflow plain | root
 */
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include "load_report.h"
#include "memory.h"

#define NR	7	/* tags; a ring of one request has room for two completions */

int main(int argc, char **argv)
{
	static struct iovec iov[NR];
	static uint64_t tags[NR];
	struct io_uring_rsrc_register all = { .nr = NR, .data = (uintptr_t)iov, .tags = (uintptr_t)tags };
	struct io_uring ring;
	char *base;

	report_init(&argc, argv);
	must(argc == 2 ? 0 : -EINVAL, "whose");
	if (!strcmp(argv[1], "plain"))
		become_plain(8 << 20);
	base = mem_pages(NR);
	for (int i = 0; i < NR; i++) {
		iov[i] = (struct iovec){ base + i * PAGE, PAGE };
		tags[i] = 1009 + i;
	}
	must(uring_open(&ring, 1), "io_uring_setup");
	if (uring_call(ring.ring_fd, IORING_REGISTER_BUFFERS2, &all, sizeof(all)) < 0)
		report_skip("this kernel knows no tags");
	report_before_fault();
	must(uring_unregister(ring.ring_fd), "unregister");
	report_ready();
	return 0;
}
