// SPDX-License-Identifier: GPL-2.0
/*
 * verify --watch --io tells requests that ran over other memory than lay in their slot when they were
 * submitted, exactly, and none where the slot was given the same memory, or after they ended. Who has such
 * in more slots than there is room for hides none of another user's.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "io_watch.h"
#include "memory.h"
#include "witness.h"

static void check(const char *load, const char *mode)
{
	bool slowly = !strcmp(mode, "slowly");
	struct json_object *wrong;
	struct io_watch w;

	/* looks come between the requests, too: that does not make several findings of one */
	io_watch_every(&w, slowly ? "100ms" : "60s", tool_tier(), load, mode, "wrong-buffer");
	if (strstr(w.a.out, "SKIP ")) {
		skip(mode, "%s", strstr(w.a.out, "SKIP "));
		io_watch_free(&w);
		return;
	}
	wrong = json_member(w.summary, "wrong_buffer");
	is(json_number(wrong, "requests"), value_number(w.a.out, "requests"), "%s: how many", mode);
	is(json_number(wrong, "bytes"), value_number(w.a.out, "bytes"), "%s: how much", mode);
	is(w.nr, value_number(w.a.out, "requests") > 0, "%s: whether it is told", mode);
	if (w.last) {
		is(w.requests, value_number(w.a.out, "requests"), "%s: in the end all are told", mode);
		is_text(json_text(w.last, "severity"), "error", "%s: as an error", mode);
		is(json_number(w.last, "index"), 0, "%s: of which slot", mode);
		is(json_number(w.last, "pid"), value_number(w.a.out, "pid"), "%s: of whom", mode);
	}
	io_watch_free(&w);
}

/* What reads brought after their slot was given other memory. */
static void check_parked(const char *mode)
{
	struct json_object *lost;
	double reads;
	struct io_watch w;

	if (tool_tier() && !strcmp(tool_tier(), "patched")) {
		skip(mode, "our series keeps pages of a buffer otherwise: whether two slots have the same ones is not seen");
		return;
	}
	if (!witness_kernel(5, 18)) {
		skip(mode, "completions do not tell their request here");
		return;
	}
	io_watch(&w, tool_tier(), "io_wrong_kinds", mode, "lost-to-stale-pages");
	reads = value_number(w.a.out, "lost");
	lost = json_member(w.summary, "lost_to_stale_pages");
	is(json_number(lost, "reads"), reads, "%s: how many", mode);
	is(json_number(lost, "read_bytes"), reads * PAGE, "%s: how much", mode);
	is(w.nr, reads > 0, "%s: whether it is told", mode);
	if (w.last) {
		is_text(json_text(w.last, "severity"), "error", "%s: as an error", mode);
		has_text(json_text(w.last, "detail"), "before it was given other memory", "%s: and how", mode);
	}
	is(json_number(json_member(w.summary, "wrong_buffer"), "requests"), 0, "%s: they ran where they were to", mode);
	io_watch_free(&w);
}

#define USER_SLOTS	256	/* IO_USER_WRONG_SLOTS */

/* Of findings of one process; .uncompared: requests of a user that found no room. */
static long long told(const struct json_lines *l, pid_t pid, long long uid, long long *uncompared)
{
	struct json_object *list = l->nr ? json_member(l->lines[l->nr - 1], "unsettled") : NULL;
	long long nr = 0;

	*uncompared = 0;
	for (size_t i = 0; list && i < json_object_array_length(list); i++)
		if (json_is(json_element(list, i), "what", "uncompared-requests") &&
		    json_number(json_element(list, i), "uid") == uid)
			*uncompared += json_number(json_element(list, i), "count");
	for (size_t i = 0; i < l->nr; i++)
		nr += json_is(l->lines[i], "event", "finding") && json_is(l->lines[i], "tag", "wrong-buffer") &&
		      json_number(l->lines[i], "pid") == pid;
	return nr;
}

static void flooded(void)
{
	struct load flood, other;
	long long uncompared;
	struct io_watch w;

	if (!load_start(&flood, "io_wrong", "flood", "--late", NULL) ||
	    !load_start(&other, "io_wrong", "other", "--late", NULL))
		bail("%s", flood.skip ?: other.skip);
	io_watch_both(&w, "flood", &flood, &other);
	if (!load_number(&other, "requests")) {
		skip("flood", "this kernel takes buffers from the table at once");
	} else {
		is(told(&w.l, other.pid, 0, &uncompared), 1, "flood: another user's wrong buffer is told");
		is(uncompared, 0, "flood: and nothing of that user is missing");
		is(told(&w.l, flood.pid, load_number(&flood, "uid"), &uncompared), USER_SLOTS, "flood: so many of its own are");
		/* and some that had no place to be followed */
		ok(uncompared >= (long long)load_number(&flood, "slots") - USER_SLOTS,
		   "flood: the rest, and more, is counted as its user's: %lld", uncompared);
	}
	load_end(&flood);
	load_end(&other);
	io_watch_free(&w);
}

#define USER_WAITING	2048	/* IO_USER_QUEUED */

/* A user has more waiting than there is room for: what waits of another one is seen all the same. */
static void crowded(void)
{
	struct load crowd, other;
	struct json_object *wrong;
	long long uncompared;
	struct io_watch w;

	if (!load_start(&crowd, "io_wrong", "crowd", "--late", NULL) ||
	    !load_start(&other, "io_wrong", "other", "--late", NULL))
		bail("%s", crowd.skip ?: other.skip);
	io_watch_both(&w, "crowd", &crowd, &other);
	wrong = json_member(w.summary, "wrong_buffer");
	if (!load_number(&other, "requests")) {
		skip("crowd", "this kernel takes buffers from the table at once");
	} else {
		is(told(&w.l, other.pid, 0, &uncompared), 1, "crowd: another user's wrong buffer is told");
		is(json_number(wrong, "requests"), load_number(&other, "requests"), "crowd: of all its requests");
		told(&w.l, crowd.pid, load_number(&crowd, "uid"), &uncompared);
		ok(uncompared >= (long long)load_number(&crowd, "waiting") - USER_WAITING,
		   "crowd: what found no room is counted as its user's: %lld", uncompared);
	}
	load_end(&crowd);
	load_end(&other);
	io_watch_free(&w);
}

int main(void)
{
	check("io_wrong", "other");
	check("io_wrong", "slowly");
	check("io_wrong", "same");
	check("io_wrong", "grown");
	check("io_wrong", "waited");
	check("io_wrong_kinds", "vector");
	check("io_wrong_kinds", "sent");
	check("io_wrong_kinds", "last");
	check("io_wrong_kinds", "short");
	check_parked("parked");
	check_parked("kept");
	check_parked("moved");
	flooded();
	crowded();
	return tap_end();
}
