// SPDX-License-Identifier: GPL-2.0
/*
 * Where few files may be open, /proc is not mounted or hides processes, or /sys is not there, each
 * command ends with one true sentence, and vouches for nothing. In a time namespace, whose clock the
 * kernel side does not know, a recording has all events and their times.
 * Not under ASan: it takes /proc itself. Independent of the kernel: not run in guests.
 */
#include <linux/capability.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <time.h>
#include <unistd.h>
#include "load.h"
#include "tool.h"
#include "tool_json.h"

#define PLAIN_UID	54403

static char recording[] = "/tmp/fixbuf-surroundings-XXXXXX";

static const char *const all[][6] = {
	{ "list" }, { "verify" }, { "verify", "--watch", "-d", "300ms" }, { "doctor" },
	{ "stat", "-d", "300ms" }, { "trace", "-d", "300ms" },
	{ "record", "-d", "300ms", "-o", recording }, { "export", "--once" }, { "plan" },
};

static void run(struct tool_run *a, const struct tool_how *how, const char *const args[6])
{
	tool_as(a, how, args[0], args[1], args[2], args[3], args[4], NULL);
}

/* Standard error is that sentence and nothing else, and standard output is empty. */
static void refuses(const struct tool_how *how, const char *where, const char *sentence,
		    const char *but)
{
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		struct tool_run a;

		if (but && !strcmp(all[i][0], but))
			continue;
		run(&a, how, all[i]);
		is(a.status, 3, "%s: %s %s: exit status", where, all[i][0], all[i][1] ? : "");
		has_text(a.err, sentence, "it says so");
		ok(strchr(a.err, '\n') && !strchr(a.err, '\n')[1], "in one line");
		is_text(a.out, "", "and nothing else");
		tool_free(&a);
	}
}

static void few_files(void)
{
	static const unsigned int some[] = { 8, 12, 20, 47 };

	for (size_t i = 0; i < sizeof(some) / sizeof(some[0]); i++) {
		const struct tool_how how = { .open_files = some[i] };
		char where[32], sentence[64];

		snprintf(where, sizeof(where), "%u files", some[i]);
		snprintf(sentence, sizeof(sentence), "no more than %u files may be open here", some[i]);
		refuses(&how, where, sentence, "plan");
	}
}

static void hidden(const struct load *l)
{
	const struct tool_how how = {
		.uid = PLAIN_UID,
		.caps = 1ULL << CAP_BPF | 1ULL << CAP_PERFMON | 1ULL << CAP_SYS_ADMIN,
	};
	static const char *const commands[] = { "list", "verify", "plan" };
	struct tool_run a;
	char pid[16];

	if (mount("proc", "/proc", "proc", 0, "hidepid=4")) {
		skip("/proc that hides processes", "not with this kernel");
		return;
	}
	snprintf(pid, sizeof(pid), "%d", l->pid);
	for (size_t i = 0; i < 3; i++) {
		tool_as(&a, &how, commands[i], "-p", pid, NULL);
		is(a.status, 3, "hidepid: %s -p: exit status", commands[i]);
		has_text(a.err, "/proc hides process", "not that there is none");
		tool_free(&a);
	}
	tool_as(&a, &how, "verify", "--comm", "fault_dont*", NULL);
	is(a.status, 4, "hidepid: verify: exit status");
	has_text(a.out, "could not be compared", "it says what was not looked at");
	tool_free(&a);
	tool_as(&a, &how, "verify", "-p", "2147483000", NULL);
	is(a.status, 2, "hidepid: of a process that is not there");
	tool_free(&a);
	umount2("/proc", MNT_DETACH);
}

/* What a recording of the same calls says, made in a time namespace that is so far ahead. */
static void record_ahead(struct tool_run *a, const char *ahead_s)
{
	char command[1024];

	snprintf(command, sizeof(command),
		 "unshare -T --monotonic %s %s record -q -o %s -- %s --no-wait >/dev/null", ahead_s,
		 tool_path(), recording, load_path("lifecycle"));
	is(system(command), 0, "record, %s s ahead", ahead_s);
	tool(a, "report", "--trace", "--json", recording, NULL);
}

/* Of the calls that failed: how many lines there are, how many have a cause, and are of this time. */
struct failed {
	unsigned int nr, explained, now;
};

static struct failed failed_calls(const struct tool_run *a, long long from_s)
{
	struct json_lines l = { 0 };
	struct failed f = { 0 };

	json_lines_parse(&l, a->out);
	for (size_t i = 0; i < l.nr; i++) {
		long long s = json_number(l.lines[i], "time_ns") / 1000000000;

		if (!json_member(l.lines[i], "errno"))
			continue;
		f.nr++;
		f.explained += json_member(l.lines[i], "explain") != NULL;
		f.now += s >= from_s && s <= time(NULL);
	}
	json_lines_free(&l);
	return f;
}

static void other_clock(void)
{
	long long begin_s = time(NULL) - 1;
	struct tool_run here, ahead;
	struct failed f;

	if (system("unshare -T --monotonic 3 true 2>/dev/null")) {
		skip("a time namespace", "not with this kernel or unshare");
		return;
	}
	record_ahead(&here, "0");
	record_ahead(&ahead, "100003");
	f = failed_calls(&ahead, begin_s);
	ok(f.nr > 30, "calls failed");
	is(f.nr, failed_calls(&here, begin_s).nr, "as many as without it");
	is(f.explained, f.nr, "each with its cause");
	is(f.now, f.nr, "at the time of day at which it happened");
	tool_free(&here);
	tool_free(&ahead);
}

int main(void)
{
	const struct tool_how as_we_are = { 0 };
	struct load l;

	if (mkstemp(recording) < 0)
		bail("no file");
	few_files();
	other_clock();
	if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL))
		bail("no mount namespace");
	if (!load_start(&l, "fault_dontneed", NULL))
		bail("%s", l.skip);
	hidden(&l);
	load_end(&l);
	while (!umount2("/proc", MNT_DETACH))
		;
	refuses(&as_we_are, "no /proc", "no proc file system is mounted at /proc here", NULL);
	if (mount("proc", "/proc", "proc", 0, NULL))
		bail("no /proc again");
	while (!umount2("/sys", MNT_DETACH))
		;
	refuses(&as_we_are, "no /sys", "mount sysfs", "plan");
	unlink(recording);
	return tap_end();
}
