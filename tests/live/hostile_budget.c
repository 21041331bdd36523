// SPDX-License-Identifier: GPL-2.0
/*
 * A user with 2 MiB locked has millions of slots: they cost nobody else time or memory, what is
 * not read of them is told as that user's, and a signal ends a walk through them.
 * Independent of the kernel: not run in guests.
 * Not under ASan: that takes longer.
 */
#include <json-c/json.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "load.h"
#include "tool.h"
#include "tool_json.h"

#define RINGS		199
#define TABLE		16384
#define BUFFERS		7
#define READ		(8 * TABLE)	/* of one user */
#define OWN_S		1.0		/* ten times what it takes beside nobody */
#define ALL_S		4.0
#define MOST_KB		(64L << 10)
#define SIGNAL_US	200000
#define END_S		1.0

static void beside_him(pid_t other)
{
	double begun = children_cpu_s();
	struct tool_run a;
	char pid[16];

	snprintf(pid, sizeof(pid), "%d", other);
	tool(&a, "list", "--json", "-p", pid, NULL);
	is(a.status, 0, "list of another process ends well");
	is(json_sum(a.json, "rings", "slots"), BUFFERS, "and has its buffers");
	is(json_sum(a.json, "rings", "skipped_slots"), 0, "all of them");
	tool_free(&a);
	ok(children_cpu_s() - begun < OWN_S, "in less than %.1f s of CPU (%.2f)", OWN_S,
	   children_cpu_s() - begun);

	begun = children_cpu_s();
	tool(&a, "verify", "--json", "-p", pid, NULL);
	is(a.status, 0, "verify of another process finds nothing, and is sure");
	is(json_sum(a.json, "rings", "slots"), BUFFERS, "of its buffers");
	tool_free(&a);
	ok(children_cpu_s() - begun < OWN_S, "in less than %.1f s of CPU (%.2f)", OWN_S,
	   children_cpu_s() - begun);
}

static void his_own(pid_t his)
{
	double begun = children_cpu_s();
	struct tool_run a;
	char text[96];

	tool(&a, "list", "-u", "54401", NULL);
	has_text(a.out, "skipped 16384 slots of ring 0x", "list says of which rings it skips slots");
	has_text(a.out, "user 54401 has more than are read of one user", "and why");
	tool_free(&a);

	tool(&a, "verify", "-u", "54401", NULL);
	is(a.status, 4, "verify of him is unsettled");
	snprintf(text, sizeof(text), "%d buffers of pid %d: each was not checked", RINGS * TABLE - READ,
		 his);
	has_text(a.out, text, "of the buffers that it skipped");
	snprintf(text, sizeof(text), "%d rings, %d buffers, ", RINGS, TABLE);
	has_text(a.out, text, "and looked at the others, each once in however many tables it is");
	has_text(a.out, "unsettled, see above", "no sum over what was not read is a finding");
	tool_free(&a);
	ok(children_cpu_s() - begun < ALL_S, "both in less than %.1f s of CPU (%.2f)", ALL_S,
	   children_cpu_s() - begun);
}

static void by_signal(void)
{
	const struct tool_how how = { 0 };
	struct tool_run a;
	double begun;

	tool_start(&a, &how, "verify", "-q", NULL);
	usleep(SIGNAL_US);
	begun = now_s();
	kill(a.pid, SIGINT);
	tool_wait(&a, &how);
	ok(now_s() - begun < END_S, "a signal ends a walk through all that within %.1f s (%.2f)",
	   END_S, now_s() - begun);
	/* on an idle machine it has looked at everything by then */
	ok(a.status == 128 + SIGINT || a.status == 4, "with the signal's status (%d)", a.status);
	tool_free(&a);
}

int main(void)
{
	struct load his, other;

	if (!load_start(&his, "many", "clones", "199", NULL)) {
		skip("walks beside a user with millions of slots", "%s", his.skip);
		return tap_end();
	}
	if (!load_start(&other, "many", "buffers", "7", NULL))
		bail("the other one does not start");
	beside_him(other.pid);
	his_own(his.pid);
	by_signal();
	ok(children_most_kb() < MOST_KB, "none took more than %ld MiB (%ld)", MOST_KB >> 10,
	   children_most_kb() >> 10);
	load_end(&other);
	load_end(&his);
	return tap_end();
}
