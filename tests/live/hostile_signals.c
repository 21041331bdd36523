// SPDX-License-Identifier: GPL-2.0
/*
 * A signal ends each command within 100 ms, wherever it is in a walk through a user's millions of
 * slots, between two walks, or in what it prints of them. hostile_readers.c: where nobody reads that.
 * Independent of the kernel: not run in guests.
 * Alone: beside another test 100 ms may pass while it is not run.
 * Not under ASan: that takes longer.
 */
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "load.h"
#include "tool.h"

#define MOMENTS		11	/* 0, 10, 40, 90 ... 1000 ms after its begin */
#define MOMENT_US(i)	((i) * (i) * 10000)
#define TOGETHER_US	101000	/* two before that are one, as timeout(1) sends them */
#define LEAST		3	/* of them it walks at; the others may come after its end */
#define WALK_S		0.1
#define BEGIN_S		2.0	/* no walk: the processes of export begin, one reads /proc/kallsyms, and are waited for */
#define TOTALS_S	1.0	/* totals take a last walk, and what it takes to show that */
#define SOME_LOOKS_US	2000000
#define TRIES		7	/* what delays a process beside others is not there each time */

/*
 * Seconds from the signal to its end, below 0 when it had ended before. .first_us: of two, the first
 * comes then, and its last look has begun when the second does.
 */
static double one(const char *const *command, useconds_t first_us, useconds_t after, int *status)
{
	const struct tool_how how = { .stdout_fd = open("/dev/null", O_WRONLY | O_CLOEXEC) };
	double killed, took = -1;
	struct tool_run a;

	tool_start(&a, &how, command[0], command[1], command[2], NULL);
	if (first_us) {
		usleep(first_us);
		kill(a.pid, SIGINT);
	}
	usleep(after);
	if (!child_has_ended(a.pid)) {
		killed = now_s();
		kill(a.pid, SIGINT);
		tool_wait(&a, &how);
		took = now_s() - killed;
	} else {
		tool_wait(&a, &how);
	}
	*status = a.status;
	tool_free(&a);
	close(how.stdout_fd);
	return took;
}

static void ends(const char *const *command, useconds_t first_us, double within)
{
	double worst = 0;
	int walked = 0, alive = 0;

	for (int i = 0; i < MOMENTS; i++) {
		useconds_t after = (first_us ? TOGETHER_US : 0) + MOMENT_US(i);
		double least = 0;
		int status = 0;
		bool met = false;

		for (int k = 0; k < TRIES; k++) {
			double took = one(command, first_us, after, &status);

			least = k && least < took ? least : took;
			met |= took >= 0;
			if (least < within)
				break;
		}
		/* one that has just told all ends with what it told */
		walked += status == 128 + SIGINT;
		alive += met;
		if (least >= within)
			note("%s %s: a signal after %d ms: it ends after %.0f ms", command[0],
			     command[1] ? : "", after / 1000, least * 1e3);
		worst = worst > least ? worst : least;
		if (least < 0)
			break;
	}
	ok(worst < within, "%s %s: a signal ends it within %.0f ms at each of its moments (%.0f)", command[0],
	   command[1] ? : "", within * 1e3, worst * 1e3);
	if (first_us && alive < LEAST)
		skip("the status of a second signal", "the last look is over before two signals are two");
	else
		ok(walked >= (first_us ? 1 : LEAST), "with the signal's status (at %d of %d)", walked, alive);
}

int main(void)
{
	static const struct {
		const char *command[3];
		double within;
	} all[] = {
		{ { "list" }, WALK_S }, { { "list", "--json" }, WALK_S },
		{ { "list", "--by=user" }, WALK_S }, { { "verify", "-q" }, WALK_S }, { { "doctor" }, WALK_S },
		{ { "trace", "-q" }, WALK_S }, { { "export", "--once" }, BEGIN_S }, { { "stat", "-q" }, TOTALS_S },
	};
	static const char *const watch[3] = { "verify", "--watch", "-q" };
	const struct sched_param first = { .sched_priority = 1 };
	struct load his;

	if (!load_start(&his, "many", "clones", "199", NULL)) {
		skip("signals beside a user with millions of slots", "%s", his.skip);
		return tap_end();
	}
	/* how long others keep us from running is not how long it takes; refused in a container, at most */
	sched_setscheduler(0, SCHED_RR, &first);
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		ends(all[i].command, 0, all[i].within);
	/* the first makes it look at all once more, which the second ends */
	ends(watch, SOME_LOOKS_US, WALK_S);
	load_end(&his);
	return tap_end();
}
