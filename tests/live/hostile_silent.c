// SPDX-License-Identifier: GPL-2.0
/*
 * A user's process lets nobody read its address space: root's commands end all the same, say of
 * whose pages they know nothing, and judge everybody else's.
 * Independent of the kernel: not run in guests.
 * Not under ASan: at the end that waits for every thread, also for one that nobody can stop.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>
#include "silent.h"
#include "tool.h"
#include "tool_json.h"

#define SOON_S	8	/* it takes one second and what a shared machine adds */
#define END_S	3
#define BUFFERS	"997"

static void ends(const char *what, int status, const char *a, const char *b, const char *c)
{
	double begun = now_s();
	struct tool_run t;

	tool(&t, a, b, c, NULL);
	is(t.status, status, "%s: its exit status", what);
	ok(now_s() - begun < SOON_S, "%s: in time (%.1f s)", what, now_s() - begun);
	if (status == 4)
		has_text(t.out, "could not be compared", "%s: and says what it could not see", what);
	tool_free(&t);
}

static void obeys(const char *pid)
{
	struct tool_how how = { .timeout_s = SOON_S };
	struct tool_run t;
	double told;

	tool_start(&t, &how, "verify", "-p", pid, "--watch", "-i", "100ms", NULL);
	usleep(400000);
	told = now_s();
	kill(t.pid, SIGTERM);
	tool_wait(&t, &how);
	/* a busy machine has not begun by then */
	ok((t.status >= 0 && t.status <= 4) || t.status == 128 + SIGTERM, "a signal ends verify --watch of it cleanly (%d)", t.status);
	ok(now_s() - told < END_S, "soon (%.1f s)", now_s() - told);
	tool_free(&t);
}

static long waits(void)
{
	struct rusage u;

	getrusage(RUSAGE_CHILDREN, &u);
	return u.ru_nvcsw;
}

/* Who reads for us is woken for very many small buffers at a time, not for each. */
static void in_few_turns(void)
{
	struct tool_run t;
	char pid[16];
	struct load l;
	long before;

	if (!load_start(&l, "many", "small", BUFFERS, NULL))
		bail("many: %s", l.skip);
	snprintf(pid, sizeof(pid), "%d", l.pid);
	before = waits();
	tool(&t, "verify", "-p", pid, NULL);
	is(t.status, 0, "verify of %s buffers of another user", BUFFERS);
	ok(waits() - before < atoi(BUFFERS) / 2, "in few turns (it waited %ld times)", waits() - before);
	tool_free(&t);
	load_end(&l);
}

int main(void)
{
	struct load silent, other;
	char pid[16], his[16];

	load_start(&other, "lifecycle", NULL);
	if (!silent_start(&silent)) {
		skip("who is silent", "%s", silent.skip);
	} else {
		snprintf(his, sizeof(his), "%llu", load_number(&silent, "victim"));
		snprintf(pid, sizeof(pid), "%d", other.pid);
		ends("list of it", 0, "list", "-p", his);
		ends("verify of it", 4, "verify", "-p", his);
		ends("verify of its user", 4, "verify", "-u", load_text(&silent, "uid"));
		ends("verify of another", 0, "verify", "-p", pid);
		ends("stat", 0, "stat", "-d", "100ms");
		obeys(his);
	}
	is(silent_end(&silent), 0, "it is let go");
	load_end(&other);
	in_few_turns();
	return tap_end();
}
