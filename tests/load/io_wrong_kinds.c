// SPDX-License-Identifier: GPL-2.0
/*
 * As io_wrong other, of other kinds of requests and ranges, a prime number of times:
 *   io_wrong_kinds vector | sent | last | short | parked | kept | moved
 * vector: READV_FIXED; sent: a zero-copy send, of which the receiver sees what memory it was; last: a
 * READ_FIXED of two pages of which only the second is other memory; short: the same, which ends in the first; parked: a READ_FIXED has its buffer, and
 * waits for the pipe, when the slot is given other memory, so that what it reads is lost; kept: the same memory;
 * moved: as parked, but the program has the memory elsewhere, and sees it there.
 */
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include "load_report.h"
#include "load_ring.h"
#include "memory.h"

#define ROUNDS	7
#define LENGTH	5	/* pages */
#define AT	2	/* the page where a request begins */
#define OLD	0x5a
#define NEW	0x3c

static char *base;
static int pipes[2], file, out, in;
static bool is_sent, is_vector, is_short, is_parked, is_kept, is_moved, second_only;

static unsigned int bytes(void)
{
	return second_only ? 2 * PAGE : PAGE;
}

static void queue_behind_pipe(void)
{
	static struct iovec iov;
	static char byte;
	struct io_uring_sqe *sqe = request(IORING_OP_READ, pipes[0], &byte, 1, 0);

	sqe->flags |= IOSQE_IO_LINK;
	iov = (struct iovec){ base + AT * PAGE, bytes() };
	if (is_vector)
		sqe = request(OP_READV_FIXED, file, &iov, 1, 0);
	else if (is_sent)
		sqe = request(OP_SEND_ZC, out, iov.iov_base, bytes(), 0);
	else
		sqe = request(IORING_OP_READ_FIXED, file, iov.iov_base, bytes(), 0);
	sqe->buf_index = 0;
	if (is_sent)
		sqe->ioprio = SEND_FIXED;
	must(io_uring_submit(&ring), "io_uring_submit");
}

static void park(void)
{
	request(IORING_OP_READ_FIXED, pipes[0], base + AT * PAGE, PAGE, 0)->buf_index = 0;
	must(io_uring_submit(&ring), "io_uring_submit");
}

/* Other memory from that page on, in the slot too. */
static void remap(size_t from)
{
	struct iovec iov = { base, LENGTH * PAGE };
	size_t len = (LENGTH - from) * PAGE;
	char *at = base + from * PAGE;

	if (is_kept) {
		must(uring_update(ring.ring_fd, 0, &iov, 1), "update");
		return;
	}
	if (is_moved)
		must(mremap(at, len, len, MREMAP_MAYMOVE | MREMAP_FIXED, mem_pages(LENGTH)) == MAP_FAILED ? -1 : 0, "mremap");
	must(mmap(at, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == at ? 0 : -1, "mmap");
	madvise(at, len, MADV_NOHUGEPAGE);
	memset(at, NEW, len);
	must(uring_update(ring.ring_fd, 0, &iov, 1), "update");
}

/* Whether it ran over what is there now. */
static bool ran_in_new(void)
{
	static char got[4096];

	if (!is_sent)
		return base[(AT + second_only) * PAGE] != NEW;
	must(recv(in, got, sizeof(got), MSG_WAITALL) == (ssize_t)bytes() ? 0 : -1, "recv");
	return got[0] == NEW;
}

int main(int argc, char **argv)
{
	const struct io_uring_params plain = { 0 };
	struct iovec iov = { NULL, LENGTH * PAGE };
	static const char bytes_of_pipe[4096] = { 1 };
	unsigned int ran = 0, lost = 0;
	const char *mode;

	report_init(&argc, argv);
	mode = argc > 1 ? argv[1] : "";
	is_kept = !strcmp(mode, "kept");
	is_moved = !strcmp(mode, "moved");
	is_parked = is_kept || is_moved || !strcmp(mode, "parked");
	is_sent = !strcmp(mode, "sent");
	is_vector = !strcmp(mode, "vector");
	is_short = !strcmp(mode, "short");
	second_only = is_short || !strcmp(mode, "last");
	load_ring_open(8, &plain, "plain");
	if ((is_sent && !load_ring_has_op(OP_SEND_ZC)) || (is_vector && !load_ring_has_op(OP_READV_FIXED)))
		report_skip("this kernel does not have the operation");
	if (is_sent)
		must(tcp_pair(&out, &in) ? 0 : -1, "a TCP connection");
	file = must(mem_cached_file(is_short ? PAGE : 2 * PAGE), "a file to read");
	must(pipe(pipes) ? -1 : 0, "pipe");
	base = iov.iov_base = mem_pages(LENGTH);
	must(uring_register(ring.ring_fd, &iov, 1), "register");
	for (int i = 0; i < ROUNDS; i++) {
		memset(base + AT * PAGE, OLD, 2 * PAGE);
		if (is_parked)
			park();
		else
			queue_behind_pipe();
		remap(AT + second_only);
		must(write(pipes[1], bytes_of_pipe, is_parked ? PAGE : 1) > 0 ? 0 : -1, "write");
		finish(is_parked ? 1 : 2);
		ran += !is_parked && !is_short && ran_in_new();
		lost += is_parked && !is_moved && base[AT * PAGE] != bytes_of_pipe[0];
	}
	report("lost=%u", lost);
	report("requests=%u", ran);
	report("bytes=%u", ran * bytes());
	report_ready();
	return 0;
}
