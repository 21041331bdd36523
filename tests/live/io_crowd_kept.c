// SPDX-License-Identifier: GPL-2.0
/*
 * record and export count what stat counts where processes and rings come and go: all of what is
 * selected and nothing of a neighbour's.
 * Independent of the kernel but for what io_crowd tests: not run in guests.
 * Not under ASan: record.c and export.c are.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include "io_counts.h"
#include "load.h"
#include "metrics.h"
#include "tool.h"

static char file[] = "/tmp/fixbuf-crowd-XXXXXX";

static void check_file(const char *what, long long want)
{
	struct json_object *rings;
	struct tool_run a;

	tool(&a, "report", "--stat", "--json", file, NULL);
	rings = json_member(a.json, "rings");
	io_counts_are(a.json, want, what);
	/* one process has two rings nowhere here: the last does all of what is not one read */
	ok(rings && json_object_array_length(rings) > 1, "%s: rings are told apart", what);
	tool_free(&a);
}

/* Lines of this event that the recording tells. */
static long long events(const char *event)
{
	struct json_lines lines;
	struct tool_run a;
	long long n = 0;

	tool(&a, "report", "--trace", "--json", file, NULL);
	json_lines_parse(&lines, a.out);
	for (size_t i = 0; i < lines.nr; i++)
		n += json_is(lines.lines[i], "event", event);
	json_lines_free(&lines);
	tool_free(&a);
	return n;
}

/* It is begun when everything is attached. */
static void await_file(void)
{
	struct stat st;

	for (int ms = 0; ms < 20000; ms += 5) {
		if (!stat(file, &st) && st.st_size)
			return;
		usleep(5000);
	}
	bail("record does not begin");
}

static void check_record(void)
{
	struct tool_how how = { 0 };
	struct tool_run a;
	struct load l;
	char uid[24];

	tool(&a, "record", "-q", "-o", file, "--io", "--", load_path("io_short"), "--no-wait", "97",
	     "499", NULL);
	is(a.status, 0, "record --io: the program ends well");
	tool_free(&a);
	check_file("record --io", 97 + 499);
	is(events("io-done"), 97 + 499, "record --io: each is an event");
	is(events("ring-create"), 98, "record --io: each ring is an event");

	if (!load_start(&l, "io_short", "97", "101", "plain", NULL))
		bail("%s", l.skip);
	snprintf(uid, sizeof(uid), "%llu", load_number(&l, "uid"));
	unlink(file);
	tool_start(&a, &how, "record", "-q", "-o", file, "-i", "200ms", "-u", uid, NULL);
	await_file();
	is(load_end(&l), 0, "record by user: the load ends well");
	usleep(300000);
	kill(a.pid, SIGINT);
	tool_wait(&a, &how);
	is(a.status, 0, "record by user: it ends on an interrupt, %s", a.err);
	tool_free(&a);
	check_file("record by user", 97 + 101);
	is(events("ring-create"), 98, "record by user: each ring is an event");
}

static void check_export(void)
{
	struct exporter x;
	struct load l;
	char label[48], *text;

	if (!load_start(&l, "io_short", "97", "101", "plain", NULL))
		bail("%s", l.skip);
	snprintf(label, sizeof(label), "uid=\"%llu\"", load_number(&l, "uid"));
	exporter_start(&x, NULL);
	is(load_end(&l), 0, "export: the load ends well");
	is_metric(&x, 97 + 101, "export: operations", "fixbuf_io_operations_total", label);
	text = exporter_scrape(&x);
	is(metric(text, "fixbuf_io_bytes_total", label, NULL), 512 * (97 + 101), "export: bytes");
	is(metric(text, "fixbuf_io_latency_seconds_count", label, NULL), 97 + 101,
	   "export: each is timed");
	free(text);
	exporter_end(&x);
	tool_free(&x.a);
}

int main(void)
{
	int fd = mkstemp(file);
	struct load noise;

	if (geteuid())
		skip_all("needs root");
	if (fd < 0)
		bail("no temporary file");
	close(fd);
	if (!load_start(&noise, "io_short", "0", "0", "plain", NULL))
		bail("%s", noise.skip);
	check_record();
	check_export();
	is(load_end(&noise), 0, "the neighbour ends well");
	unlink(file);
	return tap_end();
}
