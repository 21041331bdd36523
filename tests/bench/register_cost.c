// SPDX-License-Identifier: GPL-2.0
/*
 * What trace's lifecycle facts cost: CPU time of registering and unregistering
 * 1 MiB of 4 KiB pages, untraced and with trace at each tier, in interleaved
 * rounds of one run. Prints a table; asserts no time.
 *   register_cost [ROUNDS [instructions]]
 * instructions: where the clock counts them (boot.sh -n).
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "memory.h"
#include "series.h"
#include "tap.h"
#include "tool.h"
#include "uring.h"

#define PAIRS	199
#define PAGES	256
#define MUST	10	/* percent */

static struct io_uring ring;
static struct iovec iov;

/* Nanoseconds of this thread's CPU time for one pair. */
static double measure(void)
{
	struct timespec begin, end;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &begin);
	for (int i = 0; i < PAIRS; i++)
		if (uring_register(ring.ring_fd, &iov, 1) || uring_unregister(ring.ring_fd))
			bail("registering failed");
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &end);
	return ((end.tv_sec - begin.tv_sec) * 1e9 + end.tv_nsec - begin.tv_nsec) / PAIRS;
}

static struct tier {
	const char *name;
	bool absent;
	struct series added, percent;
} tiers[] = { { .name = "tracepoints" }, { .name = "functions" }, { .name = "kprobes" } };

#define NR_TIERS (sizeof(tiers) / sizeof(tiers[0]))

static void measure_tier(struct tier *t, struct series *untraced)
{
	double before = measure(), traced = 0, beside;
	struct tool_how how = { 0 };
	struct tool_run a;

	tool_start(&a, &how, "trace", "--json", "-q", "--tier", t->name, NULL);
	/* trace is attached once it tells one of our calls */
	for (int ms = 0; ms < 20000 && !tool_says(&a, "\"event\"", 20); ms += 20)
		measure();
	t->absent = !tool_says(&a, "\"event\"", 5);
	if (!t->absent)
		traced = measure();
	kill(a.pid, SIGINT);
	tool_wait(&a, &how);
	tool_free(&a);
	beside = (before + measure()) / 2;
	series_add(untraced, beside);
	if (t->absent)
		return;
	series_add(&t->added, traced - beside);
	series_add(&t->percent, 100 * (traced / beside - 1));
}

int main(int argc, char **argv)
{
	int rounds = argc > 1 ? atoi(argv[1]) : 11;
	bool instructions = argc > 2 && !strcmp(argv[2], "instructions");
	struct series untraced = { .nr = 0 };

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (geteuid()) {
		fprintf(stderr, "register_cost: the tool needs root; run it as root\n");
		return EXIT_SKIPPED;
	}
	iov.iov_base = mem_pages(PAGES);
	iov.iov_len = PAGES * PAGE;
	if (uring_open(&ring, 4))
		bail("no ring");
	measure();
	for (int i = 0; i < rounds; i++)
		for (size_t k = 0; k < NR_TIERS; k++)
			if (!tiers[k].absent)
				measure_tier(&tiers[k], &untraced);
	series_median(&untraced);
	printf("\nregister and unregister 1 MiB of 4 KiB pages: %.0f %s a pair untraced (%.0f to %.0f)\n",
	       series_median(&untraced), instructions ? "instructions" : "ns of CPU",
	       untraced.v[0], untraced.v[untraced.nr - 1]);
	printf("  %-46s %8s  %7s  %5s\n", "WATCHED BY", instructions ? "ADDS" : "ADDS ns", "ADDS %",
	       "MUST");
	for (size_t k = 0; k < NR_TIERS; k++) {
		struct tier *t = &tiers[k];
		double percent = series_median(&t->percent);

		if (!t->percent.nr) {
			printf("  trace, tier %-33s not measured: refused here\n", t->name);
			continue;
		}
		printf("  trace, tier %-33s  %+8.0f  %+6.1f%%  %4d%% %-4s (%+.1f%% to %+.1f%%)\n", t->name,
		       series_median(&t->added), percent, MUST, percent <= MUST ? "ok" : "OVER",
		       t->percent.v[0], t->percent.v[t->percent.nr - 1]);
	}
	return 0;
}
