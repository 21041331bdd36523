// SPDX-License-Identifier: GPL-2.0
/*
 * A user of its own with a process, a ring and a buffer of a page in each of N groups that root made
 * for it below FOLDER, a folder of cgroup v2, which is empty again at the end:
 *   cgroups FOLDER N
 */
#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include "load_report.h"
#include "memory.h"

#define HOSTILE		54407	/* nobody else runs as it */
#define FOLDER_PATH	300

static char *path_of(char path[FOLDER_PATH], const char *folder, unsigned int i)
{
	snprintf(path, FOLDER_PATH, "%s/g%u", folder, i);
	return path;
}

static void enter(const char *group)
{
	char file[FOLDER_PATH + 16];
	FILE *f;

	snprintf(file, sizeof(file), "%s/cgroup.procs", group);
	f = fopen(file, "w");
	must(f && fputs("0", f) >= 0 && !fclose(f) ? 0 : -errno, "enter a group");
}

/* So that no limit on locked memory bounds how many rings there are. */
static int keep_ipc_lock(void)
{
	struct __user_cap_header_struct h = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct caps[2] = { { .effective = 1 << CAP_IPC_LOCK, .permitted = 1 << CAP_IPC_LOCK } };

	return syscall(SYS_capset, &h, caps);
}

static void live(const char *group, unsigned int *there)
{
	struct iovec iov = { mem_pages(1), PAGE };
	struct io_uring r;

	enter(group);
	must(prctl(PR_SET_KEEPCAPS, 1) || setgroups(0, NULL) || setresgid(HOSTILE, HOSTILE, HOSTILE) ||
	     setresuid(HOSTILE, HOSTILE, HOSTILE) || keep_ipc_lock() ? -errno : 0, "another user");
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	must(uring_open(&r, 1), "io_uring_setup");
	must(uring_register(r.ring_fd, &iov, 1), "register");
	__atomic_fetch_add(there, 1, __ATOMIC_SEQ_CST);
	for (;;)
		pause();
}

int main(int argc, char **argv)
{
	unsigned int nr, *there;
	char path[FOLDER_PATH];
	pid_t *pids;

	report_init(&argc, argv);
	if (argc != 3)
		return 2;
	fflush(stdout);
	nr = atoi(argv[2]);
	pids = calloc(nr, sizeof(*pids));
	there = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (!pids || there == MAP_FAILED)
		report_skip("so much memory is not to be had");
	for (unsigned int i = 0; i < nr; i++) {
		if (mkdir(path_of(path, argv[1], i), 0755) && errno != EEXIST)
			report_skip("no cgroup can be made: %s", errno_name(errno));
		pids[i] = must(fork(), "fork");
		if (!pids[i])
			live(path, there);
	}
	for (int i = 0; __atomic_load_n(there, __ATOMIC_SEQ_CST) < nr; i++) {
		if (waitpid(-1, NULL, WNOHANG) > 0 || i == 6000)
			report_skip("%u processes with a ring are not to be had", nr);
		usleep(10000);
	}
	report("uid=%u", HOSTILE);
	report_ready();
	for (unsigned int i = 0; i < nr; i++)
		kill(pids[i], SIGKILL);
	for (unsigned int i = 0; i < nr; i++) {
		waitpid(pids[i], NULL, 0);
		for (int n = 0; n < 100 && rmdir(path_of(path, argv[1], i)) && errno == EBUSY; n++)
			usleep(10000);
	}
	return 0;
}
