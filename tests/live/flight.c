// SPDX-License-Identifier: GPL-2.0
/*
 * record as a flight recorder: each segment can be read alone, what is saved of them is what one
 * recording would hold, and no more lies there than may.
 * Independent of the kernel: not run in guests.
 */
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "load.h"
#include "sql.h"
#include "tool.h"
#include "tool_json.h"

#define ROUNDS	3
#define KEPT	(8ULL << 20)

static char folder[] = "/tmp/fixbuf-flight-XXXXXX";
static char kept[64], plain[64];

/* ---- the folder -------------------------------------------------------------------------- */

struct files {
	char *names[4096];
	size_t nr;
	unsigned long long bytes;
};

/* Those whose name begins so, in order. */
static void list_files(struct files *l, const char *begin)
{
	struct dirent **list;
	int n = scandir(kept, &list, NULL, alphasort);

	memset(l, 0, sizeof(*l));
	for (int i = 0; i < n; i++) {
		char path[512];
		struct stat st;

		snprintf(path, sizeof(path), "%s/%s", kept, list[i]->d_name);
		if (!strncmp(list[i]->d_name, begin, strlen(begin)) && !stat(path, &st) &&
		    S_ISREG(st.st_mode) && l->nr < sizeof(l->names) / sizeof(l->names[0])) {
			l->names[l->nr++] = strdup(path);
			l->bytes += st.st_size;
		}
		free(list[i]);
	}
	if (n >= 0)
		free(list);
}

static void free_files(struct files *l)
{
	for (size_t i = 0; i < l->nr; i++)
		free(l->names[i]);
}

static void empty(void)
{
	struct files l;

	list_files(&l, "");
	for (size_t i = 0; i < l.nr; i++)
		unlink(l.names[i]);
	free_files(&l);
}

static bool is_recording(const struct tool_run *a)
{
	char text[4096] = "";

	return pread(a->err_fd, text, sizeof(text) - 1, 0) > 0 && strstr(text, "recording to ");
}

static void await_start(struct tool_run *a)
{
	for (int i = 0; i < 6000 && !is_recording(a); i++)
		usleep(5000);
}

static void end(struct tool_run *a)
{
	kill(a->pid, SIGINT);
	tool_wait(a, &(struct tool_how){ 0 });
	is(a->status, 0, "record ends cleanly on SIGINT: %s", a->err);
}

/* ---- the same as one recording ------------------------------------------------------------- */

static long long calls(struct json_object *report, const char *call, const char *what)
{
	struct json_object *all = json_member(report, "calls");

	for (size_t i = 0; all && i < json_object_array_length(all); i++)
		if (json_is(json_object_array_get_idx(all, i), "call", call))
			return json_number(json_object_array_get_idx(all, i), what);
	return 0;
}

/* A folder is its segments, one after the other, and files are told in the order of their time. */
static void together(const char *saved, struct json_object *one)
{
	struct tool_run folder_run, files, both;
	struct files l;

	tool(&folder_run, "report", "--json", kept, NULL);
	is(folder_run.status, 0, "the folder is told");
	ok(strstr(folder_run.err, "1 recording beside the segments of") && strstr(folder_run.err, "/signal-*.rec\n"),
	   "and that what was saved is not: %s", folder_run.err);
	is(calls(folder_run.json, "register", "calls"), calls(one, "register", "calls"),
	   "as what was saved of it");
	is(json_number(folder_run.json, "parts"), 1, "as one recording");
	list_files(&l, "segment-");
	tool(&files, "report", "--trace", "-q", l.names[2], l.names[0], l.names[1], l.names[3], NULL);
	tool(&both, "report", "--trace", "-q", l.names[0], l.names[1], l.names[2], l.names[3], NULL);
	ok(strlen(files.out) > 1000, "files are told");
	is_text(files.out, both.out, "in the order of their time");
	tool_free(&both);
	tool(&both, "report", saved, l.names[1], NULL);
	ok(strstr(both.err, "counted twice"), "what two hold is said to be counted twice");
	free_files(&l);
	tool_free(&folder_run);
	tool_free(&files);
	tool_free(&both);
}

/* One file has the rows of all machines, each as the file of that machine alone has them. */
static void tables(const char *both, const char *a, const char *b)
{
	char db[2][160];
	const char *of[] = { a, b };
	struct tool_run r;

	tool(&r, "report", "--sqlite", both, a, b, NULL);
	is(r.status, 0, "tables are of several machines: %s", r.err);
	is_text(r.out, "", "and nothing is printed");
	tool_free(&r);
	if (!sql_is_there()) {
		skip("what is in them", "no sqlite3");
		unlink(both);
		return;
	}
	for (int i = 0; i < 2; i++) {
		snprintf(db[i], sizeof(db[i]), "%s.%d", both, i);
		tool(&r, "report", "--sqlite", db[i], of[i], NULL);
		tool_free(&r);
	}
	is(sql_number(both, "SELECT count(DISTINCT machine) FROM recordings"), 2, "they name both");
	is(sql_number(both, "SELECT count(*) FROM calls WHERE machine = 'other-machine'"),
	   sql_number(db[1], "SELECT count(*) FROM calls"), "one's calls are all there");
	is(sql_number(both, "SELECT count(*) FROM calls WHERE machine <> 'other-machine'"),
	   sql_number(db[0], "SELECT count(*) FROM calls"), "the other's, too");
	is(sql_number(both, "SELECT count(*) FROM unused_buffers"),
	   sql_number(db[0], "SELECT count(*) FROM unused_buffers") + sql_number(db[1], "SELECT count(*) FROM unused_buffers"),
	   "and a view does not take one's buffers for the other's");
	unlink(both);
	unlink(db[0]);
	unlink(db[1]);
}

static void machines(void)
{
	struct tool_run record, report;
	char other[128], html[128];

	snprintf(other, sizeof(other), "%s/other.rec", folder);
	snprintf(html, sizeof(html), "%s/page.html", folder);
	if (!record_elsewhere("other-machine", "", other, "lifecycle"))
		return;
	tool(&record, "record", "-q", "-o", plain, "--", load_path("lifecycle"), "--no-wait", NULL);
	tool(&report, "report", plain, other, NULL);
	is(report.status, 0, "both are told");
	ok(strstr(report.out, "==== other-machine ====\n"), "each under its machine's name");
	tool_free(&report);
	tool_free(&record);
	unlink(html);
	tables(html, plain, other);
	unlink(other);
}

static void alone(void)
{
	struct files l;
	size_t bad = 0;
	long long registers = 0;

	list_files(&l, "segment-");
	ok(l.nr > ROUNDS, "there are segments (%zu)", l.nr);
	for (size_t i = 0; i < l.nr; i++) {
		struct tool_run one;

		tool(&one, "report", "--json", l.names[i], NULL);
		bad += one.status || *one.err;
		registers += calls(one.json, "register", "calls");
		tool_free(&one);
	}
	is(bad, 0, "each can be read alone");
	ok(registers > 0 && registers % ROUNDS == 0, "together they hold each call (%lld)", registers);
	free_files(&l);
}

static void same_as_one(void)
{
	static const char *const of_calls[] = { "register", "update", "clone", "unregister" };
	struct json_object *a, *b;
	struct tool_run record, one, saved;
	char script[1024];
	struct files l;

	snprintf(script, sizeof(script), "%s --no-wait >/dev/null", load_path("lifecycle"));
	tool(&record, "record", "-q", "-o", plain, "--", "sh", "-c", script, NULL);
	is(record.status, 0, "one round, in one file");
	tool_free(&record);
	snprintf(script, sizeof(script),
		 "for i in 1 2 3; do %s --no-wait >/dev/null; sleep 1.3; done; kill -USR1 $PPID; sleep 1",
		 load_path("lifecycle"));
	tool(&record, "record", "-o", kept, "--keep-time", "9s", "--", "sh", "-c", script, NULL);
	is(record.status, 0, "and %d rounds, in segments", ROUNDS);
	list_files(&l, "signal-");
	is(l.nr, 1, "SIGUSR1 saves what is kept");
	ok(l.nr && strstr(record.err, l.names[0]), "and its name is told: %s", record.err);
	tool(&one, "report", "--json", plain, NULL);
	tool(&saved, "report", "--json", l.nr ? l.names[0] : "none", NULL);
	is_text(saved.err, "", "it is told without a word");
	for (size_t i = 0; i < sizeof(of_calls) / sizeof(of_calls[0]); i++) {
		is(calls(saved.json, of_calls[i], "calls"), ROUNDS * calls(one.json, of_calls[i], "calls"),
		   "as many of %s", of_calls[i]);
		is(calls(saved.json, of_calls[i], "failed"), ROUNDS * calls(one.json, of_calls[i], "failed"),
		   "that failed");
	}
	a = json_member(saved.json, "buffers");
	b = json_member(one.json, "buffers");
	is(json_number(a, "registered"), ROUNDS * json_number(b, "registered"), "buffers");
	is(json_number(a, "dropped"), ROUNDS * json_number(b, "dropped"), "that were dropped");
	is(json_number(a, "unused"), ROUNDS * json_number(b, "unused"), "that saw no I/O");
	is(json_number(saved.json, "parts"), 1, "it is one recording");
	is(json_number(saved.json, "lost"), 0, "nothing is lost");
	alone();
	together(l.names[0], saved.json);
	free_files(&l);
	tool_free(&record);
	tool_free(&one);
	tool_free(&saved);
	empty();
}

/* Begins to record what the load does, with one option more. */
static void record_load(struct load *l, struct tool_run *record, const char *load, const char *option,
			const char *value)
{
	char pid[16];

	if (!load_start(l, load, NULL))
		bail("%s does not start", load);
	snprintf(pid, sizeof(pid), "%d", l->pid);
	tool_start(record, &(struct tool_how){ 0 }, "record", "-o", kept, option, value, "-p", pid, NULL);
	await_start(record);
}

/* What is there in each segment is counted once, and its I/O where it was. */
static void held(void)
{
	struct tool_run record, list, saved, rings;
	struct json_object *buffers;
	struct files f;
	char pid[16];
	struct load l;
	long long left;

	record_load(&l, &record, "shared", "--keep-time", "2s");
	snprintf(pid, sizeof(pid), "%d", l.pid);
	sleep(4);
	tool(&list, "list", "--json", "-p", pid, NULL);
	kill(record.pid, SIGUSR1);
	ok(tool_says(&record, "saved to", 10000), "it is saved while it goes on");
	end(&record);
	list_files(&f, "signal-");
	is(f.nr, 1, "one is");
	tool(&saved, "report", "--json", f.nr ? f.names[0] : "none", NULL);
	tool(&rings, "report", "--list", "--json", f.nr ? f.names[0] : "none", NULL);
	buffers = json_member(saved.json, "buffers");
	is(json_nr_rings(rings.json, l.pid), json_nr_rings(list.json, l.pid), "rings as list shows them");
	is(json_number(buffers, "registered"), 0, "nothing was registered meanwhile");
	left = json_number(buffers, "left");
	ok(left > 0, "buffers are left");
	tool_free(&saved);
	free_files(&f);
	list_files(&f, "segment-");
	ok(f.nr > 4, "there are segments");
	tool(&saved, "report", "--json", f.nr ? f.names[0] : "none", NULL);
	is(json_number(json_member(saved.json, "buffers"), "left"), left,
	   "as many as in a segment alone");
	ok(json_number(saved.json, "duration_ns") < 1000000000, "which is short");
	free_files(&f);
	load_end(&l);
	tool_free(&record);
	tool_free(&list);
	tool_free(&saved);
	tool_free(&rings);
	empty();
}

/* Whether one of its descriptors is the kernel's, as of a map: it loads what it watches with. */
static bool is_loading(pid_t pid)
{
	char path[300], to[64] = "";
	struct dirent *e;
	bool found = false;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/fd", pid);
	dir = opendir(path);
	while (dir && !found && (e = readdir(dir))) {
		snprintf(path, sizeof(path), "/proc/%d/fd/%s", pid, e->d_name);
		found = readlink(path, to, sizeof(to) - 1) > 0 && !strncmp(to, "anon_inode:bpf", 14);
	}
	if (dir)
		closedir(dir);
	return found;
}

/* SIGUSR1 that comes while it starts saves what is there once it has begun. */
static void early(void)
{
	struct tool_run record;
	struct files f;

	tool_start(&record, &(struct tool_how){ 0 }, "record", "-o", kept, "--keep-time", "10s", "--comm", "none", NULL);
	while (!is_loading(record.pid) && !child_has_ended(record.pid))
		usleep(500);
	kill(record.pid, SIGUSR1);
	ok(tool_says(&record, "signal (SIGUSR1): saved to", 30000), "SIGUSR1 while it starts saves, too");
	end(&record);
	list_files(&f, "signal-");
	is(f.nr, 1, "one is saved");
	free_files(&f);
	tool_free(&record);
	/* one that keeps all of it goes on */
	tool_start(&record, &(struct tool_how){ 0 }, "record", "-o", plain, "--comm", "none", NULL);
	while (!is_loading(record.pid) && !child_has_ended(record.pid))
		usleep(500);
	kill(record.pid, SIGUSR1);
	kill(record.pid, SIGHUP);
	await_start(&record);
	end(&record);
	tool_free(&record);
	empty();
}

/* More rings did I/O and went than are kept in mind: of the last segments all is known. */
static void many_went(void)
{
	struct tool_run record, one;
	char script[1024];
	struct files f;

	snprintf(script, sizeof(script), "%s --no-wait 17011 1 alone; sleep 4; %s --no-wait 97 499; sleep .3; kill -USR1 $PPID; sleep 1",
		 load_path("io_rings"), load_path("io_short"));
	tool(&record, "record", "-o", kept, "--keep-time", "8s", "--keep-size", "64M", "--before", "2s", "--",
	     "sh", "-c", script, NULL);
	is(record.status, 0, "record beside many rings that go");
	list_files(&f, "signal-");
	tool(&one, "report", "--json", f.nr ? f.names[0] : "none", NULL);
	ok(calls(one.json, "register", "calls") > 0, "the last of them are saved");
	ok(!json_object_is_type(json_member(json_member(one.json, "buffers"), "unused"), json_type_null),
	   "which of their buffers saw no I/O is known");
	free_files(&f);
	tool_free(&record);
	tool_free(&one);
	empty();
}

/* ---- bounds and triggers --------------------------------------------------------------------- */

static void bounded(void)
{
	unsigned long long most = 0;
	struct tool_run record;
	struct files f;
	struct load l;

	record_load(&l, &record, "churn", "--keep-size", "8M");
	for (int i = 0, full = 0; i < 600 && full < 60; i++) {
		usleep(50000);
		list_files(&f, "");
		most = f.bytes > most ? f.bytes : most;
		free_files(&f);
		full += most > KEPT / 2;
		if (full == 1)
			kill(record.pid, SIGUSR1);
	}
	end(&record);
	load_end(&l);
	list_files(&f, "signal-");
	is(f.nr, 1, "what is saved has room beside");
	free_files(&f);
	list_files(&f, "segment-");
	ok(f.nr >= 2, "churn goes to segments (%zu)", f.nr);
	ok(most > KEPT / 2 && most <= KEPT, "no more than --keep-size lies there (%llu)", most);
	free_files(&f);
	tool_free(&record);
	/* what lies there counts, though an earlier run left it */
	tool(&record, "record", "-q", "-o", kept, "--keep-time", "100ms", "-d", "3s", "--comm", "none", NULL);
	is(record.status, 0, "another run");
	list_files(&f, "segment-");
	ok(f.bytes < KEPT / 2, "drops what the earlier one kept, as it is too old");
	free_files(&f);
	tool_free(&record);
	empty();
}

static void triggered(const char *trigger, const char *name, const char *load, const char *arg, int want)
{
	struct tool_run record, saved;
	struct files f;

	tool(&record, "record", "-o", kept, "--trigger", trigger, "--after", "300ms", "--before", "2s",
	     "--", load_path(load), "--no-wait", arg, NULL);
	if (tool_skipped(&record, load)) {
		tool_free(&record);
		return;
	}
	list_files(&f, name);
	/* where it takes longer than --after, the rest is saved, too */
	ok(want ? f.nr >= (size_t)want : !f.nr, "%s, of %s: %zu of %d: %s", trigger, load, f.nr, want,
	   record.err);
	if (f.nr) {
		tool(&saved, "report", f.names[0], NULL);
		is(saved.status, 0, "it can be read");
		ok(strstr(saved.out, load), "and holds it");
		if (!want)
			note("%s", saved.out);
		tool_free(&saved);
	}
	free_files(&f);
	tool_free(&record);
	empty();
}

static void refuse(const char *a, const char *b, const char *says)
{
	struct tool_run r;

	tool(&r, "record", "-o", kept, "-d", "100ms", a, b, NULL);
	is(r.status, 2, "%s %s is refused", a, b ? b : "");
	ok(strstr(r.err, says), "as %s: %s", says, r.err);
	tool_free(&r);
}

static void refused(void)
{
	struct tool_run r;

	refuse("--trigger", "slow", "no trigger");
	refuse("--trigger", "failures", "no trigger");
	refuse("--before", "2s", "flight recorder");
	refuse("--keep-size", "4K", "keeps too little");
	chmod(kept, 0777);
	refuse("--keep-time", "2s", "others may write to it");
	chmod(kept, 0700);
	tool_start(&r, &(struct tool_how){ 0 }, "record", "-o", kept, "--keep-time", "2s", "--comm", "none", NULL);
	await_start(&r);
	refuse("--keep-time", "2s", "another recording");
	end(&r);
	tool_free(&r);
	empty();
}

int main(void)
{
	struct files none;

	if (!mkdtemp(folder))
		bail("no folder");
	snprintf(kept, sizeof(kept), "%s/kept", folder);
	snprintf(plain, sizeof(plain), "%s/plain.rec", folder);
	same_as_one();
	machines();
	held();
	early();
	many_went();
	bounded();
	triggered("failure", "failure-", "lifecycle", NULL, 1);
	triggered("finding", "finding-", "fault_limit", NULL, 1);
	triggered("finding", "finding-", "lifecycle", NULL, 0);
	triggered("slow 10m", "slow-", "lifecycle", NULL, 0);
	triggered("slow 1ns", "slow-", "lifecycle", NULL, 1);
	refused();
	list_files(&none, "");
	is(none.nr, 0, "nothing is left");
	unlink(plain);
	rmdir(kept);
	rmdir(folder);
	return tap_end();
}
