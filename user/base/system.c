// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>
#include "base/err.h"
#include "base/files.h"
#include "base/system.h"

#define FIRST_USER_NAMESPACE	0xeffffffdU	/* PROC_USER_INIT_INO of the kernel */
#define FIRST_PID_NAMESPACE	0xeffffffcU	/* PROC_PID_INIT_INO */

/* The effective ones of that process, as its folder in /proc is called; false when it is not there. */
static bool capabilities(const char *process, unsigned long long *effective)
{
	char path[48], line[128];
	bool found = false;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%s/status", process);
	f = fopen(path, "re");
	while (f && !found && fgets(line, sizeof(line), f))
		found = sscanf(line, "CapEff: %llx", effective) == 1;
	if (f)
		fclose(f);
	return found;
}

/* Asked of the kernel: /proc may not be mounted. */
bool system_capable(unsigned int cap)
{
	struct __user_cap_header_struct h = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = { 0 };

	return !syscall(SYS_capget, &h, data) && data[cap / 32].effective >> cap % 32 & 1;
}

bool system_has_proc(void)
{
	return !access("/proc/self/status", F_OK);
}

int system_hides(pid_t pid)
{
	if (!system_has_proc())
		return err_set(ENOENT, NO_PROC);
	/* none has such a number: kill(2) would ask groups of processes */
	if (pid <= 0 || (kill(pid, 0) && errno != EPERM))
		return 0;
	return err_set(EACCES, "/proc hides process %d here (hidepid); run it where /proc shows it, or with CAP_SYS_PTRACE",
		       pid);
}

/*
 * Whether it lives in the first user namespace; -1 when that cannot be seen: stat(2) of what may not be
 * followed gives some folder up to 5.10, the text of the link does not.
 */
static int in_first_namespace(const char *process, const char *kind, unsigned int first)
{
	char path[48], link[64] = "", form[16];
	unsigned int inode;

	snprintf(path, sizeof(path), "/proc/%s/ns/%s", process, kind);
	snprintf(form, sizeof(form), "%s:[%%u]", kind);
	/* a kernel without such namespaces has no such link */
	if (readlink(path, link, sizeof(link) - 1) < 0)
		return errno == ENOENT ? 1 : -1;
	return sscanf(link, form, &inode) == 1 ? inode == first : -1;
}

static int in_first_user_namespace(const char *process)
{
	return in_first_namespace(process, "user", FIRST_USER_NAMESPACE);
}

bool system_first_user_namespace(void)
{
	return in_first_user_namespace("self");
}

bool system_first_pid_namespace(void)
{
	return in_first_namespace("self", "pid", FIRST_PID_NAMESPACE);
}

int system_lifts_memlock(pid_t pid)
{
	unsigned long long effective;
	char process[16] = "self";

	if (pid)
		snprintf(process, sizeof(process), "%d", pid);
	if (!capabilities(process, &effective))
		return -1;
	return effective >> CAP_IPC_LOCK & 1 ? in_first_user_namespace(process) : 0;
}

static __u64 limit_of(const char *text)
{
	unsigned long long bytes;

	return text && sscanf(text, "%llu", &bytes) == 1 ? bytes : ~0ULL;
}

void text_memlock(const char *limits, __u64 *soft, __u64 *hard)
{
	const char *line = limits ? text_line(limits, "Max locked memory") : NULL;

	*soft = limit_of(line);
	if (line)
		line += strspn(line, " ");
	*hard = limit_of(line ? line + strcspn(line, " ") : NULL);
}

int system_setting(const char *name, int otherwise)
{
	int value = otherwise;
	char path[64];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/sys/kernel/%s", name);
	f = fopen(path, "re");
	if (f && fscanf(f, "%d", &value) != 1)
		value = otherwise;
	if (f)
		fclose(f);
	return value;
}

const char *system_release(void)
{
	static struct utsname u;

	if (!u.release[0])
		uname(&u);
	return u.release;
}

const char *system_boot_id(void)
{
	static char id[48];
	char *text = file_text(AT_FDCWD, "/proc/sys/kernel/random/boot_id", 16384);

	if (text)
		snprintf(id, sizeof(id), "%.*s", (int)strcspn(text, "\n"), text);
	free(text);
	return id[0] ? id : NULL;
}
