// SPDX-License-Identifier: GPL-2.0
/*
 * Seven neighbours of 4 KiB that begin 64 bytes into a page, as malloc() gives
 * them: each touches two pages, so eight pages are charged as fourteen.
 */
#include "load_report.h"
#include "memory.h"

#define NR 7

int main(int argc, char **argv)
{
	struct iovec iov[NR];
	struct io_uring r;
	char *p;

	report_init(&argc, argv);
	become_plain(8 << 20);
	must(uring_open(&r, 4), "io_uring_setup");
	p = mem_pages(NR + 1);
	for (int i = 0; i < NR; i++)
		iov[i] = (struct iovec){ p + 64 + i * PAGE, PAGE };
	report_before_fault();
	must(uring_register(r.ring_fd, iov, NR), "register");
	report_ring("ring", r.ring_fd, NR);
	for (int i = 0; i < NR; i++)
		report_slot("ring", i, &iov[i], 2, 1);
	report_expect("overcharged", NR - 1);
	report_ready();
	return 0;
}
