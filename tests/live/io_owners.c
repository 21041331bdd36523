// SPDX-License-Identifier: GPL-2.0
/*
 * What was decided of a ring stays when its owner has another name and thousands of rings came after
 * it; each process that shares a ring has its row; what ends in silence leaves no start to others.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "io_counts.h"
#include "load.h"
#include "tool.h"
#include "tool_json.h"

#define RINGS	61
#define NOISE	"4099"
#define HEIRS	"101"
#define ROUNDS	"13"
#define PAUSE_NS 20000000LL

static void renamed(void)
{
	static const struct tool_how how = { .timeout_s = 60 };
	struct load l, noise;
	struct json_lines lines;
	struct tool_run t;
	char rings[16];

	snprintf(rings, sizeof(rings), "%d", RINGS);
	tool_start(&t, &how, "stat", "--json", "-i", "200ms", "--comm", "io_owners", NULL);
	ok(tool_says(&t, "{", 20000), "renamed: it begins");
	if (!load_start(&l, "io_owners", "--late", "renamed", rings, NULL) ||
	    !load_start(&noise, "io_rings", NOISE, "1", NULL))
		bail("a load does not start");
	load_break(&l);
	is(load_end(&noise), 0, "renamed: the neighbour ends well");
	is(load_end(&l), 0, "renamed: the load, too");
	usleep(300000);
	kill(t.pid, SIGINT);
	tool_wait(&t, &how);
	json_lines_parse(&lines, t.out);
	if (ok(lines.nr > 0, "renamed: there is a total"))
		is(json_sum(lines.lines[lines.nr - 1], "rings", "ops"), RINGS,
		   "renamed: each ring is of who was selected when it was made");
	json_lines_free(&lines);
	tool_free(&t);
}

/* What stat tells of the load; the caller frees it. */
static struct json_object *told(struct tool_run *t, const char *mode, const char *nr)
{
	char path[] = "/tmp/fixbuf-owners-XXXXXX";
	struct json_object *o;
	int fd = mkstemp(path);

	if (fd < 0)
		bail("no temporary file");
	close(fd);
	tool(t, "stat", "--json", "-q", "-o", path, "--", load_path("io_owners"), "--no-wait", mode, nr, NULL);
	o = json_object_from_file(path);
	unlink(path);
	return o;
}

static bool has_no_ring(struct json_object *row, long long unused)
{
	(void)unused;
	return json_is(row, "ring", "0x1");
}

static void heirs(void)
{
	struct tool_run t;
	struct json_object *o = told(&t, "heirs", HEIRS);

	is(json_sum(o, "rings", "ops"), atoi(HEIRS), "heirs: operations");
	is(io_rows(o, has_no_ring, 0), 0, "heirs: each is in its ring's row");
	ok(!json_member(json_member(o, "losses"), "no_place"), "heirs: each table had room");
	json_object_put(o);
	tool_free(&t);
}

static bool is_late(struct json_object *row, long long ns)
{
	return json_number(row, "max_ns") >= ns;
}

static void muted(void)
{
	struct tool_run t;
	struct json_object *o = told(&t, "muted", ROUNDS);

	if (!tool_skipped(&t, "muted")) {
		is(json_sum(o, "rings", "ops"), atoi(ROUNDS), "muted: the heads, which told that they were short");
		is(io_rows(o, is_late, PAUSE_NS), 0, "muted: none has the start of a round before");
		is(json_number(o, "in_flight"), 0, "muted: nothing is under way");
	}
	json_object_put(o);
	tool_free(&t);
}

int main(void)
{
	if (geteuid())
		skip_all("needs root");
	renamed();
	heirs();
	muted();
	return tap_end();
}
