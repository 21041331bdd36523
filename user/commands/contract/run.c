// SPDX-License-Identifier: GPL-2.0
/* Runs one check in a process of its own: its role, its time-out, the verdict that it leaves. */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/system.h"
#include "commands/contract/contract.h"

#define TIMEOUT_MS	20000
#define LIMIT_BYTES	(256 * MIB)
/* user ids that neither distributions nor service managers hand out */
#define FIRST_UID	60600
#define NR_UIDS		580

static struct outcome *outcome;		/* shared with the child */

static bool capable(unsigned int cap)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = { 0 };

	if (!system_first_user_namespace() || syscall(SYS_capget, &head, data))
		return false;
	return data[cap / 32].effective & 1U << cap % 32;
}

static bool uid_runs(uid_t uid)
{
	DIR *proc = opendir("/proc");
	struct dirent *d;
	struct stat st;
	bool found = false;

	if (!proc)
		return false;
	while (!found && (d = readdir(proc)))
		found = isdigit(d->d_name[0]) && !fstatat(dirfd(proc), d->d_name, &st, 0) &&
			st.st_uid == uid;
	closedir(proc);
	return found;
}

/* Another one for each check: what the last one was charged ends a little after it. */
static uid_t fresh_uid(void)
{
	static unsigned int next;
	uid_t uid;

	if (!next)
		next = getpid() * 31U;
	do
		uid = FIRST_UID + next++ % NR_UIDS;
	while (uid_runs(uid));
	return uid;
}

static bool may_change_user(void)
{
	return capable(CAP_SETUID) && capable(CAP_SETGID);
}

static void become_user(uid_t uid)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct none[2] = { 0 };
	struct rlimit lim = { LIMIT_BYTES, LIMIT_BYTES };

	if (setrlimit(RLIMIT_MEMLOCK, &lim) && !getrlimit(RLIMIT_MEMLOCK, &lim)) {
		lim.rlim_cur = lim.rlim_max;
		setrlimit(RLIMIT_MEMLOCK, &lim);
	}
	if (uid && (setgroups(0, NULL) || setresgid(uid, uid, uid) || setresuid(uid, uid, uid)))
		not_tried("cannot become an unused user: %s", strerror(errno));
	if (syscall(SYS_capset, &head, none))
		not_tried("cannot drop capabilities: %s", strerror(errno));
	/* a change of user hides our own /proc files */
	prctl(PR_SET_DUMPABLE, 1);
}

static void __attribute__((noreturn)) child(const struct check *check, uid_t uid)
{
	signal(SIGINT, SIG_DFL);
	signal(SIGTERM, SIG_DFL);
	verdict_goes_to(outcome);
	if (check->role == AS_USER)
		become_user(uid);
	own_user = !uid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	tools_init();
	check->run();
	holds("%s", "");
}

static void reap(pid_t pid)
{
	struct pollfd p = { .fd = syscall(SYS_pidfd_open, pid, 0), .events = POLLIN };
	int ready = poll(&p, 1, TIMEOUT_MS), status;

	if (ready != 1) {
		outcome->verdict = FAILS;
		snprintf(outcome->detail, sizeof(outcome->detail), "no end after %d s",
			 TIMEOUT_MS / 1000);
		kill(pid, SIGKILL);
		ready = poll(&p, 1, 2000);
	}
	if (p.fd >= 0)
		close(p.fd);
	/* one that cannot be killed is left to init rather than waited for */
	if (waitpid(pid, &status, ready == 1 ? 0 : WNOHANG) == pid && WIFSIGNALED(status) &&
	    outcome->verdict == NR_VERDICTS)
		snprintf(outcome->detail, sizeof(outcome->detail), "killed by signal %d",
			 WTERMSIG(status));
}

void contract_run_check(const struct check *check, struct outcome *result)
{
	bool user = check->role == AS_USER;
	bool change = user && may_change_user();
	uid_t uid = change ? fresh_uid() : 0;
	pid_t pid;

	result->verdict = NOT_TRIED;
	if (check->role == UNLIMITED && !capable(CAP_IPC_LOCK)) {
		strcpy(result->detail, "needs CAP_IPC_LOCK: run it as root");
		return;
	}
	if (!outcome)
		outcome = mmap(NULL, sizeof(*outcome), PROT_READ | PROT_WRITE,
			       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (outcome == MAP_FAILED) {
		outcome = NULL;
		strcpy(result->detail, "out of memory");
		return;
	}
	outcome->verdict = NR_VERDICTS;
	outcome->detail[0] = 0;
	pid = fork();
	if (!pid)
		child(check, uid);
	if (pid < 0) {
		snprintf(result->detail, sizeof(result->detail), "cannot fork: %s",
			 strerror(errno));
		return;
	}
	reap(pid);
	*result = *outcome;
	if (result->verdict == NR_VERDICTS)
		result->verdict = FAILS;
	/* our own user keeps the charge of a ring that was just closed for a moment */
	if (!change)
		sleep_ms(20);
}
