// SPDX-License-Identifier: GPL-2.0
/* Each failed registration is told with its own cause, and with a remedy that can be followed. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "load.h"
#include "tool.h"
#include "tool_json.h"
#include "witness.h"

/* The program stays a while, for what is only looked at when its call is heard of. */
#define STAYS "(sleep 3; echo) | \"$0\""

/* What the explanation of each cause must say, and what it must not. */
static const struct cause {
	const char *name, *says, *also, *never;
} causes[] = {
	{ "no-clone", "cloning takes Linux 6.12", "", "DST_REPLACE" },
	{ "clone-null", "structure is NULL", "", "flag" },
	{ "clone-closed", "the source, descriptor 977, is not open", "", "index" },
	{ "clone-other-file", "is not an io_uring", "the source", "memfd" },
	{ "clone-index", "no ring with index 7", "SRC_REGISTERED", "descriptor" },
	{ "clone-index-beyond", "index 77 is beyond", "", "flags 0x" },
	{ "clone-flags", "flags 0x100 are unknown", "", "user" },
	{ "clone-pad", "reserved field", "pad", "user" },
	{ "clone-nr-args", "last argument is 2", "takes 1", "user" },
	{ "clone-nothing", "has no buffers registered", "source", "target" },
	{ "clone-itself", "the same ring", "another ring", "unregister it" },
	{ "clone-occupied", "a table of 3 buffers already", "unregister it first", "same ring" },
	{ "clone-process", "made by another process", "", "flag" },
	{ "clone-user", "charged to another user than the target", "CAP_IPC_LOCK", "flag" },
	{ "issuer-thread", "takes calls from another thread only, tid ", "(causes) of this process",
	  "another process" },
	{ "issuer-process", "takes calls from another process only, pid ", "make a ring in this process",
	  "thread" },
	{ "restricted", "restrictions of the ring", "before the ring is enabled", "task" },
	{ "task-restricted", "restrictions of the calling task", "kept by its children",
	  "before the ring is enabled" },
	{ "fd-minus-one", "descriptor -1 is no", "io_uring_setup() fail?", "operation\"" },
	{ "fd-error", "descriptor -12 is not open", "io_uring_setup() fail with ENOMEM?", "operation" },
	{ "fd-closed", "descriptor 977 is not open", "", "operation" },
	{ "fd-other-file", "is not an io_uring", "", "operation" },
	{ "fd-also-index", "descriptor 0 is not an io_uring", "it is also the index of a ring", "open" },
	{ "no-update", "it takes Linux 5.13", "", "length" },
	{ "update-overflow", "offset 4294967295 plus 3 slots overflows", "", "entry" },
	{ "null-array", "iovecs is NULL", "pass", "mapped and writable" },
	{ "unreadable-array", "entry 0 of the iovec array, at 0x10", "cannot be read", "writable" },
	{ "unreadable-tags", "the array of tags", "cannot be read", "mapped and writable" },
	{ "unmapped", "nothing is mapped 4 KiB into it", "", "guard" },
	{ "read-only-too", "read-only", "PROT_WRITE", "guard" },
	{ "read-only", "read-only", "PROT_WRITE", "guard" },
	{ "attached-read-only", "read-only", "without SHM_RDONLY", "anonymous" },
	{ "no-access", "PROT_NONE", "PROT_WRITE", "guard" },
	{ "too-long", "beyond this kernel's limit of", "split", "guard" },
	{ "negative-length", "a length below 0", "the length is wrong", "count" },
	{ "executed-only", "may only be executed", "PROT_WRITE", "PROT_NONE" },
	{ "guard", "8 KiB into it", "guard region", "file" },
	{ "beyond-file", "8 KiB into it", "beyond the end of its file", "guard" },
	{ "no-huge-page", "no huge page is free", "vm.nr_hugepages", "guard" },
	{ "full", "256 KiB into it", "its file system is full", "guard" },
	{ "userfault", "16 KiB into it", "userfaultfd", "guard" },
	{ "secret", "memfd_secret", "ordinary anonymous memory", "MAP_PRIVATE" },
	{ "cgroup", "memory cgroup 'causes-", "raise that limit (memory.max;", "guard" },
	{ "cgroup-first-page", "memory cgroup 'causes-", "raise that limit (memory.max;", "was not looked at" },
	{ "cgroup-killed", "killed the process for want of memory", "'causes-", "guard" },
	{ "file", "file memory that cannot be pinned", "(ext4)", "secret" },
};

/* Where kernels differ; each of these is true of one of them. */
static bool differs(const char *cause)
{
	return !strncmp(cause, "clone-source-", 13) || !strncmp(cause, "clone-offset-", 13) ||
	       !strncmp(cause, "index-", 6);
}

/* bpf_loop(), from 5.17 on: without it pages are not looked at, and the answer says so. */
static bool pages_are_looked_at(void)
{
	return witness_kernel(5, 17);
}

static bool is_of_a_page(const char *cause)
{
	static const char *const names[] = { "guard", "beyond-file", "no-huge-page", "full",
					     "userfault" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strcmp(names[i], cause))
			return true;
	return false;
}

/* A cell of the table of causes and kernels (tests/vm/causes.sh). */
static void cell(const char *cause, const char *error, bool right)
{
	note("cause %s %s", cause, right ? error : "WRONG");
}

static void cells_of_skipped(const char *told)
{
	for (const char *at = told; (at = strstr(at, "skipped.")); at++) {
		char name[32];

		if ((at == told || at[-1] == '\n') && sscanf(at, "skipped.%31[^=]", name) == 1)
			cell(name, "-", true);
	}
}

/* Whether it says what it must. */
static bool one(const char *cause, const char *said)
{
	if (is_of_a_page(cause) && !pages_are_looked_at()) {
		has_text(said, "no cause is seen", "%s: none is invented", cause);
		has_text(said, "can be had was not looked at", "%s: nor is what it was not", cause);
		return said && strstr(said, "no cause is seen");
	}
	for (size_t i = 0; i < sizeof(causes) / sizeof(causes[0]); i++) {
		const struct cause *c = &causes[i];

		if (strcmp(c->name, cause))
			continue;
		/* the end of /tmp's file system is not ours to choose */
		has_text(said, c->says, "%s: its cause", cause);
		has_text(said, !strcmp(cause, "file") ? "(" : c->also, "%s: its evidence or remedy",
			 cause);
		ok(said && !strstr(said, c->never), "%s: not '%s'", cause, c->never);
		return said && strstr(said, c->says) && !strstr(said, c->never);
	}
	bail("the load program knows a cause '%s' that this test does not", cause);
}

static bool kernels_own(const char *cause, const char *said)
{
	static const char *const one_of[] = {
		"ranges take Linux 6.13", "asks for 5 slots", "beyond its table of 3", "nr is 0 (all)",
		"takes Linux 6.3", "index 77 is beyond", "no ring with index 3",
	};
	size_t found = 0;

	for (size_t i = 0; said && i < sizeof(one_of) / sizeof(one_of[0]); i++)
		found += !!strstr(said, one_of[i]);
	is(found, 1, "%s: its cause in this kernel", cause);
	if (found != 1)
		note("%s", said ? said : "nothing");
	return found == 1;
}

static struct json_object *next_failure(const struct json_lines *l, size_t *at)
{
	while (*at < l->nr) {
		struct json_object *o = l->lines[(*at)++];

		/* the load may find out by a ring that is not made what this kernel charges */
		if (json_text(o, "errno") && !json_is(o, "event", "ring-create"))
			return o;
	}
	return NULL;
}

/* ---- RLIMIT_MEMLOCK ------------------------------------------------------------------- */

static const struct cause limits[] = {
	{ "soft", "this is the soft limit, the hard limit is 512 KiB", "raise the soft limit",
	  "grant CAP_IPC_LOCK" },
	{ "hard", "also the hard limit, now 256 KiB, which takes an administrator", "or grant CAP_IPC_LOCK",
	  "soft limit" },
	{ "same", "192 KiB of it are the same 64 KiB of addresses, registered again, 3 times in all",
	  "(causes_limit) 192 KiB", "ended" },
	{ "ended", "(causes_limit, which has ended by now, but pid ", "(causes_limit) keeps its ring open as descriptor ",
	  "registered again" },
	{ "rings", "this call needs 320 KiB more", "", "other uses of the account" },
	{ "provided", "this call needs 320 KiB more", "", "other uses of the account" },
	{ "user-ns", "(as it is outside)", "of a user namespace, in which the caller lives, does not count",
	  "or grant CAP_IPC_LOCK" },
	/* the same once more: both limits, and who can do something */
	{ "user-ns", "of 256 KiB locked", "also the hard limit, now 256 KiB, where the container is started",
	  "raise the soft limit" },
};

static void over_limit(const struct cause *c, const char *file)
{
	struct json_object *o;
	struct json_lines l;
	struct tool_run a;
	size_t at = 0;
	char *trace, skipped[32];

	snprintf(skipped, sizeof(skipped), "skipped.%s", c->name);
	/* who keeps another's ring, and what its groups take, is looked at when the call is heard of */
	tool(&a, "trace", "-q", "--json", "-o", file, "--", "sh", "-c",
	     !strcmp(c->name, "ended") || !strcmp(c->name, "provided") ?
	     "(sleep 1; echo) | \"$0\" \"$1\"" : "\"$0\" \"$1\" --no-wait",
	     load_path("causes_limit"), c->name, NULL);
	trace = file_text(file);
	json_lines_parse(&l, trace);
	if (value_text(a.out, skipped)) {
		skip(c->name, "%s", value_text(a.out, skipped));
	} else {
		const char *said;

		o = next_failure(&l, &at);
		said = json_text(o, "explain");
		is_text(json_text(o, "errno"), "ENOMEM", "%s: its error", c->name);
		has_text(said, c->says, "%s: its cause", c->name);
		has_text(said, c->also, "%s: its evidence or remedy", c->name);
		ok(said && !strstr(said, c->never), "%s: not '%s'", c->name, c->never);
		snprintf(skipped, sizeof(skipped), "limit-%s", c->name);
		cell(skipped, "ENOMEM", said && strstr(said, c->says) && !strstr(said, c->never));
		if (value_text(a.out, "rings_charged"))
			is(said && strstr(said, !strcmp(c->name, "rings") ? "of its 7 rings' own memory" :
							"80 KiB of its 2 rings' own memory"),
			   value_number(a.out, "rings_charged"),
			   "%s: their memory is named exactly where the kernel charges it", c->name);
	}
	json_lines_free(&l);
	free(trace);
	tool_free(&a);
}

/* The page and the trace tell of each failure what the report tells, as often. */
static void agrees(const char *recording, struct json_object *failures)
{
	size_t nr = failures ? json_object_array_length(failures) : 0, in_page = 0, in_trace = 0, kinds = 0;
	struct json_object *data, *rows, *o;
	char html[64], *page, *at;
	struct tool_run a;
	struct json_lines l;
	long long all = 0;

	snprintf(html, sizeof(html), "%s.html", recording);
	tool(&a, "report", "--html", html, recording, NULL);
	tool_free(&a);
	page = file_text(html);
	unlink(html);
	at = strstr(page, "application/json");
	at = at ? strchr(at, '>') : NULL;
	data = at ? json_tokener_parse(at + 1) : NULL;
	/* of the only machine */
	rows = json_member(json_element(data, 0), "failures");
	in_page = json_sum(json_element(data, 0), "failures", "count");
	tool(&a, "report", "--trace", "--json", recording, NULL);
	json_lines_parse(&l, a.out);
	for (size_t i = 0; i < l.nr; i++)
		in_trace += !!json_text(l.lines[i], "explain");
	for (size_t i = 0; i < nr; i++) {
		const char *said = json_text(json_element(failures, i), "explain");
		bool traced = false;

		all += json_number(json_element(failures, i), "count");
		for (size_t k = 0; said && k < l.nr; k++) {
			const char *line = json_text(l.lines[k], "explain");

			traced |= line && !strcmp(line, said);
		}
		o = rows && said ? json_with(rows, "explain", said) : NULL;
		kinds += o && traced && (json_is(json_element(failures, i), "errno", json_text(o, "errno") ?: "") ||
					 !json_text(o, "errno"));
	}
	is(kinds, nr, "page and trace tell each of the report's failures in the same words");
	is(in_page, all, "the page tells as many");
	is(in_trace, all, "and the trace");
	json_lines_free(&l);
	tool_free(&a);
	json_object_put(data);
	free(page);
	tool(&a, "report", recording, NULL);
	at = strstr(a.out, "What failed, and why");
	at = at ? strstr(at, "  and ") : NULL;
	is(at ? strtoull(at + 6, NULL, 10) + 10 : 0, nr, "the text counts as many kinds");
	tool_free(&a);
}

/* report keeps failures of one error apart by their causes, and counts those of one cause. */
static void apart(const char *file)
{
	struct tool_run a, report;
	struct json_object *list;
	unsigned int efaults = 0, twice = 0, causes_told = 0, partial = 0;
	size_t nr;

	tool(&a, "record", "-q", "-o", file, "--", "sh", "-c", STAYS, load_path("causes"), NULL);
	tool(&report, "report", "--json", file, NULL);
	list = json_member(report.json, "failures");
	nr = list ? json_object_array_length(list) : 0;
	for (size_t i = 0; i < nr; i++) {
		struct json_object *o = json_object_array_get_idx(list, i);
		const char *said = json_text(o, "explain");

		efaults += json_is(o, "errno", "EFAULT");
		partial += json_number(o, "result") == 1 && said;
		twice += said && strstr(said, "read-only") && json_number(o, "count") == 2;
		causes_told += said && (strstr(said, "iovecs is NULL") || strstr(said, "PROT_NONE") ||
					strstr(said, "nothing is mapped"));
	}
	ok(efaults >= 6, "report: %u kinds of EFAULT, at least 6", efaults);
	is(causes_told, 3, "three of them by their causes");
	is(twice, 1, "the one that happened twice, at two addresses, is one of two");
	is(partial, value_number(a.out, "update_done") == 1, "an update that did not do all is told, too");
	agrees(file, list);
	tool_free(&report);
	tool_free(&a);
}

int main(void)
{
	char out_file[] = "/tmp/fixbuf-causes-XXXXXX", name[32];
	struct tool_how how = { .timeout_s = 100 };
	struct json_lines l;
	struct tool_run a;
	size_t at = 0;
	char *trace, *told;
	int fd = mkstemp(out_file);

	if (fd < 0)
		bail("no temporary file");
	close(fd);
	tool_start(&a, &how, "trace", "-q", "--json", "-o", out_file, "--", "sh", "-c",
		   STAYS, load_path("causes"), NULL);
	tool_wait(&a, &how);
	is(a.status, 0, "trace ends with the program's status");
	trace = file_text(out_file);
	told = a.out;
	json_lines_parse(&l, trace);
	if (!strstr(told, "READY"))
		bail("the load program did not run: %s%s", told, a.err);
	for (unsigned int i = 0; i < value_number(told, "fails"); i++) {
		struct json_object *o = next_failure(&l, &at);
		char cause[32], want[32];
		const char *said = o ? json_text(o, "explain") : NULL;

		snprintf(name, sizeof(name), "fail.%u", i);
		snprintf(cause, sizeof(cause), "%s", value_text(told, name));
		snprintf(name, sizeof(name), "fail.%u.errno", i);
		snprintf(want, sizeof(want), "%s", value_text(told, name));
		is_text(o ? json_text(o, "errno") : NULL, want, "%s: its error", cause);
		cell(cause, want, differs(cause) ? kernels_own(cause, said) : one(cause, said));
	}
	cells_of_skipped(told);
	ok(!next_failure(&l, &at), "no other call failed");
	json_lines_free(&l);
	free(trace);
	tool_free(&a);
	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++)
		over_limit(&limits[i], out_file);
	apart(out_file);
	unlink(out_file);
	return tap_end();
}
