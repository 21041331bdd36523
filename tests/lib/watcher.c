// SPDX-License-Identifier: GPL-2.0
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include "tap.h"
#include "tool.h"
#include "watcher.h"

#define ATTACH_MS	60000
#define HASTE		(-10)	/* nice value of what is measured */

static cpu_set_t all_processors;
static bool took_one;

/* A program that does nothing, or only reads the clock. */
static int empty_program(const char *point, bool clock)
{
	const struct bpf_insn code[] = {
		{ .code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_ktime_get_ns },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 0, .imm = 0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	union bpf_attr a = { .prog_type = BPF_PROG_TYPE_RAW_TRACEPOINT };
	int prog, link;

	a.insns = (uintptr_t)(clock ? code : code + 1);
	a.insn_cnt = clock ? 3 : 2;
	a.license = (uintptr_t)"GPL";
	do
		prog = syscall(SYS_bpf, BPF_PROG_LOAD, &a, sizeof(a));
	/* completions by workers that are still to be told of look like a signal */
	while (prog < 0 && errno == EAGAIN);
	if (prog < 0)
		return -errno;
	memset(&a, 0, sizeof(a));
	a.raw_tracepoint.name = (uintptr_t)point;
	a.raw_tracepoint.prog_fd = prog;
	link = syscall(SYS_bpf, BPF_RAW_TRACEPOINT_OPEN, &a, sizeof(a));
	close(prog);
	return link < 0 ? -errno : link;
}

const char *watcher_submit_point(void)
{
	static const char *const names[] = { "io_uring_submit_req", "io_uring_submit_sqe" };
	static const char *found;

	for (size_t i = 0; !found && i < sizeof(names) / sizeof(names[0]); i++) {
		int fd = empty_program(names[i], false);

		if (fd < 0)
			continue;
		close(fd);
		found = names[i];
	}
	if (!found)
		bail("no tracepoint of a submission");
	return found;
}

/* Whether a process holds a link to this tracepoint. */
static bool watches(pid_t pid, const char *point)
{
	char path[64], text[4096], want[80];
	struct dirent *e;
	bool found = false;
	DIR *d;

	snprintf(path, sizeof(path), "/proc/%d/fdinfo", pid);
	snprintf(want, sizeof(want), "tp_name:\t%s", point);
	d = opendir(path);
	while (d && !found && (e = readdir(d))) {
		int fd = openat(dirfd(d), e->d_name, O_RDONLY);
		ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

		if (n > 0) {
			text[n] = '\0';
			found = strstr(text, want);
		}
		if (fd >= 0)
			close(fd);
	}
	if (d)
		closedir(d);
	return found;
}

/* Perf events and links to BPF programs that a process holds. */
static int nr_events(pid_t pid)
{
	char path[64], text[64];
	struct dirent *e;
	int nr = 0;
	DIR *d;

	snprintf(path, sizeof(path), "/proc/%d/fd", pid);
	d = opendir(path);
	while (d && (e = readdir(d))) {
		ssize_t n = readlinkat(dirfd(d), e->d_name, text, sizeof(text) - 1);

		text[n > 0 ? n : 0] = '\0';
		nr += strstr(text, "perf_event") || strstr(text, "bpf_link") ||
		      strstr(text, "bpf-link");
	}
	if (d)
		closedir(d);
	return nr;
}

static bool is_attached(const struct watcher *w)
{
	char text[4] = "";
	int fd;

	if (w->seen)
		return watches(w->pid, w->seen);
	if (w->enabled) {
		fd = open(w->enabled, O_RDONLY | O_CLOEXEC);
		if (fd >= 0 && read(fd, text, sizeof(text) - 1) < 0)
			text[0] = '\0';
		if (fd >= 0)
			close(fd);
		return text[0] == '1';
	}
	if (nr_events(w->pid) < w->events + w->per_cpu * sysconf(_SC_NPROCESSORS_ONLN))
		return false;
	/* the last of them is held, and yet to be armed */
	usleep(200000);
	return true;
}

static void spawn(struct watcher *w)
{
	w->pid = fork();
	if (w->pid)
		return;
	sigset_t none;
	int null = open("/dev/null", O_RDWR);
	char *argv[14] = { (char *)(w->program ? w->program : tool_path()) };

	for (int i = 0; i < 10 && w->arg[i]; i++)
		argv[i + 1] = (char *)w->arg[i];
	if (took_one) {
		sched_setaffinity(0, sizeof(all_processors), &all_processors);
		setpriority(PRIO_PROCESS, 0, 0);
	}
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	dup2(null, 0);
	dup2(null, 1);
	dup2(null, 2);
	execvp(argv[0], argv);
	_exit(127);
}

void watcher_begin(struct watcher *w)
{
	int status;

	w->fds[0] = w->fds[1] = -1;
	w->pid = 0;
	for (int i = 0; i < 2 && w->points[i]; i++) {
		w->fds[i] = empty_program(w->points[i], w->clock);
		if (w->fds[i] < 0)
			bail("no empty program on %s: %s", w->points[i], strerror(-w->fds[i]));
	}
	if (w->points[0])
		return;
	spawn(w);
	for (int ms = 0; ms < ATTACH_MS; ms += 10) {
		if (waitpid(w->pid, &status, WNOHANG) == w->pid) {
			w->pid = 0;
			break;
		}
		if (is_attached(w))
			return;
		usleep(10000);
	}
	w->absent = true;
}

void watcher_end(struct watcher *w)
{
	for (int i = 0; i < 2; i++)
		if (w->fds[i] >= 0)
			close(w->fds[i]);
	if (w->pid > 0) {
		kill(w->pid, SIGINT);
		await_exit(w->pid, 20);
	}
}

void watcher_take_processor(void)
{
	cpu_set_t last;
	int i = CPU_SETSIZE - 1;

	if (sched_getaffinity(0, sizeof(all_processors), &all_processors))
		return;
	while (i > 0 && !CPU_ISSET(i, &all_processors))
		i--;
	CPU_ZERO(&last);
	CPU_SET(i, &last);
	took_one = !sched_setaffinity(0, sizeof(last), &last);
	setpriority(PRIO_PROCESS, 0, HASTE);
}
