// SPDX-License-Identifier: GPL-2.0
/*
 * A watch that comes to look too late: a buffer which was there for longer than its looks may be apart
 * is not vouched for when it goes.
 * Independent of the kernel: not run in guests, whose looks may take seconds.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "load.h"
#include "tool.h"

#define STOPPED_US	5000003	/* a look is due after one second, and after nine times what it took */

/* Watches a load that registered before it begins, and ends; .sleeps: the watch does, before that. */
static void watch(struct tool_run *a, bool sleeps)
{
	static const struct tool_how how = { .timeout_s = 60 };
	struct load l;
	char pid[16];

	if (!load_start(&l, "fault_dontneed", "--late", NULL))
		bail("no load: %s", l.skip);
	snprintf(pid, sizeof(pid), "%d", l.pid);
	tool_start(a, &how, "verify", "--watch", "--json", "-p", pid, NULL);
	ok(tool_says(a, "watching (tier: ", 30000), "it watches");
	usleep(1500000);
	if (sleeps) {
		kill(a->pid, SIGSTOP);
		usleep(STOPPED_US);
	}
	load_end(&l);
	/* the kernel releases the ring a little later */
	usleep(300000);
	kill(a->pid, SIGCONT);
	kill(a->pid, SIGINT);
	tool_wait(a, &how);
}

int main(void)
{
	struct tool_run a;

	watch(&a, true);
	is(a.status, 4, "a buffer that was there for five seconds without a look leaves it unsettled");
	/* others' rings end meanwhile, too */
	if (strstr(a.out, "\"lost-events\""))
		skip("what is told of it", "events were lost, its end among them or not");
	else
		has_text(a.out, "\"missed-buffers\"", "which is told");
	tool_free(&a);

	watch(&a, false);
	is(a.status, 0, "where looks come in time it does not: %s", a.out);
	tool_free(&a);
	return tap_end();
}
