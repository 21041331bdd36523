// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/descriptor.h"
#include "base/err.h"
#include "base/privilege.h"
#include "capture/symbols_kernel.h"
#include "commands/export/calls.h"
#include "commands/export/keeper.h"
#include "commands/export/pass.h"

#define FIRST_PAUSE_MS	1000
#define MAX_PAUSE_MS	60000
#define STEADY_NS	(60 * NS_PER_S)	/* after a process that lived that long the pause is the first one again */

/* What loading takes and a pass keeps, and what it takes to become another user and end one. */
static const unsigned int caps[] = {
	CAP_BPF, CAP_PERFMON, CAP_SYS_ADMIN, CAP_SYS_PTRACE, CAP_DAC_READ_SEARCH,
	CAP_SYS_RESOURCE, CAP_IPC_LOCK, CAP_SETPCAP, CAP_SETUID, CAP_SETGID, CAP_KILL,
};

const struct privileges export_keeper_keeps = { caps, sizeof(caps) / sizeof(caps[0]) };

struct child {
	pid_t pid;
	int pidfd;		/* readable when it has ended */
	__u64 since_ns;
};

static bool start(struct child *c, struct export_options *o, int control)
{
	pid_t own = getpid();
	int ends[2];

	if (pipe2(ends, O_CLOEXEC))
		return false;
	/* who collects waits for no one; its filter leaves it no way to say so */
	fcntl(ends[0], F_SETFL, O_NONBLOCK);
	c->pid = fork();
	if (!c->pid) {
		prctl(PR_SET_NAME, "fixbuf-pages");
		privilege_keep_open(ends[1], -1);
		_exit(export_passes(o, ends[1], own));
	}
	close(ends[1]);
	if (c->pid > 0 && descriptor_send(control, "", 1, ends[0])) {
		kill(c->pid, SIGKILL);
		waitpid(c->pid, NULL, 0);
		c->pid = -1;
	}
	close(ends[0]);
	c->pidfd = c->pid > 0 ? syscall(SYS_pidfd_open, c->pid, 0) : -1;
	c->since_ns = clock_now_ns();
	return c->pid > 0;
}

/* Waits for its end; false when who collects ended first. */
static bool wait_for(struct child *c, int control, int *status)
{
	struct pollfd fds[] = {
		{ .fd = control, .events = POLLIN }, { .fd = c->pidfd, .events = POLLIN },
	};
	bool alive = true;

	while (poll(fds, 2, -1) < 0 && errno == EINTR)
		;
	if (fds[0].revents) {
		kill(c->pid, SIGKILL);
		alive = false;
	}
	close(c->pidfd);
	while (waitpid(c->pid, status, 0) < 0 && errno == EINTR)
		;
	return alive;
}

void export_keep(struct export_options *o, int control, pid_t parent)
{
	struct pollfd collector = { .fd = control, .events = POLLIN };
	unsigned int pause_ms = FIRST_PAUSE_MS;
	struct child c;
	int status;

	/* what others hold open would never seem to end to them */
	privilege_keep_open(control, -1);
	/* a terminal's Ctrl-C is for the process that started us: we end with it */
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_DFL);
	prctl(PR_SET_NAME, "fixbuf-keeper");
	/* who looks may be left without a ring of its own (kernel.io_uring_disabled), and has no CAP_SYSLOG */
	symbols_kernel_ring_fops();
	if (privilege_only(&export_keeper_keeps) || privilege_end_with(parent) || export_calls_keep())
		_exit(cannot("%s", err_text()));
	for (bool first = true; start(&c, o, control); first = false) {
		if (!wait_for(&c, control, &status))
			break;
		/* it said why it cannot look, and could not later either */
		if (first && WIFEXITED(status) && WEXITSTATUS(status) == EXIT_CANNOT)
			break;
		if (clock_now_ns() - c.since_ns > STEADY_NS)
			pause_ms = FIRST_PAUSE_MS;
		if (poll(&collector, 1, pause_ms) > 0)
			break;
		pause_ms = 2 * pause_ms < MAX_PAUSE_MS ? 2 * pause_ms : MAX_PAUSE_MS;
	}
	_exit(0);
}
