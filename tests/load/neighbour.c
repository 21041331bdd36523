// SPDX-License-Identifier: GPL-2.0
/*
 * neighbour [UID]: what other programs of a shared machine do, for as long as its parent
 * lives, as that user: a ring that stays and reads through a registered buffer, and in each
 * round one that is made, registers, updates, clones, is refused, unregisters and goes. It is
 * healthy, stays far below the limit of its user and takes at most some 3 % of a processor.
 * The tests run beside it (tests/run/check.sh).
 */
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>
#include "load_report.h"
#include "memory.h"

#define NR		3	/* buffers of a set */
#define WINDOWS		101	/* of sets, till the first pages are taken again */
#define READS		23	/* in a round */
#define LEAST_US	20000	/* between two rounds */
#define REST		40	/* times the processor time that a round took */

static volatile sig_atomic_t stop;
static unsigned long long rounds, reads, calls;

static void end(int sig)
{
	(void)sig;
	stop = 1;
}

static double cpu_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

/*
 * No page is in two buffers at a time, or it would be charged twice: also not while the
 * kernel gives back late what was in a closed ring.
 */
static struct iovec next_page(char *p)
{
	static unsigned int nr;

	return (struct iovec){ p + nr++ % (WINDOWS * NR) * 2 * PAGE, PAGE };
}

static void sets(char *p)
{
	struct iovec iov[NR], other;
	struct io_uring a, b;

	must(uring_open(&a, 4), "io_uring_setup");
	must(uring_open(&b, 4), "io_uring_setup");
	for (int i = 0; i < NR; i++)
		iov[i] = next_page(p);
	must(uring_register(a.ring_fd, iov, NR), "register");
	(void)uring_register(a.ring_fd, iov, NR); /* EBUSY */
	other = next_page(p);
	(void)uring_update(a.ring_fd, 1, &other, 1);
	(void)uring_clone(b.ring_fd, a.ring_fd, 0, 0, 0, 0);
	must(uring_unregister(a.ring_fd), "unregister");
	for (int i = 0; i < NR; i++)
		iov[i] = next_page(p);
	must(uring_register(a.ring_fd, iov, NR), "register again");
	calls += 6;
	/* the last set and the clone go with their rings */
	io_uring_queue_exit(&a);
	io_uring_queue_exit(&b);
}

int main(int argc, char **argv)
{
	uid_t uid = argc > 1 ? strtoul(argv[1], NULL, 10) : getuid();
	struct iovec iov;
	struct io_uring r;
	char *p;
	int file;

	if (uid != getuid() && (setgroups(0, NULL) || setgid(uid) || setuid(uid)))
		must(-1, "becoming that user");
	/* a change of user drops it, so that it comes after */
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	signal(SIGTERM, end);
	signal(SIGINT, end);
	p = mem_pages(2 * NR * WINDOWS + 1);
	file = mem_cached_file(PAGE);
	must(file, "a file");
	must(uring_open(&r, 8), "io_uring_setup");
	iov = (struct iovec){ p + 2 * NR * WINDOWS * PAGE, PAGE };
	must(uring_register(r.ring_fd, &iov, 1), "register");
	while (!stop && getppid() != 1) {
		double before = cpu_s();
		useconds_t rest;

		for (int i = 0; i < READS; i++, reads++)
			must(uring_io(&r, IORING_OP_READ_FIXED, file, iov.iov_base, 512, 0, 0), "read");
		sets(p);
		rounds++;
		rest = (cpu_s() - before) * 1e6 * REST;
		usleep(rest > LEAST_US ? rest : LEAST_US);
	}
	printf("neighbour: %llu rounds, %llu reads, %llu calls, %.1f s of a processor\n", rounds, reads,
	       calls, cpu_s());
	return 0;
}
