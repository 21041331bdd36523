// SPDX-License-Identifier: GPL-2.0
/*
 * "What changed?" asked as users ask it: list, list again, and diff says exactly what came, went and
 * changed in between, and whether that is worse. This program makes the changes.
 * Independent of the kernel: not run in guests.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include "folder.h"
#include "memory.h"
#include "tool.h"
#include "tool_json.h"
#include "uring.h"

#define FIRST	13	/* buffers of one page each */
#define MORE	7	/* that come */
#define LESS	3	/* that go */

static bool by_buffer;	/* the kernel tells what each is charged */
static char before[64], after[64], pids[40], grown[128];

static void list_to(const char *path)
{
	struct tool_run a;

	tool(&a, "list", "--json", "-p", pids, "-o", path, NULL);
	is(a.status, 0, "list to %s: %s", strrchr(path, '/') + 1, a.err);
	tool_free(&a);
}

static struct json_object *change(const struct tool_run *a, const char *what, const char *how)
{
	struct json_object *list = json_member(a->json, "changes"), *o;

	for (size_t i = 0; (o = json_element(list, i)); i++)
		if (json_is(o, "what", what) && json_is(o, "change", how))
			return o;
	return NULL;
}

static size_t nr_changes(const struct tool_run *a, const char *what)
{
	struct json_object *list = json_member(a->json, "changes"), *o;
	size_t nr = 0;

	for (size_t i = 0; (o = json_element(list, i)); i++)
		nr += json_is(o, "what", what);
	return nr;
}

static long long number(struct json_object *change, const char *side, const char *name)
{
	return json_number(json_member(change, side), name);
}

/* Of so many buffers, as diff tells it: nothing (-1) where the kernel keeps charges by ring. */
static long long charge_of(unsigned int buffers)
{
	return by_buffer || !buffers ? buffers * (long long)PAGE : -1;
}

static void is_change(const struct tool_run *a, const char *what, const char *how, unsigned int had, unsigned int has)
{
	struct json_object *c = change(a, what, how);

	if (!ok(c != NULL, "a %s %s", what, how))
		return;
	is(number(c, "had", "buffers"), had, "it had its buffers");
	is(number(c, "has", "buffers"), has, "it has its buffers");
	is(number(c, "had", "charged_bytes"), charge_of(had), "it was charged for them");
	is(number(c, "has", "charged_bytes"), charge_of(has), "it is charged for them");
	is(number(c, "has", "registered_bytes"), has * (long long)PAGE, "as long as they are");
}

/* ---- what this program does between the two looks ------------------------------------------ */

#define CHILDS	2
#define WENT	5	/* with their ring */
#define CAME	17

static struct iovec iov[FIRST + MORE];
static struct io_uring grows, shrinks, goes, comes;
static int to_child[2];
static pid_t child;

static void have(struct io_uring *r, unsigned int nr)
{
	uring_unregister(r->ring_fd);
	if (uring_register(r->ring_fd, iov, nr))
		bail("no %u buffers", nr);
}

static void make(struct io_uring *r, unsigned int nr)
{
	if (uring_open(r, 4))
		bail("no ring");
	have(r, nr);
}

static void be_child(int ready)
{
	struct io_uring r;
	char c;

	if (uring_open(&r, 4) || uring_register(r.ring_fd, iov, CHILDS) || write(ready, "r", 1) != 1)
		_exit(1);
	close(to_child[1]);
	_exit(read(to_child[0], &c, 1) != 0);
}

static void begin(void)
{
	int ready[2];
	char c;

	if (pipe(ready) || pipe(to_child))
		bail("no pipe");
	child = fork();
	if (!child)
		be_child(ready[1]);
	if (read(ready[0], &c, 1) != 1)
		bail("the child has no ring");
	make(&grows, FIRST);
	make(&shrinks, FIRST);
	make(&goes, WENT);
}

static void go_on(void)
{
	make(&comes, CAME);
	have(&grows, FIRST + MORE);
	have(&shrinks, FIRST - LESS);
	io_uring_queue_exit(&goes);
	close(to_child[1]);
	waitpid(child, NULL, 0);
}

/* ---- asked --------------------------------------------------------------------------------- */

#define HAD	(FIRST + FIRST + WENT + CHILDS)
#define HAS	(FIRST + MORE + FIRST - LESS + CAME)

static void as_json(void)
{
	struct tool_run a;

	tool(&a, "diff", "--json", before, after, NULL);
	is(a.status, 1, "more is charged: exit 1: %s", a.err);
	ok(a.json != NULL, "JSON");
	is(number(a.json, "had", "buffers"), HAD, "all that was there");
	is(number(a.json, "has", "buffers"), HAS, "all that is there");
	is(number(a.json, "had", "charged_bytes"), charge_of(HAD), "what was charged");
	is(number(a.json, "has", "charged_bytes"), charge_of(HAS), "what is charged");
	/* from 7.2 on VmPin stays 0 where no limit holds */
	ok(!by_buffer || number(a.json, "has", "pinned_bytes") >= HAS * (long long)PAGE, "what is pinned");
	is(nr_changes(&a, "process"), 2, "two processes changed");
	is(nr_changes(&a, "ring"), 5, "and five rings");
	is(nr_changes(&a, "slots"), 2, "and two runs of slots");
	is_change(&a, "process", "went", CHILDS, 0);
	is_change(&a, "process", "changed", HAD - CHILDS, HAS);
	is_change(&a, "ring", "came", 0, CAME);
	is_change(&a, "slots", "came", 0, MORE);
	is_change(&a, "slots", "went", LESS, 0);
	is(json_number(change(&a, "slots", "came"), "first"), FIRST, "from the first slot that was empty");
	is(json_number(change(&a, "slots", "came"), "last"), FIRST + MORE - 1, "to the last");
	is(json_number(change(&a, "slots", "came"), "fd"), grows.ring_fd, "of the ring that grew");
	is(json_number(change(&a, "slots", "went"), "fd"), shrinks.ring_fd, "and of the one that shrank");
	is(json_number(change(&a, "ring", "came"), "fd"), comes.ring_fd, "and the ring that came");
	is(json_number(change(&a, "process", "went"), "pid"), child, "and the process that went");
	tool_free(&a);
}

static void in_text(void)
{
	char total[128];
	struct tool_run a;
	size_t widest = 0;

	snprintf(total, sizeof(total), "  3 rings -1 ");
	tool(&a, "diff", before, after, NULL);
	is(a.status, 1, "text: exit 1");
	has_text(a.out, grown, "the slots that came");
	has_text(a.out, total, "the sum at the end");
	has_text(a.out, by_buffer ? "worse: charged: diff +56K\n" : "worse: registered: diff +56K\n", "and what got worse, of whom");
	for (char *line = strtok(a.out, "\n"); line; line = strtok(NULL, "\n"))
		widest = strlen(line) > widest ? strlen(line) : widest;
	ok(widest <= 80, "it fits 80 columns: %zu", widest);
	tool_free(&a);
}

static void exit_statuses(void)
{
	const struct {
		const char *on;
		int forth, back;
	} rows[] = {
		{ "charged", by_buffer ? 1 : 4, by_buffer ? 0 : 4 }, { "registered", 1, 0 }, { "buffers", 1, 0 }, { "rings", 0, 1 },
	};
	struct tool_run a;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		tool(&a, "diff", "--fail-on", rows[i].on, before, after, NULL);
		is(a.status, rows[i].forth, "--fail-on %s", rows[i].on);
		tool_free(&a);
		tool(&a, "diff", "--fail-on", rows[i].on, after, before, NULL);
		is(a.status, rows[i].back, "--fail-on %s, the other way round", rows[i].on);
		tool_free(&a);
	}
	tool(&a, "diff", after, after, NULL);
	is(a.status, 0, "a file and itself");
	has_text(a.out, "no ring changed: 3 rings, 47 buffers", "nothing");
	tool_free(&a);
	tool(&a, "diff", "--fail-on", "findings", before, after, NULL);
	is(a.status, 2, "without findings none can come");
	tool_free(&a);
	tool(&a, "diff", "--fail-on", "buffers", "-p", pids, before, NULL);
	is(a.status, 1, "one file alone, and what runs now: %s", a.err);
	has_text(a.out, grown, "the slots that came");
	has_text(a.out, "worse: buffers: diff +16\n", "and whose they are");
	tool_free(&a);
	tool(&a, "diff", "-p", pids, after, NULL);
	is(a.status, 0, "of that which runs now: %s", a.err);
	has_text(a.out, "no ring changed: 3 rings, 47 buffers", "nothing changed since");
	tool_free(&a);
	tool(&a, "diff", NULL);
	is(a.status, 2, "no file");
	tool_free(&a);
	tool(&a, "diff", before, after, after, NULL);
	is(a.status, 2, "three files");
	tool_free(&a);
}

/* A file with each .old replaced. */
static void write_edited(const char *path, const char *of, const char *old, const char *new)
{
	char *text = file_text(of), *at = text, *next, *made;
	size_t len;
	FILE *f = open_memstream(&made, &len);

	for (; (next = strstr(at, old)); at = next + strlen(old))
		fprintf(f, "%.*s%s", (int)(next - at), at, new);
	fputs(at, f);
	fclose(f);
	file_write(path, made, len);
	free(made);
	free(text);
}

static void another_process(void)
{
	char path[64];
	struct tool_run a;

	write_edited(folder_path(path, "start"), after, "\"start_ns\":", "\"start_ns\":1");
	tool(&a, "diff", "--json", after, path, NULL);
	is(a.status, 0, "as much as before");
	is(nr_changes(&a, "process"), 2, "a process with the same id that began at another time");
	is_change(&a, "process", "went", HAS, 0);
	is_change(&a, "process", "came", 0, HAS);
	tool_free(&a);
	write_edited(folder_path(path, "boot"), after, "\"boot_id\":\"", "\"boot_id\":\"f");
	tool(&a, "diff", after, path, NULL);
	has_text(a.out, "different machines", "another boot is told");
	tool_free(&a);
	write_edited(folder_path(path, "ring"), after, "\"ring\":\"0x", "\"ring\":\"0x1");
	tool(&a, "diff", after, path, NULL);
	has_text(a.out, "no ring changed", "an address is none's identity");
	tool_free(&a);
	write_edited(folder_path(path, "size"), after, "\"sq_entries\":4,", "\"sq_entries\":8,");
	tool(&a, "diff", "--json", after, path, NULL);
	is(nr_changes(&a, "ring"), 6, "a descriptor that became a ring of another size: three went, three came");
	tool_free(&a);
	write_edited(folder_path(path, "unread"), after, "\"skipped_slots\":0}", "\"skipped_slots\":7}");
	tool(&a, "diff", after, path, NULL);
	is(a.status, 4, "what was not read may be worse");
	has_text(a.out, "does not tell of 7 slots", "in words");
	tool_free(&a);
}

/* One sentence, and no byte that a terminal obeys. */
static void is_sentence(const struct tool_run *a, const char *what)
{
	size_t len = strlen(a->err);

	is(a->status, 2, "%s: exit 2", what);
	ok(len > 20 && strchr(a->err, '\n') == a->err + len - 1 && !strchr(a->err, '\033') && !*a->out,
	   "%s: one sentence: %s", what, a->err);
}

static void hostile(void)
{
	static const char *const texts[] = {
		"", " \n", "{", "[[[[", "nonsense", "{\"schema\":2,\"rings\":[}", "{\"schema\":2}", "{\"schema\":3,\"rings\":[]}",
		"{\"schema\":2,\"rings\":{}}", "[1,2]", "{\"schema\":2,\"rings\":[]}\n{\"schema\":2,\"rings\":[]}", "\033[2J",
		"{\"schema\":2,\"page_bytes\":3,\"rings\":[]}", "{\"schema\":2,\"processes\":[]}", "{\"schema\":2,\"rings\":[],}",
		"{\"schema\":2,\"rings\":[],\"a\":\"\\ud800\"}", "{\"schema\":2,\"rings\":[],\"a\":01}",
	};
	char path[64], what[24], *deep = malloc(1 << 20);
	struct tool_run a;

	folder_path(path, "hostile");
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		file_write(path, texts[i], strlen(texts[i]));
		tool(&a, "diff", after, path, NULL);
		snprintf(what, sizeof(what), "text %zu", i);
		is_sentence(&a, what);
		tool_free(&a);
	}
	memset(deep, '[', 1 << 20);
	file_write(path, deep, 1 << 20);
	free(deep);
	tool(&a, "diff", after, path, NULL);
	is_sentence(&a, "a million lists in each other");
	tool_free(&a);
	tool(&a, "diff", after, "/dev/zero", NULL);
	is_sentence(&a, "what has no end");
	tool_free(&a);
	tool(&a, "diff", after, "/tmp", NULL);
	is_sentence(&a, "a folder");
	tool_free(&a);
	tool(&a, "diff", after, "/nowhere", NULL);
	is_sentence(&a, "no file");
	tool_free(&a);
	tool(&a, "plan", "--json", "-o", path, NULL);
	tool_free(&a);
	tool(&a, "diff", after, path, NULL);
	is_sentence(&a, "what another command printed");
	tool_free(&a);
}

/* Names out of a file are as hostile as those of processes. */
static void hostile_names(void)
{
	char path[64];
	struct tool_run a;

	write_edited(folder_path(path, "names"), after, "\"comm\":\"", "\"comm\":\"\\u001b[2J\\n\\u202e");
	tool(&a, "diff", before, path, NULL);
	ok(!strchr(a.out, '\033') && strstr(a.out, "\\x1b[2J\\n\\u202e"), "a name does not reach the terminal as it is");
	tool_free(&a);
}

static void write_two(const char *path, int start, int of_one, int of_other)
{
	char text[800];

	snprintf(text, sizeof(text), "{\"schema\":2,\"page_bytes\":4096,\"rings\":["
		 "{\"pid\":7,\"comm\":\"one\",\"holders\":[{\"pid\":7,\"start_ns\":%d,\"fd\":3}],\"buffers\":"
		 "[{\"index\":0,\"len_bytes\":%d,\"charged_pages\":%d,\"refs\":1}]},"
		 "{\"pid\":9,\"comm\":\"other\",\"holders\":[{\"pid\":9,\"start_ns\":5,\"fd\":3}],\"buffers\":"
		 "[{\"index\":0,\"len_bytes\":%d,\"charged_pages\":%d,\"refs\":1}]}]}", start, of_one * 4096, of_one,
		 of_other * 4096, of_other);
	file_write(path, text, strlen(text));
}

/* What one has more of is worse, whatever another gave up; what was started anew is not. */
static void by_name(void)
{
	char was[64], is_now[64];
	struct json_object *grew;
	struct tool_run a;

	write_two(folder_path(was, "names_was"), 100, 3, 31);
	write_two(folder_path(is_now, "names_is"), 100, 5, 17);
	tool(&a, "diff", was, is_now, NULL);
	is(a.status, 1, "there is less in all, and one has more: %s", a.err);
	has_text(a.out, "worse: charged: one +8K\n", "who");
	tool_free(&a);
	tool(&a, "diff", "--json", was, is_now, NULL);
	grew = json_element(json_member(a.json, "grew"), 0);
	ok(json_is(grew, "comm", "one") && json_is(grew, "what", "charged"), "the same in JSON");
	is(json_number(grew, "has_bytes") - json_number(grew, "had_bytes"), 8192, "by how much");
	tool_free(&a);
	write_two(is_now, 200, 3, 31);
	tool(&a, "diff", "--json", was, is_now, NULL);
	is(a.status, 0, "a process that was started anew and has as much as before: %s", a.err);
	is(nr_changes(&a, "process"), 2, "is another process");
	tool_free(&a);
	tool(&a, "diff", "--comm", "one", was, is_now, NULL);
	has_text(a.out, "  1 ring ", "--comm chooses in files, too");
	tool_free(&a);
}

/* A buffer that another table gets, too, is charged once: there is no more of it than before. */
static void clones(void)
{
	char one[64], two[64];
	struct io_uring other;
	struct tool_run a;

	if (uring_open(&other, 4))
		bail("no ring");
	list_to(folder_path(one, "one"));
	if (uring_clone(other.ring_fd, grows.ring_fd, 0, 0, 0, 0)) {
		skip("clones", "this kernel has none");
	} else {
		list_to(folder_path(two, "two"));
		tool(&a, "diff", "--json", "--fail-on", "buffers", one, two, NULL);
		is(a.status, 0, "a clone is no new buffer: %s", a.err);
		is(number(change(&a, "ring", "changed"), "has", "buffers"), FIRST + MORE, "the ring has them");
		is(number(a.json, "has", "buffers"), number(a.json, "had", "buffers"), "and all are as many as before");
		tool_free(&a);
	}
	io_uring_queue_exit(&other);
}

/* Pages of a buffer that the program gave up: verify finds that, and diff that it is new. */
static void findings(void)
{
	static const struct {
		const char *severity;
		int status;
	} bad[] = { { "error", 0 }, { "warning", 1 }, { "info", 1 } };
	char sound[64], stale[64], again[64];
	struct tool_run a;

	tool(&a, "verify", "--json", "-p", pids, "-o", folder_path(sound, "sound"), NULL);
	is(a.status, 0, "nothing is wrong: %s", a.err);
	tool_free(&a);
	munmap(iov[0].iov_base, PAGE);
	tool(&a, "verify", "--json", "-p", pids, "-o", folder_path(stale, "stale"), NULL);
	is(a.status, 1, "a page of three buffers was given up: %s", a.err);
	tool_free(&a);
	tool(&a, "diff", "--json", sound, stale, NULL);
	is(a.status, 1, "findings came: exit 1");
	is(json_nr_findings(a.json, getpid(), NULL), 3, "one in each ring");
	ok(json_is(json_element(json_member(a.json, "findings"), 0), "change", "came"), "that came");
	is(nr_changes(&a, "ring"), 0, "the rings are as they were");
	tool_free(&a);
	tool(&a, "diff", sound, stale, NULL);
	has_text(a.out, "no ring changed", "text says that");
	has_text(a.out, "+ warning unmapped-page: pid ", "and tells of each");
	has_text(a.out, "worse: findings\n", "and what got worse");
	tool_free(&a);
	tool(&a, "diff", stale, sound, NULL);
	is(a.status, 0, "findings went: exit 0");
	tool_free(&a);
	for (size_t i = 0; i < 3; i++) {
		tool(&a, "diff", "--fail-on", bad[i].severity, sound, stale, NULL);
		is(a.status, bad[i].status, "--fail-on %s, as of verify", bad[i].severity);
		tool_free(&a);
	}
	write_edited(folder_path(again, "again"), stale, "\"start_ns\":", "\"start_ns\":1");
	tool(&a, "diff", "--json", stale, again, NULL);
	is(a.status, 0, "the program was started anew, and as much is wrong: exit 0");
	ok(json_nr_findings(a.json, getpid(), NULL) >= 6, "though that is told: what went, and what came");
	tool_free(&a);
	tool(&a, "diff", after, stale, NULL);
	is(a.status, 4, "a list has no findings: not settled");
	has_text(a.out, "only one of the two has findings", "in words");
	tool_free(&a);
	tool(&a, "diff", "--fail-on", "buffers", after, stale, NULL);
	is(a.status, 0, "which is not asked for here");
	tool_free(&a);
}

int main(void)
{
	struct tool_run a;

	if (geteuid())
		skip_all("needs root");
	folder_new();
	folder_path(before, "before");
	folder_path(after, "after");
	for (int i = 0; i < FIRST + MORE; i++)
		iov[i] = (struct iovec){ mem_pages(1), PAGE };
	begin();
	snprintf(pids, sizeof(pids), "%d,%d", getpid(), child);
	snprintf(grown, sizeof(grown), "+     slots %d-%d", FIRST, FIRST + MORE - 1);
	list_to(before);
	go_on();
	snprintf(pids, sizeof(pids), "%d", getpid());
	/* the ring's end is a worker's, later */
	for (int i = 0; i < 100; i++) {
		tool(&a, "list", "--json", "-p", pids, NULL);
		by_buffer = json_number(json_ring_buffer(json_ring(a.json, getpid(), grows.ring_fd), 0), "charged_pages") >= 0;
		if (json_nr_rings(a.json, getpid()) == 3)
			i = 100;
		else
			usleep(20000);
		tool_free(&a);
	}
	list_to(after);
	as_json();
	in_text();
	exit_statuses();
	another_process();
	hostile();
	hostile_names();
	by_name();
	clones();
	findings();
	folder_remove();
	return tap_end();
}
