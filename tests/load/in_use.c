// SPDX-License-Identifier: GPL-2.0
/*
 * A buffer leaves its slot. In what first mode names, while requests use it:
 *   in_use unregister | update | close | drained ROUNDS | held ROUNDS | clones ORDER | parked | ended | orphaned | left
 * unregister: three READ_FIXED wait on a pipe, then are let go; update: one does, of the second
 * slot; close: the ring is closed under it; drained: each has ended before, so many times, so that the
 * kernel uses its memory of the last round again; held: one waits in each of so many rounds; clones: what
 * comes one after the other, of rings that share the buffer: a letter lets one wait on that ring, A (which
 * registered it), B or C, a small one unregisters there, . lets all end; left: as unregister, and the
 * process ends at once, with a child that keeps the ring. Nothing leaves its slot in:
 * parked: three wait, of the second slot, and for good, while the first is used again and again, and the third never;
 * ended: the same, but the three have ended; orphaned: a child began the three, and has ended.
 * Older kernels wait in the call for the requests: skipped there.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "load_report.h"
#include "memory.h"
#include "witness.h"

#define PAGES	19
#define READS	3
#define HELD_ROUND_US 200000
#define HELD_US	1100000	/* a reader on a busy machine is late */
#define CLONES	3	/* rings that share a buffer */
#define CLONES_US 300000

static struct io_uring ring;
static struct iovec iov[3];
static int pipes[2];

static void on_alarm(int sig)
{
	(void)sig;
}

static unsigned long long now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ULL + t.tv_nsec;
}

static void begin_reads_of(struct io_uring *r, unsigned int nr, unsigned int index)
{
	for (unsigned int i = 0; i < nr; i++)
		must(uring_submit(r, IORING_OP_READ_FIXED, pipes[0],
				  (char *)iov[index].iov_base + i * PAGE, PAGE, -1, index), "submit");
}

static void begin_reads(unsigned int nr, unsigned int index)
{
	begin_reads_of(&ring, nr, index);
}

static void write_one(void)
{
	must(write(pipes[1], "a", 1) == 1 ? 0 : -EIO, "write");
}

static void wait_for_one(struct io_uring *r)
{
	struct io_uring_cqe *cqe;

	must(io_uring_wait_cqe(r, &cqe), "io_uring_wait_cqe");
	must(cqe->res == 1 ? 0 : -EIO, "READ_FIXED");
	io_uring_cqe_seen(r, cqe);
}

static void end_reads(unsigned int nr)
{
	for (unsigned int i = 0; i < nr; i++) {
		write_one();
		wait_for_one(&ring);
	}
}

/* A call that would wait for the requests is interrupted. */
static int in_time(int (*call)(void))
{
	struct sigaction sa = { .sa_handler = on_alarm };
	int ret;

	sigaction(SIGALRM, &sa, NULL);
	alarm(1);
	ret = call();
	alarm(0);
	if (ret == -EINTR)
		report_skip("the call waits for I/O in flight on this kernel");
	return ret;
}

static int unregister(void)
{
	return uring_unregister(ring.ring_fd);
}

static int update(void)
{
	return uring_update(ring.ring_fd, 1, &iov[0], 1);
}

static void hold(int (*call)(void), unsigned int reads, unsigned int index)
{
	begin_reads(reads, index);
	report("before_ns=%llu", now_ns());
	must(in_time(call), "call");
	report("after_ns=%llu", now_ns());
	usleep(HELD_US);
	report("pinned_kb=%lld", witness_status_kb(getpid(), "VmPin"));
	report("let_go_ns=%llu", now_ns());
	end_reads(reads);
	report("ended_ns=%llu", now_ns());
	usleep(HELD_US);
	report("left_kb=%lld", witness_status_kb(getpid(), "VmPin"));
}

/* Those that wait complete nothing. */
static void *use_first(void *arg)
{
	int zero = open("/dev/zero", O_RDONLY);

	must(zero < 0 ? -errno : 0, "/dev/zero");
	for (;;) {
		must(uring_io(&ring, IORING_OP_READ_FIXED, zero, iov[0].iov_base, PAGE, 0, 0), "READ_FIXED");
		usleep(10000);
	}
	return arg;
}

/* The ring goes on without who submitted to it. */
static void leave(void)
{
	begin_reads(READS, 0);
	must(in_time(unregister), "unregister");
	report_ready();
	if (!must(fork(), "fork"))
		usleep(HELD_US);
	_exit(0);
}

static void hold_each(int rounds)
{
	while (rounds--) {
		must(uring_register(ring.ring_fd, iov, 2), "register");
		begin_reads(1, 1);
		must(in_time(unregister), "unregister");
		usleep(HELD_ROUND_US);
		end_reads(1);
	}
}

/* Which of them gets what is written is the kernel's choice. */
static void end_all(struct io_uring *rings, const unsigned int *waiting)
{
	for (int i = 0; i < CLONES; i++)
		for (unsigned int n = 0; n < waiting[i]; n++)
			write_one();
	for (int i = 0; i < CLONES; i++)
		for (unsigned int n = 0; n < waiting[i]; n++)
			wait_for_one(&rings[i]);
}

/* Each step has time to be looked at; what is pinned is said before the last that may unpin. */
static void clones(const char *order)
{
	struct io_uring rings[CLONES] = { ring };
	unsigned int waiting[CLONES] = { 0 };

	must(uring_register(rings[0].ring_fd, iov, 1), "register");
	for (int i = 1; i < CLONES; i++) {
		must(uring_open(&rings[i], 8), "io_uring_setup");
		if (uring_clone(rings[i].ring_fd, rings[0].ring_fd, 0, 0, 0, 0))
			report_skip("this kernel clones no table");
	}
	for (int i = 0; i < CLONES; i++)
		if (!strchr(order, 'a' + i))
			must(uring_unregister(rings[i].ring_fd), "unregister");
	for (const char *c = order; *c; c++) {
		usleep(CLONES_US);
		if (*c < 'a' && *c != '.') {
			begin_reads_of(&rings[*c - 'A'], 1, 0);
			waiting[*c - 'A']++;
			continue;
		}
		if (!c[1]) {
			report("pinned_kb=%lld", witness_status_kb(getpid(), "VmPin"));
			report("last_ns=%llu", now_ns());
		}
		if (*c == '.') {
			end_all(rings, waiting);
			continue;
		}
		ring = rings[*c - 'a'];
		must(in_time(unregister), "unregister");
	}
	report("ended_ns=%llu", now_ns());
	usleep(CLONES_US);
	report("left_kb=%lld", witness_status_kb(getpid(), "VmPin"));
}

static void stay(bool ended)
{
	pthread_t thread;

	must(uring_register(ring.ring_fd, iov, 3), "register");
	report_before_fault();
	begin_reads(READS, 1);
	if (ended)
		end_reads(READS);
	must(-pthread_create(&thread, NULL, use_first, NULL), "pthread_create");
	report("reads=%d", READS);
	report_ready();
	_exit(0);
}

static void orphan(void)
{
	pid_t child;

	must(uring_register(ring.ring_fd, iov, 3), "register");
	report_before_fault();
	child = must(fork(), "fork");
	if (!child) {
		begin_reads(READS, 1);
		_exit(0);
	}
	/* it stays a zombie */
	must(waitid(P_PID, child, NULL, WEXITED | WNOWAIT) ? -errno : 0, "waitid");
	report("child=%d", child);
	report_ready();
	_exit(0);
}

int main(int argc, char **argv)
{
	const char *mode;

	report_init(&argc, argv);
	mode = argc > 1 ? argv[1] : "unregister";
	become_plain(8 << 20);
	must(pipe(pipes) ? -errno : 0, "pipe");
	must(uring_open(&ring, 8), "io_uring_setup");
	iov[0] = (struct iovec){ mem_pages(PAGES), PAGES * PAGE };
	iov[1] = (struct iovec){ mem_pages(PAGES), PAGES * PAGE };
	iov[2] = (struct iovec){ mem_pages(PAGES), PAGES * PAGE };
	if (!strcmp(mode, "parked") || !strcmp(mode, "ended"))
		stay(!strcmp(mode, "ended"));
	if (!strcmp(mode, "orphaned"))
		orphan();
	report("addr=%p", iov[!strcmp(mode, "update")].iov_base);
	if (!strcmp(mode, "drained")) {
		for (int i = argc > 2 ? atoi(argv[2]) : 0; i; i--) {
			must(uring_register(ring.ring_fd, iov, 2), "register");
			begin_reads(READS, 1);
			end_reads(READS);
			must(uring_unregister(ring.ring_fd), "unregister");
		}
		report_ready();
		return 0;
	}
	if (!strcmp(mode, "held")) {
		hold_each(argc > 2 ? atoi(argv[2]) : 0);
		report_ready();
		return 0;
	}
	if (!strcmp(mode, "clones")) {
		clones(argc > 2 ? argv[2] : "Bba.");
		report_ready();
		return 0;
	}
	must(uring_register(ring.ring_fd, iov, 2), "register");
	if (!strcmp(mode, "left"))
		leave();
	if (!strcmp(mode, "close")) {
		begin_reads(1, 0);
		io_uring_queue_exit(&ring);
	} else if (!strcmp(mode, "update")) {
		hold(update, 1, 1);
	} else {
		hold(unregister, READS, 0);
	}
	report_ready();
	return 0;
}
