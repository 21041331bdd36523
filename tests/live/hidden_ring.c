// SPDX-License-Identifier: GPL-2.0
/* A ring without descriptors is found, with what it holds and by what it is known. */
#include <stdio.h>
#include <string.h>
#include "load.h"
#include "memory.h"
#include "tool.h"
#include "tool_json.h"
#include "witness.h"

#define PAGES 64

/* The process's ring without a descriptor, NULL when none is listed. */
static struct json_object *hidden_ring(struct json_object *answer, pid_t pid)
{
	struct json_object *rings = json_member(answer, "rings");

	for (size_t i = 0; i < json_object_array_length(rings); i++) {
		struct json_object *r = json_object_array_get_idx(rings, i);

		if (json_number(r, "pid") == pid && json_number(r, "fd") == -1)
			return r;
	}
	return NULL;
}

static bool start(struct load *l, const char *way, pid_t *holder)
{
	if (!load_start(l, "hidden_ring", way, NULL)) {
		skip(way, "%s", l->skip);
		return false;
	}
	*holder = load_text(l, "child") ? (pid_t)load_number(l, "child") : l->pid;
	return true;
}

static void is_listed(struct load *l, const char *way, pid_t pid, const char *held_by)
{
	struct json_object *ring, *buffer, *holder;
	struct tool_run a;
	char arg[16];

	snprintf(arg, sizeof(arg), "%d", pid);
	tool(&a, "list", "--json", "-p", arg, NULL);
	is(a.status, 0, "%s: list ends with 0", way);
	is(json_nr_rings(a.json, pid), load_text(l, "other.fd") ? 2 : 1,
	   "%s: as many rings as there are", way);
	ring = hidden_ring(a.json, pid);
	ok(ring, "%s: the ring without a descriptor is listed", way);
	buffer = json_ring_buffer(ring, 0);
	is(json_number(buffer, "addr"), load_number(l, "hidden.0.addr"), "%s: address", way);
	is(json_number(buffer, "len_bytes"), PAGES * PAGE, "%s: length", way);
	if (pid == l->pid)
		is(json_number(ring, "pinned_vm_pages") * 4, witness_status_kb(pid, "VmPin"),
		   "%s: it explains VmPin", way);
	holder = json_object_array_get_idx(json_member(ring, "holders"), 0);
	is_text(json_text(holder, "held_by"), held_by, "%s: how it is known", way);
	tool_free(&a);
	tool(&a, "list", "-p", arg, NULL);
	has_text(a.out, !strcmp(held_by, "polled") ? "fd - (descriptor closed; another ring of this process polls it)" :
		 !strcmp(held_by, "waiting") ? "fd - (descriptor closed; waited in)" :
		 "fd - (descriptor closed; still mapped", "%s: the text says so, too", way);
	tool_free(&a);
}

static void is_verified(const char *way, pid_t pid)
{
	struct tool_run a;
	char arg[16];

	snprintf(arg, sizeof(arg), "%d", pid);
	tool(&a, "verify", "--json", "-p", arg, NULL);
	is(json_number(json_ring_buffer(hidden_ring(a.json, pid), 0), "same_pages"), PAGES,
	   "%s: verify compares its pages", way);
	is(json_nr_findings(a.json, pid, NULL), 0, "%s: nothing is wrong", way);
	tool_free(&a);
}

static void lives_on(const char *way, const char *held_by)
{
	struct load l;
	pid_t holder;

	if (!start(&l, way, &holder))
		return;
	is_listed(&l, way, holder, held_by);
	is_verified(way, holder);
	load_end(&l);
}

static void verify(struct tool_run *a, pid_t pid)
{
	char arg[16];

	snprintf(arg, sizeof(arg), "%d", pid);
	tool(a, "verify", "--json", "-p", arg, NULL);
}

/* What verify --watch said, which is unsettled where the kernel skipped its programs. */
static void looked_at(const char *out, const char *what)
{
	if (strstr(out, "\"what\":\"skipped-programs\""))
		skip(what, "the kernel skipped runs of our programs");
	else
		has_text(out, "\"verdict\":\"nothing-found\"", "%s looks at it, too", what);
}

/* Who made a ring, whose memory it holds, is asked about it, too, when only a child has it. */
static void passed_on(void)
{
	struct tool_run a;
	char arg[16];
	pid_t child;
	struct load l;

	if (!start(&l, "passed", &child))
		return;
	verify(&a, l.pid);
	is(a.status, 0, "passed: verify of who made it ends with 0");
	is(json_number(a.json, "pages"), PAGES, "passed: its pages were compared");
	is(json_nr_rings(a.json, child), 1, "passed: it is shown with who has it");
	tool_free(&a);
	snprintf(arg, sizeof(arg), "%d", l.pid);
	tool(&a, "verify", "--watch", "--json", "-q", "-d", "300ms", "-p", arg, NULL);
	looked_at(a.out, "passed: verify --watch");
	tool_free(&a);
	load_end(&l);
}

static void is_the_elders(const char *by, const char *value, const struct load *l)
{
	struct tool_run a;
	char what[64];

	tool(&a, "verify", "--json", by, value, NULL);
	is(a.status, 0, "sibling: verify %s ends with 0", by);
	is(json_number(a.json, "pages"), PAGES, "sibling: %s: its pages were compared", by);
	is(json_nr_rings(a.json, l->pid), 1, "sibling: %s: it is shown with who was asked for", by);
	tool_free(&a);
	tool(&a, "verify", "--watch", "--json", "-q", "-d", "300ms", by, value, NULL);
	snprintf(what, sizeof(what), "sibling: verify --watch %s", by);
	looked_at(a.out, what);
	tool_free(&a);
}

/* What a process that shares our memory registers is ours, though we have no descriptor of its. */
static void of_a_sibling(void)
{
	struct tool_run a;
	pid_t child;
	struct load l;
	char arg[32];

	if (!start(&l, "sibling", &child))
		return;
	snprintf(arg, sizeof(arg), "%d", l.pid);
	is_the_elders("-p", arg, &l);
	is_the_elders("--comm", load_text(&l, "name"), &l);
	tool(&a, "list", "-p", arg, NULL);
	has_text(a.out, "fd - (has the memory of who holds it)", "sibling: the text says so");
	tool_free(&a);
	/* both: each has its answer */
	snprintf(arg, sizeof(arg), "%d,%d", l.pid, child);
	verify(&a, child);
	is(a.status, 0, "sibling: verify of who made it ends with 0");
	tool_free(&a);
	tool(&a, "verify", "--json", "-p", arg, NULL);
	is(a.status, 0, "sibling: verify of both ends with 0");
	tool_free(&a);
	load_end(&l);
}

static void kept_over_exec(void)
{
	struct json_object *f;
	struct tool_run a;
	pid_t holder;
	struct load l;
	char arg[16];

	if (!start(&l, "exec", &holder))
		return;
	snprintf(arg, sizeof(arg), "%d", l.pid);
	tool(&a, "list", "-p", arg, NULL);
	/* how much depends: from 7.2 a ring that no limit binds charges no address space */
	has_text(a.out, " of a process that has ended (the descriptor was kept over exec or fork: "
		 "FD_CLOEXEC closes it at exec)", "exec: whose ring it was, and the remedy");
	tool_free(&a);
	verify(&a, l.pid);
	f = json_finding(a.json, l.pid, "unmapped-page");
	is(json_number(f, "pages"), PAGES, "exec: verify finds its pages");
	has_text(json_text(f, "detail"), "called exec, and the ring's descriptor was kept",
		 "exec: and says why");
	has_text(json_text(f, "remedy"), "FD_CLOEXEC", "exec: and what to do");
	tool_free(&a);
	load_end(&l);
}

/* Both rings of one poll(2) of many descriptors, which has the files apart from the stack. */
static void crowded(void)
{
	struct tool_run a;
	pid_t holder;
	struct load l;

	if (!start(&l, "crowded", &holder))
		return;
	verify(&a, l.pid);
	is(a.status, 0, "crowded: verify ends with 0");
	is(json_nr_rings(a.json, l.pid), 2, "crowded: both rings are found");
	is(json_number(a.json, "pages"), PAGES + 1, "crowded: the pages of both are compared");
	tool_free(&a);
	load_end(&l);
}

/* What no way shows is told by the account, which has more than the rings that were found. */
static void unseen(void)
{
	struct json_object *f;
	struct tool_run a;
	pid_t holder;
	struct load l;

	if (!start(&l, "unseen", &holder))
		return;
	verify(&a, l.pid);
	is(a.status, 1, "unseen: verify ends with 1");
	is(json_nr_rings(a.json, l.pid), 0, "unseen: no ring is found");
	is(json_nr_findings(a.json, l.pid, NULL), 1, "unseen: one finding");
	f = json_finding(a.json, l.pid, "unexplained-charge");
	is(json_number(f, "pages"), 512, "unseen: of all its pages");
	is_text(json_text(f, "severity"), "warning", "unseen: a warning beyond 1 MiB");
	tool_free(&a);
	tool(&a, "verify", "--json", "-u", load_text(&l, "uid"), NULL);
	has_text(a.out, "\"what\":\"unseen-mappings\"", "unseen: what was not looked through is told");
	tool_free(&a);
	load_end(&l);
}

int main(void)
{
	lives_on("mapped", "submitted");
	lives_on("waited", "submitted");
	lives_on("polled", "submitted");
	lives_on("thread", "mapping");
	lives_on("inherited", "mapping");
	lives_on("beside", "polled");
	lives_on("waiter", "waiting");
	lives_on("poller", "waiting");
	passed_on();
	of_a_sibling();
	kept_over_exec();
	crowded();
	unseen();
	return tap_end();
}
