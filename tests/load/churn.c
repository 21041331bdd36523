// SPDX-License-Identifier: GPL-2.0
/*
 * Registers, clones, updates and unregisters at full speed in two threads
 * until its standard input ends, rings coming and going: all of it healthy.
 * With "plain" in one thread of an ordinary user, who stays far below the
 * limit: a closed ring gives back late, so rings live longer there. With
 * "slow" a round every few milliseconds, with "small" no huge page: up to 7.1
 * a slot that is updated with the huge page that it has loses the charge.
 * A number: after how many seconds it ends by itself, when nobody ended it.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "load_report.h"
#include "memory.h"

#define THREADS	2
#define NR	13
#define ROUNDS	17	/* of a ring's life */
#define PLAIN_ROUNDS 4093
#define MOST_S	120	/* unless a number says it */

static bool plain, slow, small;
static unsigned int most_s = MOST_S;
static atomic_bool stop;
static atomic_ullong calls;

static void one_ring(char *p, char *huge)
{
	struct io_uring a, b;
	struct iovec iov[NR];

	must(uring_open(&a, 4), "io_uring_setup");
	must(uring_open(&b, 4), "io_uring_setup");
	for (int round = 0; round < (plain ? PLAIN_ROUNDS : ROUNDS) && !stop; round++) {
		for (int i = 0; i < NR; i++)
			iov[i] = (struct iovec){ p + i * 2 * PAGE, (i % 2 + 1) * PAGE };
		if (huge && round % 3 == 0)
			iov[NR - 1] = (struct iovec){ huge, THP };
		must(uring_register(a.ring_fd, iov, NR), "register");
		if (!uring_clone(b.ring_fd, a.ring_fd, 0, 0, 0, 0))
			must(uring_unregister(b.ring_fd), "unregister the clone");
		iov[0].iov_len = 2 * PAGE;
		(void)uring_update(a.ring_fd, round % NR, &iov[round % NR], 1);
		must(uring_unregister(a.ring_fd), "unregister");
		calls += 4;
		if (slow)
			usleep(5000);
	}
	io_uring_queue_exit(&a);
	io_uring_queue_exit(&b);
}

static void *run(void *arg)
{
	char *p = mem_pages(2 * NR);
	char *huge = plain || small ? NULL : mem_huge();

	(void)arg;
	while (!stop)
		one_ring(p, huge);
	return NULL;
}

static void *watchdog(void *arg)
{
	(void)arg;
	sleep(most_s);
	_exit(3);
}

int main(int argc, char **argv)
{
	pthread_t thread[THREADS], dog;
	int threads;

	report_init(&argc, argv);
	for (int i = 1; i < argc; i++) {
		plain |= !strcmp(argv[i], "plain");
		slow |= !strcmp(argv[i], "slow");
		small |= !strcmp(argv[i], "small");
		if (strtoul(argv[i], NULL, 10))
			most_s = strtoul(argv[i], NULL, 10);
	}
	if (plain)
		become_plain(4 * THP);
	threads = plain ? 1 : THREADS;
	for (int i = 0; i < threads; i++)
		pthread_create(&thread[i], NULL, run, NULL);
	pthread_create(&dog, NULL, watchdog, NULL);
	report_ready();
	stop = true;
	for (int i = 0; i < threads; i++)
		pthread_join(thread[i], NULL);
	report("calls=%llu", calls);
	fflush(stdout);
	return 0;
}
