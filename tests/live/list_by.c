// SPDX-License-Identifier: GPL-2.0
/*
 * list by process and by user: sums, orders and selections of what two programs of known size have.
 * Independent of the kernel: not run in guests.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "load.h"
#include "memory.h"
#include "tool.h"
#include "tool_json.h"

#define SMALL	101	/* pages of the one buffer */
#define LARGE	307

static char both[32];

static struct json_object *row(struct tool_run *a, const char *list, const char *key, long long id)
{
	struct json_object *rows = json_member(a->json, list);

	for (size_t i = 0; rows && i < json_object_array_length(rows); i++)
		if (json_number(json_object_array_get_idx(rows, i), key) == id)
			return json_object_array_get_idx(rows, i);
	return NULL;
}

static size_t nr_rows(struct tool_run *a, const char *list)
{
	struct json_object *rows = json_member(a->json, list);

	return rows ? json_object_array_length(rows) : 0;
}

static void sums(const struct load *small, const struct load *large)
{
	struct json_object *s, *b, *u;
	struct tool_run a;

	tool(&a, "list", "--json", "--by", "process", "-p", both, NULL);
	is(a.status, 0, "list --by process");
	is(nr_rows(&a, "processes"), 2, "a row for each");
	s = row(&a, "processes", "pid", small->pid);
	b = row(&a, "processes", "pid", large->pid);
	is(json_number(s, "registered_bytes"), SMALL * PAGE, "the small one's size");
	is(json_number(b, "registered_bytes"), LARGE * PAGE, "the large one's");
	is(json_number(s, "rings"), 1, "one ring");
	is(json_number(s, "buffers"), 1, "with one buffer");
	is(json_number(json_element(json_member(a.json, "processes"), 0), "pid"), large->pid,
	   "the large one comes first");
	tool_free(&a);

	tool(&a, "list", "--json", "--by", "process", "--sort", "pid", "--top", "1", "-p", both, NULL);
	is(nr_rows(&a, "processes"), 1, "--top shows as many");
	is(json_number(json_element(json_member(a.json, "processes"), 0), "pid"),
	   small->pid < large->pid ? small->pid : large->pid, "the first in order");
	tool_free(&a);

	tool(&a, "list", "--json", "--by", "user", "-p", both, NULL);
	is(nr_rows(&a, "users"), 1, "both are of one user");
	u = row(&a, "users", "uid", 0);
	ok(u && !json_member(u, "memlock_limit_bytes"), "no limit, as root's rings count against none");
	is(json_number(u, "registered_bytes"), (SMALL + LARGE) * PAGE, "which has the sum");
	is(json_number(u, "rings"), 2, "of two rings");
	tool_free(&a);
}

static void rings(const struct load *small, const struct load *large)
{
	struct json_object *list;
	struct tool_run a;
	char pid[32];

	tool(&a, "list", "--json", "--sort", "size", "-p", both, NULL);
	list = json_member(a.json, "rings");
	is(json_number(json_element(list, 0), "pid"), large->pid, "rings by size: the large one");
	is(json_number(json_element(list, 1), "pid"), small->pid, "then the small one");
	tool_free(&a);
	tool(&a, "list", "--json", "--min-size", "1M", "-p", both, NULL);
	is(nr_rows(&a, "rings"), 1, "--min-size leaves out the small one");
	is(json_number(json_element(json_member(a.json, "rings"), 0), "pid"), large->pid,
	   "not the other");
	is(json_ring_nr_buffers(json_element(json_member(a.json, "rings"), 0)), 1, "with the large buffer");
	tool_free(&a);
	tool(&a, "list", "--top", "1", "-p", both, NULL);
	snprintf(pid, sizeof(pid), "pid %d ", large->pid);
	ok(!strncmp(a.out, pid, strlen(pid)), "text begins with the largest");
	ok(strstr(a.out, "1 of 2 rings, 2 buffers"), "and says that there are more: %s", a.out);
	tool_free(&a);
	tool(&a, "list", "--by", "process", "--min-size", "1T", "-p", both, NULL);
	has_text(a.out, "0 of 2 rings, 2 buffers, 1.6M registered", "nobody with so large a buffer: the sums");
	tool_free(&a);
	tool(&a, "list", "--by", "user", "--no-header", "-p", both, NULL);
	ok(strstr(a.out, "root"), "a user has its name");
	tool_free(&a);
}

/* Sums of what was read say that there is more, and how much of it was not read. */
static void beyond_what_is_read(void)
{
	long long slots, read = 0, skipped, rings = 0;
	struct json_object *list, *p;
	char id[16], text[96];
	struct tool_run a;
	struct load l;

	if (!load_start(&l, "many", "sparse", "41", NULL)) {
		skip("more slots than are read", "%s", l.skip);
		return;
	}
	snprintf(id, sizeof(id), "%d", l.pid);
	tool(&a, "list", "--json", "-p", id, NULL);
	list = json_member(a.json, "rings");
	for (size_t i = 0; list && i < json_object_array_length(list); i++) {
		rings += json_number(json_element(list, i), "skipped_slots") > 0;
		read += json_ring_nr_buffers(json_element(list, i));
	}
	slots = json_sum(a.json, "rings", "slots");
	skipped = json_sum(a.json, "rings", "skipped_slots");
	ok(skipped > 0 && rings > 0, "some of %lld slots were skipped", slots);
	is(json_number(a.json, "skipped_slots"), skipped, "and counted in all");
	tool_free(&a);

	tool(&a, "list", "--json", "--by", "process", "-p", id, NULL);
	p = row(&a, "processes", "pid", l.pid);
	is(json_number(p, "buffers"), read, "a row has what was read");
	is(json_number(p, "skipped_slots"), skipped, "and says how much was not");
	is(json_number(a.json, "skipped_slots"), skipped, "which is all");
	tool_free(&a);

	snprintf(text, sizeof(text), "skipped %lld slots of %lld ring%s, which are not in these sums", skipped,
		 rings, rings == 1 ? "" : "s");
	tool(&a, "list", "--by", "process", "-p", id, NULL);
	has_text(a.out, text, "text says so, too");
	ok(!strstr(a.out, "with -p"), "without the remedy that was taken already");
	snprintf(id, sizeof(id), "%lld+", read);
	has_text(a.out, id, "and marks the row");
	tool_free(&a);

	snprintf(id, sizeof(id), "%d", l.pid);
	tool(&a, "list", "--min-size", "1G", "-p", id, NULL);
	has_text(a.out, text, "so does the end of a list of rings");
	snprintf(text, sizeof(text), "41 rings, at least %lld buffers", read);
	has_text(a.out, text, "and what it sums up is the least");
	ok(!strstr(a.out, "with -p"), "nobody is told to name what was named");
	has_text(a.out, " slots of ring 0x", "--min-size does not hide what was not read");
	tool_free(&a);
	load_end(&l);
}

int main(void)
{
	struct load small, large;

	if (!load_start(&small, "many", "pages", "101", NULL) ||
	    !load_start(&large, "many", "pages", "307", NULL))
		bail("%s%s", small.skip ?: "", large.skip ?: "");
	snprintf(both, sizeof(both), "%d,%d", small.pid, large.pid);
	sums(&small, &large);
	rings(&small, &large);
	load_end(&small);
	load_end(&large);
	beyond_what_is_read();
	return tap_end();
}
