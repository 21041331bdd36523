// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "base/child.h"
#include "base/descendants.h"
#include "base/err.h"
#include "base/system.h"
#include "base/user.h"

#define EXIT_NOT_RUN	126
#define EXIT_NOT_FOUND	127
#define LOOKS		5	/* at what a program left, a moment apart: its end may be theirs */

/* Told when it is tried, not before: until exec the process would be the user's, and still know us. */
static void run(char **argv, const struct passwd *as)
{
	int err = as ? user_become(as) : 0;

	if (err)
		errno = -err;
	else
		execvp(argv[0], argv);
}

static void in_child(int go, int failed, char **argv, const struct passwd *as)
{
	char c;

	signal(SIGINT, SIG_DFL);
	signal(SIGTERM, SIG_DFL);
	signal(SIGPIPE, SIG_DFL);
	signal(SIGXFSZ, SIG_DFL);
	if (read(go, &c, 1) != 1)
		_exit(EXIT_NOT_RUN);
	run(argv, as);
	if (write(failed, &errno, sizeof(errno)) < 0)
		_exit(EXIT_NOT_RUN);
	_exit(errno == ENOENT ? EXIT_NOT_FOUND : EXIT_NOT_RUN);
}

/* 0 with the user in *as, or -errno with a sentence. */
static int find_user(const char *run_as, const struct passwd **as)
{
	*as = run_as ? user_find(run_as) : NULL;
	if (!run_as)
		return 0;
	if (!*as)
		return err_set(ENOENT, "there is no user %s any more", run_as);
	if (!system_capable(CAP_SETUID) || !system_capable(CAP_SETGID))
		return err_set(EPERM, "running a program as %s needs CAP_SETUID and CAP_SETGID; run as root, or leave --run-as out",
			       run_as);
	return 0;
}

int program_prepare(struct program *p, char **argv, const char *run_as)
{
	const struct passwd *as;
	int go[2], failed[2], err = find_user(run_as, &as);

	if (err)
		return err;
	/* orphans of the program come to us, so that its tree stays whole */
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	if (pipe2(go, O_CLOEXEC) || pipe2(failed, O_CLOEXEC))
		return err_set(errno, "cannot create a pipe: %s", strerror(errno));
	p->pid = fork();
	if (p->pid < 0)
		return err_set(errno, "cannot start a process: %s", strerror(errno));
	if (!p->pid) {
		close(go[1]);
		in_child(go[0], failed[1], argv, as);
	}
	close(go[0]);
	close(failed[1]);
	p->go = go[1];
	p->failed = failed[0];
	p->pidfd = syscall(SYS_pidfd_open, p->pid, 0);
	p->ended = 0;
	p->run_as = run_as;
	if (p->pidfd >= 0)
		fcntl(p->pidfd, F_SETFD, FD_CLOEXEC);
	return 0;
}

int program_start(struct program *p, char **argv)
{
	int err = 0;
	ssize_t n;

	if (write(p->go, "", 1) != 1)
		err = errno;
	close(p->go);
	do {
		n = read(p->failed, &err, sizeof(err));
	} while (n < 0 && errno == EINTR);
	close(p->failed);
	if (!err)
		return 0;
	program_wait(p);
	cannot("cannot run %s%s%s: %s", argv[0], p->run_as ? " as " : "", p->run_as ? : "",
	       strerror(err));
	return err == ENOENT ? EXIT_NOT_FOUND : EXIT_NOT_RUN;
}

/* Reaps orphans on the way: they are ours as the subreaper. */
int program_ended(struct program *p)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (pid != p->pid)
			continue;
		p->status = status;
		p->ended = 1;
	}
	return p->ended;
}

void program_signal(struct program *p, int sig)
{
	if (p->ended)
		return;
	if (sig == SIGINT && tcgetpgrp(STDIN_FILENO) == getpgrp())
		return;
	kill(p->pid, sig);
}

unsigned int program_left(void)
{
	const struct timespec moment = { .tv_nsec = 10000000 };
	unsigned int nr = 0;
	siginfo_t info;

	for (int i = 0; i < LOOKS; i++) {
		/* what it left came to us: without a child there is none */
		if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) && errno == ECHILD)
			return 0;
		nr = descendants();
		if (!nr)
			break;
		nanosleep(&moment, NULL);
	}
	return nr;
}

int program_wait(struct program *p)
{
	while (!p->ended && waitpid(p->pid, &p->status, 0) != p->pid)
		if (errno != EINTR)
			return EXIT_NOT_RUN;
	p->ended = 1;
	return WIFSIGNALED(p->status) ? 128 + WTERMSIG(p->status) : WEXITSTATUS(p->status);
}

void program_abandon(struct program *p)
{
	close(p->go);
	close(p->failed);
	program_wait(p);
}

void child_reap(pid_t pid, int ms)
{
	const struct timespec step = { .tv_nsec = 1000000 };
	pid_t ended;

	while ((ended = waitpid(pid, NULL, WNOHANG)) != pid && ms-- > 0) {
		if (ended < 0 && errno != EINTR)
			return;
		nanosleep(&step, NULL);
	}
}
