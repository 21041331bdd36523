// SPDX-License-Identifier: GPL-2.0
/*
 * A prime number of READ_FIXED that go well, and then a hazard, or what is done rightly in its place:
 *   io_hazards overflow | reaped | beyond | within | closed | async | seldom
 * overflow: 23 requests end before any is reaped, and the completion ring has 8 places; reaped: the
 * same 23 in portions that fill it to the last place; beyond: 7 requests reach beyond their buffer;
 * within: they end where it ends; closed: 3 write to a pipe that nobody reads, and one that reads a pipe
 * is cancelled; async: 5 ask for a worker; seldom: one does, of 102.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "load_report.h"
#include "load_ring.h"
#include "memory.h"

#define BLOCK	512
#define WELL	101
#define MANY	23

static char *buf;
static int cached;

static void read_one(void)
{
	request(IORING_OP_READ_FIXED, cached, buf, BLOCK, 0);
	must(io_uring_submit(&ring), "io_uring_submit");
}

/* Reaps after as many as this. */
static void fill(unsigned int portion)
{
	for (unsigned int i = 0, n; i < MANY; i += n) {
		n = MANY - i < portion ? MANY - i : portion;
		for (unsigned int k = 0; k < n; k++)
			read_one();
		finish(n);
	}
}

static void overflow(void)
{
	report("hazard=%u", MANY - *ring.cq.kring_entries);
	fill(MANY);
}

static void reaped(void)
{
	fill(*ring.cq.kring_entries);
}

static void ask(int op, int file, unsigned int at, unsigned int nr)
{
	for (unsigned int i = 0; i < nr; i++) {
		request(op, file, buf + at, BLOCK, 0);
		finish(1);
	}
}

static void beyond(void)
{
	report("hazard=7");
	ask(IORING_OP_READ_FIXED, cached, PAGE - BLOCK + 1, 7);
}

static void within(void)
{
	ask(IORING_OP_READ_FIXED, cached, PAGE - BLOCK, 7);
}

static void closed(void)
{
	struct io_uring_sqe *sqe;
	int unread[2], waits[2];
	__u64 name;

	must(pipe2(unread, O_CLOEXEC) || pipe2(waits, O_CLOEXEC) ? -errno : 0, "pipe2");
	signal(SIGPIPE, SIG_IGN);
	close(unread[0]);
	report("hazard=3");
	ask(IORING_OP_WRITE_FIXED, unread[1], 0, 3);
	sqe = request(IORING_OP_READ_FIXED, waits[0], buf, BLOCK, 0);
	name = sqe->user_data;
	must(io_uring_submit(&ring), "io_uring_submit");
	usleep(20000);
	request(IORING_OP_ASYNC_CANCEL, -1, (void *)name, 0, 0);
	finish(2);
}

static void forced(unsigned int nr)
{
	report("hazard=%u", nr);
	for (unsigned int i = 0; i < nr; i++) {
		request(IORING_OP_READ_FIXED, cached, buf, BLOCK, 0)->flags |= IOSQE_ASYNC;
		finish(1);
	}
}

static void async(void)
{
	forced(5);
}

static void seldom(void)
{
	forced(1);
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*run)(void);
	} modes[] = {
		{ "overflow", overflow }, { "reaped", reaped }, { "beyond", beyond }, { "within", within },
		{ "closed", closed }, { "async", async }, { "seldom", seldom },
	};
	const struct io_uring_params plain = { 0 };
	struct iovec iov = { NULL, PAGE };
	const char *mode;

	report_init(&argc, argv);
	mode = argc > 1 ? argv[1] : "";
	cached = must(mem_cached_file(PAGE), "a file to read");
	load_ring_open(4, &plain, "plain");
	buf = iov.iov_base = mem_pages(1);
	must(uring_register(ring.ring_fd, &iov, 1), "register");
	for (int i = 0; i < WELL; i++) {
		read_one();
		finish(1);
	}
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++)
		if (!strcmp(mode, modes[i].name))
			modes[i].run();
	load_ring_report();
	report_ready();
	return 0;
}
