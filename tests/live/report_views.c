// SPDX-License-Identifier: GPL-2.0
/*
 * What one view of a recording says, the others say, too: how long it is, and how many buffers there were.
 * Independent of the kernel: not run in guests.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "load.h"
#include "sql.h"
#include "tool.h"
#include "tool_json.h"

static char file[] = "/tmp/fixbuf-views-XXXXXX";
static char out[sizeof(file) + 4];

/* Counters are read after the end, which is said. */
static void length(void)
{
	char took[64] = "", want[80];
	struct tool_run a;

	tool(&a, "record", "-q", "-o", file, "--", load_path("io_mix"), "--no-wait", NULL);
	tool_free(&a);
	tool(&a, "report", "--list", "--at", "10m", file, NULL);
	is(sscanf(a.err, "fixbuf-trace: the recording ends after %63[^:]", took), 1, "--list says how long it is: %s", a.err);
	tool_free(&a);
	snprintf(want, sizeof(want), ", %s of ", took);
	tool(&a, "report", file, NULL);
	has_text(a.out, want, "as the page does");
	tool_free(&a);
	tool(&a, "report", "--json", file, NULL);
	snprintf(want, sizeof(want), "\n%lld events, %lld of them shown, ", json_number(a.json, "events"),
		 json_number(a.json, "shown"));
	tool_free(&a);
	tool(&a, "report", file, NULL);
	has_text(a.out, want, "so many events, and so many that --trace shows, as JSON does");
	tool_free(&a);
	tool(&a, "report", "--verify", file, NULL);
	has_text(a.out, " events, what was there before included, checked for ", "--verify says what it counts");
	tool_free(&a);
	tool(&a, "report", "--stat", file, NULL);
	has_text(a.out, " after the end of the recording)", "--stat says how much later it was read: %s", a.out);
	tool_free(&a);
}

/* Two rings with the same two buffers: four slots, of two buffers. */
static void shared(void)
{
	long long registered, left;
	struct json_object *b;
	struct tool_run a;
	struct load l;
	char pid[16], want[64], *page;

	if (!load_start(&l, "io_many", NULL)) {
		skip("buffers that rings share", "%s", l.skip);
		return;
	}
	snprintf(pid, sizeof(pid), "%d", l.pid);
	tool(&a, "record", "-q", "-o", file, "-d", "300ms", "-p", pid, NULL);
	tool_free(&a);
	load_end(&l);
	tool(&a, "report", "--json", file, NULL);
	b = json_member(a.json, "buffers");
	left = json_number(b, "left");
	is(left, 4, "slots that hold one");
	is(json_number(b, "older"), left, "as many as at the begin");
	is(json_number(b, "left_distinct"), 2, "of two buffers");
	registered = json_number(b, "left_bytes");
	tool_free(&a);
	tool(&a, "report", file, NULL);
	has_text(a.out, "; 4 left at the end: 2 buffers of 24K, as several slots hold one\n", "in words");
	tool_free(&a);
	tool(&a, "report", "--list", file, NULL);
	has_text(a.out, "2 rings, 2 buffers, 24K registered", "as --list");
	tool_free(&a);
	tool(&a, "report", "--html", out, file, NULL);
	tool_free(&a);
	page = file_text(out);
	snprintf(want, sizeof(want), "\"peak_registered_bytes\":%lld,", registered);
	has_text(page, want, "the page of charts, too");
	free(page);
	tool(&a, "report", "--sqlite", out, file, NULL);
	tool_free(&a);
	if (sql_is_there())
		is(sql_number(out, "SELECT count(*) FROM buffers WHERE end_ns IS NULL"), left, "and SQL, by slot");
	else
		skip("and SQL", "no sqlite3");
	unlink(out);
}

int main(void)
{
	int fd = mkstemp(file);

	if (fd < 0)
		bail("no file");
	close(fd);
	snprintf(out, sizeof(out), "%s.out", file);
	length();
	shared();
	unlink(file);
	return tap_end();
}
