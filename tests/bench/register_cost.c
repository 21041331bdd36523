// SPDX-License-Identifier: GPL-2.0
/*
 * What trace's lifecycle facts cost: CPU time of registering and unregistering
 * 1 MiB of 4 KiB pages, untraced and with trace at each tier, in interleaved
 * rounds of one run: lower quartiles, of rounds without another's program on their
 * tracepoint. Prints a table; asserts no time.
 *   register_cost [ROUNDS [instructions]]
 * instructions: where the clock counts them (boot.sh -n).
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "bpf_objects.h"
#include "memory.h"
#include "series.h"
#include "tap.h"
#include "tool.h"
#include "uring.h"

#define PAIRS	199
#define PAGES	256
#define MUST_NS	1100	/* at tracepoints */
#define MUST_TIMES	1.7	/* as many instructions at functions */

static struct io_uring ring;
static struct iovec iov;
static const char *other;	/* a process that is to be watched */

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
	bool stacks;
	bool others;	/* another process is selected: what is left is the attaching and the selection */
	struct series added, percent;
} tiers[] = {
	{ .name = "tracepoints" }, { .name = "tracepoints", .stacks = true },
	{ .name = "tracepoints", .others = true },
	{ .name = "functions" }, { .name = "functions", .stacks = true },
	{ .name = "functions", .others = true }, { .name = "kprobes" },
};

#define NR_TIERS (sizeof(tiers) / sizeof(tiers[0]))

/* The kernel takes our own programs off a moment after trace has ended. */
static bool is_alone(void)
{
	for (int ms = 0; bpf_objects_on_calls(); ms += 10) {
		if (ms == 200)
			return false;
		usleep(10000);
	}
	return true;
}

/* A tier that is refused ends it at once; it is waited for later. */
static bool has_ended(pid_t pid)
{
	siginfo_t info = { .si_pid = 0 };

	return !waitid(P_PID, pid, &info, WEXITED | WNOHANG | WNOWAIT) && info.si_pid;
}

/* trace is attached once it tells one of our calls, or has printed its head. */
static bool is_attached(struct tool_run *a, const struct tier *t)
{
	const char *text = t->others ? "EVENT" : "\"event\"";

	for (int ms = 0; ms < 20000 && !has_ended(a->pid) && !tool_says(a, text, 20); ms += 20)
		measure();
	return tool_says(a, text, 5);
}

static unsigned int company;	/* rounds that another's program was there in */

static void measure_tier(struct tier *t, struct series *untraced)
{
	bool alone = is_alone();
	double before = measure(), traced = 0, beside;
	struct tool_how how = { 0 };
	struct tool_run a;

	if (t->others)
		tool_start(&a, &how, "trace", "--tier", t->name, "-p", other, NULL);
	else
		tool_start(&a, &how, "trace", "--json", "-q", "--tier", t->name,
			   t->stacks ? "--stacks" : NULL, NULL);
	t->absent = !is_attached(&a, t);
	if (!t->absent)
		traced = measure();
	kill(a.pid, SIGINT);
	tool_wait(&a, &how);
	tool_free(&a);
	beside = (before + measure()) / 2;
	if (!alone || !is_alone()) {
		company++;
		return;
	}
	series_add(untraced, beside);
	if (t->absent)
		return;
	series_add(&t->added, traced - beside);
	series_add(&t->percent, 100 * (traced / beside - 1));
}

static void print_tier(struct tier *t, bool instructions)
{
	double added = series_lower(&t->added), percent = series_lower(&t->percent), must = 0;
	char name[64];

	snprintf(name, sizeof(name), "%s%s", t->name, t->stacks ? ", --stacks" :
		 t->others ? ", -p PID, which this is not" : "");
	if (!t->percent.nr) {
		printf("  trace -q, tier %-36s not measured%s\n", name,
		       t->absent ? ": refused here" : "");
		return;
	}
	if (!t->stacks && !t->others && !strcmp(t->name, "tracepoints") && !instructions)
		must = MUST_NS;
	else if (!t->stacks && !t->others && !strcmp(t->name, "functions") && instructions)
		must = MUST_TIMES * series_lower(&tiers[0].added);
	printf("  trace -q, tier %-36s  %+8.0f  %+6.1f%%", name, added, percent);
	if (must)
		printf("  %+5.0f %-4s", must, added <= must ? "ok" : "OVER");
	else
		printf("  %5s %-4s", "-", "");
	printf(" (%+.0f to %+.0f)\n", t->added.v[0], t->added.v[t->added.nr - 1]);
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
	other = bystander_pid();
	iov.iov_base = mem_pages(PAGES);
	iov.iov_len = PAGES * PAGE;
	if (uring_open(&ring, 4))
		bail("no ring");
	measure();
	for (int i = 0; i < rounds; i++)
		for (size_t k = 0; k < NR_TIERS; k++)
			if (!tiers[k].absent)
				measure_tier(&tiers[k], &untraced);
	if (company)
		printf("\n%u measurements were beside another's program on their tracepoint and do not count\n",
		       company);
	printf("\nregister and unregister 1 MiB of 4 KiB pages: %.0f %s a pair untraced (%.0f to %.0f)\n",
	       series_lower(&untraced), instructions ? "instructions" : "ns of CPU",
	       untraced.v[0], untraced.nr ? untraced.v[untraced.nr - 1] : 0);
	printf("  %-52s %8s  %7s  %5s\n", "WATCHED BY", instructions ? "ADDS" : "ADDS ns", "ADDS %",
	       "MUST");
	for (size_t k = 0; k < NR_TIERS; k++)
		print_tier(&tiers[k], instructions);
	return 0;
}
