// SPDX-License-Identifier: GPL-2.0
/*
 * "I am not root, and get ENOMEM": four processes of one user come near the limit that is for all of
 * them together. What that user's own tools say of it, by what /proc shows, is what root's say.
 */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include "memory.h"
#include "tool.h"
#include "tool_json.h"
#include "uring.h"

#define FIRST_UID	5400000		/* a user for each run: others may run this, too */
#define LIMIT_PAGES	2048
#define REFUSED		541	/* pages that are more than is left beside the first three */
#define PROCESSES	5	/* the last has a child in the same address space */

static const unsigned int held[] = { 499, 503, 509, 409 };
static struct tool_how how;
static pid_t pids[4];
static char uid[16], sums[64];	/* "7.5M of 8M" */

static int hold(struct io_uring *r, unsigned int pages)
{
	struct iovec v = { mem_pages(pages), pages * PAGE };

	return uring_register(r->ring_fd, &v, 1);
}

/* As a child of vfork(2) is until it runs a program. */
static int __attribute__((noreturn)) same_space(void *arg)
{
	(void)arg;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;)
		pause();
}

/* Says by one byte whether it is set up, and waits to be killed. */
static void __attribute__((noreturn)) holder(int ready, unsigned int pages, bool last)
{
	const struct rlimit limit = { LIMIT_PAGES * PAGE, LIMIT_PAGES * PAGE };
	static char stack[64 << 10] __attribute__((aligned(16)));
	struct io_uring r;
	bool good;

	good = !setrlimit(RLIMIT_MEMLOCK, &limit) && !setgid(how.uid) && !setuid(how.uid) &&
	       !prctl(PR_SET_PDEATHSIG, SIGKILL) && !prctl(PR_SET_DUMPABLE, 1) && !uring_open(&r, 4) &&
	       (!last || hold(&r, REFUSED) == -ENOMEM) && !hold(&r, pages);
	good &= !last || clone(same_space, stack + sizeof(stack), CLONE_VM | SIGCHLD, NULL) > 0;
	if (write(ready, good ? "y" : "n", 1) != 1)
		_exit(1);
	for (;;)
		pause();
}

static void begin(int i)
{
	int ready[2];
	char c = 'n';

	if (pipe(ready))
		bail("no pipe");
	pids[i] = fork();
	if (!pids[i])
		holder(ready[1], held[i], i == 3);
	close(ready[1]);
	if (read(ready[0], &c, 1) != 1 || c != 'y')
		bail("process %d of user %s does not hold what it has to", i, uid);
	close(ready[0]);
}

static struct json_object *pins_check(struct tool_run *a)
{
	tool_as(a, &how, "doctor", "--json", NULL);
	return json_with(json_member(a->json, "checks"), "check", "VmPin in /proc");
}

/* Where the limit is in the way of a huge page, and the kernel is right to refuse it. */
static void contract(void)
{
	const struct rlimit limit = { LIMIT_PAGES * PAGE, LIMIT_PAGES * PAGE };
	struct rlimit was;
	struct tool_run a;

	getrlimit(RLIMIT_MEMLOCK, &was);
	setrlimit(RLIMIT_MEMLOCK, &limit);
	tool_as(&a, &how, "contract", NULL);
	setrlimit(RLIMIT_MEMLOCK, &was);
	has_text(a.out, "RLIMIT_MEMLOCK", "contract: not all can be tried beside them");
	ok(!strstr(a.out, "register: ENOMEM"), "and no refusal is called a fault of the kernel");
	for (char *line = a.out; (line = strstr(line, "register: ENOMEM")); line++)
		note("%.60s", line);
	tool_free(&a);
}

static void doctor_and_list(void)
{
	char want[160], *with;
	struct json_object *c;
	struct tool_run a;

	c = pins_check(&a);
	is(json_number(c, "ok"), 0, "doctor says to look when the user's limit is nearly used up");
	has_text(json_text(c, "value"), sums, "with the sum of all processes, an address space once");
	snprintf(want, sizeof(want), "your %d processes", PROCESSES);
	has_text(json_text(c, "value"), want, "and their number");
	has_text(json_text(c, "advice"), "fails with ENOMEM", "and what comes of it");
	tool_free(&a);
	tool_as(&a, &how, "list", "-p", "1", NULL);
	with = strchr(sums, ' ');
	snprintf(want, sizeof(want), "%d processes of this user with rings pin %.*s (VmPin) of the %s that "
		 "RLIMIT_MEMLOCK allows the user;\na call that needs more than is left fails with ENOMEM.\n",
		 PROCESSES, (int)(with - sums), sums, with + strlen(" of "));
	has_text(a.out, want, "list says the same, whatever is selected");
	tool_free(&a);
}

static void plan(void)
{
	char left[32], more[32];
	struct tool_run a;

	snprintf(left, sizeof(left), "1x%zu", 53 * PAGE);
	snprintf(more, sizeof(more), "1x%zu", 131 * PAGE);
	tool_as(&a, &how, "plan", "--json", "--entries", "4", "--buffers", left, "-u", uid, NULL);
	is(a.status, 0, "plan: what is left can be had");
	is(json_number(a.json, "pinned_bytes"), 1920 * (long long)PAGE, "beside what is pinned");
	ok(a.json && !json_member(a.json, "locked_bytes"), "what is locked is not known");
	tool_free(&a);
	tool_as(&a, &how, "plan", "--json", "--entries", "4", "--buffers", more, "-u", uid, NULL);
	is(a.status, 1, "and more cannot");
	is(json_number(a.json, "fits"), 0, "which is certain");
	tool_free(&a);
	tool_as(&a, &how, "plan", "--entries", "4", "--buffers", more, "-u", uid, NULL);
	has_text(a.out, "5 processes of the user with rings pin", "in words");
	has_text(a.out, "(VmPin)\n", "which say where that is from");
	has_text(a.out, "too little beside that", "and what it means");
	tool_free(&a);
	tool(&a, "plan", "--json", "--entries", "4", "--buffers", more, "-u", uid, NULL);
	is(a.status, 1, "as root is told");
	ok(a.json && !json_member(a.json, "pinned_bytes"), "by the account itself");
	tool_free(&a);
}

int main(void)
{
	struct json_object *c;
	struct tool_run a;

	if (geteuid())
		skip_all("needs root");
	how.uid = FIRST_UID + getpid();
	snprintf(uid, sizeof(uid), "%u", how.uid);
	snprintf(sums, sizeof(sums), "%gM of %gM", 1920.0 * PAGE / (1 << 20), (double)LIMIT_PAGES * PAGE / (1 << 20));
	for (int i = 0; i < 3; i++)
		begin(i);
	c = pins_check(&a);
	is(json_number(c, "ok"), 1, "three quarters of the limit are no reason to look");
	tool_free(&a);
	contract();
	begin(3);
	doctor_and_list();
	plan();
	for (int i = 0; i < 4; i++) {
		kill(pids[i], SIGKILL);
		waitpid(pids[i], NULL, 0);
	}
	return tap_end();
}
