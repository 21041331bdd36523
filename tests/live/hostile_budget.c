// SPDX-License-Identifier: GPL-2.0
/*
 * A user with 2 MiB locked has millions of slots: they cost nobody else time or memory, and what
 * is not read of them is told as that user's. hostile_signals.c ends walks through them.
 * Independent of the kernel: not run in guests.
 * Not under ASan: that takes longer.
 */
#include <json-c/json.h>
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
#define LIST_KB		(16L << 10)	/* beyond a list of nothing: 11 were seen; 34 when it kept what it had printed */

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
	snprintf(text, sizeof(text), "%d slots of tables of pid %d: each was not read", RINGS * TABLE - READ,
		 his);
	has_text(a.out, text, "of the slots that it skipped");
	snprintf(text, sizeof(text), "%d rings, %d buffers, ", RINGS, TABLE);
	has_text(a.out, text, "and looked at the others, each once in however many tables it is");
	has_text(a.out, "unsettled, see above", "no sum over what was not read is a finding");
	tool_free(&a);
	ok(children_cpu_s() - begun < ALL_S, "both in less than %.1f s of CPU (%.2f)", ALL_S,
	   children_cpu_s() - begun);
}

/* Of 4096 times the same huge page it is enough to look at some. */
static void same_memory(void)
{
	double begun;
	struct tool_run a;
	struct load l;

	if (!load_start(&l, "many", "spans", "4096", NULL)) {
		skip("memory that is registered again and again", "%s", l.skip);
		return;
	}
	begun = children_cpu_s();
	tool(&a, "verify", "--json", "-u", "54401", NULL);
	is(a.status, 4, "verify of 4096 buffers of one huge page is unsettled");
	has_text(a.out, "skipped-buffers", "of those that it did not look at");
	ok(json_number(a.json, "pages") <= (1 << 20) + 2 * 16 * 512, "it looked at 4 GiB of them (%lld pages)",
	   (long long)json_number(a.json, "pages"));
	tool_free(&a);
	ok(children_cpu_s() - begun < ALL_S, "in less than %.1f s of CPU (%.2f)", ALL_S,
	   children_cpu_s() - begun);
	load_end(&l);
}

/* A range of subordinate ids is no range of budgets. */
static void subordinate_users(void)
{
	struct tool_run a;
	int skipped = 0;
	struct load l;

	if (!load_start(&l, "many", "subusers", "11", NULL)) {
		skip("subordinate users", "%s", l.skip);
		return;
	}
	tool(&a, "list", "--comm", "many", NULL);
	for (const char *at = a.out; (at = strstr(at, "skipped 16384 slots of ring 0x")); at++)
		skipped++;
	is(skipped, 3, "11 subordinate users with a full table each have as much read as one user");
	tool_free(&a);
	load_end(&l);
	if (!load_start(&l, "many", "subspans", "3", NULL)) {
		skip("their memory, registered again and again", "%s", l.skip);
		return;
	}
	tool(&a, "verify", "--json", "--comm", "many", NULL);
	is(a.status, 4, "verify of 3 subordinate users with 4096 buffers of one huge page each is unsettled");
	ok(json_number(a.json, "pages") <= (1 << 20) + 3 * 2 * 16 * 512,
	   "it looked at as much as of one user (%lld pages)", (long long)json_number(a.json, "pages"));
	tool_free(&a);
	load_end(&l);
}

/* Looking for who holds a ring costs no process a look at all holders of all rings. */
static void many_heirs(void)
{
	struct tool_run a;
	struct load l;
	double begun;
	char pid[16];

	if (!load_start(&l, "many", "heirs", "4001", NULL)) {
		skip("list beside very many holders", "%s", l.skip);
		return;
	}
	snprintf(pid, sizeof(pid), "%d", getpid());
	begun = children_cpu_s();
	tool(&a, "list", "--json", "-p", pid, NULL);
	is(a.status, 0, "list of a process beside 4001 processes with 31 rings each ends well");
	tool_free(&a);
	ok(children_cpu_s() - begun < OWN_S, "in less than %.1f s of CPU (%.2f)", OWN_S,
	   children_cpu_s() - begun);
	load_end(&l);
}

/* Ring by ring: a table at a time is in memory as it is printed, and what a buffer is, once. */
static void in_little_memory(void)
{
	char pid[16], text[64];
	struct tool_run a;
	struct load l;
	long kb;

	if (!load_start(&l, "many", "tables", "8", NULL)) {
		skip("list of as many slots as are read of one user", "%s", l.skip);
		return;
	}
	snprintf(pid, sizeof(pid), "%d", l.pid);
	/* first, and unread: what we take ourselves counts for those whom we fork */
	snprintf(text, sizeof(text), "%d", getpid());
	tool(&a, "list", "--json", "-o", "/dev/null", "-p", text, NULL);
	kb = children_most_kb();
	tool_free(&a);
	tool(&a, "list", "--json", "-o", "/dev/null", "-p", pid, NULL);
	is(a.status, 0, "list of as many slots as are read of one user ends well");
	tool_free(&a);
	ok(children_most_kb() - kb < LIST_KB, "it took less than %ld MiB more than a list of nothing (%ld KiB beyond %ld)",
	   LIST_KB >> 10, children_most_kb() - kb, kb);
	tool(&a, "list", "-p", pid, NULL);
	snprintf(text, sizeof(text), "8 rings, %d buffers", READ);
	has_text(a.out, text, "list tells all of them");
	tool_free(&a);
	load_end(&l);
}

int main(void)
{
	struct load his, other;

	in_little_memory();
	subordinate_users();
	many_heirs();
	same_memory();

	if (!load_start(&his, "many", "clones", "199", NULL)) {
		skip("walks beside a user with millions of slots", "%s", his.skip);
		return tap_end();
	}
	if (!load_start(&other, "many", "buffers", "7", NULL))
		bail("the other one does not start");
	beside_him(other.pid);
	his_own(his.pid);
	ok(children_most_kb() < MOST_KB, "none took more than %ld MiB (%ld)", MOST_KB >> 10,
	   children_most_kb() >> 10);
	load_end(&other);
	load_end(&his);
	return tap_end();
}
