// SPDX-License-Identifier: GPL-2.0
/*
 * Rings that never rest hide nothing of what is wrong beside them, and make nothing wrong.
 * One kernel tells for all: CI runs it on the oldest alone.
 */
#include <stdio.h>
#include "load.h"
#include "tool.h"
#include "tool_json.h"

#define LOOKS 5

/* Confirmed findings with the tag, NULL = any. */
static size_t confirmed(const struct tool_run *a, const char *tag)
{
	struct json_object *all = json_member(a->json, "findings");
	size_t n = 0;

	for (size_t i = 0; all && i < json_object_array_length(all); i++) {
		struct json_object *f = json_object_array_get_idx(all, i);

		n += json_object_get_boolean(json_member(f, "confirmed")) &&
		     (!tag || json_is(f, "tag", tag));
	}
	return n;
}

/* The same while it is watched. */
static void watched(const char *mode, const char *pid, const char *tag)
{
	size_t found = 0, others = 0;
	struct json_lines l;
	struct tool_run a;

	tool(&a, "verify", "--watch", "--json", "-q", "-d", "2s", "-p", pid, NULL);
	json_lines_parse(&l, a.out);
	for (size_t i = 0; i < l.nr; i++) {
		bool is_it = tag && json_is(l.lines[i], "tag", tag);

		if (!json_is(l.lines[i], "event", "finding") ||
		    !json_object_get_boolean(json_member(l.lines[i], "confirmed")))
			continue;
		found += is_it;
		others += !is_it;
	}
	if (tag)
		ok(found > 0 || a.status == 4, "%s: verify --watch finds %s, or vouches for nobody",
		   mode, tag);
	if (!is(others, 0, "%s: and nothing else", mode))
		note("%s", a.out);
	json_lines_free(&l);
	tool_free(&a);
}

static void looks(const char *mode)
{
	const char *tag;
	unsigned int found = 0, others = 0, honest = 0;
	struct tool_run a;
	struct load l;
	char pid[16];

	if (!load_start(&l, "busy", mode, NULL)) {
		skip(mode, "%s", l.skip);
		return;
	}
	tag = load_text(&l, "expect.uncharged-pin") ? "uncharged-pin" :
	      load_text(&l, "expect.stale-page") ? "stale-page" : NULL;
	snprintf(pid, sizeof(pid), "%d", l.pid);
	for (int i = 0; i < LOOKS; i++) {
		tool(&a, "verify", "--json", "-p", pid, NULL);
		if (tag)
			found += confirmed(&a, tag) > 0;
		others += confirmed(&a, NULL) - (tag ? confirmed(&a, tag) : 0);
		honest += a.status == !!tag ||
			  (a.status == 4 && json_is(a.json, "verdict", "unsettled"));
		if (a.status != !!tag)
			note("status %d: %s", a.status, a.out);
		tool_free(&a);
	}
	if (tag && !found && honest == LOOKS)
		skip(mode, "this machine is too busy: what is wrong was unsettled each time");
	else if (tag)
		ok(found > 0, "%s: %u of %d looks find %s", mode, found, LOOKS, tag);
	is(honest, LOOKS, "%s: no look says that nothing is wrong, or what is not", mode);
	is(others, 0, "%s: nothing else is found", mode);
	watched(mode, pid, tag);
	load_end(&l);
}

int main(void)
{
	looks("bypass");
	looks("clones");
	looks("moving");
	return tap_end();
}
