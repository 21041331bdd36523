// SPDX-License-Identifier: GPL-2.0
/*
 * A prime number of READ_FIXED wait in a link behind a read of a pipe, and are let go; meanwhile the slot
 * that they name is given other memory at their address, or what is right in its place:
 *   io_wrong other | slowly | same | grown | waited | flood | crowd
 * other: so they read into memory that was not there when they were submitted, from 6.13; slowly: the same, with time for a look after each link; same: the
 * slot is given the same memory again; grown: a longer buffer with the same pages; waited: other memory
 * once they have ended. flood: as other, of one READ_FIXED in each of more slots than a user has room for,
 * by a user of its own without privileges. crowd: such a user has more waiting than there is room for, over
 * a slot that stays as it is.
 */
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "load_report.h"
#include "load_ring.h"
#include "memory.h"

#define LENGTH	5	/* pages */
#define CHAINS	7
#define PAUSE_US 300000
#define LINKED	3	/* READ_FIXED in each */
#define AT	2	/* the page that they read into */
#define WAITING	8209	/* of a crowd: more than IO_QUEUED */
#define SLOTS	1031	/* of a flood, each with the same page: more than IO_WRONG_SLOTS */

static char *base;
static int pipes[2], cached;

static void queue_chain(void)
{
	static char byte;

	for (int i = 0; i <= LINKED; i++) {
		struct io_uring_sqe *sqe = i ? request(IORING_OP_READ_FIXED, cached, base + AT * PAGE, PAGE, 0) :
					       request(IORING_OP_READ, pipes[0], &byte, 1, 0);

		sqe->buf_index = 0;
		sqe->flags |= i < LINKED ? IOSQE_IO_LINK : 0;
	}
	must(io_uring_submit(&ring), "io_uring_submit");
}

static void end_chain(void)
{
	must(write(pipes[1], "a", 1) == 1 ? 0 : -1, "write");
	finish(LINKED + 1);
}

static void update(size_t pages)
{
	struct iovec iov = { base, pages * PAGE };

	must(uring_update(ring.ring_fd, 0, &iov, 1), "update");
}

static void remap(void)
{
	char *p = mmap(base, LENGTH * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);

	must(p == base ? 0 : -1, "mmap");
	madvise(base, LENGTH * PAGE, MADV_NOHUGEPAGE);
	mem_touch(base, LENGTH);
	update(LENGTH);
}

static void flood(void)
{
	const struct io_uring_params plain = { 0 };
	static struct iovec iov[SLOTS];
	static char byte;

	become_plain(8 << 20);
	load_ring_open(2048, &plain, "plain");
	base = mem_pages(1);
	for (int i = 0; i < SLOTS; i++)
		iov[i] = (struct iovec){ base, PAGE };
	must(uring_register(ring.ring_fd, iov, SLOTS), "register");
	report_before_fault();
	for (int i = 0; i <= SLOTS; i++) {
		struct io_uring_sqe *sqe = i ? request(IORING_OP_READ_FIXED, cached, base, PAGE, 0) :
					       request(IORING_OP_READ, pipes[0], &byte, 1, 0);

		sqe->buf_index = i ? i - 1 : 0;
		sqe->flags |= i < SLOTS ? IOSQE_IO_LINK : 0;
	}
	must(io_uring_submit(&ring), "io_uring_submit");
	must(mmap(base, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == base ?
	     0 : -1, "mmap");
	mem_touch(base, 1);
	must(uring_update(ring.ring_fd, 0, iov, SLOTS), "update");
	must(write(pipes[1], "a", 1) == 1 ? 0 : -1, "write");
	finish(SLOTS + 1);
	report("slots=%u", SLOTS);
	report_ready();
}

static void crowd(void)
{
	const struct io_uring_params plain = { 0 };
	struct iovec iov = { NULL, PAGE };
	static char byte;

	become_plain(8 << 20);
	load_ring_open(16384, &plain, "plain");
	base = iov.iov_base = mem_pages(1);
	must(uring_register(ring.ring_fd, &iov, 1), "register");
	report_before_fault();
	for (int i = 0; i <= WAITING; i++) {
		struct io_uring_sqe *sqe = i ? request(IORING_OP_READ_FIXED, cached, base, PAGE, 0) :
					       request(IORING_OP_READ, pipes[0], &byte, 1, 0);

		sqe->buf_index = 0;
		sqe->flags |= i < WAITING ? IOSQE_IO_LINK : 0;
	}
	must(io_uring_submit(&ring), "io_uring_submit");
	report("waiting=%u", WAITING);
	report_ready();
	must(write(pipes[1], "a", 1) == 1 ? 0 : -1, "write");
	finish(WAITING + 1);
}

int main(int argc, char **argv)
{
	const struct io_uring_params plain = { 0 };
	struct iovec iov = { NULL, LENGTH * PAGE };
	unsigned int ran = 0;
	const char *mode;
	bool other;

	report_init(&argc, argv);
	mode = argc > 1 ? argv[1] : "";
	other = !strcmp(mode, "other") || !strcmp(mode, "slowly");
	cached = must(mem_cached_file(PAGE), "a file to read");
	must(pipe(pipes) ? -1 : 0, "pipe");
	if (!strcmp(mode, "flood")) {
		flood();
		return 0;
	}
	if (!strcmp(mode, "crowd")) {
		crowd();
		return 0;
	}
	load_ring_open(8, &plain, "plain");
	base = iov.iov_base = mem_pages(2 * LENGTH);
	must(uring_register(ring.ring_fd, &iov, 1), "register");
	report_before_fault();
	for (int i = 0; i < CHAINS; i++) {
		memset(base + AT * PAGE, 0x5a, PAGE);
		queue_chain();
		if (other)
			remap();
		else if (!strcmp(mode, "same"))
			update(LENGTH);
		else if (!strcmp(mode, "grown"))
			update(2 * LENGTH);
		memset(base + AT * PAGE, 0x5a, PAGE);
		end_chain();
		/* the file has other bytes: they are seen if they were read into what is there now */
		ran += base[AT * PAGE] != 0x5a;
		if (!strcmp(mode, "waited"))
			remap();
		if (!strcmp(mode, "slowly"))
			usleep(PAUSE_US);
	}
	report("seen=%u", ran);
	report("requests=%u", other ? ran * LINKED : 0);
	report("bytes=%lu", other ? ran * LINKED * PAGE : 0UL);
	report_ready();
	return 0;
}
