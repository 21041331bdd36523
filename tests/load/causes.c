// SPDX-License-Identifier: GPL-2.0
/*
 * Registrations that fail, each for another cause: says for each fail.N=CAUSE and fail.N.errno, or
 * skipped.CAUSE=REASON.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/shm.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include "load_report.h"
#include "memory.h"

#define NR		3		/* slots of the source */
#define CLOSED_FD	977
#define LIMIT		(256UL << 10)	/* RLIMIT_MEMLOCK of a plain user */
#define USE_INDEX	(1U << 31)	/* IORING_REGISTER_USE_REGISTERED_RING */
#define MADV_GUARD	102		/* MADV_GUARD_INSTALL, 6.13 */
#define UFFD_SIGBUS	(1U << 7)	/* UFFD_FEATURE_SIGBUS */

static struct io_uring from, to, full;
static struct iovec iov[NR];
static unsigned int nr_fails;

static void failed(const char *cause, int ret)
{
	if (ret >= 0) {
		report("skipped.%s=it does not fail here", cause);
		/* the next cause is not that a table is there already */
		uring_unregister(to.ring_fd);
		return;
	}
	report("fail.%u=%s", nr_fails, cause);
	report("fail.%u.errno=%s", nr_fails++, errno_name(-ret));
}

static void skipped(const char *cause, const char *reason)
{
	report("skipped.%s=%s", cause, reason);
}

static int clone_with(struct clone_arg c)
{
	return uring_call(to.ring_fd, OP_REGISTER_CLONE, &c, 1);
}

/* A ring that another process made, handed over by the fork of its descriptor. */
static void another_process(void)
{
	pid_t pid = fork();
	struct clone_arg c = { .src_fd = from.ring_fd };
	struct io_uring own;
	int status;

	if (!pid) {
		must(uring_open(&own, 4), "io_uring_setup");
		_exit(uring_call(own.ring_fd, OP_REGISTER_CLONE, &c, 1) == -EINVAL);
	}
	waitpid(pid, &status, 0);
	failed("clone-process", WEXITSTATUS(status) ? -EINVAL : 0);
}

/* Made by root, the other by a plain user: one is charged to nobody, the other to the user. */
static void another_user(void)
{
	struct clone_arg c = { .src_fd = from.ring_fd };
	pid_t pid = fork();
	int status;

	if (!pid) {
		struct io_uring mine, plain;

		must(uring_open(&mine, 4), "io_uring_setup");
		must(uring_register(mine.ring_fd, iov, NR), "register");
		c.src_fd = mine.ring_fd;
		become_plain(LIMIT);
		must(uring_open(&plain, 4), "io_uring_setup");
		_exit(uring_call(plain.ring_fd, OP_REGISTER_CLONE, &c, 1) == -EINVAL);
	}
	waitpid(pid, &status, 0);
	failed("clone-user", WEXITSTATUS(status) ? -EINVAL : 0);
}

static void clones(void)
{
	struct clone_arg c = { .src_fd = from.ring_fd };
	struct io_uring none;
	int fd = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (uring_call(to.ring_fd, OP_REGISTER_CLONE, NULL, 1) == -EINVAL &&
	    clone_with((struct clone_arg){ .src_fd = CLOSED_FD }) == -EINVAL) {
		failed("no-clone", -EINVAL);
		failed("no-clone", -EINVAL);
		return;
	}
	/* the two probes above */
	failed("clone-null", -EINVAL);
	failed("clone-closed", -EBADF);
	must(uring_open(&none, 4), "io_uring_setup");
	failed("clone-other-file", clone_with((struct clone_arg){ .src_fd = fd }));
	failed("clone-index", clone_with((struct clone_arg){ .src_fd = 7, .flags = 1 }));
	failed("clone-index-beyond", clone_with((struct clone_arg){ .src_fd = 77, .flags = 1 }));
	failed("clone-flags", clone_with((struct clone_arg){ .src_fd = c.src_fd, .flags = 0x100 }));
	failed("clone-pad", clone_with((struct clone_arg){ .src_fd = c.src_fd, .pad = { 0, 1 } }));
	failed("clone-nr-args", uring_call(to.ring_fd, OP_REGISTER_CLONE, &c, 2));
	failed("clone-source-slots", clone_with((struct clone_arg){ .src_fd = c.src_fd, .nr = NR + 2 }));
	failed("clone-source-range",
	       clone_with((struct clone_arg){ .src_fd = c.src_fd, .nr = 2, .src_off = 2 }));
	failed("clone-offset-alone", clone_with((struct clone_arg){ .src_fd = c.src_fd, .src_off = 1 }));
	failed("clone-nothing", clone_with((struct clone_arg){ .src_fd = none.ring_fd }));
	failed("clone-itself", uring_clone(from.ring_fd, from.ring_fd, 0, 0, 0, 0));
	failed("clone-occupied", uring_clone(full.ring_fd, from.ring_fd, 0, 0, 0, 0));
	another_process();
	another_user();
	io_uring_queue_exit(&none);
	close(fd);
}

/* ---- who may call -------------------------------------------------------------------- */

#define SINGLE_ISSUER	(1U << 12)	/* IORING_SETUP_SINGLE_ISSUER, 6.0 */
#define R_DISABLED	(1U << 6)	/* IORING_SETUP_R_DISABLED, 5.10 */

static int open_with(struct io_uring *r, unsigned int flags)
{
	return io_uring_queue_init(4, r, flags);
}

static struct io_uring issuers;

static void *register_it(void *arg)
{
	*(int *)arg = uring_register(issuers.ring_fd, iov, NR);
	return NULL;
}

static void issuer(void)
{
	pthread_t thread;
	int status, ret = 0;
	pid_t pid;

	if (open_with(&issuers, SINGLE_ISSUER)) {
		skipped("issuer-process", "no IORING_SETUP_SINGLE_ISSUER");
		return;
	}
	must(pthread_create(&thread, NULL, register_it, &ret) ? -1 : 0, "pthread_create");
	pthread_join(thread, NULL);
	failed("issuer-thread", ret);
	pid = fork();
	if (!pid)
		_exit(uring_register(issuers.ring_fd, iov, NR) == -EEXIST);
	waitpid(pid, &status, 0);
	failed("issuer-process", WEXITSTATUS(status) ? -EEXIST : 0);
	io_uring_queue_exit(&issuers);
}

/* All that is allowed is to enable the ring. */
static void restricted(void)
{
	struct io_uring_restriction r = { .opcode = IORING_RESTRICTION_REGISTER_OP,
					  .register_op = IORING_REGISTER_ENABLE_RINGS };
	struct io_uring ring;

	must(open_with(&ring, R_DISABLED), "io_uring_setup");
	must(uring_call(ring.ring_fd, IORING_REGISTER_RESTRICTIONS, &r, 1), "restrictions");
	must(uring_call(ring.ring_fd, IORING_REGISTER_ENABLE_RINGS, NULL, 0), "enable");
	failed("restricted", uring_register(ring.ring_fd, iov, NR));
	io_uring_queue_exit(&ring);
}

/* The same of a task, in a child, for they cannot be taken back. */
static void task_restricted(void)
{
	struct {
		uint16_t flags, nr;
		uint32_t reserved[3];
		struct io_uring_restriction list[1];
	} arg = { .nr = 1, .list = { { .opcode = IORING_RESTRICTION_REGISTER_OP,
				       .register_op = IORING_UNREGISTER_BUFFERS } } };
	pid_t pid = fork();
	struct io_uring r;
	int status;

	if (!pid) {
		if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
		    uring_call(-1, IORING_REGISTER_RESTRICTIONS, &arg, 1) || uring_open(&r, 4))
			_exit(0);
		_exit(uring_register(r.ring_fd, iov, NR) == -EACCES);
	}
	waitpid(pid, &status, 0);
	if (WEXITSTATUS(status))
		failed("task-restricted", -EACCES);
	else
		skipped("task-restricted", "tasks cannot be restricted");
}

/* The standard input has the number of the first ring that is registered. */
static void also_an_index(void)
{
	int ret;

	if (io_uring_register_ring_fd(&to) != 1) {
		skipped("fd-also-index", "no rings can be registered");
		return;
	}
	ret = uring_call(to.enter_ring_fd, USE_INDEX, iov, NR);
	if (ret < 0) {
		failed("index-known", ret);
	} else {
		uring_unregister(to.ring_fd);
		failed("fd-also-index", uring_register(to.enter_ring_fd, iov, NR));
	}
	io_uring_unregister_ring_fd(&to);
}

static void unreadable_tags(void)
{
	struct { uint32_t nr, flags; uint64_t resv, data, tags; } arg = {
		.nr = NR, .data = (uintptr_t)iov, .tags = 16,
	};
	int ret = uring_call(to.ring_fd, IORING_REGISTER_BUFFERS2, &arg, sizeof(arg));

	/* before 5.13 it is the operation */
	if (ret == -EINVAL)
		failed("no-update", ret);
	else
		failed("unreadable-tags", ret);
}

static void update_overflow(void)
{
	int ret = uring_update(from.ring_fd, ~0U, iov, NR);

	failed(ret == -EINVAL ? "no-update" : "update-overflow", ret);
}

static void descriptors(void)
{
	int fd = open("/dev/null", O_RDWR | O_CLOEXEC);

	failed("fd-minus-one", uring_register(-1, iov, NR));
	failed("fd-error", uring_register(-ENOMEM, iov, NR));
	failed("fd-closed", uring_register(CLOSED_FD, iov, NR));
	failed("fd-other-file", uring_register(fd, iov, NR));
	failed("index-beyond", uring_call(77, USE_INDEX, iov, NR));
	failed("index-empty", uring_call(3, USE_INDEX, iov, NR));
	also_an_index();
	failed("null-array", uring_register(to.ring_fd, NULL, NR));
	failed("unreadable-array", uring_register(to.ring_fd, (void *)16, NR));
	unreadable_tags();
	update_overflow();
	close(fd);
}

static void memory(const char *cause, void *p, size_t bytes)
{
	struct iovec v = { p, bytes };

	failed(cause, uring_register(to.ring_fd, &v, 1));
}

static void *map_fd(int fd, size_t bytes)
{
	void *p = fd < 0 ? MAP_FAILED : mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	return p == MAP_FAILED ? NULL : p;
}

static void full_tmpfs(void)
{
	char dir[] = "/tmp/fixbuf-causes-XXXXXX", path[64];
	char *p = NULL;
	int fd;

	if (!mkdtemp(dir) || mount("none", dir, "tmpfs", 0, "size=256k")) {
		skipped("full", "no tmpfs can be mounted");
		return;
	}
	snprintf(path, sizeof(path), "%s/full", dir);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd >= 0 && !ftruncate(fd, 512 << 10))
		p = map_fd(fd, 512 << 10);
	if (p)
		memory("full", p, 512 << 10);
	else
		skipped("full", "no file");
	umount2(dir, MNT_DETACH);
	rmdir(dir);
	/* the file and its mapping stay until the program ends, to be looked at */
}

static void userfault(void)
{
	struct uffdio_api api = { .api = UFFD_API, .features = UFFD_SIGBUS };
	char *p = mmap(NULL, 8 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct uffdio_register r = {
		.range = { (uintptr_t)p + 4 * PAGE, 4 * PAGE },
		.mode = UFFDIO_REGISTER_MODE_MISSING,
	};
	int fd = syscall(__NR_userfaultfd, O_CLOEXEC);

	if (fd < 0 || ioctl(fd, UFFDIO_API, &api) || ioctl(fd, UFFDIO_REGISTER, &r)) {
		skipped("userfault", "no userfaultfd");
		return;
	}
	memory("userfault", p, 8 * PAGE);
}

/* ---- the limit of a memory cgroup, of either version -------------------------------- */

static bool put(const char *dir, const char *file, const char *text)
{
	char path[128];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "%s/%s", dir, file);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	n = write(fd, text, strlen(text));
	close(fd);
	return n > 0;
}

/* Makes one with room for 8 MiB. */
static bool make_cgroup(char *dir, size_t room)
{
	snprintf(dir, room, "/sys/fs/cgroup/memory/causes-%d", getpid());
	if (mkdir(dir, 0755)) {
		snprintf(dir, room, "/sys/fs/cgroup/causes-%d", getpid());
		put("/sys/fs/cgroup", "cgroup.subtree_control", "+memory");
		if (mkdir(dir, 0755))
			return false;
	}
	return put(dir, "memory.limit_in_bytes", "8M") || put(dir, "memory.max", "8M");
}

#define ROOM_AFTER	30	/* tenths of a second */

/* Memory whose pages are still to be had: 4 KiB each, so that a limit is met within it. */
static int register_absent(size_t bytes)
{
	struct iovec v = { mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
			   bytes };

	madvise(v.iov_base, v.iov_len, MADV_NOHUGEPAGE);
	return uring_register(to.ring_fd, &v, 1);
}

/*
 * .spared: from being killed for it, so that the call fails: by version 1's oom_kill_disable where the
 * memory controller is mounted so, by a score where it is version 2's. What was pinned before the limit
 * stays the process's; the next call, .first, does not get its first page.
 */
static void in_full_cgroup(const char *cause, const char *first, bool spared)
{
	int *errors = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	char dir[64];
	int status = 0;
	pid_t pid;

	if (!make_cgroup(dir, sizeof(dir))) {
		rmdir(dir);
		skipped(cause, "no memory cgroup can be made");
		return;
	}
	/* above 0: it was not called */
	errors[0] = errors[1] = 1;
	pid = fork();
	if (!pid) {
		if (!put(dir, "cgroup.procs", "0") ||
		    (spared && !put(dir, "memory.oom_control", "1") &&
		     !put("/proc/self", "oom_score_adj", "-1000")))
			_exit(0);
		errors[0] = register_absent(32UL << 20);
		if (errors[0] < 0 && first)
			errors[1] = register_absent(PAGE);
		_exit(0);
	}
	/* the call fails soon, but what else the child touches may wait for room */
	for (int i = 0; !waitpid(pid, &status, WNOHANG); i++) {
		usleep(100000);
		if (i < ROOM_AFTER)
			continue;
		put(dir, "memory.limit_in_bytes", "64M");
		put(dir, "memory.max", "64M");
	}
	rmdir(dir);
	/* where there was room the ring has a table now, which the others would find */
	if (!errors[0] || !errors[1])
		uring_unregister(to.ring_fd);
	if (WIFSIGNALED(status))
		failed(cause, -EFAULT);
	else if (spared && errors[0] < 0)
		failed(cause, errors[0]);
	else
		skipped(cause, "no memory cgroup refused it");
	if (first && errors[1] < 0)
		failed(first, errors[1]);
	else if (first)
		skipped(first, "no memory cgroup refused it");
	munmap(errors, PAGE);
}

static void memories(void)
{
	char *hole = mem_pages(3), *guard = mem_pages(8), *p;
	/* each mapping stays as it was: some kernels are asked for it after the call */
	char *read_only = mem_pages(2), *no_access = mem_pages(2), *run_only = mem_pages(1);
	char *attached = mem_shm(SHM_RDONLY);
	int fd = memfd_create("short", MFD_CLOEXEC);
	bool direct;

	munmap(hole + PAGE, PAGE);
	memory("unmapped", hole, 3 * PAGE);
	mprotect(read_only, PAGE, PROT_READ);
	memory("read-only", read_only, 2 * PAGE);
	memory("read-only-too", read_only, PAGE);
	if (attached)
		memory("attached-read-only", attached, PAGE);
	else
		skipped("attached-read-only", "no System V shared memory");
	mprotect(no_access, PAGE, PROT_NONE);
	memory("no-access", no_access, 2 * PAGE);
	mprotect(run_only, PAGE, PROT_EXEC);
	memory("too-long", guard, (1UL << 40) + PAGE);
	memory("negative-length", guard, -PAGE);
	memory("executed-only", run_only, PAGE);
	if (madvise(guard + 2 * PAGE, PAGE, MADV_GUARD))
		skipped("guard", "no guard regions");
	else
		memory("guard", guard, 8 * PAGE);
	p = ftruncate(fd, 2 * PAGE) ? NULL : map_fd(fd, 4 * PAGE);
	if (p)
		memory("beyond-file", p, 4 * PAGE);
	p = mmap(NULL, THP, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB | MAP_NORESERVE, -1, 0);
	if (p == MAP_FAILED)
		skipped("no-huge-page", "no huge pages in this kernel");
	else
		memory("no-huge-page", p, THP);
	full_tmpfs();
	userfault();
	fd = syscall(447, O_CLOEXEC); /* memfd_secret */
	p = fd < 0 || ftruncate(fd, PAGE) ? NULL : map_fd(fd, PAGE);
	if (p)
		memory("secret", p, PAGE);
	else
		skipped("secret", "no memfd_secret()");
	in_full_cgroup("cgroup", "cgroup-first-page", true);
	in_full_cgroup("cgroup-killed", NULL, false);
	p = map_fd(mem_file(PAGE, &direct), PAGE);
	if (p && direct)
		memory("file", p, PAGE);
	else
		skipped("file", "no file system but tmpfs");
}

int main(int argc, char **argv)
{
	int done;

	report_init(&argc, argv);
	for (int i = 0; i < NR; i++)
		iov[i] = (struct iovec){ mem_pages(1), PAGE };
	must(uring_open(&from, 4), "io_uring_setup");
	must(uring_open(&to, 4), "io_uring_setup");
	must(uring_open(&full, 4), "io_uring_setup");
	must(uring_register(from.ring_fd, iov, NR), "register");
	must(uring_register(full.ring_fd, iov, NR), "register");
	clones();
	descriptors();
	issuer();
	restricted();
	task_restricted();
	memories();
	/* the first entry is done, the second is not: no error, but not all */
	iov[1].iov_len = 0;
	done = uring_update(from.ring_fd, 0, iov, NR);
	if (done < 0)
		failed("no-update", done);
	report("update_done=%d", done);
	report("fails=%u", nr_fails);
	report_ready();
	return 0;
}
