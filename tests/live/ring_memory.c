// SPDX-License-Identifier: GPL-2.0
/*
 * list says what rings have of memory besides registered buffers: their own, where the program gave
 * it, regions, and rings of provided buffers; so does what report makes of a recording. What is charged for them explains its part of an account.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "load.h"
#include "memory.h"
#include "sql.h"
#include "tool.h"
#include "tool_json.h"

static struct json_object *memory_of(struct json_object *ring, const char *what, long long group)
{
	struct json_object *list = json_member(ring, "memory"), *m;

	for (size_t i = 0; (m = json_element(list, i)); i++)
		if (json_is(m, "what", what) && json_number(m, "group") == group)
			return m;
	return NULL;
}

static void is_memory(struct json_object *ring, const char *what, long long group, long long pages,
		      bool pinned)
{
	struct json_object *m = memory_of(ring, what, group);

	is(json_number(m, "pages"), pages, "%s %lld: its pages", what, group);
	is(json_number(m, "pinned"), pinned, "%s %lld: %s", what, group,
	   pinned ? "the program's, pinned" : "the kernel's own");
}

/* The kernel counts, too, where it charges that: all from 6.14 to 7.1, later a region. */
static void is_charged(struct json_object *ring)
{
	long long own = json_number(ring, "ring_pages");

	if (own)
		is(json_number(ring, "locked_vm_pages"), own + json_number(ring, "pinned_vm_pages"),
		   "with the ring's buffers it comes to what the user is charged");
	else
		skip("what the user is charged", "this kernel charges no ring's memory");
}

static size_t nr_groups(const struct load *l)
{
	return load_text(l, "groups") ? load_number(l, "groups") : 0;
}

static void in_json(const struct load *l, const char *pid, const char *mode)
{
	long long pinned = load_number(l, "pinned"), kernels = load_text(l, "kernels") ? load_number(l, "kernels") : 0;
	size_t nr = nr_groups(l) + !!kernels;
	struct json_object *ring;
	struct tool_run a;

	tool(&a, "list", "--json", "-p", pid, NULL);
	is(a.status, 0, "%s: list ends with 0", mode);
	ring = json_ring(a.json, l->pid, load_number(l, "ring.fd"));
	is(json_number(ring, "memory_whole"), 1, "%s: all of its memory was read", mode);
	for (size_t i = 0; i < nr_groups(l); i++) {
		long long group = load_number(l, "group.%zu", i);

		is_memory(ring, "provided", group, load_number(l, "group.%lld.pages", group), true);
	}
	if (kernels)
		is_memory(ring, "provided", load_number(l, "kernels.group"), kernels, false);
	if (load_text(l, "queues")) {
		is_memory(ring, "queues", -1, load_number(l, "queues"), true);
		is_memory(ring, "sqes", -1, load_number(l, "sqes"), true);
		nr += 2;
	}
	if (load_text(l, "region")) {
		is_memory(ring, "region", -1, load_number(l, "region"), true);
		nr++;
	}
	is(json_object_array_length(json_member(ring, "memory")), nr, "%s: and no more rows", mode);
	is(json_sum(ring, "memory", "pages"), pinned + kernels, "%s: nor pages", mode);
	is_charged(ring);
	tool_free(&a);

	tool(&a, "list", "--json", "--by", "process", "-p", pid, NULL);
	is(json_number(json_element(json_member(a.json, "processes"), 0), "other_pinned_pages"), pinned,
	   "%s: as many are pinned of the process", mode);
	tool_free(&a);
}

static void in_text(const struct load *l, const char *pid, const char *mode)
{
	struct tool_run a;

	tool(&a, "list", "-p", pid, NULL);
	is(text_count(a.out, "  yes\n"), nr_groups(l) + 2 * !!load_text(l, "queues") + !!load_text(l, "region"),
	   "%s: a line for each that is pinned", mode);
	is(text_count(a.out, "provided "), nr_groups(l) + (load_text(l, "kernels") && load_number(l, "kernels")),
	   "%s: and for each ring of provided buffers", mode);
	tool_free(&a);
}

/* "provided,7,3,1,1": what, group, pages, whether they are pinned, and whether all was read. */
static void in_csv(const struct load *l, const char *pid, const char *mode)
{
	size_t groups = nr_groups(l) + (load_text(l, "kernels") && load_number(l, "kernels"));
	size_t rows = groups + 2 * !!load_text(l, "queues") + !!load_text(l, "region");
	struct tool_run a;
	char row[64];

	tool(&a, "list", "--csv", "-p", pid, NULL);
	is(text_count(a.out, ",provided,"), groups, "%s: CSV has a row for each ring of provided buffers", mode);
	is(text_count(a.out, ",queues,,") + text_count(a.out, ",sqes,,") + text_count(a.out, ",region,,"),
	   rows - groups, "%s: and for the other memory", mode);
	for (size_t i = 0; i < nr_groups(l); i++) {
		long long group = load_number(l, "group.%zu", i);

		snprintf(row, sizeof(row), ",provided,%lld,%llu,1,1\n", group, load_number(l, "group.%lld.pages", group));
		has_text(a.out, row, "with its group and pages");
	}
	if (load_text(l, "queues")) {
		snprintf(row, sizeof(row), ",queues,,%llu,1,1\n", load_number(l, "queues"));
		has_text(a.out, row, "with the pages");
		is(text_count(a.out, "\"NO_MMAP"), text_count(a.out, "\n") - 1, "%s: and the ring's flags in each row", mode);
	}
	tool_free(&a);
}

static void shown(const char *mode)
{
	struct tool_run a;
	struct load l;
	char pid[16];

	if (!load_start(&l, "ring_memory", mode, NULL)) {
		skip(mode, "%s", l.skip);
		return;
	}
	snprintf(pid, sizeof(pid), "%d", l.pid);
	in_json(&l, pid, mode);
	in_text(&l, pid, mode);
	in_csv(&l, pid, mode);
	tool(&a, "verify", "--json", "-p", pid, NULL);
	is(json_nr_findings(a.json, 0, NULL), 0, "%s: verify finds nothing wrong with the account", mode);
	tool_free(&a);
	load_end(&l);
}

static const char *memory_text(struct json_object *ring)
{
	struct json_object *list = json_member(ring, "memory");

	return list ? json_object_to_json_string(list) : "none is told";
}

/* A recording has what list shows: of rings that were there before, and of those that are made meanwhile. */
static void recorded(const char *mode, bool older)
{
	static const char file[] = "/tmp/fixbuf-ring-memory.rec", db[] = "/tmp/fixbuf-ring-memory.db";
	struct tool_how how = { 0 };
	struct tool_run record, list, report;
	struct json_object *a, *b;
	const char *when = older ? "older" : "newer";
	char pid[16], query[256];
	struct load l;

	if (!older) {
		tool_start(&record, &how, "record", "-o", file, NULL);
		ok(tool_says(&record, "recording to", 20000), "record begins");
	}
	if (!load_start(&l, "ring_memory", mode, NULL)) {
		skip(mode, "%s", l.skip);
		if (!older) {
			kill(record.pid, SIGINT);
			tool_wait(&record, &how);
			tool_free(&record);
		}
		return;
	}
	snprintf(pid, sizeof(pid), "%d", l.pid);
	if (older) {
		tool_start(&record, &how, "record", "-o", file, "-p", pid, NULL);
		ok(tool_says(&record, "recording to", 20000), "record begins");
	}
	tool(&list, "list", "--json", "-p", pid, NULL);
	kill(record.pid, SIGINT);
	tool_wait(&record, &how);
	is(record.status, 0, "record of %s", mode);
	tool(&report, "report", "--list", "--json", "-p", pid, file, NULL);
	a = json_ring(list.json, l.pid, load_number(&l, "ring.fd"));
	b = json_ring(report.json, l.pid, load_number(&l, "ring.fd"));
	is_text(memory_text(b), memory_text(a), "%s, of a ring that is %s: as list shows it", mode, when);
	is(json_number(b, "memory_whole"), json_number(a, "memory_whole"), "%s, %s: whole", mode, when);
	tool_free(&report);
	tool(&report, "report", "--list", "-p", pid, file, NULL);
	is(text_count(report.out, "provided "), nr_groups(&l) + (load_text(&l, "kernels") && load_number(&l, "kernels")),
	   "%s, %s: in text, too", mode, when);
	tool_free(&report);
	unlink(db);
	tool(&report, "report", "--sqlite", db, "-p", pid, file, NULL);
	if (report.status == 3)
		skip("as a table", "no SQLite here");
	else
		is(report.status, 0, "%s, %s: and as a table", mode, when);
	snprintf(query, sizeof(query), "SELECT sum(m.bytes) / max(p.page_bytes) FROM memory m, rings r, recordings p "
		 "WHERE r.ring = m.ring AND r.pid = %s AND m.pinned AND m.end_ns IS NULL", pid);
	if (!sql_is_there())
		skip("what is in it", "no sqlite3");
	else
		is(sql_number(db, query), load_number(&l, "pinned"), "%s, %s: with what is pinned", mode, when);
	load_end(&l);
	unlink(db);
	unlink(file);
	tool_free(&report);
	tool_free(&record);
	tool_free(&list);
}

/* Whose groups take more than is read of one user: what is told is less, and he alone is unsettled. */
static void too_many(void)
{
	long long whole = 0, cut = 0, groups;
	struct json_object *list, *ring;
	struct load his, other;
	struct tool_run a;
	char uid[16];

	if (!load_start(&his, "ring_memory", "many", NULL)) {
		skip("many groups", "%s", his.skip);
		return;
	}
	groups = load_number(&his, "groups");
	if (!load_start(&other, "ring_memory", "first", NULL))
		bail("the other one does not start");
	tool(&a, "list", "--json", NULL);
	list = json_member(a.json, "rings");
	for (size_t i = 0; (ring = json_element(list, i)); i++) {
		if (json_number(ring, "pid") != his.pid)
			continue;
		whole += json_number(ring, "memory_whole") == 1 &&
			 json_sum(ring, "memory", "pages") == groups;
		cut += json_number(ring, "memory_whole") == 0 && !json_sum(ring, "memory", "pages");
	}
	ok(whole > 0, "many groups: of some rings all are told (%lld)", whole);
	ok(cut > 0, "of some none, and it is said (%lld)", cut);
	is(whole + cut, load_number(&his, "rings"), "nothing in between");
	ring = json_ring(a.json, other.pid, load_number(&other, "ring.fd"));
	is(json_sum(ring, "memory", "pages"), 2, "another user's are all told");
	tool_free(&a);

	snprintf(uid, sizeof(uid), "%lld", load_number(&his, "uid"));
	tool(&a, "verify", "--json", "-u", uid, NULL);
	is(json_nr_findings(a.json, 0, "unexplained-charge"), 0, "what was not read is no finding");
	if (json_number(json_element(json_member(a.json, "rings"), 0), "ring_pages"))
		has_text(a.out, "groups of provided buffers", "where it is charged he is unsettled");
	else
		skip("unsettled", "this kernel charges no ring's memory");
	tool_free(&a);
	load_end(&other);
	load_end(&his);
}

int main(void)
{
	shown("provided");
	shown("first");
	shown("no-mmap");
	shown("region");
	shown("nothing");
	recorded("provided", true);
	recorded("provided", false);
	recorded("no-mmap", true);
	recorded("region", false);
	too_many();
	return tap_end();
}
