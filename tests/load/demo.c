// SPDX-License-Identifier: GPL-2.0
/*
 * The demo's load: what programs do with registered buffers, right and wrong.
 * Says pids= of all that hold rings when it is READY.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include "load_report.h"
#include "memory.h"

#define SMALL		3
#define NEIGHBOURS	3	/* 4 KiB each, 64 bytes into a page, side by side */
#define STALE_PAGES	17
#define DROPPED		3
#define WRITES		11
#define READS		13

/* Slots of the main ring, in this order. */
enum { SLOT_NEIGHBOUR = SMALL, SLOT_OVERLAP = SLOT_NEIGHBOUR + NEIGHBOURS,
       SLOT_STALE = SLOT_OVERLAP + 2, SLOT_HUGE, SLOTS };

static struct iovec slots[SLOTS];

static void lay_out(void)
{
	char *small = mem_pages(SMALL), *side = mem_pages(NEIGHBOURS + 1);
	char *shared = mem_pages(3), *huge = mem_huge();

	for (int i = 0; i < SMALL; i++)
		slots[i] = (struct iovec){ small + i * PAGE, PAGE };
	for (int i = 0; i < NEIGHBOURS; i++)
		slots[SLOT_NEIGHBOUR + i] = (struct iovec){ side + 64 + i * PAGE, PAGE };
	slots[SLOT_OVERLAP] = (struct iovec){ shared, 2 * PAGE };
	slots[SLOT_OVERLAP + 1] = (struct iovec){ shared + PAGE, 2 * PAGE };
	slots[SLOT_STALE] = (struct iovec){ mem_pages(STALE_PAGES), STALE_PAGES * PAGE };
	slots[SLOT_HUGE] = huge ? (struct iovec){ huge, THP } :
				  (struct iovec){ mem_pages(THP / PAGE), THP };
	report("huge=%d", huge != NULL);
}

/* Writes blocks of the small buffers to a real file and reads them back into the huge one. */
static void read_and_write(struct io_uring *r)
{
	char *into = slots[SLOT_HUGE].iov_base;
	bool direct, same = true;
	int fd = mem_file(WRITES * PAGE, &direct);

	must(fd, "a file to write");
	for (int i = 0; i < WRITES; i++) {
		char *from = slots[i % SMALL].iov_base;

		memset(from, 'a' + i, PAGE);
		same &= uring_io(r, IORING_OP_WRITE_FIXED, fd, from, PAGE, i * PAGE,
				 i % SMALL) == (int)PAGE;
	}
	for (int i = 0; i < READS; i++) {
		char *to = into + i * PAGE;
		int block = i % WRITES;

		same &= uring_io(r, IORING_OP_READ_FIXED, fd, to, PAGE, block * PAGE,
				 SLOT_HUGE) == (int)PAGE && to[PAGE - 1] == 'a' + block;
	}
	close(fd);
	report("direct=%d", direct);
	report("data_is_right=%d", same);
}

/* An ordinary user with 64 KiB to lock asks for 1 MiB. */
static void be_refused(void)
{
	struct iovec iov = { .iov_len = 1 << 20 };
	struct io_uring r;

	fflush(stdout);
	if (fork()) {
		wait(NULL);
		return;
	}
	become_plain(64 << 10);
	must(uring_open(&r, 4), "io_uring_setup");
	iov.iov_base = mem_pages(iov.iov_len / PAGE);
	report("refused=%s", errno_name(-uring_register(r.ring_fd, &iov, 1)));
	fflush(stdout);
	_exit(0);
}

/* A server that registers and then goes to the background: see fault_fork.c. */
static pid_t be_a_daemon(const struct io_uring *not_its_own, int nr)
{
	struct iovec iov = { .iov_len = 5 * PAGE };
	pid_t daemon = 0;
	struct io_uring r;
	int told[2];

	if (pipe(told))
		return 0;
	fflush(stdout);
	if (!fork()) {
		for (int i = 0; i < nr; i++)
			close(not_its_own[i].ring_fd);
		must(uring_open(&r, 4), "io_uring_setup");
		iov.iov_base = mem_pages(5);
		must(uring_register(r.ring_fd, &iov, 1), "register");
		daemon = fork();
		if (daemon) {
			must(write(told[1], &daemon, sizeof(daemon)) < 0 ? -1 : 0, "write");
			_exit(0);
		}
		pause();
	}
	wait(NULL);
	must(read(told[0], &daemon, sizeof(daemon)) < 0 ? -1 : 0, "read");
	return daemon;
}

int main(int argc, char **argv)
{
	struct iovec larger;
	struct io_uring rings[2], *r = &rings[0], *clone = &rings[1];
	pid_t daemon;
	int ret;

	report_init(&argc, argv);
	must(uring_open(r, 8), "io_uring_setup");
	must(uring_open(clone, 8), "io_uring_setup");

	lay_out();
	must(uring_register(r->ring_fd, slots, SLOTS), "register");
	read_and_write(r);

	larger = (struct iovec){ mem_pages(2), 2 * PAGE };
	must(uring_update(r->ring_fd, SMALL - 1, &larger, 1), "update");
	must(uring_register(clone->ring_fd, slots, SMALL), "register");
	must(uring_unregister(clone->ring_fd), "unregister");
	/* from 6.12 on */
	ret = uring_clone(clone->ring_fd, r->ring_fd, 0, 0, 0, 0);
	report("clone=%s", ret ? errno_name(-ret) : "ok");

	be_refused();
	madvise((char *)slots[SLOT_STALE].iov_base + 7 * PAGE, DROPPED * PAGE, MADV_DONTNEED);
	mem_touch((char *)slots[SLOT_STALE].iov_base + 7 * PAGE, DROPPED);
	daemon = be_a_daemon(rings, 2);

	report_ring("ring", r->ring_fd, SLOTS);
	report("pids=%d,%d", getpid(), daemon);
	report_ready();
	if (daemon)
		kill(daemon, SIGTERM);
	return 0;
}
