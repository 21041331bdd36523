// SPDX-License-Identifier: GPL-2.0
/*
 * verify vouches for what it looked at, for nothing else; its exit status says which.
 * Independent of the kernel but for what verify.c and watch.c test.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "load.h"
#include "tool.h"
#include "tool_json.h"

#define VOUCHED "every page is pinned"

/* How many rows of "unsettled" say this of that process (0 = any). */
static long long unsettled(const struct tool_run *a, const char *what, pid_t pid)
{
	struct json_object *all = json_member(a->json, "unsettled");
	long long n = 0;

	for (size_t i = 0; all && i < json_object_array_length(all); i++) {
		struct json_object *one = json_object_array_get_idx(all, i);

		n += json_is(one, "what", what) && (!pid || json_number(one, "pid") == pid);
	}
	return n;
}

/* A process without rings, a user and a name that nobody has. */
static void nothing_to_check(void)
{
	static const char *const asked[][2] = {
		{ "-u", "61099" }, { "--comm", "nobody-has-this" }, { "-p", NULL },
	};
	char own[16];
	struct tool_run a;

	snprintf(own, sizeof(own), "%d", getpid());
	for (size_t i = 0; i < sizeof(asked) / sizeof(asked[0]); i++) {
		const char *value = asked[i][1] ? asked[i][1] : own;

		tool(&a, "verify", "--json", asked[i][0], value, NULL);
		is(a.status, 4, "verify %s of nothing exits with 4", asked[i][0]);
		ok(json_is(a.json, "verdict", "unsettled"), "%s: the verdict", asked[i][0]);
		is(unsettled(&a, "nothing-to-check", 0), 1, "%s: and why", asked[i][0]);
		is(json_number(a.json, "pages"), 0, "%s: pages of others are not counted",
		   asked[i][0]);
		tool_free(&a);
		tool(&a, "verify", asked[i][0], value, "--allow-unsettled", NULL);
		is(a.status, 0, "%s: --allow-unsettled makes it 0", asked[i][0]);
		ok(!strstr(a.out, VOUCHED), "%s: nothing is vouched for", asked[i][0]);
		has_text(a.out, "nothing to check", "%s: the text says so", asked[i][0]);
		tool_free(&a);
		tool(&a, "list", asked[i][0], value, NULL);
		is(a.status, 0, "list %s of nothing exits with 0", asked[i][0]);
		has_text(a.err, "no ring", "list %s: one line on standard error", asked[i][0]);
		tool_free(&a);
		tool(&a, "trace", "-d", "50ms", asked[i][0], value, NULL);
		is(a.status, 0, "trace %s of nothing exits with 0", asked[i][0]);
		has_text(a.err, "no ring of the selection was found",
			 "trace %s: one line on standard error", asked[i][0]);
		tool_free(&a);
		tool(&a, "stat", "-d", "200ms", asked[i][0], value, NULL);
		is(a.status, 0, "stat %s of nothing exits with 0", asked[i][0]);
		has_text(a.err, "no ring of the selection was found",
			 "stat %s: one line on standard error", asked[i][0]);
		tool_free(&a);
	}
}

static void only_the_selection(void)
{
	struct load l, other;
	struct tool_run a;
	char pids[40];

	if (!load_start(&l, "many", "pages", "101", NULL))
		bail("%s", l.skip);
	if (!load_start(&other, "many", "pages", "103", NULL))
		bail("%s", other.skip);
	snprintf(pids, sizeof(pids), "%d", l.pid);
	tool(&a, "verify", "--json", "-p", pids, NULL);
	is(a.status, 0, "a healthy process exits with 0");
	ok(json_is(a.json, "verdict", "nothing-found"), "and the verdict is nothing-found");
	is(json_number(a.json, "pages"), 101, "its pages are counted, others' are not");
	tool_free(&a);
	tool(&a, "verify", "-p", pids, NULL);
	has_text(a.out, VOUCHED, "of compared pages the text vouches");
	tool_free(&a);
	snprintf(pids, sizeof(pids), "%d,%d", l.pid, getpid());
	tool(&a, "verify", "--json", "-p", pids, NULL);
	is(a.status, 4, "one of two processes has no ring: unsettled");
	is(unsettled(&a, "nothing-to-check", getpid()), 1, "which is named");
	tool_free(&a);
	tool(&a, "verify", "-p", pids, "--comm", "many", "--comm", "n0ne*", NULL);
	is(a.status, 4, "the same of two names and processes");
	tool_free(&a);
	tool(&a, "verify", "--comm", "many", "--comm", "n0ne*", NULL);
	is(a.status, 4, "one of two names has no ring: unsettled");
	has_text(a.out, "of processes named 'n0ne*'", "which is named");
	tool_free(&a);
	load_end(&other);
	load_end(&l);
}

static void of_a_thread(void)
{
	static const char *const commands[] = { "verify", "list" };
	char tid[16], says[64];
	struct tool_run a;
	struct load l;

	if (!load_start(&l, "threads", NULL))
		bail("%s", l.skip);
	snprintf(tid, sizeof(tid), "%s", load_text(&l, "tid"));
	snprintf(says, sizeof(says), "%s is a thread of process %d", tid, l.pid);
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		tool(&a, commands[i], "--json", "-p", tid, NULL);
		is(a.status, 0, "%s -p TID: exit status", commands[i]);
		is(json_nr_rings(a.json, l.pid), 1, "%s -p TID takes the process", commands[i]);
		has_text(a.err, says, "%s -p TID says so", commands[i]);
		tool_free(&a);
	}
	tool(&a, "stat", "--json", "-q", "-d", "10ms", "-p", tid, NULL);
	has_text(a.err, says, "stat -p TID says so");
	tool_free(&a);
	load_end(&l);
}

static void the_programs_own(void)
{
	char file[] = "/tmp/fixbuf-verdict-XXXXXX", command[300];
	int fd = mkstemp(file);
	struct tool_run a;

	tool(&a, "verify", "--watch", "-q", "--", "sh", "-c", "exit 5", NULL);
	is(a.status, 5, "a program's own status comes before what was found");
	tool_free(&a);
	snprintf(command, sizeof(command), "sleep 1 | %s; exit 7", load_path("fault_dontneed"));
	tool(&a, "verify", "--watch", "-q", "--", "sh", "-c", command, NULL);
	is(a.status, 7, "also when something was found");
	has_text(a.out, "stale-page", "which is told");
	tool_free(&a);

	snprintf(command, sizeof(command), "%s --no-wait", load_path("shared"));
	tool(&a, "record", "-q", "-o", file, "--", "sh", "-c", command, NULL);
	tool_free(&a);
	tool(&a, "report", "--verify", "--json", file, "--comm", "nobody-has-this", NULL);
	is(a.status, 4, "report --verify of somebody who is not in the recording exits with 4");
	is(unsettled(&a, "nothing-to-check", 0), 1, "and says why");
	is(json_number(a.json, "events"), 0, "of others' events none counts as checked");
	tool_free(&a);
	tool(&a, "report", "--verify", "--allow-unsettled", file, "--comm", "nobody-has-this", NULL);
	is(a.status, 0, "with --allow-unsettled with 0");
	tool_free(&a);
	if (fd >= 0)
		close(fd);
	unlink(file);
}

/* What is wrong with a user's account is found by the name of one of its processes, too. */
static void by_name(void)
{
	struct tool_run a;
	struct load l;
	char uid[16];

	if (!load_start(&l, "fault_limit", NULL))
		bail("%s", l.skip);
	snprintf(uid, sizeof(uid), "%s", load_text(&l, "uid"));
	tool(&a, "verify", "--json", "--comm", "fault_lim*", "-u", uid, NULL);
	is(a.status, 1, "--comm: exit status");
	is(json_nr_findings(a.json, 0, "near-limit"), 1, "--comm: near-limit of its user");
	tool_free(&a);
	tool(&a, "verify", "--json", "--comm", "somebody-else", "-u", uid, NULL);
	is(json_nr_findings(a.json, 0, NULL), 0, "another name: nothing about it");
	tool_free(&a);
	load_end(&l);
}

/* The same of a watch, and of what is about a process's account. */
static void watch_by_name(const char *load, const char *arg, const char *glob, const char *tag)
{
	const char *command[] = { "verify", "--watch" };
	struct tool_run a;
	struct load l;

	if (!load_start(&l, load, arg, NULL)) {
		skip(tag, "%s", l.skip);
		return;
	}
	for (int i = 0; i < 2; i++) {
		tool(&a, "verify", "--json", "-q", "--fail-on", "info", "--comm", glob,
		     i ? command[i] : "-q", i ? "-d" : "-q", i ? "200ms" : "-q", NULL);
		is(a.status, 1, "%s --comm %s: exit status", command[i], glob);
		has_text(a.out, tag, "%s --comm %s: %s", command[i], glob, tag);
		has_text(a.out, "\"comm\":\"fault_", "%s --comm %s: with the name", command[i], glob);
		tool_free(&a);
	}
	load_end(&l);
}

/* The limit of a process that was not asked for refuses nothing to the one that was. */
static void limits_of_others(void)
{
	static const char *const first[] = { "--comm", "fault_l[i]mit" };
	char file[] = "/tmp/fixbuf-verdict-XXXXXX", uid[16];
	int fd = mkstemp(file);
	struct tool_run a;
	struct load l;

	if (!load_start(&l, "fault_limit", "own", NULL))
		bail("%s", l.skip);
	/* another user's program may have the name */
	snprintf(uid, sizeof(uid), "%s", load_text(&l, "uid"));
	for (int of_second = 0; of_second < 2; of_second++) {
		const char *pid = load_text(&l, of_second ? "second.pid" : "first.pid");
		const char *how = of_second ? "-p" : first[0], *who = of_second ? pid : first[1];
		int want = of_second;

		tool(&a, "verify", "--json", "-p", pid, NULL);
		is(json_nr_findings(a.json, 0, "near-limit"), want, "verify -p of the %s limit",
		   want ? "near" : "wide");
		is(a.status, want, "exit status");
		tool_free(&a);
		tool(&a, "verify", "--json", how, who, "-u", uid, NULL);
		is(json_nr_findings(a.json, 0, "near-limit"), want, "verify %s", how);
		tool_free(&a);
		tool(&a, "verify", "--watch", "--json", "-q", "-i", "100ms", "-d", "500ms", how, who, "-u", uid, NULL);
		is(!!strstr(a.out, "\"near-limit\""), want, "verify --watch %s", how);
		is(a.status, want, "exit status");
		tool_free(&a);
		tool(&a, "record", "-q", "-o", file, "-d", "300ms", how, who, "-u", uid, NULL);
		tool_free(&a);
		tool(&a, "report", "--verify", "--json", file, NULL);
		is(json_nr_findings(a.json, 0, "near-limit"), want, "record %s, report --verify", how);
		tool_free(&a);
	}
	load_end(&l);
	if (fd >= 0)
		close(fd);
	unlink(file);
}

/* What is accepted is counted, and decides nothing. */
static void ignoring(void)
{
	char file[] = "/tmp/fixbuf-verdict-XXXXXX", accepted[64];
	int fd = mkstemp(file);
	struct tool_run a;
	struct load l;
	char uid[16];

	if (!load_start(&l, "fault_limit", NULL))
		bail("%s", l.skip);
	snprintf(uid, sizeof(uid), "%s", load_text(&l, "uid"));
	tool(&a, "verify", "--json", "-u", uid, "--ignore", "near-limit:fault_lim*", NULL);
	is(a.status, 0, "--ignore of what was found: exit status");
	is(json_number(a.json, "ignored"), 1, "it is counted");
	is(json_nr_findings(a.json, 0, NULL), 0, "and not told");
	tool_free(&a);
	tool(&a, "verify", "-u", uid, "--ignore", "near-limit", NULL);
	has_text(a.out, "1 finding is ignored by --ignore", "the text says so");
	ok(!strstr(a.out, VOUCHED), "over what is ignored nothing is vouched for");
	tool_free(&a);
	tool(&a, "verify", "-u", uid, "--ignore", "near-limit:somebody-else", "--ignore",
	     "over-limit", NULL);
	is(a.status, 1, "--ignore of others: exit status");
	tool_free(&a);
	snprintf(accepted, sizeof(accepted), "# accepted\nnear-limit:%s # batch\n", uid);
	ok(write(fd, accepted, strlen(accepted)) > 0, "a file");
	tool(&a, "verify", "-q", "-u", uid, "--ignore-file", file, NULL);
	is(a.status, 0, "--ignore-file: exit status");
	tool_free(&a);
	tool(&a, "verify", "--watch", "--json", "-q", "-d", "200ms", "-u", uid, "--ignore",
	     "near-limit", NULL);
	is(a.status, 0, "verify --watch --ignore: exit status");
	is(json_nr_findings(a.json, 0, NULL), 0, "no line about it");
	has_text(a.out, "\"ignored\":1", "the summary counts it");
	tool_free(&a);
	load_end(&l);
	tool(&a, "verify", "--ignore", "nothing-like-it", NULL);
	is(a.status, 2, "--ignore of no tag is refused");
	has_text(a.err, "near-limit", "with the tags that there are");
	tool_free(&a);
	tool(&a, "verify", "--ignore-file", "/dev/zero", NULL);
	is(a.status, 2, "a file without end is refused");
	has_text(a.err, "more than 1024 KiB", "as that");
	tool_free(&a);
	if (fd >= 0)
		close(fd);
	unlink(file);
}

/* Over the limit is what watch and report say, too, not only that it is near. */
static void over_the_limit(void)
{
	char file[] = "/tmp/fixbuf-verdict-XXXXXX", command[300];
	int fd = mkstemp(file);
	struct tool_run a;

	snprintf(command, sizeof(command), "sleep %d | %s again", kernel_only() ? 2 : 1,
		 load_path("fault_limit"));
	tool(&a, "verify", "--watch", "--json", "-q", "--", "sh", "-c", command, NULL);
	has_text(a.out, "\"over-limit\"", "verify --watch tells over-limit");
	tool_free(&a);
	tool(&a, "record", "-q", "-o", file, "--", "sh", "-c", command, NULL);
	tool_free(&a);
	tool(&a, "report", "--verify", "--json", file, NULL);
	is(json_nr_findings(a.json, 0, "over-limit"), 1, "report --verify tells over-limit");
	tool_free(&a);
	tool(&a, "report", "--verify", "--json", "--comm", "fault_lim*", file, NULL);
	is(json_nr_findings(a.json, 0, "over-limit"), 1, "also by name");
	tool_free(&a);
	tool(&a, "report", "--verify", "--json", "--comm", "s[h]", "--allow-unsettled", file, NULL);
	is(json_nr_findings(a.json, 0, NULL), 0, "and not of another name");
	tool_free(&a);
	tool(&a, "report", "--verify", "--json", "--ignore", "over-limit:fault_lim*", "--ignore",
	     "near-limit", file, NULL);
	is(a.status, 0, "report --verify --ignore: exit status");
	ok(json_number(a.json, "ignored") > 0, "it is counted");
	tool_free(&a);
	if (fd >= 0)
		close(fd);
	unlink(file);
}

int main(void)
{
	nothing_to_check();
	only_the_selection();
	of_a_thread();
	the_programs_own();
	by_name();
	limits_of_others();
	watch_by_name("fault_limit", "over", "fault_l[i]mit", "\"over-limit\"");
	watch_by_name("fault_ghost", NULL, "fault_gh*", "\"ghost-pin\"");
	ignoring();
	over_the_limit();
	return tap_end();
}
