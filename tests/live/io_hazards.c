// SPDX-License-Identifier: GPL-2.0
/*
 * stat and a recording tell the hazards of a ring's I/O over registered buffers, each with its numbers,
 * and nothing of what is done rightly in its place; --fail-on makes the exit status of it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "load.h"
#include "tool.h"
#include "tool_json.h"

/* What is told of a mode of the load: one finding or, without a tag, none. */
struct told {
	const char *mode, *tag, *severity, *detail;
};

static void check(const struct told *t, const struct tool_run *a, struct json_object *o, const char *by)
{
	/* where a pipe offers no I/O without waiting, a worker is told, too */
	struct json_object *f = json_finding(o, 0, t->tag);
	char detail[160], name[64];

	is(json_nr_findings(o, 0, t->tag), t->tag != NULL, "%s: how many findings, %s", t->mode, by);
	if (!t->tag || !f)
		return;
	snprintf(detail, sizeof(detail), t->detail, value_number(a->out, "hazard"));
	is_text(json_text(f, "tag"), t->tag, "%s: which, %s", t->mode, by);
	is_text(json_text(f, "severity"), t->severity, "%s: how bad it is, %s", t->mode, by);
	is(json_number(f, "pid"), value_number(a->out, "pid"), "%s: of whom, %s", t->mode, by);
	is_text(json_text(f, "comm"), "io_hazards", "%s: by name, %s", t->mode, by);
	ok(json_number(f, "fd") > 2, "%s: of which ring, %s", t->mode, by);
	has_text(json_text(f, "detail"), detail, "%s: its numbers, %s", t->mode, by);
	snprintf(name, sizeof(name), "pid %lld fd %lld: ", json_number(f, "pid"), json_number(f, "fd"));
	has_text(json_text(f, "detail"), name, "%s: its ring as tables name it, %s", t->mode, by);
}

/* The kernel does not trace this hazard: it is told by nobody. */
static bool is_unseen(const struct told *t, struct json_object *o)
{
	return t->tag && !strcmp(t->tag, "cq-overflow") && json_is(o, "starts_by", "user_data");
}

static void watched(const struct told *t, const char *fail_on, int status)
{
	char path[] = "/tmp/fixbuf-hazards-XXXXXX", program[4096], *text;
	int fd = mkstemp(path);
	struct json_object *o;
	struct tool_run a;

	if (fd < 0)
		bail("no temporary file");
	close(fd);
	snprintf(program, sizeof(program), "%s", load_path("io_hazards"));
	tool(&a, "stat", "--json", "--fail-on", fail_on, "-o", path, "--", program, "--no-wait", t->mode, NULL);
	text = file_text(path);
	o = json_tokener_parse(text);
	if (tool_skipped(&a, t->mode)) {
		;
	} else if (is_unseen(t, o)) {
		skip(t->tag, "this kernel does not trace it apart");
	} else {
		check(t, &a, o, "by stat");
		is(a.status, status, "%s: --fail-on %s", t->mode, fail_on);
	}
	json_object_put(o);
	free(text);
	tool_free(&a);
	unlink(path);
}

static void recorded(const struct told *t)
{
	char path[] = "/tmp/fixbuf-hazards-XXXXXX", program[4096];
	struct tool_run a, report;
	int fd = mkstemp(path);
	struct json_object *o;

	if (fd < 0)
		bail("no temporary file");
	close(fd);
	snprintf(program, sizeof(program), "%s", load_path("io_hazards"));
	tool(&a, "record", "-q", "-o", path, "--", program, "--no-wait", t->mode, NULL);
	tool(&report, "report", "--stat", "--json", path, NULL);
	o = json_tokener_parse(report.out);
	if (!tool_skipped(&a, t->mode) && !is_unseen(t, o))
		check(t, &a, o, "by a recording");
	json_object_put(o);
	tool_free(&report);
	tool_free(&a);
	unlink(path);
}

int main(void)
{
	static const struct told all[] = {
		{ "overflow", "cq-overflow", "warning", ": %llu of 124 completions found the completion ring" },
		{ "reaped", NULL, NULL, NULL },
		{ "beyond", "failing-io", "warning", ": %llu of 108 I/Os over registered buffers failed with EFAULT, the first with user_data 0x6600020004" },
		{ "within", NULL, NULL, NULL },
		/* one was cancelled */
		{ "closed", "failing-io", "info", ": %llu of 105 I/Os over registered buffers failed with EPIPE, the first" },
		{ "async", "punted", "info", ": %llu I/Os over registered buffers were handed to a worker, as IOSQE_ASYNC or IOSQE_IO_DRAIN says; 106 ended" },
		{ "seldom", NULL, NULL, NULL },
	};

	if (geteuid())
		skip_all("needs root");
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		watched(&all[i], "info", all[i].tag != NULL);
		recorded(&all[i]);
	}
	watched(&all[0], "error", 0);
	watched(&all[4], "warning", 0);
	return tap_end();
}
