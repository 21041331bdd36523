// SPDX-License-Identifier: GPL-2.0
/*
 * Children use a ring that they inherited, or register memory of theirs on it, one mode each:
 * backing_heirs MODE. As backing_shared.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>
#include "backing.h"
#include "load_report.h"
#include "memory.h"
#include "with_child.h"

#define PAGES	BACKING_PAGES

static void write_all(char *p)
{
	mem_touch(p, PAGES);
}

static void unmap(char *p)
{
	must(munmap(p, PAGES * PAGE) ? -errno : 0, "munmap");
}

static void write_and_submit(char *p)
{
	mem_touch(p, PAGES);
	submit_nop();
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

/* The first is who is shown: the finding is of the other. */
static void second_heir_submits(void)
{
	char *p = backing_private();
	pid_t first = with_child(write_all, p);

	with_child(write_and_submit, p);
	close_ring();
	report("holder=%d", first);
	expect("stale-page", PAGES, "sees it", "do its I/O");
}

static void heir_is_idle(void)
{
	pid_t pid = with_child(write_all, backing_private());

	close_ring();
	report("holder=%d", pid);
}

/* Who registered has ended. Of two that go on with its ring one uses it. */
static void detach(char *(*make)(void), void (*run)(char *p))
{
	int end[2], alive[2];
	char *p, c;

	fflush(stdout);
	must(pipe(end) ? -errno : 0, "pipe");
	if (fork()) {
		close(end[1]);
		_exit(read(end[0], &c, 1) < 0);
	}
	must(pipe(alive) ? -errno : 0, "pipe");
	p = make();
	if (fork())
		_exit(0);
	/* its end closes when its memory is gone */
	close(alive[1]);
	must(read(alive[0], &c, 1) < 0 ? -errno : 0, "read");
	run(p);
}

static void lose_and_submit(char *p)
{
	with_child(do_nothing, p);
	map_other(p);
	submit_nop();
}

static void heir_lost(void)
{
	detach(file_pages, lose_and_submit);
	report("holder=%d", getpid());
	expect_replaced();
}

static void let_child_lose(char *p)
{
	with_child(map_other, p);
	submit_nop();
}

static void idle_heir_lost(void)
{
	detach(file_pages, let_child_lose);
	report("holder=%d", getpid());
}

/* ---- nobody's: who registered has ended, and who has the ring does not use it ----------------- */

static void expect_orphan(void)
{
	report("holder=%d", getpid());
	report("orphaned=1");
	report("unknown=%d", PAGES);
}

/* A child between fork and exec, whose parent has ended. */
static void heir_execs(void)
{
	detach(backing_private, write_all);
	report("holder=%d", getpid());
	puts("READY");
	fflush(stdout);
	usleep(60000);
	execl("/proc/self/exe", "backing_heirs", "execed", NULL);
	must(-errno, "exec");
}

static void write_and_close(char *p)
{
	write_all(p);
	close_ring();
}

/* The ring's memory is all that it has of it. */
static void bystander(void)
{
	detach(backing_private, write_and_close);
	expect_orphan();
}

static char *with_kernel_thread(void)
{
	must(io_uring_queue_init(4, backing_ring(), IORING_SETUP_SQPOLL), "io_uring_setup");
	return backing_private();
}

/* The kernel's thread has ended with who made the ring. */
static void heir_of_thread(void)
{
	detach(with_kernel_thread, write_all);
	expect_orphan();
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
	execl("/proc/self/exe", "backing_heirs", "execed", NULL);
	must(-errno, "exec");
}

/* It has pinned memory in its new life, too. */
static void own_ring_of_execed(void)
{
	own_ring(NULL);
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

/* Who made the ring has it, but the child, which uses the ring, may be the one that registered it. */
static void register_submit_and_lose(char *p)
{
	struct iovec iov = { p, PAGES * PAGE };

	if (uring_register(backing_ring()->ring_fd, &iov, 1) == -EOPNOTSUPP)
		_exit(EXIT_SKIPPED);
	submit_nop();
	map_other(p);
}

static void child_loses_arena(void)
{
	char *p = backing_map(NULL, PAGES, MAP_SHARED, backing_file(PAGES), 0);

	mem_touch(p, PAGES);
	make_ring();
	own_ring(p);
	with_child(register_submit_and_lose, p);
	report("contested=1");
	report("unknown=%d", PAGES);
}

/* Each has a slot of its own, for its own memory at the same address. */
static char *slot_memory;

static void register_slot(unsigned int i)
{
	struct iovec iov = { slot_memory, PAGES * PAGE };

	mem_touch(slot_memory, PAGES);
	must(uring_update(backing_ring()->ring_fd, i, &iov, 1), "update");
}

static void register_slot_1(char *p)
{
	(void)p;
	register_slot(1);
	submit_nop();
}

static void register_slot_2(char *p)
{
	(void)p;
	register_slot(2);
}

static void make_slots(void)
{
	struct iovec none[3] = { { NULL, 0 } };

	slot_memory = mem_pages(PAGES);
	make_ring();
	if (uring_register(backing_ring()->ring_fd, none, 3))
		report_skip("this kernel has no empty slots");
	register_slot(0);
}

static void slots(void)
{
	make_slots();
	with_child(register_slot_1, NULL);
	with_child(register_slot_2, NULL);
}

static int register_and_stay(void *arg)
{
	(void)arg;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	register_slot_2(NULL);
	child_is_done();
	for (;;)
		pause();
	return 0;
}

/* The same descriptors, other memory. */
static void child_shares_files(void)
{
	static char stack[65536];

	make_slots();
	before_child();
	must(clone(register_and_stay, stack + sizeof(stack), CLONE_FILES | SIGCHLD, NULL) < 0 ?
	     -errno : 0, "clone");
	wait_for_child();
}

static const struct load_mode modes[] = {
	{ "heir-submits", heir_submits },
	{ "second-heir-submits", second_heir_submits },
	{ "heir-is-idle", heir_is_idle },
	{ "heir-lost", heir_lost },
	{ "idle-heir-lost", idle_heir_lost },
	{ "heir-execs", heir_execs },
	{ "bystander", bystander },
	{ "heir-of-thread", heir_of_thread },
	{ "maker-unmaps", maker_unmaps },
	{ "maker-execs", maker_execs },
	{ "execed", own_ring_of_execed },
	{ "others", others },
	{ "child-registers", child_registers },
	{ "child-registers-at-same-place", child_registers_at_same_place },
	{ "child-registers-file", child_registers_file },
	{ "child-loses-arena", child_loses_arena },
	{ "slots", slots },
	{ "child-shares-files", child_shares_files },
};

int main(int argc, char **argv)
{
	report_init(&argc, argv);
	return load_modes(argc, argv, modes, sizeof(modes) / sizeof(modes[0]));
}
