// SPDX-License-Identifier: GPL-2.0
/*
 * export --listen unix:PATH: who may connect, what may be in its place, and that it goes.
 * Independent of the kernel: not run in guests.
 * Not under ASan: system calls are not filtered there, and export.c tests what it says.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>
#include "http.h"
#include "tool.h"
#include "witness.h"

#define NOBODY	65534
#define GET	"GET %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n"

static char folder[] = "/tmp/fixbuf-socket-XXXXXX", path[64], at[80];

static struct sockaddr_un address(void)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };

	snprintf(a.sun_path, sizeof(a.sun_path), "%s", path);
	return a;
}

/* What comes back, to be freed; NULL with errno when nobody serves. */
static char *ask(const char *file, const char *host)
{
	const struct sockaddr_un a = address();
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char *answer = NULL;

	if (fd >= 0 && !connect(fd, (const void *)&a, sizeof(a)) && dprintf(fd, GET, file, host) > 0) {
		FILE *f = fdopen(dup(fd), "r");

		answer = stream_text(f);
		fclose(f);
	}
	close(fd);
	return answer;
}

static void is_answer(const char *file, const char *host, int status, const char *what)
{
	char *answer = ask(file, host);

	is(answer ? http_status(answer) : -errno, status, "%s", what);
	if (answer && status == 200)
		has_text(http_body(answer), file[1] == 'm' ? "fixbuf_rings" : "ok", "with its text");
	free(answer);
}

static bool start(struct tool_run *a)
{
	tool_start(a, &(struct tool_how){ .timeout_s = 60 }, "export", "--listen", at,
		   "--verify-interval", "0", NULL);
	for (int ms = 0; ms < 20000; ms += 10) {
		struct stat st;
		char *answer = stat(path, &st) || !S_ISSOCK(st.st_mode) ? NULL : ask("/healthz", "localhost");
		bool serves = answer && *answer;

		free(answer);
		if (serves)
			return true;
		usleep(10000);
	}
	return false;
}

static bool goes_away(void)
{
	for (int ms = 0; ms < 5000 && !access(path, F_OK); ms += 10)
		usleep(10000);
	return access(path, F_OK);
}

static bool nobody_connects(void)
{
	pid_t pid = fork();

	if (!pid) {
		const struct sockaddr_un a = address();

		_exit(setgid(NOBODY) || setuid(NOBODY) ||
		      connect(socket(AF_UNIX, SOCK_STREAM, 0), (const void *)&a, sizeof(a)));
	}
	return !await_exit(pid, 10);
}

/* The one child that is still root. */
static void remover(pid_t collector)
{
	pid_t list[4], found = 0;
	size_t nr = witness_children(collector, list, 4);

	for (size_t i = 0; i < nr; i++)
		if (!witness_status(list[i], "Uid", 10))
			found = list[i];
	is(nr, 2, "the collector has two children without --verify-interval");
	ok(found, "one removes the socket, as who made it");
	is(witness_status(found, "CapPrm", 16) | witness_status(found, "CapBnd", 16), 0,
	   "it has no capability, and none to be had");
	is(witness_status(found, "Seccomp", 10), 2, "and its system calls are filtered");
}

static void serves(void)
{
	struct tool_run a, second;
	struct stat st;

	ok(start(&a), "export serves at unix:PATH");
	is_answer("/metrics", "localhost", 200, "metrics");
	is_answer("/healthz", "127.0.0.1:9836", 200, "health");
	is_answer("/metrics", "evil.example", 421, "a name of another site is refused there, too");
	is(stat(path, &st) ? -1 : (int)(st.st_mode & 07777), 0660, "its mode is 0660");
	ok(!nobody_connects(), "another user cannot connect");
	tool(&second, "export", "--listen", at, NULL);
	is(second.status, 2, "a second one is refused");
	has_text(second.err, "another program serves there", "and told why");
	tool_free(&second);
	is_answer("/healthz", "localhost", 200, "the first one still serves");
	remover(a.pid);
	kill(a.pid, SIGTERM);
	tool_wait(&a, &(struct tool_how){ .timeout_s = 20 });
	is(a.status, 0, "it ends when it is told to");
	has_text(a.err, "serving /metrics at unix:/tmp/", "it said where it serves");
	is(access(path, F_OK) ? errno : 0, ENOENT, "and the socket is gone");
	tool_free(&a);
}

/* Binds and goes without a word, as one that was killed. */
static void leave_stale(void)
{
	const struct sockaddr_un a = address();
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (bind(fd, (const void *)&a, sizeof(a)) || listen(fd, 1))
		bail("no socket: %s", strerror(errno));
	close(fd);
}

static void stale(void)
{
	struct tool_run a;

	leave_stale();
	ok(start(&a), "a socket that nobody serves is replaced");
	kill(a.pid, SIGKILL);
	tool_wait(&a, &(struct tool_how){ .timeout_s = 20 });
	ok(goes_away(), "the socket of a collector that was killed is removed");
	tool_free(&a);
}

static void is_refused(const char *listen, const char *why, const char *what)
{
	struct tool_run a;

	tool(&a, "export", "--listen", listen, NULL);
	is(a.status, 2, "%s: refused", what);
	has_text(a.err, why, "and told why");
	tool_free(&a);
}

/* A folder of another user, who makes a link in it. */
static void others(void)
{
	char theirs[64], link[80], through[128];
	struct stat st;
	FILE *f = fopen(path, "w");

	fclose(f);
	is_refused(at, "which is no socket", "a file of that name");
	ok(!stat(path, &st) && S_ISREG(st.st_mode), "which stays");
	unlink(path);
	if (symlink("/tmp/fixbuf-socket-none", path))
		bail("no link");
	is_refused(at, "which is no socket", "a link of that name");
	unlink(path);
	leave_stale();
	if (chown(path, NOBODY, NOBODY))
		bail("no chown");
	is_refused(at, "another user's socket", "a socket of another user");
	unlink(path);
	snprintf(theirs, sizeof(theirs), "%s/theirs", folder);
	snprintf(link, sizeof(link), "%s/link", theirs);
	snprintf(through, sizeof(through), "unix:%s/s", link);
	if (mkdir(theirs, 0700) || chown(theirs, NOBODY, NOBODY) || symlink(folder, link))
		bail("no folder");
	is_refused(through, "through a link", "a way through another user's link");
	ok(access(path, F_OK), "where it led to there is no socket");
	is_refused("unix:", "no name of a file", "no name");
	is_refused("unix:/no/such/folder/s", "No such file", "no folder");
	unlink(link);
	rmdir(theirs);
}

int main(void)
{
	if (!mkdtemp(folder) || chmod(folder, 0755))
		bail("no temporary folder");
	snprintf(path, sizeof(path), "%s/s", folder);
	snprintf(at, sizeof(at), "unix:%s", path);
	serves();
	stale();
	others();
	rmdir(folder);
	return tap_end();
}
