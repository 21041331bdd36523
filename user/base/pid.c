// SPDX-License-Identifier: GPL-2.0
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/files.h"
#include "base/pid.h"

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

/* When a process of /proc was made, since boot, as exactly as the kernel tells it (10 ms); ~0 = not known. */
static __u64 pid_start_ns(__u32 pid)
{
	unsigned long long ticks, hz = sysconf(_SC_CLK_TCK);
	__u64 start = ~0ULL;
	const char *name_end;
	char path[32], *stat;

	snprintf(path, sizeof(path), "/proc/%u/stat", pid);
	stat = file_text(AT_FDCWD, path, MAX_STAT);
	/* the name may hold anything, parentheses too */
	name_end = stat ? strrchr(stat, ')') : NULL;
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
