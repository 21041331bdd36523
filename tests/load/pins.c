// SPDX-License-Identifier: GPL-2.0
/*
 * Registers, replaces, clones, drops and is refused, all by prime numbers, as an
 * ordinary user; says how many buffers that pins. At READY it holds five small
 * buffers and a huge one, and on SIGUSR1 ends without giving them back.
 */
#include <errno.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>
#include "load_report.h"
#include "memory.h"

#define SETS	5
#define NR	7	/* buffers of a set, of 1 to 7 pages */
#define UPDATES	11
#define CLONES	3
#define UNMAPPED 3	/* refusals */
#define OVER	5
#define OVER_PAGES 3
#define HELD	5
#define LIMIT	(64UL << 20)
#define MOST_S	60

static unsigned int pins, charges;
static unsigned long pages, charged;

static void pinned(const struct iovec *iov, unsigned int nr)
{
	for (unsigned int i = 0; i < nr; i++) {
		pins++;
		charges++;
		pages += iov[i].iov_len / PAGE;
		charged += iov[i].iov_len / PAGE;
	}
}

static void take(struct io_uring *r, const struct iovec *iov, unsigned int nr)
{
	must(uring_register(r->ring_fd, iov, nr), "register");
	pinned(iov, nr);
}

static void give(struct io_uring *r)
{
	must(uring_unregister(r->ring_fd), "unregister");
}

static void sets(struct io_uring *r, const struct iovec *iov)
{
	for (int i = 0; i < SETS; i++) {
		take(r, iov, NR);
		give(r);
	}
}

static void updates(struct io_uring *r, const struct iovec *iov, const struct iovec *other)
{
	take(r, iov, NR);
	for (int i = 0; i < UPDATES; i++) {
		const struct iovec *v = i / NR % 2 ? &iov[i % NR] : &other[i % NR];

		must(uring_update(r->ring_fd, i % NR, v, 1), "update");
		pinned(v, 1);
	}
}

/* What a clone holds is not pinned again, and stays when the first ring lets go. */
static void clones(struct io_uring *r, struct io_uring *s)
{
	bool can = false;

	for (int i = 0; i < CLONES; i++) {
		can = !uring_clone(s->ring_fd, r->ring_fd, 0, 0, 0, 0);
		if (can)
			give(s);
	}
	if (can)
		must(uring_clone(s->ring_fd, r->ring_fd, 0, 0, 0, 0), "clone");
	give(r);
	if (can)
		give(s);
	report("clones=%d", can ? CLONES + 1 : 0);
}

static void refusals(struct io_uring *r)
{
	struct rlimit limit = { LIMIT, LIMIT }, low = { PAGE, LIMIT };
	struct iovec hole = { mem_pages(3), 3 * PAGE };
	struct iovec over = { mem_pages(OVER_PAGES), OVER_PAGES * PAGE };

	munmap((char *)hole.iov_base + PAGE, PAGE);
	for (int i = 0; i < UNMAPPED; i++)
		if (uring_register(r->ring_fd, &hole, 1) != -EFAULT)
			must(-EINVAL, "EFAULT for a hole");
	must(setrlimit(RLIMIT_MEMLOCK, &low) ? -errno : 0, "setrlimit");
	for (int i = 0; i < OVER; i++)
		if (uring_register(r->ring_fd, &over, 1) != -ENOMEM)
			must(-EINVAL, "ENOMEM over the limit");
	must(setrlimit(RLIMIT_MEMLOCK, &limit) ? -errno : 0, "setrlimit");
	report("refused.EFAULT=%d", UNMAPPED);
	report("refused.ENOMEM=%d", OVER);
	report("over.pages=%d", OVER_PAGES);
}

/* Two buffers in one huge page: both are pinned, the page is charged once. */
static void halves(struct io_uring *r, char *huge)
{
	const struct iovec half[2] = { { huge + PAGE, PAGE }, { huge + 9 * PAGE, PAGE } };

	must(uring_register(r->ring_fd, half, 2), "register");
	pins += 2;
	pages += 2;
	charges++;
	charged += THP / PAGE;
	give(r);
}

static void hold(struct io_uring *r, const struct iovec *iov, char *huge)
{
	struct iovec last[HELD + 1];
	unsigned long sum = 0;
	int nr = HELD;

	for (int i = 0; i < HELD; i++)
		last[i] = iov[i];
	if (huge)
		last[nr++] = (struct iovec){ huge, THP };
	take(r, last, nr);
	for (int i = 0; i < nr; i++)
		sum += last[i].iov_len / PAGE;
	report("held=%d", nr);
	report("held.pages=%lu", sum);
}

int main(int argc, char **argv)
{
	struct iovec iov[NR], other[NR];
	struct io_uring r, s;
	struct timespec now;
	sigset_t go_on;
	char *huge;
	int sig;

	report_init(&argc, argv);
	sigemptyset(&go_on);
	sigaddset(&go_on, SIGUSR1);
	sigprocmask(SIG_BLOCK, &go_on, NULL);
	alarm(MOST_S);
	become_plain(LIMIT);
	report("limit=%lu", LIMIT);
	for (int i = 0; i < NR; i++) {
		iov[i] = (struct iovec){ mem_pages(i + 1), (i + 1) * PAGE };
		other[i] = (struct iovec){ mem_pages(i + 1), (i + 1) * PAGE };
	}
	huge = mem_huge();
	must(uring_open(&r, 4), "io_uring_setup");
	must(uring_open(&s, 4), "io_uring_setup");
	sets(&r, iov);
	updates(&r, iov, other);
	clones(&r, &s);
	refusals(&r);
	if (huge)
		halves(&r, huge);
	hold(&r, iov, huge);
	report("pins=%u", pins);
	report("pages=%lu", pages);
	report("charges=%u", charges);
	report("charged=%lu", charged);
	clock_gettime(CLOCK_MONOTONIC, &now);
	report("ready_ns=%llu", now.tv_sec * 1000000000ULL + now.tv_nsec);
	report_ready();
	sigwait(&go_on, &sig);
	return 0;
}
