// SPDX-License-Identifier: GPL-2.0
/*
 * From 6.13 a buffer that leaves its slot while requests use it stays pinned and charged until they
 * end: that is told, and its unpin not before; of one that nobody uses it is not told, however fast
 * the kernel gives its memory to other rings.
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
#define TRIES	7

static char folder[] = "/tmp/fixbuf-in_use-XXXXXX";
static char file[sizeof(folder) + 16];

static const char *rounds_held(void)
{
	return kernel_only() ? "7" : "23";
}

/* Of "drained", each of two buffers. */
static const char *rounds(const char *mode)
{
	if (!strcmp(mode, "held"))
		return rounds_held();
	return kernel_only() ? "101" : "1009";
}

static void read_lines(struct json_lines *l)
{
	char *text = file_text(file);

	json_lines_parse(l, text);
	free(text);
}

static void watch_once(struct tool_run *a, struct json_lines *l, const char *command, const char *mode)
{
	struct tool_run r;

	snprintf(file, sizeof(file), "%s/%s", folder, command);
	if (!strcmp(command, "trace")) {
		tool(a, "trace", "-q", "--json", "-o", file, "--tier", tool_tier() ?: "tracepoints", "--",
		     load_path("in_use"), "--no-wait", mode, rounds(mode), NULL);
		read_lines(l);
		return;
	}
	tool(a, "record", "-q", "-o", file, "--tier", tool_tier() ?: "tracepoints", "--",
	     load_path("in_use"), "--no-wait", mode, NULL);
	tool(&r, "report", "--trace", "--json", file, NULL);
	json_lines_parse(l, r.out);
	tool_free(&r);
}

/* What it lost it tells, and does not follow what was in use before: that is watched once more. */
static void watch(struct tool_run *a, struct json_lines *l, const char *command, const char *mode)
{
	bool skipped;

	for (int i = 1;; i++) {
		watch_once(a, l, command, mode);
		if ((!json_nr_lost(l, &skipped) && !skipped) || i == TRIES)
			return;
		note("%s of %s: events were lost, once more", command, mode);
		json_lines_free(l);
		*l = (struct json_lines){ 0 };
		tool_free(a);
	}
}

/* The .nth line of that event, of the buffer at that address (0: any); NULL when there is none. */
static struct json_object *nth(const struct json_lines *l, const char *event, unsigned long long addr,
			       unsigned int n)
{
	for (size_t i = 0; i < l->nr; i++)
		if (json_is(l->lines[i], "event", event) &&
		    (!addr || json_number(l->lines[i], "addr") == (long long)addr) && !n--)
			return l->lines[i];
	return NULL;
}

/* False where a call waits for the requests: such a kernel has no node for each buffer. */
static bool held(const char *mode, unsigned int requests, unsigned int index)
{
	bool has_nodes = true;
	struct json_object *begin, *end, *unpin, *uncharge;
	unsigned long long addr, let_go, ended;
	struct json_lines l = { 0 };
	struct tool_run a;

	watch(&a, &l, "trace", mode);
	if (tool_skipped(&a, mode)) {
		has_nodes = false;
		goto out;
	}
	is(a.status, 0, "%s: the program ends well", mode);
	addr = value_number(a.out, "addr");
	let_go = value_number(a.out, "let_go_ns");
	ended = value_number(a.out, "ended_ns");
	is(value_number(a.out, "pinned_kb") - value_number(a.out, "left_kb"), KB,
	   "%s: the kernel keeps its pages until then", mode);
	is(json_lines_nr(&l, "in-use"), 2, "%s: told when it is left, and when nobody holds it any more", mode);
	begin = nth(&l, "in-use", addr, 0);
	end = nth(&l, "in-use", addr, 1);
	is(json_number(begin, "requests"), requests, "%s: how many hold it", mode);
	is(json_number(begin, "index"), index, "%s: which slot it left", mode);
	is(json_number(end, "requests"), 0, "%s: then none", mode);
	ok(json_number(end, "t_ns") >= (long long)let_go, "%s: not before they were let go", mode);
	ok(json_number(end, "held_ns") >= (long long)(let_go - value_number(a.out, "after_ns")) &&
	   json_number(end, "held_ns") <= (long long)(ended - value_number(a.out, "before_ns")) + 5000000000LL,
	   "%s: for how long: %lld ns", mode, json_number(end, "held_ns"));
	unpin = nth(&l, "unpin", addr, 0);
	uncharge = nth(&l, "uncharge", 0, json_lines_nr(&l, "uncharge") - 1);
	is(json_number(unpin, "pages"), PAGES, "%s: then its unpin is told", mode);
	ok(json_number(unpin, "t_ns") >= (long long)let_go, "%s: not at the call", mode);
	ok(json_number(uncharge, "t_ns") >= (long long)let_go, "%s: nor its uncharge", mode);
out:
	json_lines_free(&l);
	tool_free(&a);
	return has_nodes;
}

static void not_held(const char *mode, size_t unpins)
{
	struct json_lines l = { 0 };
	struct tool_run a;

	watch(&a, &l, "trace", mode);
	is(a.status, 0, "%s: the program ends well", mode);
	is(json_lines_nr(&l, "in-use"), 0, "%s: no request holds what left its slot", mode);
	is(json_lines_nr(&l, "unpin"), unpins, "%s: each unpin is told", mode);
	json_lines_free(&l);
	tool_free(&a);
}

/* By a recording: which mode leaves a buffer in use is a note, and one that does not is none. */
/* Of a task that has ended the ring knows nothing: what the call gave back tells that the pages are held. */
static void held_by_the_dead(void)
{
	struct json_lines l = { 0 };
	unsigned long long addr;
	struct tool_run a;

	watch(&a, &l, "trace", "left");
	if (!tool_skipped(&a, "left")) {
		addr = value_number(a.out, "addr");
		is(json_lines_nr(&l, "in-use"), 1, "left: it is told that the buffer is held");
		is(json_number(nth(&l, "in-use", 0, 0), "requests"), 3, "left: by how many");
		ok(!nth(&l, "unpin", addr, 0), "left: it is not unpinned");
		is(json_lines_nr(&l, "unpin"), 1, "left: but the other is");
	}
	json_lines_free(&l);
	tool_free(&a);
}

static void judged(const char *mode, bool in_use)
{
	struct json_lines l = { 0 };
	struct json_object *o, *f;
	struct tool_run a, r;

	watch(&a, &l, "record", mode);
	if (tool_skipped(&a, mode))
		goto out;
	tool(&r, "report", "--verify", "--json", file, NULL);
	o = json_tokener_parse(r.out);
	f = json_finding(o, 0, "in-use-at-unregister");
	is(json_nr_findings(o, 0, "in-use-at-unregister"), in_use, "%s: whether it is told as a finding", mode);
	is(r.status, 0, "%s: it is no fault", mode);
	if (f) {
		is_text(json_text(f, "severity"), "info", "%s: it is a note", mode);
		is(json_number(f, "pid"), value_number(a.out, "pid"), "%s: who", mode);
		is(json_number(f, "index"), !strcmp(mode, "update"), "%s: of which slot", mode);
		is(json_number(f, "addr"), value_number(a.out, "addr"), "%s: of which buffer", mode);
		has_text(json_text(f, "detail"), !strcmp(mode, "update") ? ": 1 request used it when" : ": 3 requests used it when",
			 "%s: how many", mode);
		has_text(json_text(f, "detail"), " and kept it pinned and charged for ", "%s: for how long", mode);
	}
	json_object_put(o);
	tool_free(&r);
out:
	json_lines_free(&l);
	tool_free(&a);
}

/* What was told live stands in the recording. */
static void recorded(void)
{
	struct json_lines l = { 0 };
	struct tool_run a, r;

	watch(&a, &l, "record", "unregister");
	if (tool_skipped(&a, "record"))
		goto out;
	is(json_lines_nr(&l, "in-use"), 2, "a recording has both");
	ok(json_number(nth(&l, "unpin", value_number(a.out, "addr"), 0), "t_ns") >=
	   (long long)value_number(a.out, "let_go_ns"), "and the unpin behind");
	tool(&r, "report", file, NULL);
	is(r.status, 0, "its report finds nothing wrong");
	tool_free(&r);
out:
	json_lines_free(&l);
	tool_free(&a);
}

static size_t begins_of(const struct json_lines *l, pid_t pid)
{
	size_t n = 0;

	for (size_t i = 0; i < l->nr; i++)
		n += json_is(l->lines[i], "event", "in-use") && json_number(l->lines[i], "pid") == pid &&
		     json_number(l->lines[i], "requests");
	return n;
}

/* Rings come and go, and what one drops is another's in the next moment; nobody does I/O. */
static void never_held(void)
{
	struct json_lines l = { 0 };
	struct tool_run a;
	struct load churn;
	char pid[16];

	snprintf(file, sizeof(file), "%s/trace", folder);
	if (!load_start(&churn, "churn", "small", NULL))
		bail("churn does not start");
	snprintf(pid, sizeof(pid), "%d", churn.pid);
	tool(&a, "trace", "-q", "--json", "-o", file, "--events", "in-use,ring-create", "--tier",
	     tool_tier() ?: "tracepoints", "-p", pid, "-d", kernel_only() ? "3s" : "11s", NULL);
	is(a.status, 0, "trace ends well beside churn");
	read_lines(&l);
	ok(json_lines_nr(&l, "ring-create") > 10, "%zu rings came", json_lines_nr(&l, "ring-create"));
	is(begins_of(&l, churn.pid), 0, "without I/O nothing is told to be in use");
	is(load_end(&churn), 0, "the load was not disturbed");
	json_lines_free(&l);
	tool_free(&a);
}

/* The same beside slower churn, so that each is looked at before its request ends. */
static void held_each_time(void)
{
	struct json_lines l = { 0 };
	struct load churn;
	struct tool_run a;
	long long pid;

	if (!load_start(&churn, "churn", "small", "slow", NULL))
		bail("churn does not start");
	watch(&a, &l, "trace", "held");
	pid = value_number(a.out, "pid");
	is(begins_of(&l, pid), atoi(rounds_held()), "each is told that requests held");
	is(load_end(&churn), 0, "the load was not disturbed");
	json_lines_free(&l);
	tool_free(&a);
}

int main(void)
{
	bool has_nodes;

	if (!mkdtemp(folder))
		bail("no folder");
	has_nodes = held("unregister", 3, 0);
	if (has_nodes) {
		held("update", 1, 1);
		held_each_time();
		never_held();
		held_by_the_dead();
	}
	not_held("close", 2);
	not_held("drained", 2 * atoi(rounds("drained")));
	recorded();
	judged("unregister", has_nodes);
	judged("update", has_nodes);
	judged("drained", false);
	snprintf(file, sizeof(file), "%s/trace", folder);
	unlink(file);
	snprintf(file, sizeof(file), "%s/record", folder);
	unlink(file);
	rmdir(folder);
	return tap_end();
}
