// SPDX-License-Identifier: GPL-2.0
/*
 * verify --watch looks again at an interval and at forks: what breaks long after the last call is
 * told while the watch goes on, once, and what is legal beside it is not.
 * Not under ASan: watch.c runs the same.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "load.h"
#include "tool.h"
#include "tool_json.h"

static const char *const faults[] = {
	"dropped", "replaced", "unmapped", "moved", "truncated", "punched", "guarded", "copied",
};
/* By which call on addresses, NULL = by another. */
static const char *const unmaps[] = {
	"madvise", "madvise", "munmap", "mremap", NULL, NULL, "madvise", NULL,
};
static const char *const legal[] = { "dontneed", "split", "cold", "forked", "locked" };

#define NR_FAULTS	(sizeof(faults) / sizeof(faults[0]))
#define NR_LEGAL	(sizeof(legal) / sizeof(legal[0]))

static struct load broken[NR_FAULTS], healthy[NR_LEGAL];

/* Whoever goes on with the ring. */
static pid_t holder(const struct load *l)
{
	return load_text(l, "holder") ? (pid_t)load_number(l, "holder") : l->pid;
}

static long long begun_ns, ended_ns;	/* of what breaks the loads' memory */

/* What is told of the process; .sure: without what is suspected only. */
static struct json_object *only(const struct json_lines *l, pid_t pid, bool sure, size_t *nr)
{
	struct json_object *first = NULL;

	*nr = 0;
	for (size_t i = 0; i < l->nr; i++) {
		if (!json_is(l->lines[i], "event", "finding") ||
		    json_number(l->lines[i], "pid") != pid ||
		    (sure && !json_object_get_boolean(json_member(l->lines[i], "confirmed"))))
			continue;
		if (!(*nr)++)
			first = l->lines[i];
		else
			note("%s", json_object_to_json_string(l->lines[i]));
	}
	return first;
}

/* Where functions of the kernel can be probed the call that broke it is seen. */
static void by_unmap(struct json_object *f, const struct load *l, const char *mode, const char *name)
{
	struct json_object *call = json_member(f, "call"), *stack = json_member(call, "ustack");

	is_text(json_text(f, "when"), "unmap", "%s: a call is blamed", mode);
	is_text(json_text(call, "event"), name, "%s: which", mode);
	is(json_number(call, "pid"), l->pid, "%s: by its process", mode);
	ok(stack && json_object_array_length(stack) > 0, "%s: from where", mode);
}

/* Else it became so between two looks, and loads broke it between these moments. */
static void between(const struct json_lines *lines, struct json_object *f, const char *mode)
{
	bool lost = false;

	is_text(json_text(f, "when"), "between", "%s: no call is blamed", mode);
	ok(json_number(f, "seen_t_ns") > begun_ns, "%s: it was seen after it began", mode);
	for (size_t i = 0; i < lines->nr; i++)
		lost = lost || json_is(lines->lines[i], "event", "lost");
	/* a loss is followed by a new begin */
	if (lost && json_number(f, "in_place_t_ns") <= 0) {
		skip(mode, "events were lost: when it was last in place is not known");
		return;
	}
	ok(json_number(f, "in_place_t_ns") > 0, "%s: when it was last in place is known", mode);
	ok(json_number(f, "in_place_t_ns") < ended_ns, "%s: before all was broken", mode);
}

static void check_fault(const struct json_lines *lines, const struct load *l, const char *mode,
			const char *call)
{
	const char *tag = load_text(l, "expect.stale-page") ? "stale-page" : "unmapped-page";
	struct json_object *f;
	size_t nr;

	if (strstr(l->text, "\nSKIP ")) {
		skip(mode, "%s", strstr(l->text, "\nSKIP ") + 6);
		return;
	}
	f = only(lines, holder(l), true, &nr);
	if (!is(nr, 1, "%s: is told once", mode))
		return;
	is_text(json_text(f, "tag"), tag, "%s: its tag", mode);
	if (call && tool_tier() && strcmp(tool_tier(), "tracepoints"))
		by_unmap(f, l, mode, call);
	else
		between(lines, f, mode);
	is(json_number(f, "pages"), load_number(l, "expect.%s", tag), "%s: its pages", mode);
}

static void start(struct load *list, const char *program, const char *const *modes, size_t nr)
{
	for (size_t i = 0; i < nr; i++) {
		if (!load_start(&list[i], program, modes[i], "--late", NULL))
			skip(modes[i], "%s", list[i].skip);
	}
}

static void break_all(struct load *list, size_t nr)
{
	begun_ns = now_s() * 1e9;
	for (size_t i = 0; i < nr; i++)
		if (!list[i].skip)
			load_break(&list[i]);
	ended_ns = now_s() * 1e9;
}

static void end_all(struct load *list, size_t nr)
{
	for (size_t i = 0; i < nr; i++)
		if (!list[i].skip)
			load_end(&list[i]);
}

/* A watch that has told what was there before it has looked at everything once. */
static void watch_start(struct tool_run *w, const struct tool_how *how, const char *interval)
{
	const char *tier = tool_tier();
	struct load there;

	if (!load_start(&there, "backing", "dropped-one", NULL))
		bail("dropped-one: %s", there.skip);
	tool_start(w, how, "verify", "--watch", "--json", "-q", "--comm", "backing*", "-i", interval,
		   "--stacks", "--tier", tier ? tier : "tracepoints", NULL);
	if (!ok(tool_says(w, "\"when\":\"start\"", 60000), "what was there is told first"))
		note("%s", tool_said(w));
	load_end(&there);
}

static bool said_of(const struct tool_run *w, pid_t pid, size_t *nr)
{
	char *text = tool_said(w);
	struct json_lines lines;

	json_lines_parse(&lines, text);
	only(&lines, pid, true, nr);
	json_lines_free(&lines);
	free(text);
	return *nr;
}

static size_t await_told(const struct tool_run *w, pid_t pid)
{
	size_t nr = 0;

	for (int i = 0; i < 600 && !said_of(w, pid, &nr); i++)
		usleep(100000);
	return nr;
}

/* All of it is done at once, before the watch has read of the call; it has no other reason to look. */
static void told_after_a_fork(void)
{
	static const struct tool_how how = { .timeout_s = 110 };
	struct tool_run w;
	struct load l;

	watch_start(&w, &how, "3607s");
	if (!load_start(&l, "backing", "copied", NULL))
		bail("copied: %s", l.skip);
	is(await_told(&w, holder(&l)), 1, "copied: a fork is a reason to look");
	load_end(&l);
	kill(w.pid, SIGINT);
	tool_wait(&w, &how);
	tool_free(&w);
}

/* The watch selects by name, since a fork's child goes on with the ring of one of them. */
static void told_while_it_goes_on(void)
{
	static const struct tool_how how = { .timeout_s = 110 };
	struct json_lines lines;
	struct tool_run w;
	char *text;
	size_t nr;

	start(broken, "backing", faults, NR_FAULTS);
	start(healthy, "backing_legal", legal, NR_LEGAL);
	watch_start(&w, &how, "211ms");
	/* what could not be compared at once is at one of the next looks */
	sleep(kernel_only() ? 5 : 1);
	/* the looks that show the faults come after what is legal */
	break_all(healthy, NR_LEGAL);
	break_all(broken, NR_FAULTS);
	for (size_t i = 0; i < NR_FAULTS; i++)
		if (!broken[i].skip && !strstr(broken[i].text, "\nSKIP "))
			await_told(&w, holder(&broken[i]));
	text = tool_said(&w);
	json_lines_parse(&lines, text);
	free(text);
	for (size_t i = 0; i < NR_FAULTS; i++)
		if (!broken[i].skip)
			check_fault(&lines, &broken[i], faults[i], unmaps[i]);
	json_lines_free(&lines);
	kill(w.pid, SIGINT);
	tool_wait(&w, &how);
	json_lines_parse(&lines, w.out);
	for (size_t i = 0; i < NR_FAULTS; i++) {
		if (broken[i].skip || strstr(broken[i].text, "\nSKIP "))
			continue;
		only(&lines, holder(&broken[i]), true, &nr);
		is(nr, 1, "%s: is not told again at the end", faults[i]);
	}
	for (size_t i = 0; i < NR_LEGAL; i++) {
		struct json_object *f = healthy[i].skip ? NULL :
					only(&lines, holder(&healthy[i]), false, &nr);

		if (!ok(!f, "%s: is legal, and not told", legal[i]))
			note("%s", json_object_to_json_string(f));
	}
	json_lines_free(&lines);
	tool_free(&w);
	end_all(broken, NR_FAULTS);
	end_all(healthy, NR_LEGAL);
}

/* A ring that nothing shows makes no event: the balance tells it, once, before the watch ends. */
static void unseen_is_told(void)
{
	static const struct tool_how how = { .timeout_s = 110 };
	const char *tier = tool_tier();
	struct json_lines lines;
	struct tool_run w;
	struct load l;
	char pid[16];
	size_t nr;

	if (!load_start(&l, "hidden_ring", "unseen", NULL)) {
		skip("unseen", "%s", l.skip);
		return;
	}
	snprintf(pid, sizeof(pid), "%d", l.pid);
	tool_start(&w, &how, "verify", "--watch", "--json", "-q", "-p", pid, "--tier",
		   tier ? tier : "tracepoints", NULL);
	ok(tool_says(&w, "\"unexplained-charge\"", 60000), "unseen: is told while the watch goes on");
	kill(w.pid, SIGINT);
	tool_wait(&w, &how);
	is(w.status, 1, "unseen: exit status");
	json_lines_parse(&lines, w.out);
	only(&lines, l.pid, true, &nr);
	is(nr, 1, "unseen: is told once");
	json_lines_free(&lines);
	tool_free(&w);
	load_end(&l);
}

/* What comes and goes between two looks is not vouched for. */
static void how_often(void)
{
	struct json_lines l;
	struct tool_run a;
	struct load load;
	char id[16];

	if (!load_start(&load, "many", "pages", "37", NULL))
		bail("%s", load.skip);
	snprintf(id, sizeof(id), "%d", load.pid);
	tool(&a, "verify", "--watch", "-d", "300ms", "-p", id, NULL);
	is(a.status, 0, "a watch of what is healthy ends with 0");
	has_text(a.err, "what was wrong only between two looks is not known", "and says what it has not seen");
	tool_free(&a);
	tool(&a, "verify", "--watch", "--json", "-d", "300ms", "-p", id, NULL);
	json_lines_parse(&l, a.out);
	ok(l.nr && json_number(l.lines[l.nr - 1], "looks") >= 1, "JSON has the number of looks");
	json_lines_free(&l);
	tool_free(&a);
	load_end(&load);
}

int main(void)
{
	told_while_it_goes_on();
	unseen_is_told();
	told_after_a_fork();
	how_often();
	return tap_end();
}
