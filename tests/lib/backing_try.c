// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "backing_try.h"
#include "load.h"
#include "tool.h"
#include "tool_json.h"

void set_huge_pages_aside(void)
{
	FILE *f = kernel_only() ? fopen("/proc/sys/vm/nr_hugepages", "w") : NULL;

	if (!f)
		return;
	fputs("2", f);
	fclose(f);
}

static void fault(struct json_object *verify, const struct load *l, const char *mode)
{
	const char *tag = load_text(l, "expect.stale-page") ? "stale-page" : "unmapped-page";
	const char *as;
	struct json_object *f = json_finding(verify, 0, tag);
	char text[64];

	is(json_nr_findings(verify, 0, NULL), 1, "%s: one finding", mode);
	if (!ok(f, "%s: it is %s", mode, tag))
		return;
	is(json_number(f, "pages"), load_number(l, "expect.%s", tag), "%s: its pages", mode);
	snprintf(text, sizeof(text), "%s: which it was", mode);
	has_text(json_text(f, "detail"), load_text(l, "says"), "%s", text);
	as = strstr(json_text(f, "detail"), " as pid ");
	if (as)
		is(json_number(f, "seen_by_pid"), atoi(as + strlen(" as pid ")), "%s: as whom", mode);
	snprintf(text, sizeof(text), "%s: what to do about it", mode);
	has_text(json_text(f, "remedy"), load_text(l, "advises"), "%s", text);
}

/* Each page of a legal buffer was compared and is in place. */
static void in_place(struct json_object *verify, pid_t pid, const char *mode)
{
	struct json_object *ring = json_ring(verify, pid, -1);

	ok(json_ring_nr_buffers(ring), "%s: its buffers are listed", mode);
	for (size_t i = 0; i < json_ring_nr_buffers(ring); i++) {
		struct json_object *b = json_object_array_get_idx(json_member(ring, "buffers"), i);

		is(json_number(b, "same_pages"), json_number(b, "pages"), "%s: is in place", mode);
	}
}

/* What a page is not; that it is charged for twice is another matter. */
static size_t nr_page_findings(struct json_object *verify)
{
	return json_nr_findings(verify, 0, "stale-page") +
	       json_nr_findings(verify, 0, "unmapped-page") +
	       json_nr_findings(verify, 0, "unpinned-page") +
	       json_nr_findings(verify, 0, "bad-segment");
}

/* Neither found nor vouched for. */
static void unsettled(const struct tool_run *run, const char *what, const char *mode)
{
	char name[64];

	is(run->status, 4, "%s: is unsettled", mode);
	is(json_nr_findings(run->json, 0, NULL), 0, "%s: no finding", mode);
	snprintf(name, sizeof(name), "\"%s-buffers\"", what);
	has_text(run->out, name, "which it is");
}

void backing_try(const char *program, const char *mode)
{
	const char *holder;
	struct tool_run run;
	struct load l;
	char pid[16];

	if (!load_start(&l, program, mode, NULL)) {
		skip(mode, "%s", l.skip);
		return;
	}
	holder = load_text(&l, "holder");
	snprintf(pid, sizeof(pid), "%s", holder ? holder : "");
	if (!holder)
		snprintf(pid, sizeof(pid), "%d", l.pid);
	tool(&run, "verify", "--json", "--fail-on", "info", "-p", pid, NULL);
	if (!ok(run.json, "%s: verify answers", mode))
		note("status %d, said: %s", run.status, run.err);
	else if (load_text(&l, "says"))
		fault(run.json, &l, mode);
	else if (load_text(&l, "contested") || load_text(&l, "orphaned"))
		unsettled(&run, load_text(&l, "orphaned") ? "orphaned" : "contested", mode);
	else if (!is(nr_page_findings(run.json), 0, "%s: is legal, nothing is found", mode))
		note("%s", json_object_to_json_string(json_member(run.json, "findings")));
	else if (!load_text(&l, "unknown"))
		in_place(run.json, atoi(pid), mode);
	is(json_number(run.json, "not_compared_pages"),
	   load_text(&l, "unknown") ? load_number(&l, "unknown") : 0, "%s: pages not compared", mode);
	tool_free(&run);
	load_end(&l);
}
