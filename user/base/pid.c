// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/files.h"
#include "base/pid.h"
#include "base/system.h"

#define MAX_STAT	(16U << 10)

const char *fmt_pid(char buf[FMT_LEN], __u32 pid, __u32 ns_pid)
{
	if (!ns_pid)
		snprintf(buf, FMT_LEN, "%u", pid);
	else if (ns_pid == NS_PID_HIDDEN)
		snprintf(buf, FMT_LEN, "%u outside", pid);
	else
		snprintf(buf, FMT_LEN, "%u (%u outside)", ns_pid, pid);
	return buf;
}

const char *fmt_who(char buf[WHO_LEN], __u32 pid, __u32 ns_pid, const struct comm *comm)
{
	const char *id = PID_TEXT(pid, ns_pid);

	snprintf(buf, WHO_LEN, comm->bytes[0] ? "%s (%s)" : "%s", id, TAME_COMM(*comm));
	return buf;
}

void json_ns_pid(struct json *j, __u32 ns_pid)
{
	if (ns_pid)
		json_known(j, "ns_pid", ns_pid != NS_PID_HIDDEN, ns_pid);
}

/* What /proc/PID/stat has behind the name, which may hold anything, parentheses too: ") S 1 ..."; NULL = nothing. */
static const char *after_name(const char *stat)
{
	return stat ? strrchr(stat, ')') : NULL;
}

static char *pid_stat(__u32 pid)
{
	char path[32];

	snprintf(path, sizeof(path), "/proc/%u/stat", pid);
	return file_text(AT_FDCWD, path, MAX_STAT);
}

/* A thread that began the process may be a zombie while others run. */
static bool has_other_threads(__u32 pid)
{
	struct stat st;
	char path[32];

	snprintf(path, sizeof(path), "/proc/%u/task", pid);
	/* a folder has two links besides those of what is in it */
	return stat(path, &st) || st.st_nlink > 3;
}

bool pid_has_ended(__u32 pid)
{
	const char *state;
	bool zombie;
	char *stat;

	if (!pid || !system_first_pid_namespace())
		return false;
	if (kill(pid, 0))
		return errno == ESRCH;
	stat = pid_stat(pid);
	state = after_name(stat);
	zombie = state && (!strncmp(state, ") Z", 3) || !strncmp(state, ") X", 3));
	free(stat);
	return zombie && !has_other_threads(pid);
}

/* When a process of /proc was made, since boot, as exactly as the kernel tells it (10 ms); ~0 = not known. */
static __u64 pid_start_ns(__u32 pid)
{
	unsigned long long ticks, hz = sysconf(_SC_CLK_TCK);
	__u64 start = ~0ULL;
	char *stat = pid_stat(pid);
	const char *name_end = after_name(stat);

	if (name_end &&
	    sscanf(name_end, ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d %llu",
		   &ticks) == 1)
		start = ticks * (NS_PER_S / hz);
	free(stat);
	return start;
}

__u64 pid_age_ns(__u32 pid)
{
	__u64 start = pid_start_ns(pid), now;
	struct timespec t;

	if (start == ~0ULL || clock_gettime(CLOCK_BOOTTIME, &t))
		return ~0ULL;
	now = t.tv_sec * NS_PER_S + t.tv_nsec;
	return now > start ? now - start : 0;
}
