// SPDX-License-Identifier: GPL-2.0
/*
 * A block driver's pages in a ring's slots (ublk, 6.15): each time they come and
 * go is told, though no program calls io_uring_register() for it.
 */
#include <stdio.h>
#include <string.h>
#include "load.h"
#include "tool.h"
#include "tool_json.h"

struct fact_sum {
	unsigned int nr, of_driver, sized, right_slot, derived;
};

static struct fact_sum sum(const struct json_lines *l, const char *fact, const char *told)
{
	long long first = value_number(told, "first_slot"), bytes = value_number(told, "read.bytes");
	struct fact_sum s = { 0 };

	for (size_t i = 0; i < l->nr; i++) {
		struct json_object *o = l->lines[i];

		if (!json_is(o, "event", fact))
			continue;
		s.nr++;
		s.of_driver += json_number(o, "kernel") == 1 && json_number(o, "addr") == 0 &&
			       json_number(o, "charged_pages") <= 0;
		s.sized += json_number(o, "len_bytes") == bytes;
		s.right_slot += json_number(o, "index") == first || json_number(o, "index") == first + 1;
		s.derived += json_number(o, "derived") == 1;
	}
	return s;
}

static unsigned int nr_of(const struct json_lines *l, const char *fact)
{
	unsigned int nr = 0;

	for (size_t i = 0; i < l->nr; i++)
		nr += json_is(l->lines[i], "event", fact);
	return nr;
}

static void exactly(const struct json_lines *l, const char *fact, const char *told,
		    const char *name)
{
	struct fact_sum s = sum(l, fact, told);

	is(s.nr, value_number(told, name), "%s events", fact);
	is(s.of_driver, s.nr, "%s: each a driver's, neither addressed nor charged", fact);
	is(s.sized, value_number(told, "reads"), "%s: of the reads' size", fact);
	is(s.right_slot, s.nr, "%s: in the server's slots", fact);
	is(s.derived, 0, "%s: seen, not concluded", fact);
}

int main(void)
{
	struct tool_how how = { .timeout_s = 100 };
	char path[] = "/tmp/fixbuf-kernel-XXXXXX", *text;
	const char *tier = tool_tier(), *skipped;
	bool left_out;
	struct json_lines l;
	struct tool_run a;
	int fd = mkstemp(path);

	if (fd < 0)
		bail("no temporary file");
	tool_as(&a, &how, "trace", "--json", "-q", "-o", path, "--tier", tier ? tier : "best", "--",
		load_path("ublk"), "--no-wait", NULL);
	text = file_text(path);
	remove(path);
	skipped = strstr(a.out, "SKIP ");
	if (skipped || a.status == 3)
		skip_all("%s", skipped ? skipped + 5 : a.err);
	json_lines_parse(&l, text);
	if (l.nr && json_is(l.lines[0], "tier", "tracepoints"))
		skip_all("no tracepoint tells of a driver's buffers: it takes the tier functions or kprobes");
	is(a.status, 0, "the server and its reader come to their end");
	ok(l.nr && !l.bad, "each line is a JSON object");
	is(json_nr_lost(&l, &left_out), 0, "nothing was lost");
	if (left_out) {
		skip("what it tells", "the kernel skipped runs of our programs");
	} else {
		exactly(&l, "buffer", a.out, "registered");
		exactly(&l, "drop", a.out, "dropped");
	}
	is(nr_of(&l, "pin") + nr_of(&l, "charge"), 0, "nothing is pinned or charged for it");
	json_lines_free(&l);
	tool_free(&a);
	return tap_end();
}
