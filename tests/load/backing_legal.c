// SPDX-License-Identifier: GPL-2.0
/*
 * What programs do to registered memory without losing it, one mode each:
 * backing_legal MODE. verify must be silent about its pages.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/shm.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include "backing.h"
#include "load_report.h"
#include "memory.h"

#define PROCESS_MRELEASE 448	/* 5.15 */
#ifndef MADV_COLD
#define MADV_COLD	20
#define MADV_PAGEOUT	21
#endif

#define PAGES	BACKING_PAGES
#define AT	5	/* what happens to pages [AT, AT + NR) of the buffer */
#define NR	3

static void dontneed(void)
{
	int fd;

	backing_advise(backing_of_file(&fd) + AT * PAGE, NR, MADV_DONTNEED, "MADV_DONTNEED");
}

static void anonymous(void)
{
	char *p = backing_map(NULL, PAGES, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	mem_touch(p, PAGES);
	backing_hold(p, PAGES);
	backing_advise(p, PAGES, MADV_DONTNEED, "MADV_DONTNEED");
}

/* In a namespace of its own its first segment has the number, and the inode, 0. */
static void system_v(void)
{
	char *p;
	int id;

	must(unshare(CLONE_NEWIPC) ? -errno : 0, "a namespace of System V memory");
	id = must(shmget(IPC_PRIVATE, PAGES * PAGE, 0600), "shmget");
	p = shmat(id, NULL, 0);
	if (p == (void *)-1)
		must(-errno, "shmat");
	shmctl(id, IPC_RMID, NULL);
	report("shmid=%d", id);
	mem_touch(p, PAGES);
	backing_hold(p, PAGES);
	backing_advise(p, PAGES, MADV_DONTNEED, "MADV_DONTNEED");
}

static void cold(void)
{
	char *p = backing_private();

	backing_advise(p, PAGES, MADV_COLD, "MADV_COLD");
	backing_advise(p, PAGES, MADV_PAGEOUT, "MADV_PAGEOUT");
}

static void cold_file(void)
{
	int fd;
	char *p = backing_of_file(&fd);

	backing_advise(p, PAGES, MADV_COLD, "MADV_COLD");
	backing_advise(p, PAGES, MADV_PAGEOUT, "MADV_PAGEOUT");
}

static void lazy_free(void)
{
	backing_advise(backing_private(), PAGES, MADV_FREE, "MADV_FREE");
}

static void no_access(void)
{
	must(mprotect(backing_private(), PAGES * PAGE, PROT_NONE) ? -errno : 0, "mprotect");
}

static void split(void)
{
	char *p = mem_huge();

	if (!p)
		report_skip("no transparent huge page to be had");
	backing_hold(p, THP / PAGE);
	must(mprotect(p + THP / 2, PAGE, PROT_READ) ? -errno : 0, "mprotect");
	backing_advise(p, THP / PAGE, MADV_COLD, "MADV_COLD");
}

static void twice(void)
{
	int fd = backing_file(PAGES);
	char *p = backing_map(NULL, PAGES, MAP_SHARED, fd, 0);
	char *q = backing_map(NULL, PAGES, MAP_SHARED, fd, 0);
	struct iovec iov[] = { { p, PAGES * PAGE }, { q, PAGES * PAGE } };
	struct io_uring ring;

	mem_touch(p, PAGES);
	must(uring_open(&ring, 4), "io_uring_setup");
	if (uring_register(ring.ring_fd, iov, 2))
		report_skip("this kernel does not register files' pages");
	backing_advise(q, PAGES, MADV_DONTNEED, "MADV_DONTNEED");
}

/* What the file gets by I/O is seen, and nothing can be written that would make a copy. */
static void read_only(void)
{
	int fd;
	char *p = backing_of_file(&fd);

	if (mmap(p, PAGES * PAGE, PROT_READ, MAP_PRIVATE | MAP_FIXED, fd, 2 * PAGE) == MAP_FAILED)
		must(-errno, "mmap");
}

/* Nothing was written there yet: it shows the file's page, as it would after a read. */
static void unwritten(void)
{
	int fd;
	char *p = backing_of_file(&fd);

	if (mmap(p, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_FIXED, fd, 2 * PAGE) == MAP_FAILED)
		must(-errno, "mmap");
}

static void keep_child(void)
{
	int alive[2];
	char c;

	must(pipe(alive) ? -errno : 0, "pipe");
	if (!fork()) {
		close(alive[1]);
		_exit(read(alive[0], &c, 1) < 0);
	}
}

static void forked(void)
{
	backing_private();
	keep_child();
}

static void not_forked(void)
{
	backing_advise(backing_private(), PAGES, MADV_DONTFORK, "MADV_DONTFORK");
	keep_child();
}

static void userfault(void)
{
	backing_userfault(backing_private(), UFFDIO_REGISTER_MODE_MISSING);
}

static void write_protected(void)
{
	char *p = backing_private();
	struct uffdio_writeprotect wp = {
		.range = { (unsigned long)p, PAGES * PAGE }, .mode = UFFDIO_WRITEPROTECT_MODE_WP,
	};
	int fd = backing_userfault(p, UFFDIO_REGISTER_MODE_WP);

	must(ioctl(fd, UFFDIO_WRITEPROTECT, &wp) ? -errno : 0, "write protection");
}

static void locked(void)
{
	char *p = backing_private();

	must(mlock(p, PAGES * PAGE) || munlock(p, PAGES * PAGE) ? -errno : 0, "mlock");
}

static void wiped_in_child(void)
{
	backing_advise(backing_private(), PAGES, MADV_WIPEONFORK, "MADV_WIPEONFORK");
	keep_child();
}

static void hugetlb(void)
{
	int fd;

	backing_advise(backing_of_huge(&fd), THP / PAGE, MADV_DONTNEED, "MADV_DONTNEED of hugetlb");
}

/* A killed process that does not get to its end, while the kernel takes its memory away. */
static void reaped(void)
{
	int ready[2], status, fd;
	pid_t pid;
	char c;

	must(pipe(ready) ? -errno : 0, "pipe");
	pid = fork();
	if (!pid) {
		backing_private();
		must(write(ready[1], "", 1) < 0 ? -errno : 0, "write");
		pause();
		_exit(0);
	}
	must(read(ready[0], &c, 1) < 0 ? -errno : 0, "read");
	must(ptrace(PTRACE_SEIZE, pid, NULL, PTRACE_O_TRACEEXIT) ? -errno : 0, "ptrace");
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	fd = syscall(__NR_pidfd_open, pid, 0);
	if (!WIFSTOPPED(status) || fd < 0 || syscall(PROCESS_MRELEASE, fd, 0))
		report_skip("this kernel does not take a killed process's memory away on demand");
	report("holder=%d", pid);
	report("unknown=%d", PAGES);
}

/* The address space changes, the pid does not. */
static void again_by_exec(const char *self, bool again)
{
	if (again) {
		backing_private();
		return;
	}
	backing_private();
	execl("/proc/self/exe", self, "exec", "again", NULL);
	must(-errno, "exec");
}

static const struct load_mode modes[] = {
	{ "dontneed", dontneed },
	{ "anonymous", anonymous },
	{ "system-v", system_v },
	{ "cold", cold },
	{ "cold-file", cold_file },
	{ "free", lazy_free },
	{ "no-access", no_access },
	{ "split", split },
	{ "twice", twice },
	{ "read-only", read_only },
	{ "unwritten", unwritten },
	{ "forked", forked },
	{ "not-forked", not_forked },
	{ "wiped-in-child", wiped_in_child },
	{ "locked", locked },
	{ "userfault", userfault },
	{ "write-protected", write_protected },
	{ "hugetlb", hugetlb },
	{ "reaped", reaped },
};

int main(int argc, char **argv)
{
	report_init(&argc, argv);
	if (argc > 1 && !strcmp(argv[1], "exec")) {
		again_by_exec(argv[0], argc > 2);
		report_ready();
		return 0;
	}
	return load_modes(argc, argv, modes, sizeof(modes) / sizeof(modes[0]));
}
