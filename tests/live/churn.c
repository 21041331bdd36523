// SPDX-License-Identifier: GPL-2.0
/*
 * Walks while two processes register, clone, update and unregister at
 * full speed, rings coming and going: no false finding, no crash.
 * One kernel tells for all: CI runs it on the oldest alone.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "load.h"
#include "tool.h"
#include "tool_json.h"
#include "witness.h"

#define WALKS 23	/* of each kind */
#define FEW_WALKS 3

static struct totals {
	unsigned int ended, printed, quiet, seen, findings;
} lists, verifies;

static void walk(struct totals *t, const char *command, pid_t a_pid, pid_t b_pid)
{
	struct json_object *all;
	struct tool_run a;
	char pids[32];
	bool seen;

	snprintf(pids, sizeof(pids), "%d,%d", a_pid, b_pid);
	tool(&a, command, "--json", "-p", pids, NULL);
	/* what came and went meanwhile is unsettled */
	t->ended += a.status == 0 || (a.status == 4 && json_is(a.json, "verdict", "unsettled"));
	t->printed += a.json != NULL;
	seen = json_nr_rings(a.json, a_pid) || json_nr_rings(a.json, b_pid);
	t->quiet += !*a.err || (!seen && strstr(a.err, "no ring of the selection"));
	t->seen += seen;
	if (a.status && a.status != 4)
		note("%s ended with %d: %s", command, a.status, a.err);
	all = json_member(a.json, "findings");
	for (size_t i = 0; all && i < json_object_array_length(all); i++) {
		struct json_object *one = json_object_array_get_idx(all, i);

		if (!json_object_get_boolean(json_member(one, "confirmed")))
			continue;
		t->findings++;
		note("%s", json_object_to_json_string(one));
	}
	tool_free(&a);
}

int main(void)
{
	unsigned int walks = kernel_only() ? FEW_WALKS : WALKS;
	struct load root, plain;

	if (!load_start(&root, "churn", NULL) || !load_start(&plain, "churn", "plain", NULL))
		bail("churn does not start");
	for (unsigned int i = 0; i < walks; i++) {
		walk(&lists, "list", root.pid, plain.pid);
		walk(&verifies, "verify", root.pid, plain.pid);
	}
	is(lists.ended, walks, "each list ends with 0");
	is(lists.printed, walks, "each list prints its JSON");
	is(lists.quiet, walks, "no list complains");
	is(verifies.ended, walks, "each verify finds nothing, or what it could not settle");
	is(verifies.printed, walks, "each verify prints its JSON");
	is(verifies.quiet, walks, "no verify complains");
	ok(lists.seen + verifies.seen > walks, "most walks see rings");
	is(verifies.findings, 0, "no false finding");
	is(load_end(&root), 0, "the load was not disturbed");
	is(load_end(&plain), 0, "nor the one of an ordinary user");
	return tap_end();
}
