// SPDX-License-Identifier: GPL-2.0
/*
 * stat's live view on a pseudo-terminal: that it fits, what it shows, its keys, and that the
 * terminal is as it was after q, Ctrl-C, a signal, and when the reader goes away.
 * Independent of the kernel: not run in guests.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>
#include "load.h"
#include "memory.h"
#include "tool.h"
#include "uring.h"
#include "view.h"

#define BLOCK	512
#define RINGS	29
#define BUSY	17	/* the ring that does most */

static int first_fd, busy_fd;

/* 29 rings with three buffers read 512 bytes each into the second, one of them most, until it is ended. */
static pid_t start_reads(void)
{
	static struct io_uring rings[RINGS];
	struct iovec iov[3];
	int file, fds[2], found[2], nr = 0;
	pid_t pid;

	if (pipe(fds))
		bail("no pipe: %s", strerror(errno));
	pid = fork();
	if (pid) {
		close(fds[1]);
		if (read(fds[0], found, sizeof(found)) != sizeof(found))
			bail("no rings can be made");
		first_fd = found[0];
		busy_fd = found[1];
		close(fds[0]);
		return pid;
	}
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	file = mem_cached_file(PAGE);
	for (int i = 0; i < 3; i++)
		iov[i] = (struct iovec){ mem_pages(1), PAGE };
	for (int i = 0; i < RINGS; i++)
		if (file < 0 || uring_open(&rings[i], 4) || uring_register(rings[i].ring_fd, iov, 3))
			_exit(1);
	found[0] = rings[0].ring_fd;
	found[1] = rings[BUSY].ring_fd;
	if (write(fds[1], found, sizeof(found)) != sizeof(found))
		_exit(1);
	for (;; usleep(1000)) {
		nr = (nr + 1) % RINGS;
		if (uring_io(&rings[nr], IORING_OP_READ_FIXED, file, iov[1].iov_base, BLOCK, 0, 1) != BLOCK ||
		    uring_io(&rings[BUSY], IORING_OP_READ_FIXED, file, iov[1].iov_base, BLOCK, 0, 1) != BLOCK)
			_exit(2);
	}
}

static void start_view_with(struct view *v, pid_t who, bool apart, const char *interval, const char *more)
{
	char pid[16];

	snprintf(pid, sizeof(pid), "%d", who);
	view_start(v, &(struct view_how){ .apart = apart }, "stat", "-i", interval, "-p", pid, more, NULL);
}

static void start_view(struct view *v, pid_t who, bool apart)
{
	start_view_with(v, who, apart, "300ms", "--by-buffer");
}

static struct view v;

/* The row below the titles. */
static const char *first_row(const struct view *v)
{
	return v->vt.cells[3];
}

/* Whether the next pictures begin with this row. */
static bool begins_with(struct view *v, const char *text)
{
	double end = now_s() + VIEW_WAIT_S;

	while (now_s() < end && !strstr(first_row(v), text))
		view_take(v, 100);
	return strstr(first_row(v), text);
}

static void resize(struct view *v, unsigned int rows, unsigned int columns)
{
	char want[64];

	while (view_take(v, 0))
		;
	vt_size(&v->vt, rows, columns);
	view_set_size(v->master, rows, columns);
	/* what was on its way for the size before may be wider */
	snprintf(want, sizeof(want), "1-%u of %d", rows - 3, RINGS);
	if (rows - 3 < RINGS)
		ok(view_line_with(v, want), "%ux%u: so many rows as fit", columns, rows);
	else
		ok(view_line_with(v, "by OPS/S; ? keys, q ends  "), "%ux%u: all rows", columns, rows);
}

static const char *const columns_80[] = { "PID", "COMM", "RING", "OPS/S", "FIXED", "P99", "ERRORS", NULL };
static const char *const columns_50[] = { "PID", "COMM", "OPS/S", "FIXED", "P99", NULL };
static const char *const columns_200[] = {
	"PID", "COMM", "RING", "OPS ", "OPS/S", "BYTES/S", "FIXED", "P50", "P90", "P99 ", "P99.9", "MAX",
	"ERRORS", "PUNTS", NULL
};

static void check_size(pid_t who, unsigned int rows, unsigned int columns, const char *const *titles)
{
	const char *line;
	char busy[32];

	resize(&v, rows, columns);
	/* two more, all of whose lines are of this size */
	for (int i = 0; i < 2; i++) {
		v.vt.overrun = false;
		view_shows(&v, v.len, VIEW_PICTURE);
	}
	line = view_line_with(&v, "COMM");
	for (; line && *titles; titles++)
		ok(strstr(line, *titles), "%ux%u: column %s", columns, rows, *titles);
	snprintf(busy, sizeof(busy), "%d ", who);
	ok(begins_with(&v, busy), "%ux%u: the process", columns, rows);
	ok(!v.vt.overrun, "%ux%u: nothing is wider or higher than the screen", columns, rows);
}

static void check_sizes(pid_t who)
{
	char busy[32];

	start_view_with(&v, who, false, "300ms", NULL);
	snprintf(busy, sizeof(busy), " fd %d ", busy_fd);
	ok(view_line_with(&v, "by OPS/S; ? keys, q ends"), "the head says how to go on");
	check_size(who, 24, 80, columns_80);
	ok(begins_with(&v, busy), "the busiest ring is kept");
	check_size(who, 12, 50, columns_50);
	check_size(who, 50, 200, columns_200);
	ok(begins_with(&v, busy), "and is the first");
	view_press(&v, "q");
	is(view_end(&v), 0, "q ends it");
	view_close(&v);
}

static void check_keys(pid_t who)
{
	static const char *const orders[] = {
		"BYTES/S", "FIXED", "P50", "P90", "P99", "P99.9", "MAX", "ERRORS", "PUNTS", "PID", "COMM",
		"RING", "OPS/S",
	};
	char want[64], busy[32];

	start_view_with(&v, who, false, "300ms", NULL);
	snprintf(busy, sizeof(busy), "fd %d", busy_fd);
	view_line_with(&v, "PUNTS");
	for (size_t i = 0; i < sizeof(orders) / sizeof(*orders); i++) {
		view_press(&v, "s");
		snprintf(want, sizeof(want), "by %s;", orders[i]);
		ok(view_line_with(&v, want), "s: sorted by %s", orders[i]);
	}
	view_press(&v, "S");
	ok(view_line_with(&v, "by RING;"), "S: by the column before");
	snprintf(want, sizeof(want), " fd %d ", first_fd);
	ok(begins_with(&v, want), "rings by their descriptors");
	view_press(&v, "?");
	ok(view_line_with(&v, "sort by the next column"), "?: the keys");
	view_press(&v, "?");
	ok(begins_with(&v, " fd "), "again: the rows");
	view_press(&v, "/");
	ok(view_line_with(&v, "only rows with: _"), "/: text is asked for");
	view_type(&v, "f\303\251");
	ok(view_line_with(&v, "rows with: f*_"), "a letter of two bytes");
	view_type(&v, "\177");
	ok(view_line_with(&v, "rows with: f_"), "is taken back as a whole");
	view_type(&v, "\177");
	view_type(&v, busy);
	ok(begins_with(&v, busy), "rows that have it are shown while it is typed");
	view_press(&v, "\n");
	snprintf(want, sizeof(want), "with %s", busy);
	ok(view_line_with(&v, want), "Enter keeps it");
	view_press(&v, "\033");
	ok(begins_with(&v, " fd ") && view_shows(&v, v.len, VIEW_PICTURE) && !vt_line(&v.vt, want), "Esc: all are shown");
	resize(&v, 12, 80);
	view_press(&v, "j");
	ok(view_line_with(&v, "; 2-10 of 29"), "j: one row on");
	view_type(&v, "\033[6~");
	ok(view_line_with(&v, "; 11-19 of 29"), "page down: so many as are shown");
	view_type(&v, "\033[A");
	ok(view_line_with(&v, "; 10-18 of 29"), "up: one row back");
	view_press(&v, "g");
	ok(view_line_with(&v, "; 1-9 of 29"), "g: the first");
	view_press(&v, "n");
	ok(view_line_with(&v, "below the rows; n shows them again; "), "n: what stands below the rows");
	view_press(&v, "n");
	ok(begins_with(&v, " fd "), "again: the rows");
	view_press(&v, "q");
	is(view_end(&v), 0, "q ends it");
	view_close(&v);
}

/* The interval is longer than the test: what is shown meanwhile took none. */
static void check_at_once(pid_t who)
{
	double begun;

	start_view_with(&v, who, false, "1m", NULL);
	ok(view_line_with(&v, "measuring ..."), "the first picture comes before anything was measured");
	/* it is the first of its session, so that no shell could continue it */
	view_press(&v, "\032");
	view_press(&v, "?");
	ok(view_line_with(&v, "sort by the next column"), "and answers keys, also after Ctrl-Z where nobody could continue it");
	begun = now_s();
	view_press(&v, "q");
	is(view_end(&v), 0, "q ends it");
	ok(now_s() - begun < 20, "long before the interval ends, after %.1f s", now_s() - begun);
	view_close(&v);
}

static void check_picture(pid_t who)
{
	struct termios t;
	size_t from;

	start_view(&v, who, false);
	ok(view_line_with(&v, "BUFFER"), "buffers are below the rings");
	ok(view_line_with(&v, "buffers, the busiest first: 15 of 87"), "and how many of them");
	ok(v.vt.aside && v.vt.hidden, "what was on the terminal is kept aside");
	tcgetattr(v.slave, &t);
	ok(!(t.c_lflag & (ICANON | ECHO)), "keys are taken as they come, and not shown");
	from = v.len;
	view_press(&v, "q");
	is(view_end(&v), 0, "q ends it");
	has_text(v.text + from, "in total:", "with the totals");
	has_text(v.text + from, "never", "and what was never used");
	ok(!v.vt.aside && !v.vt.hidden, "below what was there before");
	ok(view_is_as_before(&v), "the terminal is as it was");
	view_close(&v);
}

#define MANY	"4001"	/* rings */

static pid_t start_many(void)
{
	pid_t pid = fork();

	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	execl(load_path("io_rings"), "io_rings", MANY, "1000000000", NULL);
	_exit(127);
}

/* Of thousands of rings a picture is no larger than the screen, and nobody waits for it. */
static void check_many(void)
{
	pid_t who = start_many();
	const char *second;
	unsigned int rows = 0;
	double begun;

	start_view_with(&v, who, false, "1s", NULL);
	vt_size(&v.vt, 24, 80);
	view_set_size(v.master, 24, 80);
	/* they have to be made first */
	for (double end = now_s() + VIEW_WAIT_S; rows < 3001 && now_s() < end; view_take(&v, 100))
		if ((second = vt_line(&v.vt, "; 1-")) && (second = strstr(second, " of ")))
			rows = strtoul(second + 4, NULL, 10);
	ok(rows >= 3001, "the rings have rows: %u", rows);
	v.vt.overrun = false;
	second = view_shows(&v, v.len, VIEW_PICTURE);
	begun = now_s();
	ok(second && view_shows(&v, v.len, VIEW_PICTURE), "it goes on");
	ok(now_s() - begun < 20, "the next picture came after %.1f s", now_s() - begun);
	/* two, at most */
	ok(v.len - (second - v.text) < 24 * 80 * 4, "it is of the screen, not of the rings: %zu bytes", v.len - (second - v.text));
	ok(!v.vt.overrun, "and fits");
	view_press(&v, "q");
	is(view_end(&v), 0, "q ends it");
	view_close(&v);
	kill(who, SIGKILL);
	waitpid(who, NULL, 0);
}

static void check_end(pid_t who, const char *how, int sig)
{
	size_t from;

	start_view(&v, who, false);
	ok(view_shows(&v, 0, VIEW_PICTURE), "%s: it runs", how);
	ok(!view_is_as_before(&v), "%s: the terminal is its own", how);
	/* a signal in the middle of a picture interrupts its write, and then a piece is missing */
	while (view_take(&v, 50))
		;
	from = v.len;
	if (sig)
		kill(v.pid, sig);
	else
		view_press(&v, "\003");
	if (!is(view_end(&v), 0, "%s ends it", how))
		note("%s", v.text + from);
	has_text(v.text + from, "of them fixed, in ", "%s: with the totals", how);
	ok(view_is_as_before(&v), "%s: the terminal is as it was", how);
	view_close(&v);
}

/* The terminal of its output is closed, while that of its input stays. */
static void check_reader_gone(pid_t who)
{
	double begun;
	int status;

	start_view(&v, who, true);
	ok(view_shows(&v, 0, VIEW_PICTURE), "reader: it runs");
	ok(!view_is_as_before(&v), "reader: the terminal is its own");
	close(v.out);
	v.out = -1;
	begun = now_s();
	status = view_end(&v);
	ok(status >= 0, "it ends when the reader goes away, with %d after %.1f s", status,
	   now_s() - begun);
	ok(view_is_as_before(&v), "reader: the terminal is as it was");
	view_close(&v);
}

/* When its whole terminal is gone there is nothing to restore, but the tool must end. */
static void check_hang_up(pid_t who)
{
	start_view(&v, who, false);
	ok(view_shows(&v, 0, VIEW_PICTURE), "hang-up: it runs");
	close(v.master);
	v.out = -1;
	ok(view_end(&v) >= 0, "it ends when its terminal is closed");
	close(v.slave);
}

int main(void)
{
	pid_t who;

	if (geteuid())
		skip_all("needs root");
	who = start_reads();
	check_picture(who);
	check_sizes(who);
	check_keys(who);
	check_at_once(who);
	check_many();
	check_end(who, "Ctrl-C", 0);
	check_end(who, "SIGTERM", SIGTERM);
	check_reader_gone(who);
	check_hang_up(who);
	ok(waitpid(who, NULL, WNOHANG) == 0, "the program that was watched still runs");
	kill(who, SIGKILL);
	waitpid(who, NULL, 0);
	return tap_end();
}
