// SPDX-License-Identifier: GPL-2.0
/*
 * verify --watch --io counts what I/O does over pages that were found stale, exactly, and tells nothing
 * of I/O beside them, over buffers registered again, or over healthy ones. Who has stale pages in more
 * rings than there is room for takes none of another user's.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "load.h"
#include "tool.h"
#include "tool_json.h"

#define NR	4

static const char *const modes[NR] = { "stale", "again", "after", "healthy" };
static struct load loads[NR];

static struct json_object *told(const struct json_lines *l, pid_t pid, const char *tag, size_t *nr)
{
	struct json_object *first = NULL;

	*nr = 0;
	for (size_t i = 0; i < l->nr; i++) {
		if (!json_is(l->lines[i], "event", "finding") || json_number(l->lines[i], "pid") != pid ||
		    !json_is(l->lines[i], "tag", tag))
			continue;
		if (!(*nr)++)
			first = l->lines[i];
	}
	return first;
}

static bool awaited(const struct tool_run *w, pid_t pid, const char *tag)
{
	size_t nr = 0;

	for (int i = 0; i < 600 && !nr; i++) {
		char *text = tool_said(w);
		struct json_lines l;

		usleep(100000);
		json_lines_parse(&l, text);
		told(&l, pid, tag, &nr);
		json_lines_free(&l);
		free(text);
	}
	return nr;
}

/*
 * What went over the buffer since the look that saw all in place: that is the I/O just before, unless a
 * slow guest came to no look since all that went before it.
 */
static void check_bound(struct json_object *f, const struct load *l)
{
	unsigned long long ops = json_number(f, "meanwhile_ops"), bytes = json_number(f, "meanwhile_bytes");
	bool late = kernel_only() && ops != load_number(l, "before");

	is(ops, load_number(l, "before") + (late ? load_number(l, "earlier") : 0), "at most so many before it was found");
	is(bytes, load_number(l, "before_bytes") + (late ? load_number(l, "earlier_bytes") : 0), "and their bytes");
}

static void check(const struct json_lines *l)
{
	struct json_object *summary = NULL, *lost, *f;
	size_t nr;

	for (int i = 0; i < NR; i++) {
		f = told(l, loads[i].pid, "lost-to-stale-pages", &nr);
		if (!is(nr, i == 0, "%s: whether I/O over stale pages is told", modes[i]) || !f)
			continue;
		is_text(json_text(f, "severity"), "error", "it is an error");
		is(json_number(f, "index"), 0, "of which slot");
		is(json_number(f, "pages"), load_number(&loads[i], "expect.stale-page"), "how many pages");
		has_text(json_text(f, "detail"), "requests read ", "what was read into them");
		has_text(json_text(f, "detail"), " wrote ", "and written from them");
		ok(!strstr(json_text(f, "detail"), "at most"), "exactly");
	}
	/* what went over the buffer just before is all that may have */
	f = told(l, loads[0].pid, "stale-page", &nr);
	if (!json_member(f, "meanwhile_ops"))
		skip("before it was found", "looks or counts were lost meanwhile");
	else
		check_bound(f, &loads[0]);
	for (size_t i = 0; i < l->nr; i++)
		if (json_is(l->lines[i], "event", "summary"))
			summary = l->lines[i];
	lost = json_member(summary, "lost_to_stale_pages");
	is(json_number(lost, "reads"), load_number(&loads[0], "reads"), "all reads, and no more");
	is(json_number(lost, "read_bytes"), load_number(&loads[0], "read_bytes"), "their bytes");
	is(json_number(lost, "writes"), load_number(&loads[0], "writes"), "all writes");
	is(json_number(lost, "write_bytes"), load_number(&loads[0], "write_bytes"), "their bytes");
	is(json_number(lost, "unplaced"), 0, "none of unknown place");
}

/* The row of that kind and user: how many, 0 = there is none. */
static long long unsettled(struct json_object *summary, const char *what, long long uid)
{
	struct json_object *list = json_member(summary, "unsettled");

	for (size_t i = 0; list && i < json_object_array_length(list); i++) {
		struct json_object *row = json_element(list, i);

		if (json_is(row, "what", what) && json_number(row, "uid") == uid)
			return json_number(row, "count");
	}
	return 0;
}

/* Rings that have ended give back their places; how many found none is told. */
static void crowded(void)
{
	static const struct tool_how how = { .timeout_s = 170 };
	struct json_object *summary, *lost;
	struct json_lines l;
	struct tool_run w;
	struct load crowd;
	char pid[16];

	if (kernel_only()) {
		skip("crowd", "no kernel differs in it, and it takes a minute there");
		return;
	}
	if (!load_start(&crowd, "io_stale", "crowd", "--late", NULL))
		bail("crowd: %s", crowd.skip);
	snprintf(pid, sizeof(pid), "%d", crowd.pid);
	tool_start(&w, &how, "verify", "--watch", "--io", "--json", "-i", "200ms", "-p", pid, "--tier",
		   tool_tier() ?: "tracepoints", NULL);
	ok(awaited(&w, crowd.pid, "stale-page"), "crowd: stale pages are told");
	for (int i = 0; i < 4; i++) {
		sleep(5);
		load_break(&crowd);
	}
	ok(awaited(&w, crowd.pid, "lost-to-stale-pages"), "crowd: there is room again");
	kill(w.pid, SIGINT);
	tool_wait(&w, &how);
	json_lines_parse(&l, w.out);
	summary = l.nr ? l.lines[l.nr - 1] : NULL;
	lost = json_member(summary, "lost_to_stale_pages");
	is(json_number(lost, "uncounted_slots"), 1, "crowd: one found no room");
	is(unsettled(summary, "uncounted-slots", 0), 1, "crowd: which is told of its user");
	is(json_number(lost, "reads"), load_number(&crowd, "reads"), "crowd: then all reads are counted");
	load_end(&crowd);
	json_lines_free(&l);
	tool_free(&w);
}

/* Where a vector goes does not matter in a buffer of which nothing is left. */
static void vectors(void)
{
	static const struct tool_how how = { .timeout_s = 170 };
	struct json_object *lost;
	struct json_lines l;
	struct tool_run w;
	struct load v;
	char pid[16];

	if (!load_start(&v, "io_stale", "vector", "--late", NULL)) {
		skip("vector", "%s", v.skip);
		return;
	}
	snprintf(pid, sizeof(pid), "%d", v.pid);
	tool_start(&w, &how, "verify", "--watch", "--io", "--json", "-i", "200ms", "-p", pid, "--tier",
		   tool_tier() ?: "tracepoints", NULL);
	ok(tool_says(&w, "watching", 60000), "vector: it watches");
	load_break(&v);
	ok(awaited(&w, v.pid, "stale-page"), "vector: its stale pages are told");
	sleep(kernel_only() ? 20 : 5);
	load_break(&v);
	ok(awaited(&w, v.pid, "lost-to-stale-pages"), "vector: and what is done over them");
	kill(w.pid, SIGINT);
	tool_wait(&w, &how);
	json_lines_parse(&l, w.out);
	lost = json_member(l.nr ? l.lines[l.nr - 1] : NULL, "lost_to_stale_pages");
	is(json_number(lost, "reads"), load_number(&v, "reads"), "vector: all reads");
	is(json_number(lost, "read_bytes"), load_number(&v, "read_bytes"), "vector: their bytes");
	is(json_number(lost, "unplaced"), 0, "vector: none of unknown place");
	load_end(&v);
	json_lines_free(&l);
	tool_free(&w);
}

static void flooded(void)
{
	static const struct tool_how how = { .timeout_s = 170 };
	struct json_object *summary;
	struct load flood, stale;
	struct json_lines l;
	struct tool_run w;
	char pids[40];

	if (kernel_only()) {
		skip("flood", "no kernel differs in it, and it takes a minute there");
		return;
	}
	if (!load_start(&flood, "io_stale", "flood", NULL) || !load_start(&stale, "io_stale", "stale", "--late", NULL))
		bail("%s", flood.skip ?: stale.skip);
	snprintf(pids, sizeof(pids), "%d,%d", flood.pid, stale.pid);
	tool_start(&w, &how, "verify", "--watch", "--io", "--json", "-i", "200ms", "-p", pids, "--tier",
		   tool_tier() ?: "tracepoints", NULL);
	ok(awaited(&w, flood.pid, "stale-page"), "flood: its stale pages are told");
	sleep(2);
	load_break(&stale);
	ok(awaited(&w, stale.pid, "stale-page"), "flood: another user's, too");
	sleep(5);
	load_break(&stale);
	ok(awaited(&w, stale.pid, "lost-to-stale-pages"), "flood: and what is done over them");
	kill(w.pid, SIGINT);
	tool_wait(&w, &how);
	json_lines_parse(&l, w.out);
	summary = l.nr ? l.lines[l.nr - 1] : NULL;
	is(json_number(json_member(summary, "lost_to_stale_pages"), "reads"), load_number(&stale, "reads"),
	   "flood: all of it");
	is(unsettled(summary, "uncounted-slots", load_number(&flood, "uid")), 1, "flood: one slot of its user found no room");
	is(unsettled(summary, "uncounted-slots", 0), 0, "flood: and none of another's");
	load_end(&flood);
	load_end(&stale);
	json_lines_free(&l);
	tool_free(&w);
}

int main(void)
{
	static const struct tool_how how = { .timeout_s = 170 };
	struct json_lines l;
	struct tool_run w;
	char pids[80];

	for (int i = 0; i < NR; i++)
		if (!load_start(&loads[i], "io_stale", modes[i], "--late", NULL))
			bail("%s: %s", modes[i], loads[i].skip);
	snprintf(pids, sizeof(pids), "%d,%d,%d,%d", loads[0].pid, loads[1].pid, loads[2].pid, loads[3].pid);
	tool_start(&w, &how, "verify", "--watch", "--io", "--json", "-i", "200ms", "-p", pids, "--tier",
		   tool_tier() ?: "tracepoints", NULL);
	ok(tool_says(&w, "watching", 60000), "it watches");
	/* it has seen all in place */
	sleep(kernel_only() ? 10 : 2);
	for (int i = 0; i < NR; i++)
		load_break(&loads[i]);
	ok(awaited(&w, loads[0].pid, "stale-page"), "stale: that is told");
	ok(awaited(&w, loads[2].pid, "stale-page"), "after: that is told");
	/* with the next look all is counted */
	sleep(kernel_only() ? 20 : 5);
	for (int i = 0; i < NR; i++)
		load_break(&loads[i]);
	ok(awaited(&w, loads[0].pid, "lost-to-stale-pages"), "stale: and what is done over them");
	kill(w.pid, SIGINT);
	tool_wait(&w, &how);
	is(w.status, 1, "it is an error that was found");
	json_lines_parse(&l, w.out);
	check(&l);
	for (int i = 0; i < NR; i++)
		load_end(&loads[i]);
	json_lines_free(&l);
	tool_free(&w);
	vectors();
	crowded();
	flooded();
	return tap_end();
}
