// SPDX-License-Identifier: GPL-2.0
/*
 * Requests over the same memory that are under way together, and what is right in their place:
 *   overlap MODE
 * a prime number of rounds of: parked (two READ_FIXED wait for pipes, in calls of their own, into the same
 * bytes), together (in one call), slots (over two slots with the same memory), rings (on two rings), plain
 * (the older one a READ), waiting (the older one waits in a link), both (that, then parked), outlived (the newer one is in a link, and ends
 * before the older one), followed (ends after it), child (the newer one is a child's, on its parent's ring); halves (of a buffer), mirror (two
 * WRITE_FIXED of one), linked, drained, reused (once the first has ended), remapped (slots with other memory
 * at one address), writing (a READ_FIXED beside a WRITE_FIXED of other bytes). slowly: as parked, with time for
 * looks after each, and at the end for several.
 */
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include "load_report.h"
#include "load_ring.h"
#include "memory.h"

#define ROUNDS	7
#define LENGTH	4	/* pages */
#define PAUSE_US 300000

static char *base;
static int in[2][2], out[2][2];
static unsigned int waiting;

static struct io_uring_sqe *fixed(int op, int fd, void *addr, unsigned int len, unsigned int index)
{
	struct io_uring_sqe *sqe = request(op, fd, addr, len, 0);

	sqe->buf_index = index;
	waiting++;
	return sqe;
}

static void submit(void)
{
	must(io_uring_submit(&ring), "io_uring_submit");
}

/* What was read waits for a pipe; writes end by themselves, and their pipe is emptied. */
static void end(bool first, bool second)
{
	static char bytes[LENGTH * 4096];

	if (first)
		must(write(in[0][1], bytes, PAGE) == (ssize_t)PAGE ? 0 : -1, "write");
	if (second)
		must(write(in[1][1], bytes, PAGE) == (ssize_t)PAGE ? 0 : -1, "write");
	finish(waiting);
	waiting = 0;
	for (int i = 0; i < 2; i++)
		while (read(out[i][0], bytes, sizeof(bytes)) > 0)
			;
}

static void two_reads(void *first, void *second, unsigned int index, bool apart)
{
	fixed(IORING_OP_READ_FIXED, in[0][0], first, PAGE, 0);
	if (apart)
		submit();
	fixed(IORING_OP_READ_FIXED, in[1][0], second, PAGE, index);
	submit();
	end(true, true);
}

static void two_rings(void)
{
	const struct io_uring_params plain = { 0 };
	struct iovec iov = { base, LENGTH * PAGE };
	static struct io_uring second;
	struct io_uring mine;

	fixed(IORING_OP_READ_FIXED, in[0][0], base, PAGE, 0);
	submit();
	mine = ring;
	if (second.ring_fd) {
		ring = second;
	} else {
		load_ring_open(8, &plain, "plain");
		must(uring_register(ring.ring_fd, &iov, 1), "register");
	}
	fixed(IORING_OP_READ_FIXED, in[1][0], base + PAGE / 2, PAGE, 0);
	submit();
	waiting = 1;
	end(false, true);
	second = ring;
	ring = mine;
	waiting = 1;
	end(true, false);
}

static void from_child(void)
{
	pid_t child;

	fixed(IORING_OP_READ_FIXED, in[0][0], base, PAGE, 0);
	submit();
	child = must(fork(), "fork");
	if (!child) {
		fixed(IORING_OP_READ_FIXED, in[1][0], base + PAGE / 2, PAGE, 0);
		submit();
		waiting = 1;
		end(false, true);
		_exit(0);
	}
	must(waitpid(child, NULL, 0) == child ? 0 : -1, "waitpid");
	/* what the child took of the queue */
	ring.sq.sqe_head = ring.sq.sqe_tail = *ring.sq.ktail;
	end(true, false);
}

static void remap(void)
{
	struct iovec iov;
	char *p = mmap(base, LENGTH * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);

	must(p == base ? 0 : -1, "mmap");
	mem_touch(base, LENGTH);
	iov = (struct iovec){ base, LENGTH * PAGE };
	must(uring_update(ring.ring_fd, 1, &iov, 1), "update");
}

static void run(const char *mode)
{
	if (!strcmp(mode, "both")) {
		run("waiting");
		run("parked");
	} else if (!strcmp(mode, "parked")) {
		two_reads(base, base + PAGE / 2, 0, true);
	} else if (!strcmp(mode, "slowly")) {
		run("parked");
		usleep(PAUSE_US);
	} else if (!strcmp(mode, "together")) {
		two_reads(base, base + PAGE / 2, 0, false);
	} else if (!strcmp(mode, "slots") || !strcmp(mode, "remapped")) {
		two_reads(base, base + PAGE / 2, 1, true);
	} else if (!strcmp(mode, "halves")) {
		two_reads(base, base + PAGE, 0, true);
	} else if (!strcmp(mode, "rings")) {
		two_rings();
	} else if (!strcmp(mode, "plain")) {
		request(IORING_OP_READ, in[0][0], base, PAGE, 0);
		waiting++;
		submit();
		fixed(IORING_OP_READ_FIXED, in[1][0], base, PAGE, 0);
		submit();
		end(true, true);
	} else if (!strcmp(mode, "waiting")) {
		fixed(IORING_OP_READ_FIXED, in[0][0], base, PAGE, 0)->flags |= IOSQE_IO_LINK;
		fixed(IORING_OP_WRITE_FIXED, out[0][1], base + PAGE, PAGE, 0);
		submit();
		fixed(IORING_OP_READ_FIXED, in[1][0], base + PAGE, PAGE, 0);
		submit();
		end(true, true);
	} else if (!strcmp(mode, "outlived") || !strcmp(mode, "followed")) {
		bool outlived = !strcmp(mode, "outlived");

		fixed(IORING_OP_READ_FIXED, in[0][0], base, PAGE, 0);
		submit();
		fixed(IORING_OP_READ_FIXED, in[1][0], base + PAGE, PAGE, 0)->flags |= IOSQE_IO_LINK;
		fixed(IORING_OP_WRITE_FIXED, out[0][1], base, PAGE, 0);
		submit();
		waiting = outlived ? 2 : 1;
		end(!outlived, outlived);
		waiting = outlived ? 1 : 2;
		end(outlived, !outlived);
	} else if (!strcmp(mode, "child")) {
		from_child();
	} else if (!strcmp(mode, "mirror")) {
		fixed(IORING_OP_WRITE_FIXED, out[0][1], base, PAGE, 0);
		fixed(IORING_OP_WRITE_FIXED, out[1][1], base, PAGE, 0);
		submit();
		end(false, false);
	} else if (!strcmp(mode, "linked")) {
		fixed(IORING_OP_READ_FIXED, in[0][0], base, PAGE, 0)->flags |= IOSQE_IO_LINK;
		fixed(IORING_OP_WRITE_FIXED, out[0][1], base, PAGE, 0)->flags |= IOSQE_IO_LINK;
		fixed(IORING_OP_WRITE_FIXED, out[1][1], base, PAGE, 0);
		submit();
		end(true, false);
	} else if (!strcmp(mode, "drained")) {
		fixed(IORING_OP_READ_FIXED, in[0][0], base, PAGE, 0);
		submit();
		request(IORING_OP_NOP, -1, NULL, 0, 0)->flags |= IOSQE_IO_DRAIN;
		waiting++;
		fixed(IORING_OP_WRITE_FIXED, out[0][1], base, PAGE, 0);
		submit();
		fixed(IORING_OP_READ_FIXED, in[1][0], base + PAGE, PAGE, 0)->flags |= IOSQE_IO_DRAIN;
		submit();
		end(true, true);
	} else if (!strcmp(mode, "reused")) {
		fixed(IORING_OP_READ_FIXED, in[0][0], base, PAGE, 0);
		submit();
		end(true, false);
		fixed(IORING_OP_WRITE_FIXED, out[0][1], base, PAGE, 0);
		submit();
		end(false, false);
	} else if (!strcmp(mode, "writing")) {
		fixed(IORING_OP_READ_FIXED, in[0][0], base, PAGE, 0);
		submit();
		fixed(IORING_OP_WRITE_FIXED, out[0][1], base + PAGE, 2 * PAGE, 0);
		submit();
		end(true, false);
	}
}

int main(int argc, char **argv)
{
	const struct io_uring_params plain = { 0 };
	struct iovec iov[2] = { { NULL, LENGTH * PAGE }, { NULL, LENGTH * PAGE } };
	const char *mode;

	report_init(&argc, argv);
	mode = argc > 1 ? argv[1] : "";
	for (int i = 0; i < 2; i++) {
		must(pipe(in[i]) ? -1 : 0, "pipe");
		must(pipe2(out[i], O_NONBLOCK) ? -1 : 0, "pipe");
	}
	load_ring_open(8, &plain, "plain");
	base = iov[0].iov_base = iov[1].iov_base = mem_pages(LENGTH);
	must(uring_register(ring.ring_fd, iov, 2), "register");
	if (!strcmp(mode, "remapped"))
		remap();
	report_before_fault();
	for (int i = 0; i < ROUNDS; i++)
		run(mode);
	if (!strcmp(mode, "slowly"))
		usleep(5 * PAUSE_US);
	report("rounds=%d", ROUNDS);
	/* the same kernels whose completions do not tell their request */
	report("to_5_17=%d", !load_ring_has_op(IORING_OP_MSG_RING));
	report_ready();
	return 0;
}
