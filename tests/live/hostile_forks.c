// SPDX-License-Identifier: GPL-2.0
/*
 * A user whose processes hold the same descriptors by the thousand, each with a table of its own or
 * all with one: that costs who looks at another, or at all, neither time nor memory; what is
 * asked for by number is found all the same.
 * Independent of the kernel: not run in guests.
 * Not under ASan: that takes longer, and more.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "load.h"
#include "tool.h"
#include "tool_json.h"

#define OWN_S	2.0	/* of CPU; 0.1 to 0.4 were seen, and 10 and more when each was read again */
#define OWN_KB	(32L << 10)

static void costs_little(const char *what, const char *pid)
{
	double begun = children_cpu_s(), took;
	struct tool_run a;

	tool_as(&a, &(struct tool_how){ .timeout_s = 120 }, "list", "-p", pid, NULL);
	took = children_cpu_s() - begun;
	is(a.status, 0, "%s: list of another ends well", what);
	ok(took < OWN_S, "%s: in %.2f s of CPU", what, took);
	ok(children_most_kb() < OWN_KB, "%s: and %ld KiB", what, children_most_kb());
	tool_free(&a);
}

static void all_are_found(const char *what, const struct load *l, const char *name)
{
	long rings = load_number(l, "rings");
	struct tool_run a;
	char pid[16];

	snprintf(pid, sizeof(pid), "%llu", load_number(l, "%s", name));
	tool_as(&a, &(struct tool_how){ .timeout_s = 120 }, "list", "--json", "-p", pid, NULL);
	is(json_nr_rings(a.json, load_number(l, "%s", name)), rings, "%s: all rings of the %s process",
	   what, name);
	tool_free(&a);
}

static void beside(const char *what, const char *nr)
{
	char own[16];
	struct load l;

	snprintf(own, sizeof(own), "%d", getpid());
	if (!load_start(&l, "forked", what, nr, NULL)) {
		skip(what, "%s", l.skip);
		return;
	}
	costs_little(what, own);
	all_are_found(what, &l, "half");
	all_are_found(what, &l, "last");
	load_end(&l);
}

int main(void)
{
	if (geteuid())
		skip_all("it takes root");
	beside("files", "1499");
	beside("rings", "997");
	return tap_end();
}
