// SPDX-License-Identifier: GPL-2.0
/*
 * Pointers whose top byte is the program's own (arm64): buffers are shown and checked at the address that
 * they are, and a request that fails of its tag alone is told so. Elsewhere the load skips.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "load.h"
#include "tool.h"
#include "tool_json.h"

static void looked_at(void)
{
	struct json_object *ring, *f;
	struct tool_run a;
	struct load l;
	char pid[16];

	if (!load_start(&l, "top_byte", NULL))
		skip_all("%s", l.skip);
	snprintf(pid, sizeof(pid), "%d", l.pid);
	tool(&a, "list", "--json", "-p", pid, NULL);
	ring = json_ring(a.json, l.pid, load_number(&l, "ring.fd"));
	for (unsigned int i = 0; i < 2; i++)
		is_text(json_text(json_ring_buffer(ring, i), "addr"), load_text(&l, "ring.%u.addr", i),
			"list: buffer %u at its address", i);
	tool_free(&a);

	tool(&a, "verify", "--json", "-p", pid, NULL);
	is(a.status, 1, "verify finds something");
	is(json_nr_findings(a.json, 0, NULL), 1, "one thing");
	f = json_finding(a.json, l.pid, "stale-page");
	is(json_number(f, "pages"), 3, "three pages that were dropped");
	is_text(json_text(f, "addr"), load_text(&l, "stale"), "from where they were dropped on");
	ring = json_ring(a.json, l.pid, load_number(&l, "ring.fd"));
	is(json_number(json_ring_buffer(ring, 0), "same_pages"), 4, "the others of its buffer are the program's");
	is(json_number(json_ring_buffer(ring, 1), "same_pages"), 3, "all of the other buffer");
	tool_free(&a);
	load_end(&l);
}

static void traced(void)
{
	char file[] = "/tmp/fixbuf-top-byte-XXXXXX", *trace;
	unsigned int good = 0, bad = 0, told = 0, entries = 0;
	struct json_lines l;
	struct tool_run a;
	int fd = mkstemp(file);

	if (fd < 0)
		bail("no temporary file");
	close(fd);
	tool(&a, "trace", "--io", "-q", "--json", "-o", file, "--", load_path("top_byte"), "--no-wait", NULL);
	trace = file_text(file);
	json_lines_parse(&l, trace);
	for (size_t i = 0; i < l.nr; i++) {
		struct json_object *o = l.lines[i];
		const char *says = json_text(o, "explain");

		if (json_is(o, "event", "update") && json_is(o, "errno", "EFAULT")) {
			entries += says && strstr(says, "read-only");
			continue;
		}
		if (!json_is(o, "event", "io-done"))
			continue;
		if (!json_is(o, "errno", "EFAULT")) {
			good += json_number(o, "offset_bytes") == sysconf(_SC_PAGESIZE);
			continue;
		}
		bad++;
		told += says && strstr(says, "its tag (the top byte of the pointer) is not that of the address that was registered");
	}
	is(good, 5, "trace --io: reads at their offset in the buffer");
	is(bad, 5, "reads whose pointer has another tag");
	is(told, bad, "that is told to be the cause");
	is(entries, 1, "a read-only page behind a tagged pointer");
	json_lines_free(&l);
	free(trace);
	unlink(file);
	tool_free(&a);
}

int main(void)
{
	looked_at();
	traced();
	return tap_end();
}
