// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include "tap.h"
#include "tool.h"
#include "view.h"

void view_set_size(int master, unsigned int rows, unsigned int columns)
{
	struct winsize size = { .ws_row = rows, .ws_col = columns };

	if (ioctl(master, TIOCSWINSZ, &size))
		bail("the pseudo-terminal cannot be resized: %s", strerror(errno));
}

static void open_terminal(int *master, int *slave, unsigned int rows, unsigned int columns)
{
	if (openpty(master, slave, NULL, NULL, NULL))
		bail("no pseudo-terminal: %s", strerror(errno));
	view_set_size(*master, rows, columns);
	set_cloexec(*master);
	set_cloexec(*slave);
}

void view_start(struct view *v, const struct view_how *how, ...)
{
	unsigned int rows = how->rows ? how->rows : 50, columns = how->columns ? how->columns : 200;
	const char *argv[16] = { tool_path() };
	size_t nr = 1;
	va_list ap;

	va_start(ap, how);
	while (nr < sizeof(argv) / sizeof(*argv) - 1 && (argv[nr] = va_arg(ap, const char *)))
		nr++;
	va_end(ap);
	memset(v, 0, sizeof(*v));
	open_terminal(&v->master, &v->slave, rows, columns);
	v->out = v->master;
	v->out_slave = v->slave;
	if (how->apart)
		open_terminal(&v->out, &v->out_slave, rows, columns);
	tcgetattr(v->slave, &v->before);
	vt_size(&v->vt, rows, columns);
	v->pid = fork();
	if (v->pid)
		return;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	setsid();
	ioctl(v->slave, TIOCSCTTY, 0);
	dup2(v->slave, 0);
	dup2(v->out_slave, 1);
	dup2(v->out_slave, 2);
	setenv("TERM", how->term ? how->term : "xterm", 1);
	execv(argv[0], (char **)argv);
	_exit(127);
}

bool view_is_as_before(const struct view *v)
{
	struct termios now;

	return !tcgetattr(v->slave, &now) && now.c_lflag == v->before.c_lflag &&
	       now.c_iflag == v->before.c_iflag && now.c_oflag == v->before.c_oflag &&
	       !memcmp(now.c_cc, v->before.c_cc, sizeof(now.c_cc));
}

bool view_take(struct view *v, int ms)
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

const char *view_shows(struct view *v, size_t from, const char *text)
{
	double end = now_s() + VIEW_WAIT_S;

	while (now_s() < end && !strstr(v->text + from, text))
		view_take(v, 100);
	return strstr(v->text + from, text);
}

const char *view_line_with(struct view *v, const char *text)
{
	double end = now_s() + VIEW_WAIT_S;

	while (now_s() < end && !vt_line(&v->vt, text))
		view_take(v, 100);
	return vt_line(&v->vt, text);
}

int view_end(struct view *v)
{
	double end = now_s() + VIEW_WAIT_S;
	int status;

	while (waitpid(v->pid, &status, WNOHANG) == 0) {
		if (now_s() > end) {
			kill(v->pid, SIGKILL);
			waitpid(v->pid, &status, 0);
			return -1;
		}
		view_take(v, 10);
	}
	while (view_take(v, 0))
		;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

void view_close(struct view *v)
{
	if (v->out >= 0 && v->out != v->master)
		close(v->out);
	if (v->out_slave != v->slave)
		close(v->out_slave);
	close(v->master);
	close(v->slave);
}

void view_press(struct view *v, const char *key)
{
	if (write(v->master, key, 1) != 1)
		bail("cannot press a key");
}

void view_type(struct view *v, const char *keys)
{
	if (write(v->master, keys, strlen(keys)) != (ssize_t)strlen(keys))
		bail("cannot type");
}
