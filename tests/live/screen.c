// SPDX-License-Identifier: GPL-2.0
/*
 * stat's live view on a pseudo-terminal: what it shows, its keys, and that the
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

#define CLEAR	"\033[H\033[2J"
#define WAIT_S	100
#define BLOCK	512

struct view {
	pid_t pid;
	int master, slave;	/* the tool's terminal: input, and output unless .out is another */
	int out, out_slave;
	struct termios before;
	char text[1 << 18];	/* what the tool wrote to its terminal */
	size_t len;
};

/* Reads 512 bytes into the second of three registered buffers until it is ended. */
static pid_t start_reads(void)
{
	struct iovec iov[3];
	struct io_uring r;
	pid_t pid = fork();
	int file;

	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	file = mem_cached_file(PAGE);
	for (int i = 0; i < 3; i++)
		iov[i] = (struct iovec){ mem_pages(1), PAGE };
	if (file < 0 || uring_open(&r, 4) || uring_register(r.ring_fd, iov, 3))
		_exit(1);
	while (uring_io(&r, IORING_OP_READ_FIXED, file, iov[1].iov_base, BLOCK, 0, 1) == BLOCK)
		usleep(1000);
	_exit(2);
}

static void open_terminal(int *master, int *slave)
{
	struct winsize size = { .ws_row = 50, .ws_col = 200 };

	if (openpty(master, slave, NULL, NULL, &size))
		bail("no pseudo-terminal: %s", strerror(errno));
	set_cloexec(*master);
	set_cloexec(*slave);
}

/* Starts stat on a terminal; .apart: its output is another terminal than its input. */
static void start_view(struct view *v, pid_t who, bool apart)
{
	char pid[16];

	memset(v, 0, sizeof(*v));
	open_terminal(&v->master, &v->slave);
	v->out = v->master;
	v->out_slave = v->slave;
	if (apart)
		open_terminal(&v->out, &v->out_slave);
	tcgetattr(v->slave, &v->before);
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
	execl(tool_path(), tool_path(), "stat", "-i", "300ms", "--by-opcode", "--by-buffer", "-p",
	      pid, NULL);
	_exit(127);
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

static struct view v;

static void check_picture(pid_t who)
{
	static const char *const orders[] = { "bytes", "99th percentile", "errors", "operations" };
	char want[64], pid[16];
	const char *at, *next;
	struct termios t;
	size_t from;

	snprintf(pid, sizeof(pid), "%d", who);
	start_view(&v, who, false);
	at = shows(&v, 0, CLEAR "\033[3Jsorted by operations; s sorts by another column, q ends");
	ok(at, "a picture begins on a clear screen");
	from = at ? at - v.text + 1 : 0;
	/* the second screen shows a whole interval */
	next = shows(&v, from, CLEAR);
	ok(next, "another follows");
	from = next ? next - v.text + 1 : 0;
	ok(shows(&v, from, CLEAR) && strstr(v.text + from, pid) < shows(&v, from, CLEAR),
	   "it shows the process");
	at = strstr(v.text + from, "READ_FIXED");
	ok(at, "what it does");
	at = strstr(v.text + from, "BUFFER");
	ok(at && at < shows(&v, from, CLEAR), "and its buffers, in each picture");
	ok(strstr(v.text + from, "idle"), "those that it does not use, too");
	tcgetattr(v.slave, &t);
	ok(!(t.c_lflag & (ICANON | ECHO)), "keys are taken as they come, and not shown");
	for (size_t i = 0; i < 4; i++) {
		from = v.len;
		press(&v, "s");
		snprintf(want, sizeof(want), "sorted by %s;", orders[i]);
		ok(shows(&v, from, want), "s: sorted by %s", orders[i]);
	}
	from = v.len;
	press(&v, "q");
	is(end_of(&v), 0, "q ends it");
	has_text(v.text + from, "in total:", "with the totals");
	has_text(v.text + from, "never", "and what was never used");
	ok(is_as_before(&v), "the terminal is as it was");
	close_view(&v);
}

static void check_end(pid_t who, const char *how, int sig)
{
	size_t from;

	start_view(&v, who, false);
	ok(shows(&v, 0, CLEAR), "%s: it runs", how);
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
	has_text(v.text + from, "in total:", "%s: with the totals", how);
	ok(is_as_before(&v), "%s: the terminal is as it was", how);
	close_view(&v);
}

/* The terminal of its output is closed, while that of its input stays. */
static void check_reader_gone(pid_t who)
{
	double begun;
	int status;

	start_view(&v, who, true);
	ok(shows(&v, 0, CLEAR), "reader: it runs");
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
	ok(shows(&v, 0, CLEAR), "hang-up: it runs");
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
	check_end(who, "Ctrl-C", 0);
	check_end(who, "SIGTERM", SIGTERM);
	check_reader_gone(who);
	check_hang_up(who);
	ok(waitpid(who, NULL, WNOHANG) == 0, "the program that was watched still runs");
	kill(who, SIGKILL);
	waitpid(who, NULL, 0);
	return tap_end();
}
