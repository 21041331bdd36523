// SPDX-License-Identifier: GPL-2.0
/*
 * Seven neighbours of 4 KiB that begin 64 bytes into a page, as malloc() gives
 * them: each touches two pages, so eight pages are charged as fourteen. With "shortly" 2 MiB are
 * charged to two rings, twice over, and given back a moment later, five times.
 */
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "load_report.h"
#include "memory.h"

#define NR	7

#define TWICE_BYTES	(2 << 20)
#define SHORTLY_US	5000	/* less than an account has to rest before it is judged */
#define TIMES_A_CALL	20	/* or so many times what a call takes, where the processor is emulated */

static unsigned int now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000U + t.tv_nsec / 1000;
}

static void shortly(void)
{
	struct iovec iov = { mem_pages(TWICE_BYTES / PAGE), TWICE_BYTES };
	struct io_uring r[2];

	for (int i = 0; i < 2; i++)
		must(uring_open(&r[i], 4), "io_uring_setup");
	for (int round = 0; round < 5; round++) {
		unsigned int begun = now_us(), moment;

		for (int i = 0; i < 2; i++)
			must(uring_register(r[i].ring_fd, &iov, 1), "register");
		moment = (now_us() - begun) / 2 * TIMES_A_CALL;
		if (moment < SHORTLY_US)
			moment = SHORTLY_US;
		usleep(moment);
		for (int i = 0; i < 2; i++)
			must(uring_unregister(r[i].ring_fd), "unregister");
		usleep(moment);
	}
	report_ready();
}

int main(int argc, char **argv)
{
	struct iovec iov[NR];
	struct io_uring r;
	char *p;

	report_init(&argc, argv);
	become_plain(8 << 20);
	if (argc > 1 && !strcmp(argv[1], "shortly")) {
		shortly();
		return 0;
	}
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
