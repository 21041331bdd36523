// SPDX-License-Identifier: GPL-2.0
/*
 * Prime numbers of zero-copy sends, some to a receiver that reads at once, some to one that reads
 * late: what its window has no room for stays where it is, and so does its memory. Says how long
 * that was at least, and for how long at most a notification can have been waited for.
 *   io_notices [full]    completions find the ring full
 */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include "load_report.h"
#include "load_ring.h"
#include "load_tcp.h"
#include "memory.h"

#define LEN	1000
#define LATE_NS	1200000000LL
#define SENDS	64

static char *buf, *other;
static struct load_tcp tcp;

/* Of each send when it was about to be submitted. */
static struct zc_send {
	__u64 name;
	long long begin_ns;
} sends[SENDS];
static unsigned int nr_sends, nr_notices;

/* What was notified, by opcode: the times are as long as they can have been. */
static struct { unsigned int nr; long long sum_ns, max_ns; } notified[64];

static long long now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static void notice(__u64 name)
{
	unsigned int op = name & 63;
	long long ns = 0;

	for (unsigned int i = 0; i < nr_sends; i++)
		if (sends[i].name == name)
			ns = now_ns() - sends[i].begin_ns;
	notified[op].nr++;
	notified[op].sum_ns += ns;
	if (ns > notified[op].max_ns)
		notified[op].max_ns = ns;
	nr_notices++;
}

/* Reaps until .ends sends have ended in all, and .notices came. */
static void reap(unsigned int ends, unsigned int notices)
{
	static unsigned int ended;
	struct io_uring_cqe *cqe;

	while (ended < ends || nr_notices < notices) {
		must(io_uring_wait_cqe(&ring, &cqe), "io_uring_wait_cqe");
		if (cqe->flags & CQE_NOTIF) {
			notice(cqe->user_data);
		} else {
			must(cqe->res == LEN ? 0 : -EIO, "a zero-copy send");
			load_ring_count(cqe);
			ended++;
		}
		io_uring_cqe_seen(&ring, cqe);
	}
}

static void send_one(int op, bool fixed)
{
	static struct iovec iov;
	static struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	struct io_uring_sqe *sqe;

	iov = (struct iovec){ other, LEN };
	sqe = op == OP_SENDMSG_ZC ? request(op, tcp.out, &msg, 1, 0) :
	      request(op, tcp.out, fixed ? buf : other, LEN, 0);
	if (fixed)
		sqe->ioprio = SEND_FIXED;
	sends[nr_sends++] = (struct zc_send){ sqe->user_data, now_ns() };
	must(io_uring_submit(&ring), "io_uring_submit");
	tcp.unread += LEN;
}

static void late(void)
{
	long long begin;
	size_t waits;

	load_tcp_fill(&tcp);
	waits = tcp.unread;
	for (int i = 0; i < 17; i++) {
		send_one(OP_SEND_ZC, false);
		reap(nr_sends, 0);
	}
	for (int i = 0; load_ring_has_op(OP_SENDMSG_ZC) && i < 13; i++) {
		send_one(OP_SENDMSG_ZC, false);
		reap(nr_sends, 0);
	}
	waits = tcp.unread - waits;
	begin = now_ns();
	while (now_ns() - begin < LATE_NS)
		usleep(LATE_NS / 1000);
	/* the sender knows best */
	must(load_tcp_unsent(&tcp) < waits ? -EIO : 0, "what was to wait");
	report("late_ns=%lld", now_ns() - begin);
	report("late.47=17");
	load_tcp_drain(&tcp);
	reap(nr_sends, nr_sends);
}

int main(int argc, char **argv)
{
	struct iovec iov = { NULL, 4 * PAGE };
	struct io_uring_params p = { 0 };
	bool full;
	int one = 1;

	report_init(&argc, argv);
	full = argc > 1 && !strcmp(argv[1], "full");
	load_ring_open(full ? 4 : 64, &p, "plain");
	if (!load_ring_has_op(OP_SEND_ZC))
		report_skip("this kernel has no SEND_ZC");
	if (!tcp_pair(&tcp.out, &tcp.in))
		report_skip("no TCP connection over loopback");
	must(setsockopt(tcp.out, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one)), "TCP_NODELAY");
	buf = mem_pages(4);
	other = mem_pages(4);
	iov.iov_base = buf;
	must(uring_register(ring.ring_fd, &iov, 1), "register");
	report("ring.addr=%p", buf);
	for (int i = 0; i < 23; i++) {
		send_one(OP_SEND_ZC, true);
		load_tcp_drain(&tcp);
		if (!full)
			reap(nr_sends, nr_sends);
	}
	report("fixed=23");
	if (full) {
		report("places=%u", *ring.cq.kring_entries);
		reap(nr_sends, nr_sends);
	} else {
		late();
	}
	for (int op = 0; op < 64; op++) {
		if (!notified[op].nr)
			continue;
		report("notified.%d=%u", op, notified[op].nr);
		report("notified.%d.sum_ns=%lld", op, notified[op].sum_ns);
		report("notified.%d.max_ns=%lld", op, notified[op].max_ns);
	}
	load_ring_report();
	report_ready();
	return 0;
}
