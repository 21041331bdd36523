// SPDX-License-Identifier: GPL-2.0
/*
 * Rings that share a buffer, and requests that hold it by the one ring's slot or the other's: it is
 * unpinned and uncharged when the last slot and the last request have let go, in whatever order.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "load.h"
#include "tool.h"
#include "tool_json.h"

#define PAGES	19
#define KB	(PAGES * 4)
#define TRIES	3

static char file[] = "/tmp/fixbuf-in_use_clones-XXXXXX";

/* What it lost it tells, and does not follow what was in use before: that is watched once more. */
static void watch(struct tool_run *a, struct json_lines *l, const char *order)
{
	bool skipped;
	char *text;

	for (int i = 1;; i++) {
		tool(a, "trace", "-q", "--json", "-o", file, "--tier", tool_tier() ?: "tracepoints", "--",
		     load_path("in_use"), "--no-wait", "clones", order, NULL);
		text = file_text(file);
		json_lines_parse(l, text);
		free(text);
		if ((!json_nr_lost(l, &skipped) && !skipped) || i == TRIES)
			return;
		note("%s: events were lost, once more", order);
		json_lines_free(l);
		*l = (struct json_lines){ 0 };
		tool_free(a);
	}
}

/* A digit for each drop under requests: how many those are, and how many slots hold it, too. */
static void begins(const struct json_lines *l, const char *order, const char *requests, const char *slots)
{
	size_t nr = 0;

	for (size_t i = 0; i < l->nr; i++) {
		struct json_object *o = l->lines[i];

		if (!json_is(o, "event", "in-use") || !json_number(o, "requests"))
			continue;
		is(json_number(o, "requests"), requests[nr] ? requests[nr] - '0' : 0, "%s: how many hold it", order);
		is(json_number(o, "other_slots"), requests[nr] ? slots[nr] - '0' : 0, "%s: and how many slots", order);
		nr += !!requests[nr];
	}
	is(nr, strlen(requests), "%s: each drop under requests is told", order);
	is(json_lines_nr(l, "in-use"), 2 * nr, "%s: and their end", order);
}

static bool cloned(const char *order, const char *requests, const char *slots)
{
	struct json_object *unpin, *uncharge;
	struct json_lines l = { 0 };
	unsigned long long last;
	struct tool_run a;
	bool has_nodes;

	watch(&a, &l, order);
	has_nodes = !tool_skipped(&a, order);
	if (has_nodes) {
		is(a.status, 0, "%s: the program ends well", order);
		last = value_number(a.out, "last_ns");
		is(value_number(a.out, "pinned_kb") - value_number(a.out, "left_kb"), KB,
		   "%s: the kernel keeps its pages until the last step", order);
		begins(&l, order, requests, slots);
		is(json_lines_nr(&l, "unpin"), 1, "%s: one unpin", order);
		is(json_lines_nr(&l, "uncharge"), 1, "%s: one uncharge", order);
		unpin = json_lines_nth(&l, "unpin", 0);
		uncharge = json_lines_nth(&l, "uncharge", 0);
		is(json_number(unpin, "addr"), value_number(a.out, "addr"), "%s: of the buffer", order);
		is(json_number(unpin, "pages"), PAGES, "%s: of all its pages", order);
		ok(json_number(unpin, "t_ns") >= (long long)last, "%s: not before the last step", order);
		ok(json_number(uncharge, "t_ns") >= (long long)last, "%s: nor its uncharge", order);
	}
	json_lines_free(&l);
	tool_free(&a);
	return has_nodes;
}

int main(void)
{
	int fd = mkstemp(file);

	if (fd < 0)
		bail("no file");
	close(fd);
	/* of the clone: it is dropped first, its source is, its request ends before the source is dropped */
	if (cloned("Bba.", "1", "1")) {
		cloned("Bab.", "1", "0");
		cloned("Bb.a", "1", "1");
		/* of the source */
		cloned("Aab.", "1", "1");
		/* of one of two clones, of each ring */
		cloned("BBBcba.", "3", "1");
		cloned("ABCcab.", "111", "210");
	}
	unlink(file);
	return tap_end();
}
