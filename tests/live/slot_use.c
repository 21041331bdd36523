// SPDX-License-Identifier: GPL-2.0
/*
 * From 6.13 list and verify say how many requests use a slot, those from before they were started
 * included, and what requests use is not advised to be unregistered. Before, they say that they do not know.
 */
#include <stdio.h>
#include <string.h>
#include "load.h"
#include "tool.h"
#include "tool_json.h"
#include "witness.h"

static void slots_of(const struct load *l, const char *command, const char *mode, long long requests)
{
	struct json_object *ring;
	struct tool_run a;
	char pid[16];

	snprintf(pid, sizeof(pid), "%d", l->pid);
	tool(&a, command, "--json", "-p", pid, NULL);
	is(a.status, 0, "%s, %s: ends well", mode, command);
	ring = json_ring(a.json, l->pid, -1);
	is(json_number(json_ring_buffer(ring, 1), "in_use"), requests, "%s, %s: how many use the slot",
	   mode, command);
	is(json_number(json_ring_buffer(ring, 2), "in_use"), witness_kernel(6, 13) ? 0 : -1,
	   "%s, %s: nobody ever used this one", mode, command);
	tool_free(&a);
}

static void text(const struct load *l, long long requests)
{
	char in_use[64];
	struct tool_run a;
	char pid[16];

	snprintf(pid, sizeof(pid), "%d", l->pid);
	tool(&a, "list", "-p", pid, NULL);
	if (witness_kernel(6, 13))
		has_text(a.out, "REFS  IN-USE\n", "list has the column");
	else
		ok(!strstr(a.out, "IN-USE"), "list has no column that says nothing");
	tool_free(&a);
	tool(&a, "verify", "-p", pid, NULL);
	snprintf(in_use, sizeof(in_use), "in use: 1 slot, by %lld request", requests);
	if (requests > 0)
		has_text(a.out, in_use, "verify's text says so, too");
	else
		ok(!strstr(a.out, "in use: "), "verify's text says nothing of what is not known, or not in use");
	tool_free(&a);
}

static void advice(const struct load *l, const char *mode, bool parked)
{
	struct json_object *idle;
	struct tool_run a;
	char pid[16];

	snprintf(pid, sizeof(pid), "%d", l->pid);
	tool(&a, "stat", "--json", "--advise", "-d", "1", "-p", pid, NULL);
	is(a.status, 0, "%s, stat: ends well", mode);
	idle = json_with(json_member(a.json, "advice"), "tag", "idle-buffer");
	if (witness_kernel(6, 13)) {
		has_text(json_text(idle, "detail"), parked ? "1 of its 3" : "2 of its 3",
			 "%s: what requests use is not idle", mode);
		ok(idle && !strstr(json_text(idle, "detail"), "was not seen"), "%s: that was looked at", mode);
	} else {
		has_text(json_text(idle, "detail"),
			 "whether requests that began before still use them was not seen",
			 "%s: it says what it does not know", mode);
	}
	tool_free(&a);
}

static void of(const char *mode, bool parked)
{
	long long requests = witness_kernel(6, 13) ? 0 : -1;
	struct load l;

	if (!load_start(&l, "in_use", mode, NULL)) {
		skip(mode, "%s", l.skip);
		return;
	}
	if (parked && !requests)
		requests = load_number(&l, "reads");
	slots_of(&l, "list", mode, requests);
	slots_of(&l, "verify", mode, requests);
	text(&l, requests);
	advice(&l, mode, parked);
	is(load_end(&l), 0, "%s: the load ends well", mode);
}

int main(void)
{
	of("parked", true);
	of("ended", false);
	return tap_end();
}
