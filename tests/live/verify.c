// SPDX-License-Identifier: GPL-2.0
/* verify finds each fault, and that alone; in healthy loads it finds nothing. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "load.h"
#include "tool.h"
#include "tool_json.h"

#define FIO_UID	54377	/* nobody else's: an account that others change leaves verify unsettled */

static const struct fault {
	const char *program, *arg;
} faults[] = {
	{ "fault_dontneed", NULL },
	{ "fault_munmap", NULL },
	{ "fault_remap", NULL },
	{ "fault_mremap", NULL },
	{ "fault_fork", NULL },
	{ "fault_fork", "inherited" },
	{ "fault_double_charge", NULL },
	{ "fault_bypass", NULL },
	{ "fault_ghost", NULL },
	{ "fault_underflow", NULL },
	{ "fault_limit", NULL },
	{ "fault_limit", "over" },
	{ "fault_underflow", NULL },
};

/* Runs verify on the load's user, if it has one of its own, else on its process. */
static void verify(struct tool_run *a, const struct load *l)
{
	char id[16];
	const char *uid = load_text(l, "uid");

	snprintf(id, sizeof(id), "%s", uid ? uid : "");
	if (!uid)
		snprintf(id, sizeof(id), "%s", load_text(l, "%s", load_text(l, "holder") ?
							 "holder" : "pid"));
	tool(a, "verify", "--json", "--fail-on", "info", uid ? "-u" : "-p", id, NULL);
}

static size_t nr_findings(const struct tool_run *a)
{
	return json_nr_findings(a->json, 0, NULL);
}

/* Sum of the pages of all findings with a tag. */
static long long pages_of(const struct tool_run *a, const char *tag)
{
	struct json_object *all = json_member(a->json, "findings");
	long long pages = 0;

	for (size_t i = 0; i < nr_findings(a); i++) {
		struct json_object *f = json_object_array_get_idx(all, i);

		if (json_is(f, "tag", tag))
			pages += json_number(f, "pages");
	}
	return pages;
}

static void expected(const struct tool_run *a, const struct load *l, const char *name)
{
	size_t right = 0;
	bool any = false;

	for (const char *p = l->text; (p = strstr(p, "expect.")); p++) {
		char tag[32] = "";
		long long pages = 0;

		if (sscanf(p, "expect.%31[^=]=%lld", tag, &pages) != 2)
			continue;
		any = true;
		ok(json_nr_findings(a->json, 0, tag), "%s: %s is found", name, tag);
		if (pages)
			is(pages_of(a, tag), pages, "%s: %s: pages", name, tag);
		right += json_nr_findings(a->json, 0, tag);
	}
	if (!is(nr_findings(a), right, "%s: nothing else is found", name))
		note("%s", json_object_to_json_string_ext(json_member(a->json, "findings"),
							  JSON_C_TO_STRING_PRETTY));
	is(a->status, any, "%s: exit status", name);
}

static void one_fault(const struct fault *f)
{
	struct json_object *first;
	struct tool_run a;
	struct load l;
	char name[64];

	snprintf(name, sizeof(name), "%s%s%s", f->program, f->arg ? " " : "",
		 f->arg ? f->arg : "");
	if (!load_start(&l, f->program, f->arg, NULL)) {
		skip(name, "%s", l.skip);
		return;
	}
	verify(&a, &l);
	if (!ok(a.json, "%s: verify prints one JSON object", name))
		note("status %d, said: %s", a.status, a.err);
	expected(&a, &l, name);
	first = json_object_array_get_idx(json_member(a.json, "findings"), 0);
	if (first) {
		const char *remedy = json_text(first, "remedy"), *detail = json_text(first, "detail");

		ok(detail && *detail && remedy && *remedy, "%s: evidence and remedy", name);
	}
	if (load_text(&l, "io_is_seen"))
		is(load_number(&l, "io_is_seen"), 0, "%s: I/O indeed goes elsewhere", name);
	tool_free(&a);
	load_end(&l);
}

static void views(void)
{
	struct tool_run a;
	struct load l;
	char pid[16];

	if (!load_start(&l, "fault_dontneed", NULL))
		bail("%s", l.skip);
	snprintf(pid, sizeof(pid), "%d", l.pid);
	tool(&a, "verify", "-p", pid, NULL);
	is(a.status, 1, "a finding at the default severity makes the exit status 1");
	has_text(a.out, "stale-page", "the text names the tag");
	has_text(a.out, pid, "and the process");
	has_text(a.out, "remedy", "and what to do");
	ok(!strchr(a.out, '\033'), "without colour, as it is no terminal");
	tool_free(&a);
	tool(&a, "verify", "--color", "always", "-p", pid, NULL);
	has_text(a.out, "\033[", "--color always: with colour");
	tool_free(&a);
	tool(&a, "verify", "--json", "--pages", "-p", pid, NULL);
	is(json_nr_findings(a.json, l.pid, "stale-page"), 3, "--pages: one finding a page");
	tool_free(&a);
	load_end(&l);

	if (!load_start(&l, "fault_munmap", NULL))
		bail("%s", l.skip);
	/* nearly all of 4084 pages, as the kernel's counters lag by some */
	ok(load_number(&l, "rss_fell_kb") > 3500, "after munmap RSS does not show the memory");
	snprintf(pid, sizeof(pid), "%d", l.pid);
	tool(&a, "verify", "--fail-on", "error", "-p", pid, NULL);
	is(a.status, 0, "a warning is no failure with --fail-on error");
	has_text(a.out, "unmapped-page", "but is told");
	tool_free(&a);
	load_end(&l);
}

static void healthy(const char *program, const char *arg, const char *nr)
{
	struct json_object *rings;
	long long pages = 0, good = 0;
	struct tool_run a;
	struct load l;

	if (!load_start(&l, program, arg, nr, NULL)) {
		skip(program, "%s", l.skip);
		return;
	}
	verify(&a, &l);
	expected(&a, &l, program);
	rings = json_member(a.json, "rings");
	for (size_t i = 0; rings && i < json_object_array_length(rings); i++) {
		struct json_object *r = json_object_array_get_idx(rings, i);

		for (size_t k = 0; k < json_ring_nr_buffers(r); k++) {
			struct json_object *b =
				json_object_array_get_idx(json_member(r, "buffers"), k);

			pages += json_number(b, "pages");
			good += json_number(b, "pinned_pages") == json_number(b, "pages") &&
				json_number(b, "same_pages") == json_number(b, "pages") ?
				json_number(b, "pages") : 0;
		}
	}
	ok(pages > 0, "%s: pages were checked", program);
	is(good, pages, "%s: each is pinned and in place", program);
	tool_free(&a);
	load_end(&l);
}

/*
 * fio with fixedbufs=1 is a real program that must be found healthy. Without O_DIRECT its buffers
 * share pages, which is told and no failure.
 */
static void real_fio(const char *direct, const char *align, bool shares)
{
	char file[] = "/var/tmp/fixbuf-fio-XXXXXX";
	int fd = mkstemp(file), null;
	char name[64], id[16];
	struct tool_run a;
	bool up = false;
	pid_t pid;

	if (system("fio --version > /dev/null 2>&1")) {
		skip("fio with fixed buffers", "there is no fio here");
		if (fd >= 0)
			unlink(file);
		return;
	}
	snprintf(name, sizeof(name), "--filename=%s", file);
	pid = fork();
	if (!pid) {
		null = open("/dev/null", O_WRONLY);
		dup2(null, 1);
		dup2(null, 2);
		if (fchown(fd, FIO_UID, FIO_UID) || setgid(FIO_UID) || setuid(FIO_UID))
			_exit(126);
		execlp("fio", "fio", "--name=fixed", name, "--ioengine=io_uring", "--fixedbufs=1",
		       "--rw=randrw", "--bs=16k", "--iodepth=16", "--size=16m", direct, align,
		       "--time_based", "--runtime=60", "--thread", NULL);
		_exit(127);
	}
	snprintf(id, sizeof(id), "%d", pid);
	for (int tries = 0; !up && tries < 50; tries++) {
		struct json_object *ring;

		usleep(200000);
		tool(&a, "list", "--json", "-p", id, NULL);
		ring = json_ring(a.json, pid, -1);
		up = ring && json_ring_nr_buffers(ring) == 16;
		tool_free(&a);
	}
	ok(up, "fio registers 16 buffers, and list shows them");
	tool(&a, "verify", "--json", "-p", id, NULL);
	if (!is(a.status, 0, "fio %s %s: verify ends with 0", direct, align))
		note("%s", a.out);
	if (!is(nr_findings(&a), shares, "fio %s %s: findings", direct, align))
		note("%s", a.out);
	if (shares) {
		struct json_object *f = json_finding(a.json, pid, "overcharged");

		ok(json_is(f, "severity", "info"), "what little is charged twice is a note");
		has_text(json_text(f, "detail"), "into a page", "which says why");
		has_text(json_text(f, "remedy"), "--iomem_align=4096", "and what to do");
	}
	tool_free(&a);
	kill(pid, SIGINT);
	await_exit(pid, 20);
	close(fd);
	unlink(file);
}

/* What lies in the heap is a note, one for all of a ring, and no failure unless that is asked for. */
static void on_heap(void)
{
	struct json_object *f;
	struct tool_run a;
	struct load l;
	char id[16];

	if (!load_start(&l, "on_heap", "3", NULL)) {
		skip("buffers on the heap", "%s", l.skip);
		return;
	}
	snprintf(id, sizeof(id), "%d", l.pid);
	tool(&a, "verify", "--json", "-p", id, NULL);
	f = json_finding(a.json, l.pid, "heap-buffer");
	is(a.status, 0, "on the heap: no failure");
	is(nr_findings(&a), 1, "on the heap: one note for all");
	is_text(json_text(f, "severity"), "info", "on the heap: a note");
	is(json_number(f, "pages"), 3 * 2, "on the heap: its pages");
	has_text(json_text(f, "detail"), ": 3 of 5 buffers, ", "on the heap: how many of how many");
	has_text(json_text(f, "remedy"), "aligned_alloc()", "on the heap: what to do");
	tool_free(&a);
	tool(&a, "verify", "--fail-on", "info", "-p", id, NULL);
	is(a.status, 1, "on the heap: a failure with --fail-on info");
	tool_free(&a);
	load_end(&l);
	healthy("on_heap", "0", NULL);
}

/* What is not read of a process is told in slots, with a remedy for who has asked for it alone. */
static void too_many_slots(void)
{
	struct tool_run a;
	struct load l;
	char id[16];

	if (!load_start(&l, "many", "sparse", "41", NULL)) {
		skip("more slots than are read", "%s", l.skip);
		return;
	}
	snprintf(id, sizeof(id), "%d", l.pid);
	tool(&a, "verify", "-p", id, NULL);
	is(a.status, 4, "more slots than are read: exit status");
	has_text(a.out, "skipped-slots", "it is unsettled by slots");
	has_text(a.out, "slots of tables of pid", "which are counted as that");
	has_text(a.out, "smaller", "the remedy is smaller tables");
	ok(!strstr(a.out, "with -p"), "and not -p, which was given");
	tool_free(&a);
	load_end(&l);
}

int main(void)
{
	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++)
		one_fault(&faults[i]);
	views();
	healthy("many", "buffers", "1009");
	healthy("many", "rings", "101");
	healthy("many", "pages", kernel_only() ? "16411" : "65537");
	/* empty slots are not what a user may have so many of */
	healthy("many", "sparse", "11");
	too_many_slots();
	on_heap();
	healthy("shared", NULL, NULL);
	real_fio("--direct=1", "--iomem_align=4096", false);
	real_fio("--direct=0", "--iomem_align=4096", false);
	real_fio("--direct=0", "--iomem=malloc", true);
	return tap_end();
}
