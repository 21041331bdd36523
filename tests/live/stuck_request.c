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

static struct load program;
static pid_t child;	/* of it */
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
	child = load_text(&program, "child") ? load_number(&program, "child") : 0;
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

/* Who submitted them has ended: they can only be cancelled, by the process that still holds the ring. */
static void orphaned(void)
{
	struct json_object *f;
	struct json_lines l;
	struct tool_run a;
	char whose[96];

	watch(&a, &l, "warning", true, "in_use", "orphaned", NULL);
	f = json_finding(total(&l), 0, "stuck-request");
	is(json_nr_findings(total(&l), 0, "stuck-request"), 1, "orphaned: one finding");
	snprintf(whose, sizeof(whose), ": 3 READ_FIXED that process %d submitted before it ended have not", child);
	if (json_is(total(&l), "starts_by", "user_data")) {
		skip("orphaned: a warning", "what they wait for is not seen here");
	} else {
		is_text(json_text(f, "severity"), "warning", "orphaned: how bad it is");
		is(json_number(f, "pid"), program.pid, "orphaned: who can end them");
		ok(json_number(f, "fd") >= 0, "orphaned: by its descriptor");
		has_text(json_text(f, "detail"), whose, "orphaned: who began them");
		has_text(json_text(f, "remedy"), "IORING_REGISTER_SYNC_CANCEL", "orphaned: what to do");
		is(a.status, 1, "orphaned: the exit status");
	}
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

/* The program ends by itself: .out is what stat says of each interval and in total. */
static void whole_run(struct tool_run *a, const char *json, const char *slow)
{
	char load[4096];

	snprintf(load, sizeof(load), "%s", load_path("io_slow"));
	tool(a, "stat", "-i", "500ms", "--fail-on", "info", json, "--", load, "--no-wait", slow, NULL);
}

/* What others of the kind took in earlier intervals counts: ten times that is more than these wait. */
static void slow_kind(void)
{
	size_t findings = 0, waited = 0;
	struct json_lines l;
	struct tool_run a;

	whole_run(&a, "--json", "17");
	json_lines_parse(&l, a.out);
	for (size_t i = 0; i < l.nr; i++) {
		findings += json_nr_findings(l.lines[i], 0, "stuck-request");
		waited += json_number(l.lines[i], "in_flight") == 3;
	}
	is(findings, 0, "slow kind: three that wait for 3.5 s are not told, as others took 0.7 s");
	ok(waited > 2, "slow kind: intervals saw them wait");
	is(json_sum(total(&l), "rings", "ops"), 17 + 3, "slow kind: all ended");
	json_lines_free(&l);
	tool_free(&a);
}

/* Told in an interval and ended since: the verdict is of the whole run, as the exit status is. */
static void verdict(void)
{
	const char *at, *line;
	struct tool_run a;

	whole_run(&a, "-T", "0");
	at = strstr(a.out, "in total:");
	line = at ? strstr(at, "\nverdict: ") : NULL;
	has_text(a.out, "3 READ_FIXED have not ended", "verdict: told in an interval");
	ok(at && !strstr(at, "have not ended"), "verdict: no more in the total");
	/* a worker reads from a pipe on some kernels, which is told in each interval and is one more */
	is_text(line ? line + 1 : NULL, strstr(a.out, "punted") ? "verdict: found: 0 errors, 0 warnings, 2 notes\n" :
		"verdict: found: 0 errors, 0 warnings, 1 note\n", "verdict: it counts all that was told");
	is(a.status, 1, "verdict: so does the exit status");
	tool_free(&a);
}

/* The file system is thawed before the program ends: they waited for a disk, and have been written since. */
static void thawed(const char *file)
{
	char program[8192];
	struct json_object *f;
	struct json_lines l;
	struct tool_run a;

	snprintf(program, sizeof(program), "%s --no-wait held %s & sleep 5; fsfreeze -u %s/mnt; wait", load_path("stuck_io"), file, dir);
	tool(&a, "stat", "--fail-on", "warning", "--json", "--", "sh", "-c", program, NULL);
	json_lines_parse(&l, a.out);
	if (json_is(total(&l), "starts_by", "user_data")) {
		skip("thawed: a warning", "what they wait for is not seen here");
	} else {
		f = json_finding(total(&l), 0, "stuck-request");
		is_text(json_text(f, "severity"), "warning", "thawed: a warning though they have ended");
		has_text(json_text(f, "detail"), "3 WRITE_FIXED had not ended, the oldest", "thawed: how many");
		is(a.status, 1, "thawed: the exit status");
	}
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
	if (shell("fsfreeze -f %s/mnt"))
		thawed(file);
	sleep(1);
	shell("umount %s/mnt 2> /dev/null || { sleep 2; umount %s/mnt; }");
}

int main(void)
{
	if (!mkdtemp(dir))
		bail("mkdtemp");
	stuck("warning", false, NULL);
	stuck("info", false, NULL);
	orphaned();
	healthy("in_use", "ended", NULL);
	slow_kind();
	verdict();
	on_disk();
	shell("rm -rf %s");
	return tap_end();
}
