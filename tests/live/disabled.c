// SPDX-License-Identifier: GPL-2.0
/*
 * kernel.io_uring_disabled (6.6 on): whoever may make no ring is told so, and what can do without one
 * of its own goes on. Only in a guest: the setting is the whole machine's, neighbours' too.
 */
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "load.h"
#include "metrics.h"
#include "tool.h"
#include "tool_json.h"
#include "uring.h"

#define PLAIN_UID	54397
#define GROUP		54391	/* of tests/load/calls.c, too */

static char buffer[4096] __attribute__((aligned(4096)));
static struct io_uring ring;

static bool set(const char *name, int value)
{
	char path[64];
	bool done;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/sys/kernel/%s", name);
	f = fopen(path, "we");
	if (!f)
		return false;
	done = fprintf(f, "%d\n", value) > 0;
	return !fclose(f) && done;
}

static void set_back(void)
{
	set("io_uring_disabled", 0);
	set("io_uring_group", -1);
	set("kptr_restrict", 0);
}

/* The .n-th failure of the log. */
static struct json_object *failure(const struct json_lines *l, unsigned int n)
{
	for (size_t i = 0; i < l->nr; i++)
		if (json_text(l->lines[i], "errno") && !n--)
			return l->lines[i];
	return NULL;
}

/* Function probes are proven with rings of our own: whoever asks for them is told, others get the rest. */
static bool is_refused(const char *tier)
{
	bool proven = tier && strcmp(tier, "tracepoints");
	struct tool_run a;

	if (!proven)
		return false;
	tool(&a, "trace", "--tier", tier, "-d", "100ms", NULL);
	is(a.status, 3, "--tier %s without a ring of its own", tier);
	has_text(a.err, "cannot register a buffer of our own: Operation not permitted; omit --tier", "in words");
	tool_free(&a);
	return true;
}

/* A program that makes a ring as root, and one as somebody else. */
static void trace_says(int disabled, const char *mode, unsigned int nr, const char *says,
		       const char *also)
{
	char file[] = "/tmp/fixbuf-disabled-XXXXXX", *trace;
	const char *tier = disabled < 2 || !is_refused(tool_tier()) ? tool_tier() : NULL;
	int fd = mkstemp(file);
	struct json_lines l;
	struct tool_run a;
	bool right = true;

	if (fd < 0)
		bail("no temporary file");
	close(fd);
	tool(&a, "trace", "-q", "--json", "-o", file, tier ? "--tier" : "-q", tier ? tier : "-q",
	     "--", load_path("calls"), mode, "--no-wait", NULL);
	is(a.status, 0, "%d: trace ends with the program's status", disabled);
	trace = file_text(file);
	unlink(file);
	json_lines_parse(&l, trace);
	is(value_number(a.out, "fails"), nr, "%d: rings that were not made", disabled);
	for (unsigned int i = 0; i < nr; i++) {
		struct json_object *o = failure(&l, i);

		is_text(json_text(o, "event"), "ring-create", "%d: each is told", disabled);
		right &= is_text(json_text(o, "errno"), "EPERM", "%d: its error", disabled);
		right &= has_text(json_text(o, "explain"), says, "%d: its cause", disabled);
		right &= has_text(json_text(o, "explain"), also, "%d: its remedy", disabled);
	}
	ok(!failure(&l, nr), "%d: and no other failure", disabled);
	/* a cell of the table of causes and kernels (tests/vm/causes.sh) */
	if (nr)
		note("cause call-disabled-%d %s", disabled, right ? "EPERM" : "WRONG");
	json_lines_free(&l);
	free(trace);
	tool_free(&a);
}

static void looks(const char *who, unsigned long long caps, int list_status, const char *own)
{
	const struct tool_how how = { .uid = caps ? PLAIN_UID : 0, .caps = caps };
	struct json_object *checks, *row;
	struct tool_run a;
	char pid[16];

	snprintf(pid, sizeof(pid), "%d", getpid());
	tool_as(&a, &how, "list", "--json", "-p", pid, NULL);
	is(a.status, list_status, "%s: list", who);
	if (list_status)
		has_text(a.err, "no ring of our own: io_uring_setup: EPERM; kernel.io_uring_disabled is", "in words");
	else
		is(json_ring_nr_buffers(json_ring(a.json, getpid(), ring.ring_fd)), 1, "finds our buffer");
	tool_free(&a);
	tool_as(&a, &how, "doctor", "--json", NULL);
	is(a.status, 0, "%s: doctor", who);
	checks = json_member(a.json, "checks");
	row = json_with(checks, "check", "own ring");
	is_text(json_text(row, "value"), own, "its row of a ring of its own");
	if (strcmp(own, "can be made"))
		has_text(json_text(row, "advice"), "kernel.io_uring_disabled is", "with its reason");
	row = json_with(checks, "check", "io_uring");
	has_text(json_text(row, "advice"), "sysctl kernel.io_uring_disabled=0", "and its row of the setting");
	tool_free(&a);
}

static void verify_is(int status, const char *says)
{
	struct tool_run a;
	char pid[16];

	snprintf(pid, sizeof(pid), "%d", getpid());
	tool(&a, "verify", "-p", pid, NULL);
	is(a.status, status, "verify without a ring of its own");
	has_text(status ? a.err : a.out, says, "in words");
	tool_free(&a);
}

/* Members of kernel.io_uring_group may make rings, others are told of it. */
static void group(void)
{
	char says[128];

	if (!set("io_uring_group", GROUP))
		bail("io_uring_group cannot be set");
	snprintf(says, sizeof(says), "rings are left to CAP_SYS_ADMIN and to members of group %d",
		 GROUP);
	trace_says(1, "forbidden", 1, says, "set kernel.io_uring_group to a group of the caller");
	trace_says(1, "forbidden-member", 0, "", "");
	set("io_uring_group", -1);
}

/* Who looks at pages for export has no CAP_SYSLOG, and gets on without a ring all the same. */
static void exports(void)
{
	struct exporter x;
	double pages = 0;

	/* a tier of function probes is proven with rings */
	unsetenv("FIXBUF_TIER");
	exporter_start(&x, "--verify-interval", "1s", NULL);
	for (int i = 0; i < 120 && pages < 1; i++) {
		char *text = exporter_scrape(&x);

		pages = metric(text, "fixbuf_verify_pages", NULL);
		free(text);
		usleep(500000);
	}
	ok(pages >= 1, "export without a ring of its own looks at pages");
	is_metric(&x, 1, "and goes on to", "fixbuf_verify_up", NULL);
	is(exporter_end(&x), 0, "it ends with 0");
}

int main(void)
{
	struct iovec v = { buffer, sizeof(buffer) };

	if (!kernel_only())
		skip_all("the setting is the whole machine's: only in a guest");
	exporter_needed();
	buffer[0] = 1;
	if (uring_open(&ring, 4) || uring_register(ring.ring_fd, &v, 1))
		bail("a buffer cannot be registered");
	atexit(set_back);
	if (!set("io_uring_disabled", 1))
		skip_all("no kernel.io_uring_disabled, which takes Linux 6.6");
	trace_says(1, "forbidden", 1, "kernel.io_uring_disabled is 1: rings are left to CAP_SYS_ADMIN alone (kernel.io_uring_group is -1)",
		   "set kernel.io_uring_group to a group of the caller");
	group();
	looks("1, root", 0, 0, "can be made");
	/* who has no CAP_SYSLOG is not shown where the kernel's symbols are */
	looks("1, a user with CAP_BPF", CAPS_BPF, 3, "none: EPERM");
	looks("1, a user with CAP_SYSLOG, too", CAPS_BPF | CAP_BIT(CAP_SYSLOG), 0, "none: EPERM");
	if (!set("io_uring_disabled", 2))
		bail("io_uring_disabled cannot be set");
	trace_says(2, "forbidden", 2, "kernel.io_uring_disabled is 2: no process may make a ring",
		   "'sysctl kernel.io_uring_disabled=0', by root");
	looks("2, root", 0, 0, "none: EPERM");
	verify_is(0, "1 page");
	set("kptr_restrict", 1);
	exports();
	set("kptr_restrict", 2);
	looks("2, root, who is shown no symbols", 0, 3, "none: EPERM");
	verify_is(3, "no ring of our own: io_uring_setup: EPERM");
	io_uring_queue_exit(&ring);
	return tap_end();
}
