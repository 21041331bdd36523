// SPDX-License-Identifier: GPL-2.0
/*
 * Registrations that fail, each for another cause; with an argument one that is over
 * RLIMIT_MEMLOCK: "same" (pages of three rings), "ended" (a process that left its ring),
 * "user-ns", "soft" or "hard" (limit); "int80": none fails, a 32-bit call updates a slot. Says for each: fail.N=CAUSE, fail.N.errno, or skipped.CAUSE=REASON.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include "load_report.h"
#include "memory.h"

#define NR		3		/* slots of the source */
#define CLOSED_FD	977
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
	io_uring_queue_exit(&none);
	close(fd);
}

static void descriptors(void)
{
	int fd = open("/dev/null", O_RDWR | O_CLOEXEC);

	failed("fd-minus-one", uring_register(-1, iov, NR));
	failed("fd-closed", uring_register(CLOSED_FD, iov, NR));
	failed("fd-other-file", uring_register(fd, iov, NR));
	failed("index-beyond", uring_call(77, USE_INDEX, iov, NR));
	failed("index-empty", uring_call(3, USE_INDEX, iov, NR));
	failed("null-array", uring_register(to.ring_fd, NULL, NR));
	failed("unreadable-array", uring_register(to.ring_fd, (void *)16, NR));
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

static void memories(void)
{
	char *hole = mem_pages(3), *guard = mem_pages(8), *p;
	/* each mapping stays as it was: some kernels are asked for it after the call */
	char *read_only = mem_pages(2), *no_access = mem_pages(2);
	int fd = memfd_create("short", MFD_CLOEXEC);
	bool direct;

	munmap(hole + PAGE, PAGE);
	memory("unmapped", hole, 3 * PAGE);
	mprotect(read_only, PAGE, PROT_READ);
	memory("read-only", read_only, 2 * PAGE);
	memory("read-only-too", read_only, PAGE);
	mprotect(no_access, PAGE, PROT_NONE);
	memory("no-access", no_access, 2 * PAGE);
	memory("too-long", guard, (1UL << 40) + PAGE);
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
	p = map_fd(mem_file(PAGE, &direct), PAGE);
	if (p && direct)
		memory("file", p, PAGE);
	else
		skipped("file", "no file system but tmpfs");
}

/* ---- RLIMIT_MEMLOCK: a program of its own for each cause, as a user of its own ---------- */

#define LIMIT	(256UL << 10)
#define PART	(64UL << 10)

static void over_limit(const char *cause)
{
	struct iovec v = { mem_pages(LIMIT / PAGE), LIMIT };
	struct io_uring r;

	must(uring_open(&r, 4), "io_uring_setup");
	failed(cause, uring_register(r.ring_fd, &v, 1));
}

static void same_pages(int times)
{
	struct iovec v = { mem_pages(PART / PAGE), PART };
	struct io_uring r;

	for (int i = 0; i < times; i++) {
		must(uring_open(&r, 4), "io_uring_setup");
		must(uring_register(r.ring_fd, &v, 1), "register");
	}
}

/* A child that shares our descriptors leaves its ring, and its charge, to us. */
static void left_behind(void)
{
	pid_t pid = syscall(__NR_clone, CLONE_FILES | SIGCHLD, 0, 0, 0, 0);

	if (!pid) {
		same_pages(1);
		_exit(0);
	}
	waitpid(pid, NULL, 0);
	report("ended=%d", pid);
}

static void memlock(const char *cause)
{
	bool hard = !strcmp(cause, "hard") || !strcmp(cause, "user-ns");
	struct rlimit limit = { LIMIT, hard ? LIMIT : 2 * LIMIT };

	become_plain(2 * LIMIT);
	must(setrlimit(RLIMIT_MEMLOCK, &limit) ? -errno : 0, "setrlimit");
	if (!strcmp(cause, "user-ns") && unshare(CLONE_NEWUSER)) {
		skipped(cause, "no user namespace for a plain user");
		return;
	}
	if (!strcmp(cause, "same"))
		same_pages(3);
	if (!strcmp(cause, "ended"))
		left_behind();
	over_limit(cause);
}

/* ---- int 0x80: the arguments are in other registers, and 32 bits wide ----------------- */

#if defined(__x86_64__)
static int call_32(unsigned int fd, unsigned int op, void *arg, unsigned int nr)
{
	int ret;

	__asm__ volatile("int $0x80"
			 : "=a" (ret)
			 : "a" (__NR_io_uring_register), "b" (fd), "c" (op),
			   "d" ((uint32_t)(uintptr_t)arg), "S" (nr)
			 : "memory", "r8", "r9", "r10", "r11");
	return ret;
}

/* A table of three, of which slot 1 is replaced; stays so. */
static void update_as_32_bit(void)
{
	char *low = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	struct io_uring_rsrc_update2 *u = (void *)low;
	struct iovec *other = (void *)(low + 256);
	char *page = mem_pages(2);
	int ret;

	if (low == MAP_FAILED)
		report_skip("no memory below 4 GiB");
	*other = (struct iovec){ page, 2 * PAGE };
	*u = (struct io_uring_rsrc_update2){ .offset = 1, .data = (uintptr_t)other, .nr = 1 };
	must(uring_open(&to, 4), "io_uring_setup");
	must(uring_register(to.ring_fd, iov, NR), "register");
	ret = call_32(to.ring_fd, 16, u, sizeof(*u));
	if (ret == -ENOSYS)
		report_skip("no 32-bit calls in this kernel");
	must(ret, "update");
	report("addr=0x%lx", (unsigned long)page);
}
#else
static void update_as_32_bit(void)
{
	report_skip("32-bit calls are x86's");
}
#endif

int main(int argc, char **argv)
{
	report_init(&argc, argv);
	for (int i = 0; i < NR; i++)
		iov[i] = (struct iovec){ mem_pages(1), PAGE };
	if (argc > 1 && !strcmp(argv[1], "int80")) {
		update_as_32_bit();
		report_ready();
		return 0;
	}
	if (argc > 1) {
		memlock(argv[1]);
		report("fails=%u", nr_fails);
		report_ready();
		return 0;
	}
	must(uring_open(&from, 4), "io_uring_setup");
	must(uring_open(&to, 4), "io_uring_setup");
	must(uring_open(&full, 4), "io_uring_setup");
	must(uring_register(from.ring_fd, iov, NR), "register");
	must(uring_register(full.ring_fd, iov, NR), "register");
	clones();
	descriptors();
	memories();
	report("fails=%u", nr_fails);
	report_ready();
	return 0;
}
