// SPDX-License-Identifier: GPL-2.0
/*
 * report --verify of healthy programs whose releases take a while and are looked into in the
 * middle; of a selection beside another user, whose account is wrong: it tells what is about the
 * selection alone; and of a limit that no call tells.
 */
#include <signal.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "load.h"
#include "sql.h"
#include "tool.h"
#include "tool_json.h"

static char file[] = "/tmp/fixbuf-report-verify-XXXXXX";

/* report --verify of the file: .what is the recording's. */
static void nothing_is_found(const char *what)
{
	struct json_object *all;
	struct tool_run a;

	tool(&a, "report", "--verify", "--json", file, NULL);
	all = json_member(a.json, "findings");
	is(all ? (long long)json_object_array_length(all) : -1, 0, "%s: no finding", what);
	for (size_t i = 0; all && i < json_object_array_length(all); i++)
		note("%s", json_object_to_json_string(json_object_array_get_idx(all, i)));
	/* where events were lost, on a busy machine, that is all that it says */
	is(a.status, a.json && json_number(a.json, "lost") ? 4 : 0, "%s: report --verify exits", what);
	tool_free(&a);
}

/* What is not there is not vouched for, and what a recording never holds is said not to be checked. */
static void is_unsettled(const char *what, const char *why)
{
	struct json_object *row;
	struct tool_run a;

	tool(&a, "report", "--verify", "--json", file, NULL);
	/* others may stand beside it: events that were lost, programs that a busy kernel left out */
	row = json_with(json_member(a.json, "unsettled"), "what", why);
	is(a.status, 4, "%s: report --verify exits", what);
	ok(row, "%s: %s", what, why);
	if (!row)
		note("%s", json_object_to_json_string(json_member(a.json, "unsettled")));
	is_text(json_object_get_string(json_object_array_get_idx(json_member(a.json, "not_checked"), 0)), "pages",
		"%s: what is not checked", what);
	tool_free(&a);
}

static void empty_or_cut(void)
{
	struct tool_run a;
	struct stat st;

	tool(&a, "record", "-q", "-o", file, "--", "true", NULL);
	is(a.status, 0, "record of a program that has no ring");
	tool_free(&a);
	is_unsettled("nothing recorded", "nothing-to-check");
	tool(&a, "record", "-q", "-o", file, "--", load_path("lifecycle"), "--no-wait", NULL);
	tool_free(&a);
	if (stat(file, &st) || truncate(file, st.st_size * 4 / 5))
		bail("cannot cut %s", file);
	is_unsettled("cut off", "cut-recording");
}

/* An end that --max-size makes is clean, and as little is known of what came after it. */
static void full(void)
{
	struct json_object *row;
	unsigned long long told;
	struct tool_run a;
	const char *at;

	tool(&a, "record", "-o", file, "--max-size", "4K", "--", load_path("lifecycle"), "--no-wait", NULL);
	at = strstr(a.err, "ended at --max-size: ");
	told = at ? strtoull(at + strlen("ended at --max-size: "), NULL, 10) : 0;
	ok(told > 0, "record says how much --max-size left out");
	has_text(a.err, " left out, later ones not recorded", "and that it saw no more: %s", a.err);
	tool_free(&a);
	is_unsettled("full", "full-recording");
	tool(&a, "report", "--verify", "--json", file, NULL);
	row = json_with(json_member(a.json, "unsettled"), "what", "full-recording");
	is(json_number(row, "count"), told, "as many are unsettled");
	has_text(json_text(row, "remedy"), "--max-size", "with what helps");
	tool_free(&a);
	tool(&a, "report", "--json", file, NULL);
	is(json_number(a.json, "left_out"), told, "report tells them");
	tool_free(&a);
	/* a part that follows makes none of it known */
	tool(&a, "record", "-q", "-o", file, "--append", "--", load_path("lifecycle"), "--no-wait", NULL);
	tool_free(&a);
	is_unsettled("full, then appended to", "full-recording");
}

static void drop_segments(const glob_t *found)
{
	for (size_t i = 0; i < found->gl_pathc; i++)
		unlink(found->gl_pathv[i]);
}

/* What lies between files of one run that do not follow each other is known to nobody. */
static void paused(void)
{
	char kept[64], pattern[96], script[1024], at[32];
	struct json_object *row;
	struct json_lines lines;
	struct tool_run a;
	glob_t found;

	snprintf(kept, sizeof(kept), "%s.kept", file);
	snprintf(pattern, sizeof(pattern), "%s/segment-*-[1-3].rec", kept);
	snprintf(script, sizeof(script), "%s --no-wait >/dev/null; sleep 2.5", load_path("lifecycle"));
	tool(&a, "record", "-q", "-o", kept, "--keep-time", "4s", "--", "sh", "-c", script, NULL);
	tool_free(&a);
	if (glob(pattern, 0, NULL, &found) || found.gl_pathc != 3)
		bail("no segments in %s", kept);
	tool(&a, "report", "--verify", found.gl_pathv[0], found.gl_pathv[1], NULL);
	is(a.status, 0, "what follows each other is vouched for: %s", a.out);
	tool_free(&a);
	tool(&a, "report", "--verify", "--json", found.gl_pathv[0], found.gl_pathv[2], NULL);
	row = json_with(json_member(a.json, "unsettled"), "what", "unrecorded-time");
	is(a.status, 4, "what does not is unsettled");
	is(json_number(row, "count"), 1, "once");
	tool_free(&a);
	tool(&a, "report", "--json", found.gl_pathv[0], found.gl_pathv[2], NULL);
	ok(json_number(a.json, "unrecorded_ns") > 100000000, "report tells how long it is");
	is(json_number(a.json, "parts"), 2, "and makes it two parts");
	tool_free(&a);
	tool(&a, "report", "--json", found.gl_pathv[0], NULL);
	snprintf(at, sizeof(at), "%lldms", json_number(a.json, "duration_ns") / 1000000 + 50);
	tool_free(&a);
	tool(&a, "report", "--list", "--at", at, found.gl_pathv[0], found.gl_pathv[2], NULL);
	is(a.status, 2, "of a moment in between --list tells nothing");
	has_text(a.err, "was not recorded: it lies between parts", "and why: %s", a.err);
	tool_free(&a);
	tool(&a, "report", found.gl_pathv[0], found.gl_pathv[2], NULL);
	has_text(a.out, " between parts was not recorded\n", "in words, too");
	tool_free(&a);
	tool(&a, "report", "--trace", found.gl_pathv[0], found.gl_pathv[2], NULL);
	has_text(a.out, " was not recorded here\n", "and where it is");
	tool_free(&a);
	tool(&a, "report", "--trace", "--json", found.gl_pathv[0], found.gl_pathv[2], NULL);
	json_lines_parse(&lines, a.out);
	is(json_lines_nr(&lines, "unrecorded"), 1, "so do the lines");
	ok(json_number(json_lines_nth(&lines, "unrecorded", 0), "duration_ns") > 100000000, "with how long it is");
	json_lines_free(&lines);
	tool_free(&a);
	globfree(&found);
	snprintf(pattern, sizeof(pattern), "%s/*.rec", kept);
	if (!glob(pattern, 0, NULL, &found))
		drop_segments(&found);
	globfree(&found);
	rmdir(kept);
}

/* Whoever reads another view than --verify learns of it, too. */
static void beyond_in_all_views(long long slots)
{
	char out[64];
	struct tool_run a;
	char *page;

	tool(&a, "report", file, NULL);
	has_text(a.out, "at least ", "the page says that there may be more");
	has_text(a.out, " slots of tables were not read, as a user has more", "and why");
	has_text(a.out, "what is in tables that were not read is not known", "and vouches for none of it");
	tool_free(&a);
	tool(&a, "report", "--json", file, NULL);
	is(json_number(a.json, "skipped_slots"), slots, "so does JSON");
	tool_free(&a);
	snprintf(out, sizeof(out), "%s.out", file);
	tool(&a, "report", "--html", out, file, NULL);
	tool_free(&a);
	page = file_text(out);
	has_text(page, "\"older_more\":true", "so does the page of charts");
	free(page);
	tool(&a, "report", "--sqlite", out, file, NULL);
	tool_free(&a);
	if (sql_is_there())
		is(sql_number(out, "SELECT skipped_slots FROM recordings"), slots, "and SQL");
	else
		skip("and SQL", "no sqlite3");
	unlink(out);
}

/* Tables beyond what is read of one user are not vouched for, as by verify. */
static void beyond_what_is_read(void)
{
	struct json_object *row;
	struct tool_run a;
	struct load l;
	char id[16];

	if (!load_start(&l, "many", "sparse", "41", NULL)) {
		skip("more slots than are read", "%s", l.skip);
		return;
	}
	snprintf(id, sizeof(id), "%d", l.pid);
	tool(&a, "record", "-q", "-o", file, "-d", "300ms", "-p", id, NULL);
	is(a.status, 0, "record of more slots than are read");
	tool_free(&a);
	load_end(&l);
	is_unsettled("more slots than are read", "skipped-slots");
	tool(&a, "report", "--list", file, NULL);
	has_text(a.out, "41 rings, at least ", "report --list sums up the least");
	has_text(a.out, "which are not in these sums", "and says what it leaves out");
	ok(!strstr(a.out, "with -p"), "with no remedy that comes too late");
	tool_free(&a);
	tool(&a, "report", "--verify", "--json", file, NULL);
	row = json_with(json_member(a.json, "unsettled"), "what", "skipped-slots");
	beyond_in_all_views(json_number(row, "count"));
	tool_free(&a);
}

static void record_long_releases(void)
{
	const char *tier = tool_tier();
	struct tool_run a;

	tool(&a, "record", "-q", "-o", file, tier ? "--tier" : "-q", tier ? tier : "-q", "--",
	     load_path("releases"), "--no-wait", kernel_only() ? "8" : "32", NULL);
	is(a.status, 0, "record of a program with long releases");
	tool_free(&a);
	nothing_is_found("long releases");
}

/* One who is over the limit from before on, and one who comes to it meanwhile. */
static void record_beside_others(const char *option, const char *value)
{
	struct tool_run a;
	struct load l;

	tool_start(&a, &(struct tool_how){ 0 }, "record", "-o", file, "-d", "700ms", option, value,
		   NULL);
	if (!load_start(&l, "fault_limit", NULL))
		bail("%s", l.skip);
	tool_wait(&a, &(struct tool_how){ 0 });
	is(a.status, 0, "record %s beside others", option);
	load_end(&l);
	tool_free(&a);
	nothing_is_found(option);
}

static void beside_others(void)
{
	struct load other, ours;
	char pid[16];

	if (!load_start(&other, "fault_limit", "over", NULL)) {
		skip("beside others", "%s", other.skip);
		return;
	}
	/* calls of two threads on one account, also when the recording ends */
	if (!load_start(&ours, "churn", "small", kernel_only() ? "slow" : NULL, NULL))
		bail("%s", ours.skip);
	snprintf(pid, sizeof(pid), "%d", ours.pid);
	record_beside_others("-p", pid);
	record_beside_others("--comm", "chur[n]");
	load_end(&ours);
	load_end(&other);
}

/*
 * Rings come and go while its programs are detached, one after the other. That buffers of a heap
 * share the edges of pages is told, and no error.
 */
static void ends_amid_churn(void)
{
	const char *tier = tool_tier();
	struct json_object *all, *one;
	struct tool_run a;
	int errors = 0;
	pid_t load;

	fflush(stdout);
	load = fork();
	if (!load) {
		execl(load_path("mm_churn"), "mm_churn", "exit", "100003", "--no-wait", NULL);
		_exit(1);
	}
	tool(&a, "record", "-q", "-o", file, "-d", "700ms", "--comm", "mm_chur[n]", tier ? "--tier" : "-q",
	     tier ? tier : "-q", NULL);
	is(a.status, 0, "record amid churn");
	tool_free(&a);
	kill(load, SIGKILL);
	waitpid(load, NULL, 0);
	tool(&a, "report", "--verify", "--json", file, NULL);
	all = json_member(a.json, "findings");
	for (size_t i = 0; all && i < json_object_array_length(all); i++) {
		one = json_object_array_get_idx(all, i);
		if (!json_is(one, "severity", "error"))
			continue;
		errors++;
		note("%s", json_object_to_json_string(one));
	}
	is(all ? errors : -1, 0, "ended amid churn: no error");
	tool_free(&a);
}

/* A limit that is lowered below what is locked is told of no call; .room_kib: for events. */
static void lowered_meanwhile(const char *room_kib, const char *what)
{
	struct tool_how how = { .timeout_s = 60 };
	struct json_object *all, *one;
	struct tool_run a;
	struct load l;
	bool told = false;

	tool_start(&a, &how, "record", "-o", file, "--ring-buffer", room_kib, NULL);
	ok(tool_says(&a, "recording to ", 60000), "record says when it records");
	if (!load_start(&l, "fault_limit", "over", NULL))
		bail("%s", l.skip);
	kill(a.pid, SIGINT);
	tool_wait(&a, &how);
	tool_free(&a);
	load_end(&l);
	tool(&a, "report", "--verify", "--json", file, NULL);
	all = json_member(a.json, "findings");
	for (size_t i = 0; all && i < json_object_array_length(all); i++) {
		one = json_object_array_get_idx(all, i);
		told |= json_is(one, "tag", "over-limit") &&
			json_number(one, "pid") == l.pid;
	}
	if (!ok(told, "%s: a limit that is lowered below what is locked is told", what))
		note("%s", a.out);
	tool_free(&a);
}

/* All the time, to the end: what is there then is looked at once more. */
static void lowered_amid_losses(void)
{
	struct load l;

	if (!load_start(&l, "churn", "small", NULL)) {
		skip("amid losses", "%s", l.skip);
		return;
	}
	lowered_meanwhile("4", "amid losses");
	load_end(&l);
}

int main(void)
{
	int fd = mkstemp(file);

	empty_or_cut();
	full();
	if (!kernel_only())
		paused();
	beyond_what_is_read();
	record_long_releases();
	beside_others();
	ends_amid_churn();
	lowered_meanwhile("16384", "alone");
	if (!kernel_only())
		lowered_amid_losses();
	if (fd >= 0)
		close(fd);
	unlink(file);
	return tap_end();
}
