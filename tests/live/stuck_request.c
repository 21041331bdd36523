// SPDX-License-Identifier: GPL-2.0
/*
 * stat tells which requests hold a buffer and do not end: of a frozen file system it is a warning, of a
 * pipe a note, and of what ends nothing; --fail-on makes the exit status of it.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "load.h"
#include "tool.h"
#include "tool_json.h"

static char dir[] = "/tmp/fixbuf-held-XXXXXX";

static bool shell(const char *format)
{
	char command[512];

	snprintf(command, sizeof(command), format, dir, dir, dir);
	return !system(command);
}

/* stat, which is there when the load begins its requests: until it tells of one, or for some seconds. */
static void watch(struct tool_run *a, struct json_lines *l, const char *fail_on, bool tells,
		  const char *load, const char *mode, const char *file)
{
	const struct tool_how how = { 0 };
	struct load program;
	char pid[16];

	if (!load_start(&program, load, "--late", mode, file, NULL))
		bail("%s: %s", load, program.skip);
	snprintf(pid, sizeof(pid), "%d", program.pid);
	tool_start(a, &how, "stat", "--json", "--fail-on", fail_on, "-i", "500ms", "-d",
		   tells ? "50s" : "5s", "-p", pid, NULL);
	if (!tool_says(a, "}\n", 20000))
		bail("stat shows no interval");
	load_break(&program);
	if (tells) {
		tool_says(a, "\"stuck-request\"", 40000);
		kill(a->pid, SIGINT);
	}
	tool_wait(a, &how);
	json_lines_parse(l, a->out);
	/* else the load cannot end */
	if (file)
		shell("fsfreeze -u %s/mnt 2> /dev/null");
	load_end(&program);
}

static struct json_object *total(const struct json_lines *l)
{
	return l->nr ? l->lines[l->nr - 1] : NULL;
}

/* .on_disk: else it waits for a pipe. Where completions name no request, what it waits for is not seen. */
static void stuck(const char *fail_on, bool on_disk, const char *file)
{
	const char *mode = on_disk ? "held" : "parked", *detail;
	struct json_object *f;
	struct json_lines l;
	bool warns, told = false;
	struct tool_run a;

	watch(&a, &l, fail_on, true, on_disk ? "stuck_io" : "in_use", mode, file);
	warns = on_disk && !json_is(total(&l), "starts_by", "user_data");
	f = json_finding(total(&l), 0, "stuck-request");
	is(json_nr_findings(total(&l), 0, "stuck-request"), 1, "%s: one finding", mode);
	is_text(json_text(f, "severity"), warns ? "warning" : "info", "%s: how bad it is", mode);
	is(json_number(f, "index"), on_disk ? 0 : 1, "%s: of which slot", mode);
	detail = json_text(f, "detail");
	has_text(detail, on_disk ? ": 3 WRITE_FIXED have not ended, the oldest" : ": 3 READ_FIXED have not ended, the oldest",
		 "%s: how many, and of what kind", mode);
	if (on_disk)
		has_text(detail, "(user_data 0xabcd01) after ", "%s: the oldest by its name, and how old", mode);
	if (!json_is(total(&l), "starts_by", "user_data"))
		has_text(json_text(f, "remedy"), on_disk ? "look at the device or file system" : "the other side may be silent",
			 "%s: a remedy for what it waits for", mode);
	is(json_number(total(&l), "in_flight_holding"), 3, "%s: they are under way at the end", mode);
	for (size_t i = 0; i + 1 < l.nr; i++)
		told |= json_nr_findings(l.lines[i], 0, "stuck-request") == 1;
	ok(told, "%s: told while it lasts, too", mode);
	is(a.status, warns || !strcmp(fail_on, "info"), "%s: --fail-on %s", mode, fail_on);
	json_lines_free(&l);
	tool_free(&a);
}

static void healthy(const char *load, const char *mode, const char *file)
{
	size_t findings = 0;
	struct json_lines l;
	struct tool_run a;

	/* a note may say that a worker reads or writes */
	watch(&a, &l, "warning", false, load, mode, file);
	for (size_t i = 0; i < l.nr; i++)
		findings += json_nr_findings(l.lines[i], 0, "stuck-request");
	is(findings, 0, "%s %s: requests that end are not told", load, mode);
	is(a.status, 0, "%s %s: nor do they fail it", load, mode);
	json_lines_free(&l);
	tool_free(&a);
}

static void on_disk(void)
{
	char file[64];

	snprintf(file, sizeof(file), "%s/mnt/file", dir);
	if (!shell("exec 2> /dev/null; mkdir %s/mnt && truncate -s 8M %s/disk && mkfs.ext4 -q %s/disk") ||
	    !shell("mount -o loop %s/disk %s/mnt 2> /dev/null")) {
		skip("a file system that is frozen", "none can be made here");
		return;
	}
	shell("touch %s/mnt/file");
	healthy("stuck_io", "held", file);
	if (shell("fsfreeze -f %s/mnt"))
		stuck("warning", true, file);
	sleep(1);
	shell("umount %s/mnt 2> /dev/null || { sleep 2; umount %s/mnt; }");
}

int main(void)
{
	if (!mkdtemp(dir))
		bail("mkdtemp");
	stuck("warning", false, NULL);
	stuck("info", false, NULL);
	healthy("in_use", "ended", NULL);
	on_disk();
	shell("rm -rf %s");
	return tap_end();
}
