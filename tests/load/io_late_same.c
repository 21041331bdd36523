// SPDX-License-Identifier: GPL-2.0
/*
 * Requests that share a user_data, a length and so a result, of which most find the completion ring full:
 * in turn READ_FIXED of buffer 0, READ_FIXED of buffer 1 and READ, so that only their places tell them apart.
 *   io_late_same alone | batch | async | sqpoll | pipe [SECONDS]
 * alone: each submitted by itself; batch: many at once, of which more find room than are looked through;
 * async: by workers, for a ring with IORING_SETUP_DEFER_TASKRUN where there is such; sqpoll: by workers,
 * for a ring with a thread of its own; pipe: all wait for one, and end together. The ring stays for SECONDS.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "load_report.h"
#include "load_ring.h"
#include "memory.h"

#define BLOCK	512
#define NAME	0x5a
#define FEW	4
#define MANY	128
#define FIRST	59	/* of a batch behind it and a whole one 69 find room */

enum { FIRST_BUFFER, SECOND_BUFFER, PLAIN, KINDS };

static char *buf;
static unsigned int done[KINDS];

static void add(int file, unsigned int flags)
{
	static unsigned int turn;
	unsigned int kind = turn++ % KINDS;
	struct io_uring_sqe *sqe = request(kind == PLAIN ? IORING_OP_READ : IORING_OP_READ_FIXED, file,
					   kind == SECOND_BUFFER ? buf + PAGE : buf, BLOCK, 0);

	sqe->buf_index = kind == SECOND_BUFFER;
	sqe->flags |= flags;
	sqe->user_data = NAME;
	done[kind]++;
}

static void submit(void)
{
	must(io_uring_submit(&ring), "io_uring_submit");
}

static void one_by_one(int file, unsigned int nr, unsigned int flags)
{
	while (nr--) {
		add(file, flags);
		submit();
	}
}

static void in_batches(int file, unsigned int nr)
{
	for (unsigned int i = 0; i < nr; i++) {
		add(file, 0);
		if (i == nr - 1 || i + 1 == FIRST || (i + 1 > FIRST && (i + 1 - FIRST) % MANY == 0))
			submit();
	}
}

static void of_pipe(unsigned int nr)
{
	char block[BLOCK] = { 0 };
	int ends[2];

	must(pipe(ends) ? -errno : 0, "pipe");
	one_by_one(ends[0], nr, 0);
	for (unsigned int i = 0; i < nr; i++)
		must(write(ends[1], block, BLOCK) == BLOCK ? 0 : -EIO, "write");
}

static void reap(unsigned int nr)
{
	while (nr--) {
		struct io_uring_cqe *cqe;

		must(io_uring_wait_cqe(&ring, &cqe), "io_uring_wait_cqe");
		must(cqe->res == BLOCK ? 0 : -EIO, "a read");
		io_uring_cqe_seen(&ring, cqe);
	}
}

int main(int argc, char **argv)
{
	static const struct mode {
		const char *name;
		unsigned int nr, entries, flags;
	} modes[] = {
		{ "alone", 211, FEW, 0 }, { "batch", 607, MANY, 0 },
		{ "async", 61, FEW, IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN },
		{ "sqpoll", 1009, FEW, IORING_SETUP_SQPOLL }, { "pipe", 61, FEW, 0 },
	};
	const struct mode *m = modes;
	struct io_uring_params p = { 0 };
	struct iovec iov[2];
	int file;

	report_init(&argc, argv);
	while (argc > 1 && strcmp(m->name, argv[1]))
		must(++m < modes + sizeof(modes) / sizeof(modes[0]) ? 0 : -EINVAL, argv[1]);
	p.flags = m->flags;
	file = must(mem_cached_file(PAGE), "a file to read");
	load_ring_open(m->entries, &p, m->name);
	buf = mem_pages(2);
	iov[0] = (struct iovec){ buf, PAGE };
	iov[1] = (struct iovec){ buf + PAGE, PAGE };
	must(uring_register(ring.ring_fd, iov, 2), "register");
	if (!strcmp(m->name, "batch"))
		in_batches(file, m->nr);
	else if (!strcmp(m->name, "pipe"))
		of_pipe(m->nr);
	else
		one_by_one(file, m->nr, m->flags ? IOSQE_ASYNC : 0);
	/* all have ended when they are reaped, and not one place is free before */
	usleep(300000);
	report("places=%u", *ring.cq.kring_entries);
	report("late=%u", m->nr - *ring.cq.kring_entries);
	reap(m->nr);
	report("first=%u", done[FIRST_BUFFER]);
	report("second=%u", done[SECOND_BUFFER]);
	report("plain=%u", done[PLAIN]);
	report_ready();
	if (argc > 2)
		sleep(strtoul(argv[2], NULL, 10));
	return 0;
}
