// SPDX-License-Identifier: GPL-2.0
/*
 * A signal, or the time of -d, ends each command within seconds where nobody reads what it prints; who
 * reads slowly gets all of it.
 * Independent of the kernel: not run in guests.
 * Not under ASan: that takes longer.
 */
#include <fcntl.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "load.h"
#include "tool.h"

#define UNREAD_US	1700000	/* what the load does meanwhile is more than a pipe or a terminal takes */
#define UNREAD_S	20
#define SLOW_S		8.0	/* beyond what a reader that takes nothing has after the time of -d */

/* By itself, or by the signal that it was sent. */
static bool ended_well(int status)
{
	return (status >= 0 && status <= 4) || status == 128 + SIGINT || status == 128 + SIGTERM;
}

/* Somebody stopped the terminal, or a pager does not go on. */
static void unread(const char *what, int in, int out, int signals)
{
	const struct tool_how how = { .stdout_fd = out, .timeout_s = UNREAD_S };
	struct tool_run a;
	struct load l;

	set_cloexec(in);
	set_cloexec(out);
	if (!load_start(&l, "churn", "slow", "small", NULL)) {
		skip("output that nobody reads", "%s", l.skip);
	} else {
		tool_start(&a, &how, "trace", "-u", "0", NULL);
		usleep(UNREAD_US);
		ok(!child_has_ended(a.pid), "trace waits for who reads %s", what);
		for (int i = 0; i < signals; i++) {
			kill(a.pid, SIGTERM);
			usleep(UNREAD_US);
		}
		tool_wait(&a, &how);
		is(a.status, 0, "nobody does: it ends after %d SIGTERM", signals);
		tool_free(&a);
		load_end(&l);
	}
	close(in);
	close(out);
}

static int small_pipe(int ends_of[2])
{
	return pipe2(ends_of, O_CLOEXEC) || fcntl(ends_of[1], F_SETPIPE_SZ, 4096) < 0 ? -1 : ends_of[1];
}

/* Its time ends it as a signal does. */
static void unread_until_its_time(void)
{
	static const char *const all[][6] = {
		{ "trace", "-u0", "-d1s", "--json" }, { "stat", "-u0", "-d1s", "-i50ms" },
		{ "list", "-u0", "-d1s", "--watch", "-i50ms" }, { "verify", "--watch", "-d1s", "-q" },
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		struct tool_how how = { .timeout_s = UNREAD_S };
		struct tool_run a;
		int ends_of[2];

		how.stdout_fd = small_pipe(ends_of);
		if (how.stdout_fd < 0 || write(ends_of[1], (char[4096]){ 0 }, 4096) != 4096)
			bail("no small pipe");
		tool_start(&a, &how, all[i][0], all[i][1], all[i][2], all[i][3], all[i][4], all[i][5], NULL);
		tool_wait(&a, &how);
		ok(ended_well(a.status), "%s %s: the time of -d ends it although nobody reads (%d)", all[i][0],
		   all[i][1], a.status);
		tool_free(&a);
		close(ends_of[0]);
		close(ends_of[1]);
	}
}

/* A FIFO of -o is a pipe, too. */
static void unread_fifo(void)
{
	const struct tool_how how = { .timeout_s = UNREAD_S };
	char path[] = "/tmp/fixbuf-fifo.XXXXXX";
	struct tool_run a;
	int fd;

	if (!mkdtemp(path) || chdir(path) || mkfifo("f", 0600))
		bail("no FIFO");
	fd = open("f", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	fcntl(fd, F_SETPIPE_SZ, 4096);
	tool_start(&a, &how, "trace", "-u0", "-d1s", "-o", "f", NULL);
	tool_wait(&a, &how);
	ok(ended_well(a.status), "the same of -o FIFO (%d)", a.status);
	tool_free(&a);
	tool_start(&a, &how, "trace", "-u0", "-o", "f", NULL);
	usleep(UNREAD_US);
	kill(a.pid, SIGINT);
	tool_wait(&a, &how);
	ok(ended_well(a.status), "which a signal ends, too (%d)", a.status);
	tool_free(&a);
	close(fd);
	unlink("f");
	if (chdir("/") || rmdir(path))
		note("%s is left", path);
}

/* Whoever takes something, however slowly, gets all of it. */
static void read_slowly(void)
{
	const struct tool_how how = { .timeout_s = 3 * UNREAD_S };
	struct tool_run a;
	double begun = now_s();
	char some[4096], last = 0;
	size_t got = 0;
	int ends_of[2];
	ssize_t n;

	if (small_pipe(ends_of) < 0)
		bail("no small pipe");
	tool_start(&a, &(struct tool_how){ .stdout_fd = ends_of[1] }, "trace", "-u0", "-d1s", "--json", NULL);
	close(ends_of[1]);
	while ((n = read(ends_of[0], some, now_s() - begun < SLOW_S ? 512 : sizeof(some))) > 0) {
		got += n;
		last = some[n - 1];
		usleep(now_s() - begun < SLOW_S ? 50000 : 0);
	}
	begun = now_s() - begun;
	tool_wait(&a, &how);
	ok(begun > SLOW_S && last == '\n', "whoever reads slowly gets all (%zu bytes in %.1f s)", got, begun);
	is(a.status, 0, "and no other status for it");
	tool_free(&a);
	close(ends_of[0]);
}

static void until_its_time(void)
{
	struct load l;

	if (!load_start(&l, "churn", "slow", "small", NULL)) {
		skip("output that nobody reads until the time of -d", "%s", l.skip);
		return;
	}
	unread_until_its_time();
	unread_fifo();
	read_slowly();
	load_end(&l);
}

/* The process that collects may make few system calls, those that end it among them. */
static void once_unread(void)
{
	struct tool_how how = { .timeout_s = UNREAD_S };
	struct tool_run a;
	int ends_of[2];

	if (pipe2(ends_of, O_CLOEXEC) || fcntl(ends_of[1], F_SETPIPE_SZ, 4096) < 0)
		bail("no small pipe");
	how.stdout_fd = ends_of[1];
	tool_start(&a, &how, "export", "--once", "--verify-interval", "0", NULL);
	usleep(2 * UNREAD_US);
	ok(!child_has_ended(a.pid), "export --once waits for who reads a pipe");
	kill(a.pid, SIGTERM);
	tool_wait(&a, &how);
	ok(ended_well(a.status), "a SIGTERM ends it (%d)", a.status);
	tool_free(&a);
	close(ends_of[0]);
	close(ends_of[1]);
}

int main(void)
{
	int ends_of[2];

	if (pipe(ends_of))
		bail("no pipe");
	unread("a pipe", ends_of[0], ends_of[1], 1);
	if (openpty(&ends_of[0], &ends_of[1], NULL, NULL, NULL))
		bail("no terminal");
	unread("a terminal", ends_of[0], ends_of[1], 3);
	once_unread();
	until_its_time();
	return tap_end();
}
