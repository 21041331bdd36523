// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>
#include "load.h"
#include "tool.h"

#define READY_S	60
#define END_S	30
#define MAX_ARGS 16

const char *build_dir(void)
{
	static char dir[4096];
	const char *env = getenv("FIXBUF_BUILD");
	ssize_t n;

	if (dir[0])
		return dir;
	if (env) {
		snprintf(dir, sizeof(dir), "%s", env);
		return dir;
	}
	n = readlink("/proc/self/exe", dir, sizeof(dir) - 1);
	if (n < 0)
		bail("readlink: %s", strerror(errno));
	dir[n] = '\0';
	/* BUILD/tests/live/NAME */
	for (int i = 0; i < 3; i++) {
		char *slash = strrchr(dir, '/');

		if (slash)
			*slash = '\0';
	}
	return dir;
}

const char *load_path(const char *name)
{
	static char path[8192];

	snprintf(path, sizeof(path), "%s/tests/load/%s", build_dir(), name);
	return path;
}

/* Reads until the line READY or SKIP, or the end; false after the time-out. */
static bool read_truth(struct load *l)
{
	time_t end = time(NULL) + READY_S;
	size_t len = l->text ? strlen(l->text) : 0, begin = len, room = len;

	for (;;) {
		struct pollfd p = { .fd = l->from, .events = POLLIN };
		ssize_t n;

		if (room - len < 4096) {
			room = 2 * room + (1 << 16);
			l->text = realloc(l->text, room);
			if (!l->text)
				bail("out of memory");
		}
		l->text[len] = '\0';
		if (len >= begin + 6 && !strcmp(l->text + len - 6, "READY\n"))
			return true;
		if (time(NULL) >= end)
			return false;
		if (poll(&p, 1, 1000) <= 0)
			continue;
		n = read(l->from, l->text + len, room - len - 1);
		if (n <= 0)
			return n == 0;
		len += n;
	}
}

static void spawn(struct load *l, char *const *argv)
{
	int to[2], from[2];

	if (pipe(to) || pipe(from))
		bail("pipe: %s", strerror(errno));
	l->pid = fork();
	if (l->pid < 0)
		bail("fork: %s", strerror(errno));
	if (!l->pid) {
		/* its own group, so that its children end with it */
		setpgid(0, 0);
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		dup2(to[0], 0);
		dup2(from[1], 1);
		for (int i = 0; i < 2; i++) {
			close(to[i]);
			close(from[i]);
		}
		execv(argv[0], argv);
		fprintf(stderr, "%s: %s\n", argv[0], strerror(errno));
		_exit(127);
	}
	close(to[0]);
	close(from[1]);
	l->to = to[1];
	l->from = from[0];
	set_cloexec(l->to);
	set_cloexec(l->from);
}

bool load_start(struct load *l, const char *name, ...)
{
	char *argv[MAX_ARGS] = { (char *)load_path(name) };
	char *skip;
	va_list ap;
	int n = 1;

	memset(l, 0, sizeof(*l));
	va_start(ap, name);
	while (n < MAX_ARGS - 1 && (argv[n] = va_arg(ap, char *)))
		n++;
	va_end(ap);
	spawn(l, argv);
	if (!read_truth(l)) {
		kill(-l->pid, SIGKILL);
		bail("%s is not ready after %d s", name, READY_S);
	}
	skip = strstr(l->text, "SKIP ");
	if (skip && (skip == l->text || skip[-1] == '\n')) {
		l->skip = strndup(skip + 5, strcspn(skip + 5, "\n"));
		load_end(l);
		return false;
	}
	if (!strstr(l->text, "READY\n")) {
		note("%s said:\n%s", name, l->text);
		bail("%s ended before it was ready, with status %d", name, load_end(l));
	}
	return true;
}

void load_break(struct load *l)
{
	if (write(l->to, "\n", 1) != 1 || !read_truth(l))
		bail("load %d is not READY a second time", l->pid);
}

int load_end(struct load *l)
{
	int status;

	close(l->to);
	status = await_exit(l->pid, END_S);
	close(l->from);
	kill(-l->pid, SIGKILL);
	free(l->text);
	l->text = NULL;
	return status;
}

const char *value_text(const char *text, const char *name)
{
	static char value[256];
	size_t len = strlen(name);

	for (const char *l = text; l && *l; l = strchr(l, '\n'), l = l ? l + 1 : NULL) {
		if (strncmp(l, name, len) || l[len] != '=')
			continue;
		l += len + 1;
		snprintf(value, sizeof(value), "%.*s", (int)strcspn(l, "\n"), l);
		return value;
	}
	return NULL;
}

unsigned long long value_number(const char *text, const char *name)
{
	const char *value = value_text(text, name);

	if (!value)
		bail("the load program did not say '%s'", name);
	return strtoull(value, NULL, 0);
}

const char *load_text(const struct load *l, const char *name, ...)
{
	char full[128];
	va_list ap;

	va_start(ap, name);
	vsnprintf(full, sizeof(full), name, ap);
	va_end(ap);
	return value_text(l->text, full);
}

unsigned long long load_number(const struct load *l, const char *name, ...)
{
	char full[128];
	va_list ap;

	va_start(ap, name);
	vsnprintf(full, sizeof(full), name, ap);
	va_end(ap);
	return value_number(l->text, full);
}
