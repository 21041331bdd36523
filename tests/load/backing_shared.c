// SPDX-License-Identifier: GPL-2.0
/*
 * Who made a ring uses it, and children hold it, too, one mode each: backing_shared MODE. Says what
 * verify must find, as backing does; a mode that says nothing is legal, and one that says contested=1
 * is for verify to leave unsettled.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/utsname.h>
#include <unistd.h>
#include "backing.h"
#include "load_report.h"
#include "memory.h"
#include "with_child.h"

#define PAGES	BACKING_PAGES

/* ---- who made the ring lost what it registered, a child still has it ------------------ */

static void maker_replaced(void)
{
	char *p = file_pages();

	with_child(do_nothing, p);
	map_other(p);
	expect_replaced();
}

/* The child may not be the one that registered, though it submits. */
static void maker_replaced_child_submits(void)
{
	char *p = file_pages();

	with_child(submit_alone, p);
	map_other(p);
	expect_replaced();
}

static void maker_guarded(void)
{
	char *p = file_pages();

	with_child(do_nothing, p);
	backing_advise(p + LOST_AT * PAGE, LOST, 102, "MADV_GUARD_INSTALL");
	expect("stale-page", LOST, "are behind a guard", "MADV_GUARD_REMOVE");
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
	with_child(do_nothing, p);
	mem_touch(p, 1);
	uname(&u);
	sscanf(u.release, "%u.%u", &major, &minor);
	if (major == 5 && minor < 12)
		expect("stale-page", THP / PAGE, "were replaced", "register the buffer again");
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

static struct io_uring *other_ring;

static void close_other(char *p)
{
	(void)p;
	must(close(other_ring->ring_fd) ? -errno : 0, "close");
	munmap(other_ring->sq.ring_ptr, other_ring->sq.ring_sz);
	munmap(other_ring->sq.sqes, 4 * sizeof(struct io_uring_sqe));
}

/* The ring that the child has is closed in its parent, which goes on with a clone of the buffer. */
static void maker_lost_clone(void)
{
	struct io_uring clone;
	char *p = file_pages();
	int ret;

	must(uring_open(&clone, 4), "io_uring_setup");
	ret = uring_clone(clone.ring_fd, backing_ring()->ring_fd, 0, 0, 0, 0);
	if (ret == -EINVAL)
		report_skip("this kernel does not clone buffers");
	must(ret, "clone");
	other_ring = &clone;
	with_child(close_other, p);
	must(close(backing_ring()->ring_fd) ? -errno : 0, "close");
	map_other(p);
	expect_replaced();
}

static void write_all(char *p)
{
	mem_touch(p, PAGES);
}

static void map_other_with_ring(char *p)
{
	own_ring(p);
	map_other(p);
}

static void write_and_submit(char *p)
{
	mem_touch(p, PAGES);
	submit_nop();
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
	child_is_done();
	execl("/proc/self/exe", "backing_shared", "keep", NULL);
	_exit(1);
}

static void child_execs(void)
{
	with_child(exec_child, file_pages());
	usleep(200000);
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

static const struct load_mode modes[] = {
	{ "maker-replaced", maker_replaced },
	{ "maker-replaced-child-submits", maker_replaced_child_submits },
	{ "maker-guarded", maker_guarded },
	{ "maker-hugetlb", maker_hugetlb },
	{ "contested", contested },
	{ "maker-lost-clone", maker_lost_clone },
	{ "child-writes", child_writes },
	{ "child-maps-other", child_maps_other },
	{ "child-maps-other-with-ring", child_maps_other_with_ring },
	{ "child-submits", child_submits },
	{ "child-execs", child_execs },
	{ "child-shares-memory", child_shares_memory },
};

int main(int argc, char **argv)
{
	report_init(&argc, argv);
	while (argc > 1 && !strcmp(argv[1], "keep"))
		pause();
	return load_modes(argc, argv, modes, sizeof(modes) / sizeof(modes[0]));
}
