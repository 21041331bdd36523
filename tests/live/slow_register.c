// SPDX-License-Identifier: GPL-2.0
/* Why registering is slow: what the calls took, and the page faults on the way, as the program saw them itself. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "load.h"
#include "tool.h"
#include "tool_json.h"
#include "witness.h"

static char path[] = "/tmp/fixbuf-slow-register-XXXXXX";

/* At tracepoints the default is the same as with the option; elsewhere it is another way. */
static const char *way(void)
{
	const char *tier = tool_tier();

	return tier && !strcmp(tier, "tracepoints") ? "--syscalls" : "--advise";
}

/* .o: of stat; .did: what the load says that it did. */
static void costs(struct json_object *o, const char *did, const char *what)
{
	struct json_object *r = json_element(json_member(o, "registrations"), 0);
	long long faults = json_number(r, "minor_faults") + json_number(r, "major_faults");
	long long ns = json_number(r, "duration_ns"), calls = value_number(did, "calls");
	long long segments = json_number(r, "segments"), pages = value_number(did, "pages");

	is(json_number(r, "calls"), calls, "%s: calls", what);
	is(json_number(r, "timed"), calls, "%s: all were seen to begin", what);
	is(json_number(r, "buffers"), value_number(did, "buffers"), "%s: buffers", what);
	is(json_number(r, "bytes"), value_number(did, "bytes"), "%s: bytes", what);
	is(json_number(r, "pages"), pages, "%s: pages", what);
	/* the kernel series joins pages that are neighbours in memory */
	ok(segments == -1 || segments == pages || (witness_joins_pages() && segments > 0 && segments < pages),
	   "%s: each page is a segment, or they say nothing", what);
	ok(ns > 0 && ns <= (long long)value_number(did, "ns"), "%s: no longer than the program waited: %lld of %lld ns",
	   what, ns, (long long)value_number(did, "ns"));
	ok(json_number(r, "max_ns") > 0 && json_number(r, "max_ns") <= ns, "%s: the longest of them", what);
	ok(faults >= 0 && faults <= (long long)value_number(did, "faults"), "%s: no more faults than the program's: %lld of %lld",
	   what, faults, (long long)value_number(did, "faults"));
}

/* The object that stat or report wrote. */
static struct json_object *written(void)
{
	struct json_object *o = json_object_from_file(path);

	if (!o)
		bail("no JSON was written");
	return o;
}

static struct json_object *advice(struct json_object *o)
{
	return json_with(json_member(o, "advice"), "tag", "slow-registration");
}

static struct json_object *stat_of(struct tool_run *a, const char *mode)
{
	tool(a, "stat", "-q", "--json", "--advise", way(), "-o", path, "--",
	     load_path("slow_register"), "--no-wait", mode, NULL);
	return written();
}

static void check_untouched(struct json_object *o, const char *did, const char *what)
{
	long long pages = value_number(did, "pages");
	struct json_object *r = json_element(json_member(o, "registrations"), 0), *x = advice(o);
	char text[64];

	costs(o, did, what);
	ok(json_number(r, "minor_faults") + json_number(r, "major_faults") >= pages,
	   "%s: a fault for each page", what);
	is(json_number(x, "ops"), value_number(did, "calls"), "%s: the advice is about all calls", what);
	is(json_number(x, "bytes"), value_number(did, "bytes"), "%s: and bytes", what);
	has_text(json_text(x, "remedy"), "had no pages yet", "%s: the remedy", what);
	snprintf(text, sizeof(text), "(%lld pages", pages);
	has_text(json_text(x, "detail"), text, "%s: the evidence", what);
	has_text(json_text(x, "detail"), json_number(r, "segments") > 0 ? " in segments of" :
		 " in folios of sizes that this kernel does not tell", "%s: and of what they are made", what);
}

static void kinds(void)
{
	struct json_object *o, *r;
	struct tool_run a;

	o = stat_of(&a, "untouched");
	is(a.status, 0, "untouched memory: stat ends well");
	check_untouched(o, a.out, "untouched memory");
	json_object_put(o);
	tool_free(&a);

	o = stat_of(&a, "small");
	if (!tool_skipped(&a, "a slot at a time")) {
		costs(o, a.out, "a slot at a time");
		has_text(json_text(advice(o), "remedy"), "fill many slots with each",
			 "a slot at a time: the remedy");
	}
	json_object_put(o);
	tool_free(&a);

	o = stat_of(&a, "healthy");
	costs(o, a.out, "memory that is there");
	r = json_element(json_member(o, "registrations"), 0);
	ok(json_number(r, "minor_faults") < (long long)value_number(a.out, "pages") / 8,
	   "memory that is there: its pages are no faults");
	if (json_number(r, "duration_ns") < 10000000)
		ok(!advice(o), "memory that is there: nothing is slow");
	else
		skip("nothing is slow", "it took 10 ms here, as a busy machine's guest does");
	json_object_put(o);
	tool_free(&a);
}

/* Around no program: what was not seen is not known, and not 0. */
static void unseen(void)
{
	struct json_object *r;
	struct json_lines all;
	struct tool_run a;
	struct load l;
	char *text = NULL;

	if (truncate(path, 0))
		bail("the file cannot be emptied");
	tool_start(&a, &(struct tool_how){ 0 }, "stat", "-q", "--json", "--advise", "-o", path, "-i",
		   "200ms", "--comm", "slow_register", NULL);
	/* it watches when it has told of an interval */
	for (int i = 0; i < 300 && (!text || !*text); i++) {
		free(text);
		usleep(100000);
		text = file_text(path);
	}
	free(text);
	if (!load_start(&l, "slow_register", "healthy", NULL))
		bail("%s", l.skip);
	kill(a.pid, SIGINT);
	tool_wait(&a, &(struct tool_how){ 0 });
	text = file_text(path);
	json_lines_parse(&all, text);
	r = json_element(json_member(all.lines[all.nr - 1], "registrations"), 0);
	is(json_number(r, "calls"), 1, "around no program: the call is counted");
	if (json_number(r, "timed"))
		costs(all.lines[all.nr - 1], l.text, "around no program");
	else
		ok(!json_member(r, "duration_ns") && !json_member(r, "minor_faults") && !json_member(r, "bytes"),
		   "around no program: how long it took is not known");
	json_lines_free(&all);
	free(text);
	load_end(&l);
	tool_free(&a);
}

/* A recording holds the same. */
static void recorded(void)
{
	const char *tier = tool_tier();
	char file[] = "/tmp/fixbuf-slow-register-XXXXXX";
	struct json_object *o;
	struct tool_run a, b;
	int fd = mkstemp(file);

	if (fd < 0)
		bail("no temporary file");
	close(fd);
	tool(&a, "record", "-q", "-o", file, tier ? "--tier" : "-q", tier ? tier : "-q", "--",
	     load_path("slow_register"), "--no-wait", "untouched", NULL);
	is(a.status, 0, "record ends well");
	tool(&b, "report", "--stat", "--advise", "--json", "-o", path, file, NULL);
	o = written();
	check_untouched(o, a.out, "a recording");
	json_object_put(o);
	tool_free(&b);
	tool_free(&a);
	unlink(file);
}

int main(void)
{
	int fd = mkstemp(path);

	if (fd < 0)
		bail("no temporary file");
	close(fd);
	kinds();
	unseen();
	recorded();
	unlink(path);
	return tap_end();
}
