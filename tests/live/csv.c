// SPDX-License-Identifier: GPL-2.0
/*
 * What a spreadsheet gets: list --csv, list --by, stat -i --csv, each a whole table, whose sums are
 * those of a program of known size, and whose names do nothing.
 * Independent of the kernel: not run in guests.
 */
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include "load.h"
#include "memory.h"
#include "strict.h"
#include "tool.h"
#include "uring.h"
#include "witness.h"

#define NR	7
#define NAME	"=1+1;@a,\"b"	/* 10 letters of a task's 15 */
#define NAMELESS	57283
#define CELL	"\"\\x3d1+1;\\x40a,\"\"b\""

static void is_table(const char *text, const char *what)
{
	const char *wrong = strict_csv(text, strlen(text));

	ok(!wrong, "%s is a table%s%s", what, wrong ? ": " : "", wrong ?: "");
	if (wrong)
		note("%s", text);
}

static size_t nr_lines(const char *s)
{
	size_t nr = 0;

	while ((s = strchr(s, '\n'))) {
		s++;
		nr++;
	}
	return nr;
}

/* Which column of the first line has that title, -1 = none. */
static int column(const char *text, const char *title)
{
	size_t len = strlen(title);

	for (int i = 0; ; i++) {
		size_t n = strcspn(text, ",\n");

		if (n == len && !strncmp(text, title, len))
			return i;
		if (text[n] != ',')
			return -1;
		text += n + 1;
	}
}

/* The cell of that line, behind quoted ones; to be freed. */
static char *cell(const char *line, int nr)
{
	bool quoted = false;
	const char *s = line;

	while (nr > 0 && *s && (*s != '\n' || quoted)) {
		quoted ^= *s == '"';
		nr -= *s++ == ',' && !quoted;
	}
	for (line = s; *s && (quoted || !strchr(",\n", *s)); s++)
		quoted ^= *s == '"';
	return strndup(line, s - line);
}

/* Of a column of all lines but the first; only of lines that have .part. */
static unsigned long long sum(const char *text, const char *title, const char *part)
{
	int nr = column(text, title);
	unsigned long long all = 0;

	if (!ok(nr >= 0, "there is a column %s", title))
		return ~0ULL;
	for (const char *s = strchr(text, '\n'); s && s[1]; s = strchr(s + 1, '\n')) {
		char *line = strndup(s + 1, strcspn(s + 1, "\n")), *c = cell(line, nr);

		if (strstr(line, part))
			all += strtoull(c, NULL, 0);
		free(c);
		free(line);
	}
	return all;
}

static void lists(void)
{
	struct iovec iov[NR] = { { 0 } };
	struct io_uring full, none;
	struct tool_run a;
	char pid[16], *c;

	for (size_t i = 0; i < NR; i++)
		iov[i] = (struct iovec){ mem_pages(1), PAGE };
	prctl(PR_SET_NAME, NAME);
	if (uring_open(&full, 4) || uring_open(&none, 4) || uring_register(full.ring_fd, iov, NR))
		skip_all("no ring with buffers");
	snprintf(pid, sizeof(pid), "%d", getpid());

	tool(&a, "list", "--csv", "-p", pid, NULL);
	is(a.status, 0, "list --csv");
	is_table(a.out, "it");
	is(nr_lines(a.out), 1 + NR + 1, "a line per buffer, one of the ring without, and the titles");
	is(sum(a.out, "len_bytes", ""), NR * PAGE, "the sum of their sizes");
	is(sum(a.out, "pid", ""), (NR + 1ULL) * getpid(), "all are of one process");
	c = cell(strchr(a.out, '\n') + 1, column(a.out, "comm"));
	is_text(c, CELL, "whose name is no formula");
	free(c);
	is_text(a.err, "", "and nothing beside it");
	tool_free(&a);

	tool(&a, "list", "--csv", "--no-header", "--top", "1", "-p", pid, NULL);
	is(nr_lines(a.out), NR, "--no-header, --top 1: the lines of the ring with the most");
	tool_free(&a);
	tool(&a, "list", "--csv", "--min-size", "1G", "-p", pid, NULL);
	is(nr_lines(a.out), 1, "titles alone where nothing is so large");
	tool_free(&a);

	tool(&a, "list", "--csv", "--by", "process", "-p", pid, NULL);
	is_table(a.out, "list --by process --csv");
	is(nr_lines(a.out), 2, "a line for the process");
	is(sum(a.out, "rings", CELL), 2, "which has two rings");
	is(sum(a.out, "registered_bytes", CELL), NR * PAGE, "and the sum");
	tool_free(&a);
	tool(&a, "list", "--csv", "--by", "user", "-p", pid, NULL);
	is_table(a.out, "list --by user --csv");
	is(sum(a.out, "buffers", ""), NR, "has the buffers");
	c = cell(strchr(a.out, '\n') + 1, column(a.out, "memlock_limit_bytes"));
	is_text(c, "", "no limit, as root's rings count against none");
	free(c);
	tool_free(&a);
	tool(&a, "list", "--csv", "--by", "cgroup", "-p", pid, NULL);
	if (a.status == 3) {
		skip("list --by cgroup --csv", "no cgroup v2 here");
	} else {
		is_table(a.out, "list --by cgroup --csv");
		is(sum(a.out, "buffers", ""), NR, "has them, too");
	}
	tool_free(&a);
	io_uring_queue_exit(&full);
	io_uring_queue_exit(&none);
}

/* A user without a name, whom a limit holds. */
static void nobodys(void)
{
	struct iovec iov = { mem_pages(1), PAGE };
	struct tool_run a;
	char pid[16], *c;
	int p[2];
	pid_t child;

	if (pipe(p))
		bail("no pipe");
	child = fork();
	if (!child) {
		struct io_uring ring;

		if (setgroups(0, NULL) || setgid(NAMELESS) || setuid(NAMELESS) || uring_open(&ring, 4) ||
		    uring_register(ring.ring_fd, &iov, 1) || write(p[1], "", 1) != 1)
			_exit(1);
		pause();
	}
	close(p[1]);
	if (read(p[0], pid, 1) != 1) {
		skip("a user without a name", "it gets no ring");
	} else {
		snprintf(pid, sizeof(pid), "%d", child);
		tool(&a, "list", "--csv", "--by", "user", "-p", pid, NULL);
		is_table(a.out, "list --by user --csv of a user without a name");
		c = cell(strchr(a.out, '\n') + 1, column(a.out, "name"));
		is_text(c, "", "has no name");
		free(c);
		c = cell(strchr(a.out, '\n') + 1, column(a.out, "memlock_limit_bytes"));
		ok(strtoull(c, NULL, 0) > 0, "and a limit: %s", c);
		free(c);
		tool_free(&a);
	}
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	close(p[0]);
}

/* No interval is left out, and none is in two lines: they sum up to what the program did. */
static void intervals(void)
{
	char file[] = "/tmp/fixbuf-csv-XXXXXX", *text;
	int fd = mkstemp(file);
	unsigned long long ops;
	struct tool_run a;

	if (fd < 0)
		bail("no temporary file");
	close(fd);
	tool(&a, "stat", "-i", "50ms", "--csv", "-o", file, "--", load_path("io_short"), "211", "100003",
	     NULL);
	if (tool_skipped(&a, "stat -i --csv"))
		goto out;
	is(a.status, 0, "stat -i --csv");
	text = file_text(file);
	is_table(text, "stat -i --csv");
	ok(nr_lines(text) > 2, "its rows (%zu)", nr_lines(text));
	is(sum(text, "ops", "\"io_short\""), 211 + 100003, "of all intervals are what the program did");
	is(sum(text, "fixed_ops", "\"io_short\""), 211 + 100003, "over registered buffers");
	is(sum(text, "bytes", "\"io_short\""), (211 + 100003ULL) * 512, "of 512 bytes each");
	is(column(text, "time_utc"), 0, "when comes first");
	ok(strstr(text, "time_utc") == text && !strstr(text + 1, "time_utc"), "titles come once");
	free(text);
	tool_free(&a);

	tool(&a, "stat", "--by-opcode", "--csv", "-o", file, "--", load_path("io_short"), "1", "101", NULL);
	text = file_text(file);
	is_table(text, "stat --by-opcode --csv");
	is(sum(text, "ops", ",READ_FIXED,"), 102, "has a column for the opcode");
	free(text);
	tool_free(&a);

	tool(&a, "stat", "-i", "50ms", "--by-buffer", "--csv", "-o", file, "--", load_path("io_short"), "1",
	     "50021", NULL);
	text = file_text(file);
	is_table(text, "stat --by-buffer --csv");
	ops = sum(text, "ops", "\"io_short\"");
	is(ops, 50022, "of all intervals what was done over its buffers");
	is(sum(text, "bytes", "\"io_short\""), ops * 512, "and how much");
	ok(!strstr(text + 1, "time_utc"), "under one line of titles");
	free(text);
out:
	tool_free(&a);
	unlink(file);
}

static void refused(void)
{
	static const char *const all[][3] = {
		{ "list", "--json", "give one of them" }, { "list", "--watch", "leave --csv out" },
		{ "stat", "--hist", "leave --hist out" }, { "stat", "--advise", "leave --advise out" },
	};

	struct tool_run a;

	tool(&a, "stat", "--csv", "--by-buffer", "--by-opcode", NULL);
	is(a.status, 2, "two tables at a time are refused");
	tool_free(&a);
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		tool(&a, all[i][0], "--csv", all[i][1], NULL);
		is(a.status, 2, "%s --csv %s is refused", all[i][0], all[i][1]);
		has_text(a.err, all[i][2], "and says what to do");
		tool_free(&a);
	}
}

int main(void)
{
	lists();
	nobodys();
	intervals();
	if (!kernel_only())
		refused();
	return tap_end();
}
