// SPDX-License-Identifier: GPL-2.0
/*
 * A zero-copy send of a registered buffer, and a READ_FIXED into the same bytes:
 *   overlap_sent late      before its notification, which comes when the receiver reads
 *   overlap_sent notified  after it, as is right
 * a prime number of times.
 */
#include <string.h>
#include <unistd.h>
#include "load_report.h"
#include "load_ring.h"
#include "load_tcp.h"
#include "memory.h"

#define ROUNDS	7

static struct load_tcp tcp;
static int pipe_fds[2];

/* The next completion: whether it is a notification. */
static bool reap(void)
{
	struct io_uring_cqe *cqe;
	bool notice;

	must(io_uring_wait_cqe(&ring, &cqe), "io_uring_wait_cqe");
	notice = cqe->flags & CQE_NOTIF;
	must(cqe->res >= 0 ? 0 : -1, "a request");
	io_uring_cqe_seen(&ring, cqe);
	return notice;
}

static void read_into(char *buf)
{
	static const char bytes[4096];

	must(write(pipe_fds[1], bytes, PAGE) == (ssize_t)PAGE ? 0 : -1, "write");
	request(IORING_OP_READ_FIXED, pipe_fds[0], buf, PAGE, 0);
	must(io_uring_submit(&ring), "io_uring_submit");
}

/* Whether the read came before the notification: a window that opens after all lets that come early. */
static bool round_of(char *buf, bool late)
{
	bool early;

	load_tcp_fill(&tcp);
	request(OP_SEND_ZC, tcp.out, buf, PAGE, 0)->ioprio = SEND_FIXED;
	must(io_uring_submit(&ring), "io_uring_submit");
	tcp.unread += PAGE;
	must(reap() ? -1 : 0, "a send");
	if (!late) {
		load_tcp_drain(&tcp);
		must(reap() ? 0 : -1, "a notification");
	}
	read_into(buf);
	early = reap();
	load_tcp_drain(&tcp);
	if (late)
		must(reap() == !early ? 0 : -1, "the other one");
	return !early;
}

int main(int argc, char **argv)
{
	const struct io_uring_params plain = { 0 };
	struct iovec iov = { mem_pages(1), PAGE };
	int rounds = 0;

	report_init(&argc, argv);
	load_ring_open(8, &plain, "plain");
	if (!load_ring_has_op(OP_SEND_ZC))
		report_skip("this kernel has no SEND_ZC");
	must(pipe(pipe_fds), "pipe");
	must(tcp_pair(&tcp.out, &tcp.in) ? 0 : -1, "a TCP connection");
	must(uring_register(ring.ring_fd, &iov, 1), "register");
	for (int i = 0; i < ROUNDS; i++)
		rounds += round_of(iov.iov_base, argc > 1 && !strcmp(argv[1], "late"));
	report("rounds=%d", rounds);
	report_ready();
	return 0;
}
