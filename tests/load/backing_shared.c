// SPDX-License-Identifier: GPL-2.0
/*
 * Registered memory of which several processes that hold the ring see something else, one mode each:
 * backing_shared MODE. Says what verify must find, as backing does; a mode that says nothing is
 * legal, and one that says contested=1 is for verify to leave unsettled.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>
#include "backing.h"
#include "load_report.h"
#include "memory.h"

#define PAGES	BACKING_PAGES
#define AT	5	/* what happens to pages [AT, AT + NR) of the buffer */
#define NR	3

static int done[2];	/* a pipe from the child */

static void expect(const char *tag, unsigned int pages, const char *says, const char *advises)
{
	report_expect(tag, pages);
	report("says=%s", says);
	report("advises=%s", advises);
}

/* In the child: all is as it has to be. It ends when its parent does. */
static void stay(void)
{
	must(write(done[1], "", 1) == 1 ? 0 : -errno, "write");
	for (;;)
		pause();
}

/* Runs .child in a child, and waits until that is done. */
static pid_t with_child(void (*child)(char *p), char *p)
{
	int status;
	pid_t pid;
	char c;

	must(pipe(done) ? -errno : 0, "pipe");
	fflush(stdout);
	pid = fork();
	must(pid < 0 ? -errno : 0, "fork");
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		child(p);
		stay();
	}
	close(done[1]);
	if (read(done[0], &c, 1) == 1)
		return pid;
	waitpid(pid, &status, 0);
	if (WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SKIPPED)
		report_skip("this kernel does not register files' pages");
	exit(1);
}

static void nothing(char *p)
{
	(void)p;
}

/* It has pinned memory, as who registers a buffer has. */
static void own_ring(char *p)
{
	struct iovec iov = { mem_pages(2), 2 * PAGE };
	static struct io_uring own;

	(void)p;
	must(uring_open(&own, 4), "io_uring_setup");
	must(uring_register(own.ring_fd, &iov, 1), "register");
}

static void map_other(char *p)
{
	char *q = backing_map(p + AT * PAGE, NR, MAP_SHARED | MAP_FIXED, backing_file(NR), 0);

	mem_touch(q, NR);
}

static void unmap(char *p)
{
	must(munmap(p, PAGES * PAGE) ? -errno : 0, "munmap");
}

static void map_other_with_ring(char *p)
{
	own_ring(p);
	map_other(p);
}

static void write_all(char *p)
{
	mem_touch(p, PAGES);
}

static void submit(void)
{
	struct io_uring *ring = backing_ring();
	struct io_uring_sqe *sqe = io_uring_get_sqe(ring);

	io_uring_prep_nop(sqe);
	must(io_uring_submit(ring) == 1 ? 0 : -EIO, "submit");
}

static void write_and_submit(char *p)
{
	mem_touch(p, PAGES);
	submit();
}

static char *file_pages(void)
{
	int fd;

	return backing_of_file(&fd);
}

static void replaced(void)
{
	expect("stale-page", NR, "were replaced", "register the buffer again");
}

/* ---- who made the ring lost what it registered, a child still has it ------------------ */

static void maker_replaced(void)
{
	char *p = file_pages();

	with_child(nothing, p);
	map_other(p);
	replaced();
}

/* The child may not be the one that registered, though it submits. */
static void submit_alone(char *p)
{
	(void)p;
	submit();
}

static void maker_replaced_child_submits(void)
{
	char *p = file_pages();

	with_child(submit_alone, p);
	map_other(p);
	replaced();
}

static void maker_guarded(void)
{
	char *p = file_pages();

	with_child(nothing, p);
	backing_advise(p + AT * PAGE, NR, 102, "MADV_GUARD_INSTALL");
	expect("stale-page", NR, "are behind a guard", "MADV_GUARD_REMOVE");
}

/* Before 5.12 the child keeps the page, and who writes gets a copy. */
static void maker_hugetlb(void)
{
	unsigned int major = 0, minor = 0;
	struct utsname u;
	char *p = mmap(NULL, THP, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, -1, 0);

	if (p == MAP_FAILED)
		report_skip("no huge page is set aside (vm.nr_hugepages)");
	mem_touch(p, 1);
	backing_hold(p, THP / PAGE);
	with_child(nothing, p);
	mem_touch(p, 1);
	uname(&u);
	sscanf(u.release, "%u.%u", &major, &minor);
	if (major == 5 && minor < 12)
		expect("stale-page", THP / PAGE, "were replaced", "register the buffer again");
}

/* ---- only a child can use the ring -------------------------------------------------------- */

static void close_ring(void)
{
	must(close(backing_ring()->ring_fd) ? -errno : 0, "close");
}

static void heir_submits(void)
{
	pid_t pid = with_child(write_and_submit, backing_private());

	close_ring();
	report("holder=%d", pid);
	expect("stale-page", PAGES, "were copied after a fork", "do its I/O");
}

static void heir_is_idle(void)
{
	pid_t pid = with_child(write_all, backing_private());

	close_ring();
	report("holder=%d", pid);
}

/* ---- memory that a child registered -------------------------------------------------------- */

static void make_ring(void)
{
	must(uring_open(backing_ring(), 4), "io_uring_setup");
}

static void hold_own(char *p)
{
	(void)p;
	backing_private();
}

static void hold_and_close(char *p)
{
	struct io_uring *r = backing_ring();

	hold_own(p);
	close_ring();
	munmap(r->sq.ring_ptr, r->sq.ring_sz);
	munmap(r->sq.sqes, 4 * sizeof(struct io_uring_sqe));
}

/* What the parent has at the address may be anything. */
static void others(void)
{
	make_ring();
	with_child(hold_and_close, NULL);
	expect("unmapped-page", PAGES, "are another process's memory", "on a ring of its own");
}

static void child_registers(void)
{
	make_ring();
	with_child(hold_own, NULL);
}

static void register_here(char *p)
{
	struct iovec iov = { p, PAGES * PAGE };

	mem_touch(p, PAGES);
	must(uring_register(backing_ring()->ring_fd, &iov, 1), "register");
}

/* At an address where the parent, which has registered memory too, has something of its own. */
static void child_registers_at_same_place(void)
{
	char *p = mem_pages(PAGES);

	make_ring();
	own_ring(p);
	with_child(register_here, p);
	mem_touch(p, PAGES);
}

static void register_file_here(char *p)
{
	struct iovec iov = { p, PAGES * PAGE };
	int ret;

	backing_map(p, PAGES, MAP_SHARED | MAP_FIXED, backing_file(PAGES), 0);
	mem_touch(p, PAGES);
	ret = uring_register(backing_ring()->ring_fd, &iov, 1);
	if (ret == -EOPNOTSUPP)
		_exit(EXIT_SKIPPED);
	must(ret, "register");
}

static void child_registers_file(void)
{
	char *p = mem_pages(PAGES);

	make_ring();
	with_child(register_file_here, p);
	mem_touch(p, PAGES);
}

/* Both have pinned memory: whose buffer it is the kernel does not keep. */
static void contested(void)
{
	char *p = file_pages();

	with_child(own_ring, p);
	map_other(p);
	report("contested=1");
	report("unknown=%d", PAGES);
}

/* ---- legal: who made the ring has what it registered --------------------------------------- */

static void child_writes(void)
{
	with_child(write_all, backing_private());
}

static void child_maps_other(void)
{
	with_child(map_other, file_pages());
}

static void child_maps_other_with_ring(void)
{
	with_child(map_other_with_ring, file_pages());
}

static void child_submits(void)
{
	with_child(write_and_submit, backing_private());
}

static void exec_child(char *p)
{
	(void)p;
	fcntl(backing_ring()->ring_fd, F_SETFD, 0);
	must(write(done[1], "", 1) == 1 ? 0 : -errno, "write");
	execl("/proc/self/exe", "backing_shared", "keep", NULL);
	_exit(1);
}

static void child_execs(void)
{
	with_child(exec_child, file_pages());
	usleep(200000);
}

/* ---- legal: the ring is a child's to use ---------------------------------------------------- */

static void maker_unmaps(void)
{
	char *p = file_pages();

	with_child(submit_alone, p);
	unmap(p);
}

/* In the exec'd one other memory is at the address; it has no use for the ring. */
static void maker_execs(void)
{
	pid_t pid = with_child(submit_alone, file_pages());

	report("holder=%d", pid);
	fcntl(backing_ring()->ring_fd, F_SETFD, 0);
	fflush(stdout);
	execl("/proc/self/exe", "backing_shared", "execed", NULL);
	must(-errno, "exec");
}

/* It has pinned memory in its new life, too. */
static void own_ring_of_execed(void)
{
	own_ring(NULL);
}

static int nap(void *arg)
{
	(void)arg;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;)
		pause();
	return 0;
}

/* The same memory, other descriptors. */
static void child_shares_memory(void)
{
	static char stack[65536];

	backing_private();
	must(clone(nap, stack + sizeof(stack), CLONE_VM | SIGCHLD, NULL) < 0 ? -errno : 0, "clone");
}

static const struct mode {
	const char *name;
	void (*run)(void);
} modes[] = {
	{ "maker-replaced", maker_replaced },
	{ "maker-replaced-child-submits", maker_replaced_child_submits },
	{ "maker-guarded", maker_guarded },
	{ "maker-hugetlb", maker_hugetlb }, { "heir-submits", heir_submits },
	{ "others", others }, { "contested", contested },
	{ "heir-is-idle", heir_is_idle }, { "child-registers", child_registers },
	{ "child-registers-at-same-place", child_registers_at_same_place },
	{ "child-registers-file", child_registers_file }, { "child-writes", child_writes },
	{ "child-maps-other", child_maps_other },
	{ "child-maps-other-with-ring", child_maps_other_with_ring },
	{ "child-submits", child_submits }, { "child-execs", child_execs },
	{ "maker-unmaps", maker_unmaps }, { "maker-execs", maker_execs }, { "execed", own_ring_of_execed }, { "child-shares-memory", child_shares_memory },
};

int main(int argc, char **argv)
{
	report_init(&argc, argv);
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		if (argc < 2 || strcmp(argv[1], modes[i].name))
			continue;
		modes[i].run();
		report_ready();
		return 0;
	}
	while (argc > 1 && !strcmp(argv[1], "keep"))
		pause();
	fprintf(stderr, "usage: backing_shared MODE\n");
	return 2;
}
