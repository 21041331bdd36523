// SPDX-License-Identifier: GPL-2.0
/*
 * Kernel addresses are not in what others may get to read, a recording or metrics, unless they are
 * asked for; what stands for them still tells what is the same.
 * Not under ASan: record.c and export.c go the same way there.
 * Independent of the kernel: not run in guests.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "load.h"
#include "metrics.h"
#include "tool.h"
#include "tool_json.h"

static char file[] = "/tmp/fixbuf-raw-addresses-XXXXXX", pid[16];

/* As the report shows the process's ring; "" without. To be freed. */
static char *ring_of(struct tool_run *a)
{
	struct json_object *ring = json_ring(a->json, atoi(pid), -1);
	const char *address = ring ? json_text(ring, "ring") : NULL;

	return strdup(address ? address : "");
}

static char *live_ring(void)
{
	struct tool_run a;
	char *ring;

	tool(&a, "list", "--json", "-p", pid, NULL);
	ring = ring_of(&a);
	tool_free(&a);
	ok(!strncmp(ring, "0xffff", 6), "list shows the kernel's address of a ring");
	return ring;
}

static char *recorded_ring(const char *option)
{
	struct tool_run a;
	char *ring;

	tool(&a, "record", "-q", "-o", file, "-d", "200ms", "-p", pid, option, NULL);
	is(a.status, 0, "record%s%s", option ? " " : "", option ? option : "");
	tool_free(&a);
	tool(&a, "report", "--list", "--json", file, NULL);
	ring = ring_of(&a);
	tool_free(&a);
	return ring;
}

static void recordings(const char *live)
{
	char *hidden = recorded_ring(NULL), *again = recorded_ring(NULL),
	     *raw = recorded_ring("--raw-addresses");

	ok(!strncmp(hidden, "0x", 2) && strcmp(hidden, live), "a recording does not have it");
	ok(strcmp(hidden, again), "and another one has another in its place");
	is_text(raw, live, "with --raw-addresses it has it");
	free(hidden);
	free(again);
	free(raw);
}

/* Begin of the direct map, and of the kernel's code: also of stacks. */
static unsigned int nr_raw(const char *text)
{
	unsigned int nr = 0;

	for (const char *at = text; (at = strstr(at, "0xffff")); at++)
		nr += !strncmp(at, "0xffff8", 7) || !strncmp(at, "0xffffffff", 10);
	return nr;
}

/* Of which ring the first such event is; NULL when none is told. */
static const char *ring_in(const struct json_lines *l, const char *event)
{
	for (size_t i = 0; i < l->nr; i++)
		if (json_is(l->lines[i], "event", event))
			return json_text(l->lines[i], "ring");
	return NULL;
}

/* All that a program did, at the best tier. */
static void events(void)
{
	const char *ring, *closed;
	struct json_lines l;
	struct tool_run a;

	tool(&a, "record", "-q", "--stacks", "-o", file, "--", load_path("fault_remap"), "--no-wait",
	     NULL);
	tool_free(&a);
	tool(&a, "report", "--trace", "--json", file, NULL);
	is(nr_raw(a.out), 0, "no event and no stack has a kernel address");
	json_lines_parse(&l, a.out);
	ring = ring_in(&l, "ring-create");
	ok(ring, "the ring's creation is told");
	is_text(ring_in(&l, "register"), ring, "its call is told of the same ring");
	is_text(ring_in(&l, "buffer"), ring, "its buffer, too");
	closed = ring_in(&l, "ring-close");
	if (!closed && kernel_only())
		skip("its end", "an emulated processor ended it after the recording");
	else
		is_text(closed, ring, "and its end");
	json_lines_free(&l);
	tool_free(&a);
	tool(&a, "report", "--verify", file, NULL);
	ok(a.status == 0 || a.status == 4, "report --verify finds nothing that is not there");
	tool_free(&a);
}

static void labels(const char *live, const char *option, int want)
{
	struct exporter x;
	char label[96], *text;

	if (option)
		exporter_start(&x, "--by", "ring", "--verify-interval", "0", option, NULL);
	else
		exporter_start(&x, "--by", "ring", "--verify-interval", "0", NULL);
	text = exporter_scrape(&x);
	snprintf(label, sizeof(label), "pid=\"%s\",ring=\"0x", pid);
	is(metric(text, "fixbuf_rings", label, NULL), 1, "export --by ring%s: the ring is told",
	   option ? " --raw-addresses" : "");
	snprintf(label, sizeof(label), "pid=\"%s\",ring=\"%s\"", pid, live);
	is(metric(text, "fixbuf_rings", label, NULL), want, want > 0 ? "by its address" :
	   "but not its address");
	free(text);
	exporter_end(&x);
	tool_free(&x.a);
}

int main(void)
{
	struct load l;
	char *live;
	int fd = mkstemp(file);

	if (fd < 0)
		bail("no temporary file");
	close(fd);
	if (!load_start(&l, "fault_remap", NULL))
		bail("%s", l.skip);
	snprintf(pid, sizeof(pid), "%d", l.pid);
	live = live_ring();
	recordings(live);
	events();
	if (!kernel_only()) {
		labels(live, NULL, -1);
		labels(live, "--raw-addresses", 1);
	}
	free(live);
	load_end(&l);
	unlink(file);
	return tap_end();
}
