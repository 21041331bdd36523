// SPDX-License-Identifier: GPL-2.0
/*
 * What those pay who use no io_uring: a system call, a fork, an exec and a work item, untraced
 * and beside each watcher, in interleaved rounds of one run; lower quartiles. Prints a table;
 * asserts no time.
 *   others_cost [ROUNDS [instructions]]
 * instructions: where the clock counts them (boot.sh -n).
 */
#include <fcntl.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>
#include "series.h"
#include "tap.h"
#include "tool.h"

#define CALLS	20011
#define CHILDREN 41
#define ITEMS	401

static int master, slave;
static const char *other;	/* a process that is to be watched */

static double thread_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return t.tv_sec * 1e9 + t.tv_nsec;
}

/* A call that does nothing, and is not answered without the kernel. */
static double one_call(void)
{
	double begin = thread_ns();

	for (int i = 0; i < CALLS; i++)
		getppid();
	return (thread_ns() - begin) / CALLS;
}

/* A child that ends, or runs another program that does: what it takes itself counts, too. */
static double one_child(bool execs)
{
	double begin = thread_ns() + children_cpu_s() * 1e9;

	for (int i = 0; i < CHILDREN; i++) {
		pid_t pid = fork();

		if (!pid) {
			if (execs)
				execl("/bin/true", "true", NULL);
			_exit(0);
		}
		if (pid < 0 || waitpid(pid, NULL, 0) != pid)
			bail("no child");
	}
	return (thread_ns() + children_cpu_s() * 1e9 - begin) / CHILDREN;
}

static double one_fork(void)
{
	return one_child(false);
}

static double one_exec(void)
{
	return one_child(true);
}

/* What is written to a terminal's master reaches its slave by a work item. */
static double one_item(void)
{
	double begin = thread_ns();
	char c = 'x';

	for (int i = 0; i < ITEMS; i++)
		if (write(master, &c, 1) != 1 || read(slave, &c, 1) != 1)
			bail("no terminal");
	return (thread_ns() - begin) / ITEMS;
}

static const struct {
	const char *what;
	double (*measure)(void);
} costs[] = {
	{ "a system call", one_call },
	{ "fork, exit and wait", one_fork },
	{ "fork, exec, exit and wait", one_exec },
	{ "a byte through a terminal, by a work item", one_item },
};

#define NR_COSTS (sizeof(costs) / sizeof(costs[0]))

static struct watcher {
	const char *command, *begun;
	struct series added[NR_COSTS];
} watchers[] = {
	{ .command = "trace", .begun = "EVENT" },
	{ .command = "stat", .begun = "OPS/S" },
};

#define NR_WATCHERS (sizeof(watchers) / sizeof(watchers[0]))

static void measure_beside(struct watcher *w, struct series untraced[NR_COSTS])
{
	double before[NR_COSTS], traced[NR_COSTS];
	struct tool_how how = { 0 };
	struct tool_run a;

	for (size_t k = 0; k < NR_COSTS; k++)
		before[k] = costs[k].measure();
	/* nothing of others is to be shown: they cost the same */
	if (!strcmp(w->command, "stat"))
		tool_start(&a, &how, "stat", "-i", "100ms", "-p", other, NULL);
	else
		tool_start(&a, &how, w->command, "-p", other, NULL);
	if (!tool_says(&a, w->begun, 20000))
		bail("%s does not begin", w->command);
	for (size_t k = 0; k < NR_COSTS; k++)
		traced[k] = costs[k].measure();
	kill(a.pid, SIGINT);
	tool_wait(&a, &how);
	tool_free(&a);
	for (size_t k = 0; k < NR_COSTS; k++) {
		double beside = (before[k] + costs[k].measure()) / 2;

		series_add(&untraced[k], beside);
		series_add(&w->added[k], traced[k] - beside);
	}
}

static void open_terminal(void)
{
	struct termios raw;

	if (openpty(&master, &slave, NULL, NULL, NULL) || tcgetattr(slave, &raw))
		bail("no terminal");
	cfmakeraw(&raw);
	tcsetattr(slave, TCSANOW, &raw);
	set_cloexec(master);
	set_cloexec(slave);
}

int main(int argc, char **argv)
{
	struct series untraced[NR_COSTS] = { { .nr = 0 } };
	int rounds = argc > 1 ? atoi(argv[1]) : 11;
	bool instructions = argc > 2 && !strcmp(argv[2], "instructions");

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (geteuid()) {
		fprintf(stderr, "others_cost: the tool needs root; run it as root\n");
		return EXIT_SKIPPED;
	}
	other = bystander_pid();
	open_terminal();
	for (int i = 0; i < rounds; i++)
		for (size_t k = 0; k < NR_WATCHERS; k++)
			measure_beside(&watchers[k], untraced);
	printf("\nwhat others pay, %s\n  %-42s %10s", instructions ? "instructions" : "ns of CPU", "WHAT",
	       "UNTRACED");
	for (size_t k = 0; k < NR_WATCHERS; k++)
		printf("  %10s (range)         ", watchers[k].command);
	for (size_t c = 0; c < NR_COSTS; c++) {
		printf("\n  %-42s %10.0f", costs[c].what, series_lower(&untraced[c]));
		for (size_t k = 0; k < NR_WATCHERS; k++) {
			struct series *s = &watchers[k].added[c];
			double added = series_lower(s);

			printf("  %+10.0f (%+.0f to %+.0f)", added, s->v[0], s->v[s->nr - 1]);
		}
	}
	printf("\n");
	return 0;
}
