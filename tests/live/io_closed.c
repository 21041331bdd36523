// SPDX-License-Identifier: GPL-2.0
/*
 * More rings were closed than rows are kept of: what is known of them is told all the same, by stat.
 * Independent of the kernel but for what io_crowd tests: not run in guests.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "load.h"
#include "tool.h"
#include "tool_json.h"

#define RINGS	"13007"

/* stat around one program after the other; what it tells is .json, its output .out of .a. */
static struct json_object *stat_of(struct tool_run *a, const char *option, const char *value, const char *programs)
{
	char path[] = "/tmp/fixbuf-closed-XXXXXX", *text;
	int fd = mkstemp(path);
	struct json_object *o;

	if (fd < 0)
		bail("no temporary file");
	close(fd);
	tool(a, "stat", "--json", "-o", path, option, value, "--", "/bin/sh", "-ec", programs, NULL);
	text = file_text(path);
	o = json_tokener_parse(text);
	free(text);
	unlink(path);
	if (!o)
		bail("stat says nothing: %s", a->err);
	return o;
}

static char *program_path(char text[4096], const char *name)
{
	snprintf(text, 4096, "%s", load_path(name));
	return text;
}

static void check_failures(void)
{
	char programs[16384], bad[4096], hazards[4096], rings[4096];
	struct json_object *o;
	struct tool_run a;

	snprintf(programs, sizeof(programs), "%s --no-wait read 7; %s --no-wait overflow; %s --no-wait " RINGS " 1 alone",
		 program_path(bad, "io_bad"), program_path(hazards, "io_hazards"), program_path(rings, "io_rings"));
	o = stat_of(&a, "--fail-on", "warning", programs);
	is(a.status, 1, "failures of closed rings make the exit status");
	is(json_nr_findings(o, 0, "failing-io"), 1, "failures of a closed ring are a finding");
	has_text(json_text(json_finding(o, 0, "failing-io"), "detail"), "failed with EFAULT", "which");
	is(json_nr_findings(o, 0, "cq-overflow"), 1, "a full ring that is closed is a finding");
	json_object_put(o);
	tool_free(&a);
}

int main(void)
{
	if (geteuid())
		skip_all("needs root");
	check_failures();
	return tap_end();
}
