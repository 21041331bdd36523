// SPDX-License-Identifier: GPL-2.0
/*
 * A ring that nobody has a descriptor of, with 256 KiB registered. It lives on by a mapping of
 * its memory (mapped), by a thread that waits in it (waited), or by another ring that polls it
 * (polled).
 */
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "load_report.h"
#include "memory.h"

#define PAGES 64

static struct io_uring hidden;

static void *wait_in_it(void *arg)
{
	(void)arg;
	io_uring_enter(hidden.ring_fd, 0, 1, IORING_ENTER_GETEVENTS, NULL);
	return NULL;
}

/* Until a thread of ours sleeps in the ring. */
static void await_waiter(void)
{
	usleep(200000);
}

static void unmap(void)
{
	size_t sqes = *hidden.sq.kring_entries * sizeof(struct io_uring_sqe);

	munmap(hidden.sq.sqes, sqes);
	if (hidden.cq.ring_ptr && hidden.cq.ring_ptr != hidden.sq.ring_ptr)
		munmap(hidden.cq.ring_ptr, hidden.cq.ring_sz);
	munmap(hidden.sq.ring_ptr, hidden.sq.ring_sz);
}

static void poll_by(struct io_uring *other)
{
	struct io_uring_sqe *sqe;

	must(uring_open(other, 4), "io_uring_setup");
	sqe = io_uring_get_sqe(other);
	io_uring_prep_poll_add(sqe, hidden.ring_fd, POLLIN);
	must(io_uring_submit(other), "submit");
	report_ring("other", other->ring_fd, 0);
}

int main(int argc, char **argv)
{
	struct iovec iov = { .iov_len = PAGES * PAGE };
	struct io_uring other;
	pthread_t thread;
	const char *way;

	report_init(&argc, argv);
	way = argc > 1 ? argv[1] : "mapped";
	must(uring_open(&hidden, 4), "io_uring_setup");
	iov.iov_base = mem_pages(PAGES);
	must(uring_register(hidden.ring_fd, &iov, 1), "register");
	report_slot("hidden", 0, &iov, PAGES, 1);
	if (!strcmp(way, "waited")) {
		must(-pthread_create(&thread, NULL, wait_in_it, NULL), "pthread_create");
		await_waiter();
	} else if (!strcmp(way, "polled")) {
		poll_by(&other);
	} else if (strcmp(way, "mapped")) {
		report_skip("there is no way %s", way);
	}
	close(hidden.ring_fd);
	if (strcmp(way, "mapped"))
		unmap();
	report_ready();
	_exit(0);
}
