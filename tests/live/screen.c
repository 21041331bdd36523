// SPDX-License-Identifier: GPL-2.0
/*
 * stat's live view on a pseudo-terminal: that it fits, what it shows, its keys, and that the
 * terminal is as it was after q, Ctrl-C, a signal, and when the reader goes away.
 * Independent of the kernel: not run in guests.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>
#include "load.h"
#include "memory.h"
#include "tool.h"
#include "uring.h"
#include "vt.h"

#define PICTURE	"\033[H\033[K"
#define WAIT_S	100
#define BLOCK	512
#define RINGS	29
#define BUSY	17	/* the ring that does most */

struct view {
	pid_t pid;
	int master, slave;	/* the tool's terminal: input, and output unless .out is another */
	int out, out_slave;
	struct termios before;
	char text[1 << 20];	/* what the tool wrote to its terminal */
	size_t len;
	struct vt vt;		/* what is seen there */
};

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

static void set_size(int master, unsigned int rows, unsigned int columns)
{
	struct winsize size = { .ws_row = rows, .ws_col = columns };

	if (ioctl(master, TIOCSWINSZ, &size))
		bail("the pseudo-terminal cannot be resized: %s", strerror(errno));
}

static void open_terminal(int *master, int *slave)
{
	if (openpty(master, slave, NULL, NULL, NULL))
		bail("no pseudo-terminal: %s", strerror(errno));
	set_size(*master, 50, 200);
	set_cloexec(*master);
	set_cloexec(*slave);
}

/* Starts stat on a terminal; .apart: its output is another terminal than its input. */
static void start_view_with(struct view *v, pid_t who, bool apart, const char *interval, const char *more)
{
	char pid[16];

	memset(v, 0, sizeof(*v));
	open_terminal(&v->master, &v->slave);
	v->out = v->master;
	v->out_slave = v->slave;
	if (apart)
		open_terminal(&v->out, &v->out_slave);
	tcgetattr(v->slave, &v->before);
	vt_size(&v->vt, 50, 200);
	snprintf(pid, sizeof(pid), "%d", who);
	v->pid = fork();
	if (v->pid)
		return;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	setsid();
	ioctl(v->slave, TIOCSCTTY, 0);
	dup2(v->slave, 0);
	dup2(v->out_slave, 1);
	dup2(v->out_slave, 2);
	execl(tool_path(), tool_path(), "stat", "-i", interval, "-p", pid, more, NULL);
	_exit(127);
}

static void start_view(struct view *v, pid_t who, bool apart)
{
	start_view_with(v, who, apart, "300ms", "--by-buffer");
}

static bool is_as_before(const struct view *v)
{
	struct termios now;

	return !tcgetattr(v->slave, &now) && now.c_lflag == v->before.c_lflag &&
	       now.c_iflag == v->before.c_iflag && now.c_oflag == v->before.c_oflag &&
	       !memcmp(now.c_cc, v->before.c_cc, sizeof(now.c_cc));
}

/* Takes what the tool wrote, waiting up to .ms for the first byte; false when there was none. */
static bool take(struct view *v, int ms)
{
	struct pollfd p = { .fd = v->out, .events = POLLIN };
	ssize_t n;

	if (poll(&p, 1, ms) <= 0 || v->out < 0 || v->len == sizeof(v->text) - 1)
		return false;
	n = read(v->out, v->text + v->len, sizeof(v->text) - 1 - v->len);
	if (n <= 0)
		return false;
	vt_feed(&v->vt, v->text + v->len, n);
	v->len += n;
	v->text[v->len] = '\0';
	return true;
}

/* Reads on until this text stands behind .from: its place, or NULL after the time. */
static const char *shows(struct view *v, size_t from, const char *text)
{
	double end = now_s() + WAIT_S;

	while (now_s() < end && !strstr(v->text + from, text))
		take(v, 100);
	return strstr(v->text + from, text);
}

/* Reads on until a line of the screen has this text: that line, or NULL after the time. */
static const char *line_with(struct view *v, const char *text)
{
	double end = now_s() + WAIT_S;

	while (now_s() < end && !vt_line(&v->vt, text))
		take(v, 100);
	return vt_line(&v->vt, text);
}

/* Waits for the tool's end: its exit status, 128 + signal, -1 when it had to be killed. */
static int end_of(struct view *v)
{
	double end = now_s() + WAIT_S;
	int status;

	while (waitpid(v->pid, &status, WNOHANG) == 0) {
		if (now_s() > end) {
			kill(v->pid, SIGKILL);
			waitpid(v->pid, &status, 0);
			return -1;
		}
		take(v, 10);
	}
	while (take(v, 0))
		;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void close_view(struct view *v)
{
	if (v->out >= 0 && v->out != v->master)
		close(v->out);
	if (v->out_slave != v->slave)
		close(v->out_slave);
	close(v->master);
	close(v->slave);
}

static void press(struct view *v, const char *key)
{
	if (write(v->master, key, 1) != 1)
		bail("cannot press a key");
}

/* Keys of more than one character, too. */
static void type(struct view *v, const char *keys)
{
	if (write(v->master, keys, strlen(keys)) != (ssize_t)strlen(keys))
		bail("cannot type");
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
	double end = now_s() + WAIT_S;

	while (now_s() < end && !strstr(first_row(v), text))
		take(v, 100);
	return strstr(first_row(v), text);
}

static void resize(struct view *v, unsigned int rows, unsigned int columns)
{
	char want[64];

	while (take(v, 0))
		;
	vt_size(&v->vt, rows, columns);
	set_size(v->master, rows, columns);
	/* what was on its way for the size before may be wider */
	snprintf(want, sizeof(want), "1-%u of %d", rows - 3, RINGS);
	if (rows - 3 < RINGS)
		ok(line_with(v, want), "%ux%u: so many rows as fit", columns, rows);
	else
		ok(line_with(v, "by OPS/S; ? keys, q ends  "), "%ux%u: all rows", columns, rows);
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
		shows(&v, v.len, PICTURE);
	}
	line = line_with(&v, "COMM");
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
	ok(line_with(&v, "by OPS/S; ? keys, q ends"), "the head says how to go on");
	check_size(who, 24, 80, columns_80);
	ok(begins_with(&v, busy), "the busiest ring is kept");
	check_size(who, 12, 50, columns_50);
	check_size(who, 50, 200, columns_200);
	ok(begins_with(&v, busy), "and is the first");
	press(&v, "q");
	is(end_of(&v), 0, "q ends it");
	close_view(&v);
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
	line_with(&v, "PUNTS");
	for (size_t i = 0; i < sizeof(orders) / sizeof(*orders); i++) {
		press(&v, "s");
		snprintf(want, sizeof(want), "by %s;", orders[i]);
		ok(line_with(&v, want), "s: sorted by %s", orders[i]);
	}
	press(&v, "S");
	ok(line_with(&v, "by RING;"), "S: by the column before");
	snprintf(want, sizeof(want), " fd %d ", first_fd);
	ok(begins_with(&v, want), "rings by their descriptors");
	press(&v, "?");
	ok(line_with(&v, "sort by the next column"), "?: the keys");
	press(&v, "?");
	ok(begins_with(&v, " fd "), "again: the rows");
	press(&v, "/");
	ok(line_with(&v, "only rows with: _"), "/: text is asked for");
	type(&v, busy);
	ok(begins_with(&v, busy), "rows that have it are shown while it is typed");
	press(&v, "\n");
	snprintf(want, sizeof(want), "with %s", busy);
	ok(line_with(&v, want), "Enter keeps it");
	press(&v, "\033");
	ok(begins_with(&v, " fd ") && shows(&v, v.len, PICTURE) && !vt_line(&v.vt, want), "Esc: all are shown");
	resize(&v, 12, 80);
	press(&v, "j");
	ok(line_with(&v, "; 2-10 of 29"), "j: one row on");
	type(&v, "\033[6~");
	ok(line_with(&v, "; 11-19 of 29"), "page down: so many as are shown");
	type(&v, "\033[A");
	ok(line_with(&v, "; 10-18 of 29"), "up: one row back");
	press(&v, "g");
	ok(line_with(&v, "; 1-9 of 29"), "g: the first");
	press(&v, "q");
	is(end_of(&v), 0, "q ends it");
	close_view(&v);
}

/* The interval is longer than the test: what is shown meanwhile took none. */
static void check_at_once(pid_t who)
{
	double begun;

	start_view_with(&v, who, false, "1m", NULL);
	ok(line_with(&v, "measuring ..."), "the first picture comes before anything was measured");
	/* it is the first of its session, so that no shell could continue it */
	press(&v, "\032");
	press(&v, "?");
	ok(line_with(&v, "sort by the next column"), "and answers keys, also after Ctrl-Z where nobody could continue it");
	begun = now_s();
	press(&v, "q");
	is(end_of(&v), 0, "q ends it");
	ok(now_s() - begun < 20, "long before the interval ends, after %.1f s", now_s() - begun);
	close_view(&v);
}

static void check_picture(pid_t who)
{
	struct termios t;
	size_t from;

	start_view(&v, who, false);
	ok(line_with(&v, "BUFFER"), "buffers are below the rings");
	ok(v.vt.aside && v.vt.hidden, "what was on the terminal is kept aside");
	tcgetattr(v.slave, &t);
	ok(!(t.c_lflag & (ICANON | ECHO)), "keys are taken as they come, and not shown");
	from = v.len;
	press(&v, "q");
	is(end_of(&v), 0, "q ends it");
	has_text(v.text + from, "in total:", "with the totals");
	has_text(v.text + from, "never", "and what was never used");
	ok(!v.vt.aside && !v.vt.hidden, "below what was there before");
	ok(is_as_before(&v), "the terminal is as it was");
	close_view(&v);
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
	set_size(v.master, 24, 80);
	/* they have to be made first */
	for (double end = now_s() + WAIT_S; rows < 3001 && now_s() < end; take(&v, 100))
		if ((second = vt_line(&v.vt, "; 1-")) && (second = strstr(second, " of ")))
			rows = strtoul(second + 4, NULL, 10);
	ok(rows >= 3001, "the rings have rows: %u", rows);
	v.vt.overrun = false;
	second = shows(&v, v.len, PICTURE);
	begun = now_s();
	ok(second && shows(&v, v.len, PICTURE), "it goes on");
	ok(now_s() - begun < 20, "the next picture came after %.1f s", now_s() - begun);
	/* two, at most */
	ok(v.len - (second - v.text) < 24 * 80 * 4, "it is of the screen, not of the rings: %zu bytes", v.len - (second - v.text));
	ok(!v.vt.overrun, "and fits");
	press(&v, "q");
	is(end_of(&v), 0, "q ends it");
	close_view(&v);
	kill(who, SIGKILL);
	waitpid(who, NULL, 0);
}

static void check_end(pid_t who, const char *how, int sig)
{
	size_t from;

	start_view(&v, who, false);
	ok(shows(&v, 0, PICTURE), "%s: it runs", how);
	ok(!is_as_before(&v), "%s: the terminal is its own", how);
	/* a signal in the middle of a picture interrupts its write, and then a piece is missing */
	while (take(&v, 50))
		;
	from = v.len;
	if (sig)
		kill(v.pid, sig);
	else
		press(&v, "\003");
	if (!is(end_of(&v), 0, "%s ends it", how))
		note("%s", v.text + from);
	has_text(v.text + from, "of them fixed, in ", "%s: with the totals", how);
	ok(is_as_before(&v), "%s: the terminal is as it was", how);
	close_view(&v);
}

/* The terminal of its output is closed, while that of its input stays. */
static void check_reader_gone(pid_t who)
{
	double begun;
	int status;

	start_view(&v, who, true);
	ok(shows(&v, 0, PICTURE), "reader: it runs");
	ok(!is_as_before(&v), "reader: the terminal is its own");
	close(v.out);
	v.out = -1;
	begun = now_s();
	status = end_of(&v);
	ok(status >= 0, "it ends when the reader goes away, with %d after %.1f s", status,
	   now_s() - begun);
	ok(is_as_before(&v), "reader: the terminal is as it was");
	close_view(&v);
}

/* When its whole terminal is gone there is nothing to restore, but the tool must end. */
static void check_hang_up(pid_t who)
{
	start_view(&v, who, false);
	ok(shows(&v, 0, PICTURE), "hang-up: it runs");
	close(v.master);
	v.out = -1;
	ok(end_of(&v) >= 0, "it ends when its terminal is closed");
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
