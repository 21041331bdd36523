// SPDX-License-Identifier: GPL-2.0
/*
 * What commands print on a pseudo-terminal: it fits, whatever that has as columns, and a program's
 * terminal stays the program's. Independent of the kernel: not run in guests.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include "folder.h"
#include "load.h"
#include "tool.h"
#include "view.h"

#define SCREEN	"\033[?1049h"
#define BAR	"\342\226"	/* each of its letters begins so */

static struct view v;

/* Columns of the widest line from .from on. */
static size_t widest(size_t from)
{
	size_t most = 0, columns = 0;

	for (const char *c = v.text + from; *c; c++) {
		if (*c == '\n')
			columns = 0;
		else if (*c != '\r' && (*c & 0xc0) != 0x80)
			columns++;
		most = columns > most ? columns : most;
	}
	return most;
}

static pid_t start_reads(void)
{
	pid_t pid = fork();

	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	execl(load_path("io_rings"), "io_rings", "7", "1000000000", NULL);
	_exit(127);
}

/* Waits for one, that text may be in any picture before. */
static void next_picture(void)
{
	size_t from = v.len;

	view_shows(&v, from, VIEW_PICTURE);
	from = v.len;
	view_shows(&v, from, VIEW_PICTURE);
}

/* Rows of the histogram on the screen that have no bar beside them, and the end of the longest. */
static int bars(size_t *longest)
{
	int rows = 0;

	*longest = 0;
	for (unsigned int i = 0; i < v.vt.rows; i++) {
		const char *line = v.vt.cells[i], *end = strrchr(line, '*');

		if (!strstr(line, "% ") || !strstr(line, " to "))
			continue;
		rows++;
		if (end && (size_t)(end - line) + 1 > *longest)
			*longest = end - line + 1;
	}
	return rows;
}

static void check_histograms(pid_t who)
{
	static const unsigned int columns[] = { 50, 80, 200 };
	char pid[16];

	snprintf(pid, sizeof(pid), "%d", who);
	for (size_t i = 0; i < 3; i++) {
		size_t longest, from;
		bool alone = false;

		view_start(&v, &(struct view_how){ .columns = columns[i] }, "stat", "-i", "300ms", "-p", pid, "--hist", NULL);
		ok(view_line_with(&v, "(within "), "%u columns: a histogram", columns[i]);
		next_picture();
		ok(bars(&longest) > 1, "%u columns: has rows", columns[i]);
		is(longest, columns[i], "%u columns: the longest bar takes what is left", columns[i]);
		for (unsigned int k = 0; k < v.vt.rows; k++)
			alone |= v.vt.cells[k][strspn(v.vt.cells[k], " ")] == '*';
		ok(!alone, "%u columns: no bar is on a line of its own", columns[i]);
		from = v.len;
		view_press(&v, "q");
		is(view_end(&v), 0, "%u columns: q ends it", columns[i]);
		ok(view_shows(&v, from, BAR), "%u columns: the totals have bars", columns[i]);
		view_close(&v);
	}
}

/* The totals after the screen, and without one. */
static void check_totals(pid_t who)
{
	char pid[16], file[FOLDER_PATH];
	struct tool_run a;
	const char *end;

	folder_new();
	folder_path(file, "rec");
	snprintf(pid, sizeof(pid), "%d", who);
	view_start(&v, &(struct view_how){ .rows = 24, .columns = 80 }, "stat", "-i", "300ms", "-p", pid, "--by-buffer", NULL);
	view_line_with(&v, "BUFFER");
	view_press(&v, "q");
	is(view_end(&v), 0, "q ends it");
	end = strstr(v.text, "in total:");
	ok(end && strstr(end, "OPS/S"), "the totals have a table");
	ok(end && widest(end - v.text) <= 80, "which fits 80 columns: %zu", end ? widest(end - v.text) : 0);
	view_close(&v);

	view_start(&v, &(struct view_how){ .columns = 80 }, "stat", "-d", "300ms", "-p", pid, "--by-buffer", "--hist", "--advise", NULL);
	is(view_end(&v), 0, "without intervals");
	has_text(v.text, "OPS/S", "there is a table");
	ok(widest(0) <= 80, "which fits 80 columns: %zu", widest(0));
	view_close(&v);

	tool(&a, "record", "-q", "--io", "-d", "300ms", "-p", pid, "-o", file, NULL);
	is(a.status, 0, "a recording");
	tool_free(&a);
	view_start(&v, &(struct view_how){ .columns = 80 }, "report", "--stat", file, NULL);
	is(view_end(&v), 0, "its report");
	has_text(v.text, "OPS/S", "has the table");
	ok(widest(0) <= 80, "which fits 80 columns: %zu", widest(0));
	view_close(&v);
	folder_remove();
}

static void check_program(void)
{
	view_start(&v, &(struct view_how){ 0 }, "stat", "-i", "100ms", "--", "sh", "-c",
		   "echo asks; sleep 1; read x && echo \"got <$x>\"; sleep 1; exit 7", NULL);
	ok(view_shows(&v, 0, "asks"), "what a program prints is seen");
	view_type(&v, "prime\n");
	is(view_end(&v), 7, "it ends as it likes");
	has_text(v.text, "got <prime>", "and reads what is typed");
	ok(!strstr(v.text, SCREEN), "there is no screen");
	ok(view_is_as_before(&v), "the terminal is as it was");
	view_close(&v);

	view_start(&v, &(struct view_how){ 0 }, "stat", "-i", "100ms", "--", load_path("io_rings"), "--no-wait", "3", "5003", NULL);
	is(view_end(&v), 0, "one with I/O");
	has_text(v.text, "OPS/S", "has its table");
	view_close(&v);
}

static void check_dumb(pid_t who)
{
	char pid[16];

	snprintf(pid, sizeof(pid), "%d", who);
	view_start(&v, &(struct view_how){ .columns = 80, .term = "dumb" }, "stat", "-i", "100ms", "-d", "1s", "-p", pid, NULL);
	is(view_end(&v), 0, "a dumb terminal");
	has_text(v.text, "OPS/S", "has the table");
	ok(!strchr(v.text, '\033'), "and no sequences");
	ok(widest(0) <= 80, "and fits: %zu", widest(0));
	view_close(&v);
}

static void check_texts(void)
{
	static const char *const commands[] = {
		"trace", "list", "verify", "contract", "doctor", "stat", "record", "report", "diff", "export", "bench", "plan",
	};
	static const struct { unsigned int columns; size_t most, least; } widths[] = {
		{ 80, 80, 70 }, { 200, 100, 81 }, { 50, 50, 40 },
	};

	for (size_t w = 0; w < 3; w++) {
		const struct view_how how = { .columns = widths[w].columns };
		size_t most = 0;

		for (size_t i = 0; i < sizeof(commands) / sizeof(*commands); i++) {
			view_start(&v, &how, commands[i], "--help", NULL);
			is(view_end(&v), 0, "%u columns: %s --help", how.columns, commands[i]);
			most = widest(0) > most ? widest(0) : most;
			if (widest(0) > widths[w].most)
				note("%s: %zu columns", commands[i], widest(0));
			view_close(&v);
		}
		ok(most <= widths[w].most && most >= widths[w].least, "%u columns: they fit: %zu", how.columns, most);
		view_start(&v, &how, "plan", "--buffers", "3x1M", NULL);
		view_end(&v);
		has_text(v.text, "a buffer that begins within", "%u columns: plan has its last line", how.columns);
		ok(widest(0) <= widths[w].most, "it fits: %zu", widest(0));
		view_close(&v);
	}
}

int main(void)
{
	pid_t who;

	if (geteuid())
		skip_all("needs root");
	who = start_reads();
	check_program();
	check_dumb(who);
	check_totals(who);
	check_histograms(who);
	check_texts();
	kill(who, SIGKILL);
	waitpid(who, NULL, 0);
	return tap_end();
}
