// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <json-c/json.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "json_log.h"
#include "load.h"
#include "tap.h"
#include "tool.h"

#define DEFAULT_TIMEOUT_S 60
#define GUEST_FACTOR	4	/* an emulated processor may have to wait for a real one, too */
#define MAX_ARGS 32

const char *tool_path(void)
{
	static char path[8192];
	const char *env = getenv("FIXBUF");

	if (env)
		return env;
	snprintf(path, sizeof(path), "%s/fixbuf-trace", build_dir());
	return path;
}

const char *tool_tier(void)
{
	const char *tier = getenv("FIXBUF_TIER");

	return tier && *tier ? tier : NULL;
}

bool kernel_only(void)
{
	return getenv("FIXBUF_KERNEL_ONLY");
}

void set_cloexec(int fd)
{
	fcntl(fd, F_SETFD, FD_CLOEXEC);
}

double now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

double children_cpu_s(void)
{
	struct rusage u;

	getrusage(RUSAGE_CHILDREN, &u);
	return u.ru_utime.tv_sec + u.ru_stime.tv_sec +
	       (u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

long children_faults(void)
{
	struct rusage u;

	getrusage(RUSAGE_CHILDREN, &u);
	return u.ru_minflt;
}

long process_faults(pid_t pid)
{
	char path[64], *text, *at;
	long n = -1;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	text = file_text(path);
	at = strrchr(text, ')');
	if (at && sscanf(at + 1, " %*c %*d %*d %*d %*d %*d %*u %ld", &n) != 1)
		n = -1;
	free(text);
	return n;
}

long children_most_kb(void)
{
	struct rusage u;

	getrusage(RUSAGE_CHILDREN, &u);
	return u.ru_maxrss;
}

int await_exit(pid_t pid, int seconds)
{
	double end = now_s() + seconds;
	int status;

	while (waitpid(pid, &status, WNOHANG) == 0) {
		if (now_s() > end) {
			kill(-pid, SIGKILL);
			kill(pid, SIGKILL);
			waitpid(pid, &status, 0);
			return -1;
		}
		usleep(2000);
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* Raises the capabilities as ambient ones, so that they survive exec. */
static void take_caps(unsigned long long caps)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2];

	for (int i = 0; i < 2; i++)
		data[i].effective = data[i].permitted = data[i].inheritable = caps >> 32 * i;
	if (syscall(SYS_capset, &head, data))
		_exit(126);
	for (int cap = 0; cap < 64; cap++)
		if (caps >> cap & 1 && prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, cap, 0, 0))
			_exit(126);
}

/* Runs in the child, before exec. */
static void prepare(const struct tool_how *how)
{
	struct rlimit as = { how->memory_bytes, how->memory_bytes };
	struct rlimit files = { how->open_files, how->open_files };
	struct rlimit bytes = { how->file_bytes, how->file_bytes };
	const struct rlimit none = { RLIM_INFINITY, RLIM_INFINITY };

	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (how->close_stdout)
		close(1);
	else if (how->stdout_fd)
		dup2(how->stdout_fd, 1);
	if (how->memory_bytes && setrlimit(RLIMIT_AS, &as))
		_exit(126);
	if (how->open_files && setrlimit(RLIMIT_NOFILE, &files))
		_exit(126);
	if (how->file_bytes && setrlimit(RLIMIT_FSIZE, &bytes))
		_exit(126);
	/* a root without CAP_SYS_RESOURCE cannot raise it, and may not need to */
	if (how->caps && setrlimit(RLIMIT_MEMLOCK, &none) && errno != EPERM)
		_exit(126);
	if (how->caps && prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0))
		_exit(126);
	if (how->uid && (setgroups(0, NULL) || setgid(how->uid) || setuid(how->uid)))
		_exit(126);
	if (how->caps)
		take_caps(how->caps);
}

static void start(struct tool_run *a, const struct tool_how *how, va_list ap)
{
	char *argv[MAX_ARGS] = { (char *)tool_path() };
	int n = 1, null;

	memset(a, 0, sizeof(*a));
	while (n < MAX_ARGS - 1 && (argv[n] = va_arg(ap, char *)))
		n++;
	json_log_expect(a, argv);
	/* output goes to files in memory, so that a full pipe never blocks the tool */
	a->out_fd = memfd_create("out", MFD_CLOEXEC);
	a->err_fd = memfd_create("err", MFD_CLOEXEC);
	/* the position of such a file has no lock (FMODE_ATOMIC_POS): two who write at once would overwrite each other */
	fcntl(a->out_fd, F_SETFL, O_APPEND);
	fcntl(a->err_fd, F_SETFL, O_APPEND);
	null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	a->pid = fork();
	if (a->pid < 0 || a->out_fd < 0 || a->err_fd < 0)
		bail("cannot start %s: %s", argv[0], strerror(errno));
	if (!a->pid) {
		int self = -1;

		dup2(null, 0);
		dup2(a->out_fd, 1);
		dup2(a->err_fd, 2);
		/* exec goes by descriptor, as another user may not reach the path */
		if (how->uid)
			self = open(argv[0], O_RDONLY | O_CLOEXEC);
		prepare(how);
		if (how->uid)
			fexecve(self, argv, environ);
		else
			execv(argv[0], argv);
		fprintf(stderr, "%s: %s\n", argv[0], strerror(errno));
		_exit(127);
	}
	close(null);
}

static char *content(int fd)
{
	off_t len = lseek(fd, 0, SEEK_END);
	char *s = malloc(len + 1);
	off_t done = 0;

	if (!s)
		bail("out of memory");
	while (done < len) {
		ssize_t n = pread(fd, s + done, len - done, done);

		if (n <= 0)
			break;
		done += n;
	}
	s[done] = '\0';
	return s;
}

void tool_wait(struct tool_run *a, const struct tool_how *how)
{
	a->status = await_exit(a->pid, (how->timeout_s ? how->timeout_s : DEFAULT_TIMEOUT_S) *
			       (kernel_only() ? GUEST_FACTOR : 1));
	a->out = content(a->out_fd);
	a->err = content(a->err_fd);
	close(a->out_fd);
	close(a->err_fd);
	json_log_keep(a);
	if (a->out[0] == '{')
		a->json = json_tokener_parse(a->out);
}

char *tool_said(const struct tool_run *a)
{
	return content(a->out_fd);
}

bool child_has_ended(pid_t pid)
{
	siginfo_t info = { 0 };

	return !waitid(P_PID, pid, &info, WEXITED | WNOHANG | WNOWAIT) && info.si_pid == pid;
}

const char *bystander_pid(void)
{
	static char number[16];
	pid_t pid = fork();

	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			pause();
	}
	if (pid < 0)
		bail("fork: %s", strerror(errno));
	snprintf(number, sizeof(number), "%d", pid);
	return number;
}

bool tool_says(struct tool_run *a, const char *text, int ms)
{
	bool ended = false;

	for (; ms > 0; ms -= 5) {
		char *out = content(a->out_fd), *err = content(a->err_fd);
		bool found = strstr(out, text) || strstr(err, text);

		free(out);
		free(err);
		if (found)
			return true;
		/* after the tool's end one more look is enough */
		if (ended)
			return false;
		ended = child_has_ended(a->pid);
		if (!ended)
			usleep(5000);
	}
	return false;
}

void tool_start(struct tool_run *a, const struct tool_how *how, ...)
{
	va_list ap;

	va_start(ap, how);
	start(a, how, ap);
	va_end(ap);
}

void tool_as(struct tool_run *a, const struct tool_how *how, ...)
{
	va_list ap;

	va_start(ap, how);
	start(a, how, ap);
	va_end(ap);
	tool_wait(a, how);
}

void tool(struct tool_run *a, ...)
{
	static const struct tool_how plainly;
	va_list ap;

	va_start(ap, a);
	start(a, &plainly, ap);
	va_end(ap);
	tool_wait(a, &plainly);
}

bool tool_skipped(const struct tool_run *a, const char *what)
{
	const char *why = strstr(a->out, "SKIP ");

	if (a->status != EXIT_SKIPPED)
		return false;
	why = why ? why + strlen("SKIP ") : "it does not say why";
	skip(what, "%.*s", (int)strcspn(why, "\n"), why);
	return true;
}

void tool_free(struct tool_run *a)
{
	if (a->json)
		json_object_put(a->json);
	free(a->out);
	free(a->err);
	free(a->logged_command);
	free(a->logged_file);
	memset(a, 0, sizeof(*a));
}

char *stream_text(FILE *f)
{
	char *text = NULL;
	size_t room = 0;

	if (!f || getdelim(&text, &room, '\0', f) < 0) {
		free(text);
		text = strdup("");
	}
	if (!text)
		bail("out of memory");
	return text;
}

pid_t child_waits(bool (*begin)(const void *arg), const void *arg)
{
	int ready[2];
	pid_t pid;
	bool done;
	char c;

	if (pipe(ready))
		return 0;
	pid = fork();
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (!begin(arg) || write(ready[1], "", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	close(ready[1]);
	done = pid > 0 && read(ready[0], &c, 1) == 1;
	close(ready[0]);
	if (pid > 0 && !done)
		waitpid(pid, NULL, 0);
	return done ? pid : 0;
}

char *file_text(const char *path)
{
	FILE *f = fopen(path, "re");
	char *text = stream_text(f);

	if (f)
		fclose(f);
	return text;
}

size_t text_count(const char *text, const char *part)
{
	size_t nr = 0;

	for (; (text = strstr(text, part)); text += strlen(part))
		nr++;
	return nr;
}

bool record_elsewhere(const char *host, const char *options, const char *file, const char *load)
{
	char *command;

	if (system("unshare -u true 2>/dev/null && command -v hostname >/dev/null")) {
		skip("two machines", "no unshare or hostname");
		return false;
	}
	if (asprintf(&command, "unshare -u sh -c 'hostname %s; exec %s record -q %s -o %s -- %s --no-wait >/dev/null'",
		     host, tool_path(), options, file, load_path(load)) < 0)
		bail("out of memory");
	is(system(command), 0, "another machine records");
	free(command);
	return true;
}
