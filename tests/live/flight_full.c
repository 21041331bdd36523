// SPDX-License-Identifier: GPL-2.0
/*
 * A flight recorder on a disk that is smaller than what it may keep: its oldest segments go, which is
 * said, and it goes on; it ends when there is none.
 * Independent of the kernel: not run in guests.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>
#include "load.h"
#include "sql.h"
#include "tool.h"
#include "tool_json.h"

#define DISK	"size=5m"
#define DISK_BYTES (5LL << 20)
#define FULL	"is full: from now on the oldest segments go"

static char disk[] = "/tmp/fixbuf-full-XXXXXX";
static char kept[64], fill[64], db[64];

struct segments {
	char *names[256];
	size_t nr;
	unsigned int first, last;	/* their numbers */
};

static struct segments list_segments(const char *begin)
{
	struct segments s = { 0 };
	struct dirent **list;
	int n = scandir(kept, &list, NULL, alphasort);

	for (int i = 0; i < n; i++) {
		const char *number = strrchr(list[i]->d_name, '-');
		unsigned int k = number ? strtoul(number + 1, NULL, 10) : 0;

		if (!strncmp(list[i]->d_name, begin, strlen(begin)) && s.nr < sizeof(s.names) / sizeof(s.names[0])) {
			if (asprintf(&s.names[s.nr++], "%s/%s", kept, list[i]->d_name) < 0)
				bail("no memory");
			s.first = !s.first || k < s.first ? k : s.first;
			s.last = k > s.last ? k : s.last;
		}
		free(list[i]);
	}
	if (n >= 0)
		free(list);
	return s;
}

static void drop_segments(struct segments *s, bool files)
{
	for (size_t i = 0; i < s->nr; i++) {
		if (files)
			unlink(s->names[i]);
		free(s->names[i]);
	}
}

static bool mount_disk(void)
{
	if (!mkdtemp(disk))
		bail("no folder");
	if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount("none", disk, "tmpfs", 0, DISK)) {
		rmdir(disk);
		return false;
	}
	snprintf(kept, sizeof(kept), "%s/kept", disk);
	snprintf(fill, sizeof(fill), "%s/another", disk);
	snprintf(db, sizeof(db), "%s.db", disk);
	return true;
}

static void start(struct load *l, struct tool_run *r, const char *option)
{
	char pid[16];

	if (!load_start(l, "churn", NULL))
		bail("churn does not start");
	snprintf(pid, sizeof(pid), "%d", l->pid);
	tool_start(r, &(struct tool_how){ 0 }, "record", "-o", kept, "--keep-time", "10m", "-p", pid, option, NULL);
	if (!tool_says(r, "recording to", 30000))
		bail("record does not start");
}

/* Waits until more segments went. */
static bool await_more(const struct tool_run *r, unsigned int after)
{
	for (int i = 0; i < 600 && !child_has_ended(r->pid); i++) {
		struct segments s = list_segments("segment-");
		bool more = s.first > after;

		drop_segments(&s, false);
		if (more)
			return true;
		usleep(50000);
	}
	return false;
}

static void make_empty(const char *name, char path[128])
{
	int fd;

	snprintf(path, 128, "%s/%s", kept, name);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		bail("no file");
	close(fd);
}

/* What a crash left of a segment that had just begun keeps nobody from reading the others. */
static void empty_files(long long events)
{
	struct tool_run all;
	char path[128];

	make_empty("segment-20260101T000000Z-99991.rec", path);
	tool(&all, "report", "--json", kept, NULL);
	is(all.status, 0, "beside a segment of 0 bytes the others are told: %s", all.err);
	is(json_number(all.json, "events"), events, "with their events");
	has_text(all.err, "-99991.rec is empty, as after a crash, and passed over", "and that is said");
	tool_free(&all);
	unlink(path);
	make_empty("segment-of-another.rec", path);
	tool(&all, "report", "--json", kept, NULL);
	is(json_number(all.json, "events"), events, "so is one that another name was given to: %s", all.err);
	is(text_count(all.err, "passed over"), 1, "which is said once");
	tool_free(&all);
	tool(&all, "report", path, NULL);
	is(all.status, 2, "by its own name it is told of as any file");
	tool_free(&all);
	unlink(path);
}

static void goes_on(void)
{
	struct tool_run r, one, all;
	struct stat st = { 0 };
	size_t bad = 0, went;
	long long events;
	const char *at;
	struct segments s;
	struct load l;

	start(&l, &r, NULL);
	ok(tool_says(&r, FULL, 60000), "the disk is full, and that is said");
	ok(await_more(&r, 5), "it goes on, and more of the oldest segments go");
	kill(r.pid, SIGUSR1);
	ok(tool_says(&r, "saved to", 20000), "what is kept can be saved all the same");
	s = list_segments("signal-");
	is(s.nr, 1, "in one file");
	if (s.nr)
		stat(s.names[0], &st);
	ok(st.st_size && st.st_size <= DISK_BYTES / 2 + DISK_BYTES / 16,
	   "which leaves half of the disk for what follows (%lld bytes)", (long long)st.st_size);
	tool(&one, "report", "--json", s.nr ? s.names[0] : "none", NULL);
	is(one.status, 0, "which can be read");
	is(json_number(one.json, "parts"), 1, "as one recording");
	is_text(one.err, "", "without a word");
	tool_free(&one);
	drop_segments(&s, true);
	s = list_segments("segment-");
	ok(await_more(&r, s.last), "and it goes on after that");
	drop_segments(&s, false);
	kill(r.pid, SIGINT);
	tool_wait(&r, &(struct tool_how){ 0 });
	is(r.status, 0, "it ends cleanly");
	is(text_count(r.err, FULL), 1, "that the disk is full is said once");
	at = strstr(r.err, " older segments of ");
	while (at && at > r.err && at[-1] >= '0' && at[-1] <= '9')
		at--;
	went = at ? strtoul(at, NULL, 10) : 0;
	s = list_segments("segment-");
	ok(went >= 5 && went < s.first + s.nr, "so is how many went, at the end (%zu): %s", went, r.err);
	ok(s.nr >= 2, "there are segments (%zu)", s.nr);
	for (size_t i = 0; i < s.nr; i++) {
		tool(&one, "report", "--json", s.names[i], NULL);
		bad += one.status || *one.err;
		tool_free(&one);
	}
	is(bad, 0, "each of which can be read alone");
	tool(&all, "report", "--json", kept, NULL);
	is_text(all.err, "", "together they are told without a word");
	ok(json_number(all.json, "events") > 0, "with their events");
	events = json_number(all.json, "events");
	tool_free(&all);
	if (sql_is_there()) {
		tool(&all, "report", "--sqlite", db, kept, NULL);
		is(sql_number(db, "SELECT count(DISTINCT recording) FROM recordings"), 1, "also in SQL as one recording");
		is(sql_number(db, "SELECT count(*) FROM recordings"), s.nr, "with a part per segment");
		tool_free(&all);
		unlink(db);
	}
	empty_files(events);
	drop_segments(&s, true);
	load_end(&l);
	tool_free(&r);
}

static bool is_unreadable(const char *path)
{
	struct tool_run one;
	bool bad;

	tool(&one, "report", path, NULL);
	bad = one.status;
	tool_free(&one);
	return bad;
}

/* Another's files have the whole disk: no segment is left to go. */
static void ends(void)
{
	static const char block[1 << 16];
	struct tool_run r;
	struct segments s;
	size_t bad = 0;
	struct load l;
	int fd;

	start(&l, &r, NULL);
	fd = open(fill, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	for (int i = 0; i < 600 && !child_has_ended(r.pid); i++) {
		while (write(fd, block, sizeof(block)) > 0)
			;
		usleep(50000);
	}
	ok(child_has_ended(r.pid), "it ends when nothing is left to go");
	kill(r.pid, SIGINT);
	tool_wait(&r, &(struct tool_how){ 0 });
	is(r.status, 2, "as its output cannot be written");
	has_text(r.err, "No space left on device; recording ended without its last ", "and says why");
	close(fd);
	unlink(fill);
	s = list_segments("segment-");
	for (size_t i = 0; i < s.nr; i++)
		bad += is_unreadable(s.names[i]);
	is(bad, 0, "what is left in its folder can be read (%zu)", s.nr);
	drop_segments(&s, true);
	load_end(&l);
	tool_free(&r);
}

/* Not even a segment's head has room: the folder is left without one. */
static void never_begins(void)
{
	static const char block[1 << 16];
	struct tool_run r;
	struct segments s;
	char pid[16];
	int fd = open(fill, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	for (size_t size = sizeof(block); size; size /= 2)
		while (write(fd, block, size) > 0)
			;
	snprintf(pid, sizeof(pid), "%d", getpid());
	tool(&r, "record", "-o", kept, "--keep-time", "10m", "-d", "20s", "-p", pid, NULL);
	is(r.status, 2, "on a full disk nothing is recorded");
	has_text(r.err, "No space left on device; recording ended", "which is said");
	has_text(r.err, "; what was saved stays there", "with what is true of the folder");
	close(fd);
	unlink(fill);
	s = list_segments("segment-");
	is(s.nr, 0, "and no file is left");
	drop_segments(&s, true);
	tool_free(&r);
}

int main(void)
{
	if (!mount_disk())
		skip_all("no tmpfs can be mounted");
	goes_on();
	ends();
	never_begins();
	rmdir(kept);
	umount(disk);
	rmdir(disk);
	return tap_end();
}
