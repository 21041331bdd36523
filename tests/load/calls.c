// SPDX-License-Identifier: GPL-2.0
/*
 * Calls that are easily missed. "32-bit": rings made and tables registered by int 0x80 and by
 * 64-bit calls, in both mixtures. Says for each ring its descriptor, and where its slot 1 lies.
 * "setup": rings that are not made, each for another cause; says fail.N=CAUSE, fail.N.errno.
 * "memlock": the same where the account is full, on kernels that charge a ring's own memory.
 * "enter": io_uring_enter() that fails as a call, each for another cause.
 * "seccomp", "seccomp-enosys": all three calls are refused by a filter. Says fails= at the end.
 * "seccomp-enter": a filter answers io_uring_enter() on a ring with errors that the kernel has, too. "filtered
 * PROGRAM ARGS": runs it with such a filter. "inherit PROGRAM": runs it with a ring, whose
 * descriptor is its argument. "forbidden": a ring that is made, if it can be, as the user that this is
 * and as a plain one; "forbidden-member": who is a member of the group GROUP.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "load_report.h"
#include "memory.h"

#define NR		3
#define CLOSED_FD	977
#define GROUP		54391	/* which tests/live/disabled.c lets make rings */
#define BYTES		4096UL	/* of a buffer: a page of x86, whose calls these are */

/* What both kinds of calls can reach: memory below 4 GiB. */
struct low {
	struct io_uring_params params;
	struct iovec iov[NR];
	struct { __u32 base, len; } iov32[NR];
	struct io_uring_rsrc_update2 update;
	char buffers[2 * NR][BYTES] __attribute__((aligned(BYTES)));
};

#if defined(__x86_64__)
static int call_32(unsigned int number, unsigned int a, unsigned int b, const void *c,
		   unsigned int d)
{
	int ret;

	__asm__ volatile("int $0x80"
			 : "=a" (ret)
			 : "a" (number), "b" (a), "c" (b), "d" ((__u32)(uintptr_t)c), "S" (d)
			 : "memory", "r8", "r9", "r10", "r11");
	return ret;
}

static sigjmp_buf trapped;

static void on_trap(int number)
{
	(void)number;
	siglongjmp(trapped, 1);
}

/* A kernel that was started with ia32_emulation=off takes int 0x80 for a fault. */
static void catch_trap(void (*handler)(int))
{
	struct sigaction a = { .sa_handler = handler };

	must(sigaction(SIGSEGV, &a, NULL) ? -errno : 0, "sigaction");
}

static int setup_32(struct low *low)
{
	int ret;

	__asm__ volatile("int $0x80"
			 : "=a" (ret)
			 : "a" (__NR_io_uring_setup), "b" (4), "c" ((__u32)(uintptr_t)&low->params)
			 : "memory", "r8", "r9", "r10", "r11");
	return ret;
}

static int register_32(int fd, unsigned int op, const void *arg, unsigned int nr)
{
	return call_32(__NR_io_uring_register, fd, op, arg, nr);
}

static void fill(struct low *low, unsigned int first)
{
	for (unsigned int i = 0; i < NR; i++) {
		char *buffer = low->buffers[first + i];

		low->iov[i] = (struct iovec){ buffer, BYTES };
		low->iov32[i].base = (uintptr_t)buffer;
		low->iov32[i].len = BYTES;
	}
}

/* Slot 1 gets two pages, by a 32-bit call. */
static void update(const char *name, int fd, struct low *low, const void *iov)
{
	low->update = (struct io_uring_rsrc_update2){ .offset = 1, .data = (uintptr_t)iov, .nr = 1 };
	must(register_32(fd, IORING_REGISTER_BUFFERS_UPDATE, &low->update, sizeof(low->update)),
	     "update");
	report("%s=0x%lx", name, (unsigned long)low->buffers[NR]);
}

static void as_32_bit(void)
{
	struct low *low = mmap(NULL, sizeof(*low), PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	struct io_uring plain;
	int fd;

	if (low == MAP_FAILED)
		report_skip("no memory below 4 GiB");
	mem_touch(low->buffers[0], 2 * NR);
	catch_trap(on_trap);
	fd = sigsetjmp(trapped, 1) ? -ENOSYS : setup_32(low);
	if (fd == -ENOSYS)
		report_skip("no 32-bit calls in this kernel");
	catch_trap(SIG_DFL);
	must(fd, "io_uring_setup");
	/* its iovecs are of 32 bits whoever calls, those of the other ring of 64 */
	fill(low, 0);
	must(uring_call(fd, IORING_REGISTER_BUFFERS, low->iov32, NR), "register");
	report("made32.fd=%d", fd);
	fill(low, NR);
	low->iov32[0].len = 2 * BYTES;
	update("made32.slot1", fd, low, low->iov32);
	must(uring_open(&plain, 4), "io_uring_setup");
	fill(low, 0);
	must(register_32(plain.ring_fd, IORING_REGISTER_BUFFERS, low->iov, NR), "register");
	report("made64.fd=%d", plain.ring_fd);
	fill(low, NR);
	low->iov[0].iov_len = 2 * BYTES;
	update("made64.slot1", plain.ring_fd, low, low->iov);
	/* what fails is told with its own cause */
	must(register_32(fd, IORING_UNREGISTER_BUFFERS, NULL, 0), "unregister");
	low->iov32[2].base = 0;
	report("fault.errno=%s",
	       errno_name(-register_32(fd, IORING_REGISTER_BUFFERS, low->iov32, NR)));
	report("closed.errno=%s",
	       errno_name(-register_32(CLOSED_FD, IORING_REGISTER_BUFFERS, low->iov32, NR)));
}
#else
static void as_32_bit(void)
{
	report_skip("32-bit calls are x86's");
}
#endif

/* ---- rings that are not made ------------------------------------------------------------ */

static unsigned int nr_fails;

static int setup(unsigned int entries, struct io_uring_params *p)
{
	int ret = syscall(__NR_io_uring_setup, entries, p);

	return ret < 0 ? -errno : ret;
}

/* A kernel that does not refuse it says so: the test leaves it out. */
static void failed(const char *cause, int ret)
{
	if (ret >= 0) {
		report("skipped.%s=it does not fail here", cause);
		close(ret);
		return;
	}
	report("fail.%u=%s", nr_fails, cause);
	report("fail.%u.errno=%s", nr_fails++, errno_name(-ret));
}

static void setup_fails(const char *cause, unsigned int entries, struct io_uring_params p)
{
	failed(cause, setup(entries, &p));
}

#define FLAGS(f) ((struct io_uring_params){ .flags = (f) })

static void no_descriptor(void)
{
	struct rlimit old, few;

	getrlimit(RLIMIT_NOFILE, &old);
	few = (struct rlimit){ 3, old.rlim_max };
	setrlimit(RLIMIT_NOFILE, &few);
	setup_fails("files", 4, FLAGS(0));
	setrlimit(RLIMIT_NOFILE, &old);
}

static void setups(void)
{
	struct io_uring_params reserved = { .resv = { 0, 1 } };
	struct io_uring made;

	report_before_fault();
	failed("null", setup(4, NULL));
	setup_fails("none", 0, FLAGS(0));
	setup_fails("many", 32769, FLAGS(0));
	setup_fails("reserved", 4, reserved);
	setup_fails("unknown-flag", 4, FLAGS(1U << 30));
	setup_fails("cq-none", 4, FLAGS(IORING_SETUP_CQSIZE));
	setup_fails("cq-few", 8,
		    (struct io_uring_params){ .flags = IORING_SETUP_CQSIZE, .cq_entries = 4 });
	setup_fails("affinity", 4, FLAGS(IORING_SETUP_SQ_AFF));
	setup_fails("taskrun-flag", 4, FLAGS(1U << 9));
	setup_fails("defer", 4, FLAGS(1U << 13));
	setup_fails("sqpoll-coop", 4, FLAGS(IORING_SETUP_SQPOLL | 1U << 8));
	setup_fails("wq", 4, (struct io_uring_params){ .flags = IORING_SETUP_ATTACH_WQ, .wq_fd = 977 });
	no_descriptor();
	must(uring_open(&made, 4), "io_uring_setup");
	report("fails=%u", nr_fails);
}

/* ---- io_uring_enter() --------------------------------------------------------------------- */

static int enter(int fd, unsigned int submit, unsigned int wait, unsigned int flags)
{
	int ret = syscall(__NR_io_uring_enter, fd, submit, wait, flags, NULL, 0);

	return ret < 0 ? -errno : ret;
}

static void enter_fails(const char *cause, int ret)
{
	if (ret >= 0) {
		report("skipped.%s=it does not fail here", cause);
		return;
	}
	failed(cause, ret);
}

/* By a thread that is not the one that made the ring. */
static void *enter_elsewhere(void *fd)
{
	enter_fails("enter-issuer", enter(*(int *)fd, 1, 0, 0));
	return NULL;
}

static void enters(void)
{
	struct io_uring_params off = { .flags = IORING_SETUP_R_DISABLED };
	struct io_uring_params single = { .flags = 1U << 12 }; /* IORING_SETUP_SINGLE_ISSUER */
	struct io_uring made;
	int fd, files[2];
	pthread_t t;

	must(uring_open(&made, 4), "io_uring_setup");
	must(pipe(files) ? -errno : 0, "pipe");
	report_before_fault();
	for (int i = 0; i < 3; i++)
		enter_fails("enter-closed", enter(CLOSED_FD, 1, 0, 0));
	enter_fails("enter-none", enter(-1, 1, 0, 0));
	enter_fails("enter-other", enter(files[0], 1, 0, 0));
	enter_fails("enter-flags", enter(made.ring_fd, 1, 0, 1U << 30));
	fd = setup(4, &off);
	must(fd, "io_uring_setup");
	enter_fails("enter-disabled", enter(fd, 1, 0, 0));
	close(fd);
	fd = setup(4, &single);
	if (fd < 0) {
		failed("single-issuer", fd);
	} else {
		must(-pthread_create(&t, NULL, enter_elsewhere, &fd), "pthread_create");
		pthread_join(t, NULL);
		close(fd);
	}
	/* nothing fails: a wait that ends is no failure */
	must(enter(made.ring_fd, 0, 0, 0), "io_uring_enter");
	must(uring_open(&made, 4), "io_uring_setup");
	report("fails=%u", nr_fails);
}

#define LIMIT	(64UL << 10)

/* 2048 entries take 128 KiB for submission and 72 KiB for both queues: beyond 64 KiB. */
static void memlock(void)
{
	struct iovec v = { mem_pages(LIMIT / 2 / PAGE), LIMIT / 2 };
	struct io_uring_params p = { 0 };
	struct io_uring r;

	become_plain(LIMIT);
	must(uring_open(&r, 1), "io_uring_setup");
	must(uring_register(r.ring_fd, &v, 1), "register");
	failed("memlock", setup(2048, &p));
	report("fails=%u", nr_fails);
}

/* ---- a filter ----------------------------------------------------------------------------- */

static void refuse(unsigned int error)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_io_uring_setup, 2, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_io_uring_enter, 1, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_io_uring_register, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | error),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog filter = { sizeof(code) / sizeof(code[0]), code };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter))
		report_skip("no seccomp filter: %s", strerror(errno));
}

static void filtered(unsigned int error, const char *setup_name, const char *register_name,
		     const char *enter_name)
{
	struct iovec v = { mem_pages(1), PAGE };
	struct io_uring_params p = { 0 };

	refuse(error);
	report_before_fault();
	failed(setup_name, setup(4, &p));
	failed(register_name, uring_register(CLOSED_FD, &v, 1));
	failed(enter_name, enter(CLOSED_FD, 1, 0, 0));
	report("fails=%u", nr_fails);
}

static void filtered_enter(void)
{
	struct io_uring_params p = { 0 };
	int fd = setup(4, &p);

	must(fd < 0 ? fd : 0, "setup");
	refuse(EBADF);
	report_before_fault();
	failed("enter-told-closed", enter(fd, 1, 0, 0));
	refuse(EOPNOTSUPP);
	failed("enter-told-other", enter(fd, 1, 0, 0));
	refuse(EINVAL);
	failed("enter-told-invalid", enter(fd, 1, 0, 0));
	report("fails=%u", nr_fails);
}

/* What kernel.io_uring_disabled says is not looked at: a ring that is made did not fail. */
static void forbidden(bool member)
{
	struct io_uring_params p = { 0 };
	gid_t group = GROUP;

	must(setgroups(member, &group) ? -errno : 0, "setgroups");
	failed("forbidden", setup(4, &p));
	become_plain(LIMIT);
	failed("forbidden-plain", setup(4, &p));
	report("fails=%u", nr_fails);
}

/* A kernel without 32-bit programs takes one for no program at all. */
static void inherit(char *program, char *mode)
{
	char fd[16], *args[] = { program, fd, mode, NULL };
	struct io_uring r;

	must(uring_open(&r, 4), "io_uring_setup");
	must(fcntl(r.ring_fd, F_SETFD, 0) ? -errno : 0, "F_SETFD");
	snprintf(fd, sizeof(fd), "%d", r.ring_fd);
	fflush(stdout);
	execv(program, args);
	if (errno != ENOEXEC)
		must(-errno, program);
	report_skip("no 32-bit programs in this kernel");
}

int main(int argc, char **argv)
{
	const char *mode;

	report_init(&argc, argv);
	mode = argc == 2 ? argv[1] : "";
	if (argc > 2 && !strcmp(argv[1], "filtered")) {
		refuse(EPERM);
		execv(argv[2], argv + 2);
		must(-errno, argv[2]);
	}
	if (argc >= 3 && !strcmp(argv[1], "inherit"))
		inherit(argv[2], argv[3]);
	if (!strcmp(mode, "32-bit"))
		as_32_bit();
	else if (!strcmp(mode, "setup"))
		setups();
	else if (!strcmp(mode, "enter"))
		enters();
	else if (!strcmp(mode, "memlock"))
		memlock();
	else if (!strcmp(mode, "seccomp"))
		filtered(EPERM, "filtered-setup", "filtered-register", "filtered-enter");
	else if (!strcmp(mode, "seccomp-enosys"))
		filtered(ENOSYS, "hidden-setup", "hidden-register", "hidden-enter");
	else if (!strcmp(mode, "seccomp-enter"))
		filtered_enter();
	else if (!strcmp(mode, "forbidden"))
		forbidden(false);
	else if (!strcmp(mode, "forbidden-member"))
		forbidden(true);
	else
		report_skip("no such case");
	report_ready();
	return 0;
}
