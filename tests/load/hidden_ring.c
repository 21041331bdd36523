// SPDX-License-Identifier: GPL-2.0
/*
 * A ring that nobody has a descriptor of, with 256 KiB registered. It lives on by a mapping of
 * its memory (mapped; by one whose first thread, which made the ring, has ended: thread; by a
 * child of the process that made it, which has ended: inherited), by a thread that waits in it
 * (waited; after the one that made it has ended: waiter, and in poll(2): poller), or by another ring
 * that polls it (polled; beside: that alone, the thread that made the ring
 * has ended, and the other one has a buffer, too). exec: the other way round, a descriptor that
 * is kept by a program which does not know of it. passed: the maker's child has a descriptor, the maker
 * none. sibling: a process that has the maker's memory, not its descriptors, has made it; the parent
 * goes by a name of its own. crowded: as poller, with two rings, and so many other descriptors that the
 * kernel keeps them apart from the thread's stack. unseen: with 2 MiB, and thousands, more than are
 * looked through, so that nothing shows it but the account.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include "load_report.h"
#include "memory.h"

static size_t pages = 64;
static struct io_uring hidden;
static atomic_int waiter;	/* the thread that waits in it */

/* Stays with the descriptor until the parent has ended. */
static void pass_to_child(void)
{
	int alive[2];
	pid_t child;
	char c;

	must(pipe(alive) ? -errno : 0, "pipe");
	fflush(stdout);
	child = fork();
	if (!child) {
		close(alive[1]);
		_exit(read(alive[0], &c, 1) < 0);
	}
	report("child=%d", child);
}

static void *wait_in_it(void *arg)
{
	(void)arg;
	waiter = syscall(SYS_gettid);
	io_uring_enter(hidden.ring_fd, 0, 1, IORING_ENTER_GETEVENTS, NULL);
	return NULL;
}

static struct io_uring second = { .ring_fd = -1 };
static nfds_t nr_polled = 1;

static void *poll_it(void *arg)
{
	struct pollfd *fds = calloc(nr_polled, sizeof(*fds));
	int idle[2];

	(void)arg;
	must(pipe(idle) ? -errno : 0, "pipe");
	for (nfds_t i = 0; i < nr_polled; i++)
		fds[i] = (struct pollfd){ idle[0], POLLIN, 0 };
	if (second.ring_fd >= 0)
		fds[nr_polled - 1].fd = second.ring_fd;
	fds[nr_polled / 2].fd = hidden.ring_fd;
	waiter = syscall(SYS_gettid);
	poll(fds, nr_polled, -1);
	return NULL;
}

/* Until a thread of ours sleeps in the ring. */
static void await_waiter(void)
{
	char path[64], state = 0;
	FILE *f;

	while (state != 'S') {
		usleep(1000);
		if (!waiter)
			continue;
		snprintf(path, sizeof(path), "/proc/self/task/%d/stat", waiter);
		f = fopen(path, "re");
		if (f && fscanf(f, "%*d (%*[^)]) %c", &state) != 1)
			state = 0;
		if (f)
			fclose(f);
	}
}

static void unmap(struct io_uring *r)
{
	size_t sqes = *r->sq.kring_entries * sizeof(struct io_uring_sqe);

	munmap(r->sq.sqes, sqes);
	if (r->cq.ring_ptr && r->cq.ring_ptr != r->sq.ring_ptr)
		munmap(r->cq.ring_ptr, r->cq.ring_sz);
	munmap(r->sq.ring_ptr, r->sq.ring_sz);
}

static void poll_by(struct io_uring *other)
{
	struct io_uring_sqe *sqe;

	must(uring_open(other, 4), "io_uring_setup");
	sqe = io_uring_get_sqe(other);
	io_uring_prep_poll_add(sqe, hidden.ring_fd, POLLIN);
	must(io_uring_submit(other), "submit");
	report_ring("other", other->ring_fd, 0);
}

/* Shared, so that a child sees the pages that its parent registered. */
static void *shared_pages(void)
{
	char *p = mmap(NULL, pages * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		       0);

	if (p == MAP_FAILED)
		report_skip("no memory");
	mem_touch(p, pages);
	return p;
}

static void make(struct iovec *iov, bool shared)
{
	must(uring_open(&hidden, 4), "io_uring_setup");
	iov->iov_len = pages * PAGE;
	iov->iov_base = shared ? shared_pages() : mem_pages(pages);
	must(uring_register(hidden.ring_fd, iov, 1), "register");
}

static pid_t maker;

/* What it holds it holds for some time after it can be joined. */
static void await_its_end(void)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/task/%d", maker);
	while (!access(path, F_OK))
		usleep(1000);
}

static void *make_in_thread(void *iov)
{
	maker = syscall(SYS_gettid);
	make(iov, false);
	return NULL;
}

static void *make_two_in_thread(void *iov)
{
	struct iovec page = { mem_pages(1), PAGE };

	must(uring_open(&second, 4), "io_uring_setup");
	must(uring_register(second.ring_fd, &page, 1), "register");
	return make_in_thread(iov);
}

static void raise_nofile(void)
{
	struct rlimit l;

	must(getrlimit(RLIMIT_NOFILE, &l) ? -errno : 0, "getrlimit");
	if (l.rlim_max < nr_polled)
		l.rlim_max = nr_polled;
	l.rlim_cur = l.rlim_max;
	must(setrlimit(RLIMIT_NOFILE, &l) ? -errno : 0, "setrlimit");
}

static atomic_int made;

static int make_as_sibling(void *iov)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	make(iov, false);
	made = 1;
	while (!pause())
		;
	return 0;
}

/* Has our memory, and its own table of descriptors. */
static void clone_sibling(struct iovec *iov)
{
	static char stack[1 << 16] __attribute__((aligned(16)));
	char name[16];
	pid_t child = clone(make_as_sibling, stack + sizeof(stack), CLONE_VM | SIGCHLD, iov);

	must(child < 0 ? -errno : 0, "clone");
	snprintf(name, sizeof(name), "elder%d", getpid());
	prctl(PR_SET_NAME, name);
	while (!made && !waitpid(child, NULL, WNOHANG))
		usleep(1000);
	must(made ? 0 : -ECHILD, "the sibling");
	report("name=%s", name);
	report("child=%d", child);
}

/* In the child that stays: without the descriptor, until the pipe's other end is closed. */
static void keep_mapping(int told, int stay)
{
	char c = 0;

	close(hidden.ring_fd);
	report("child=%d", getpid());
	fflush(stdout);
	must(write(told, &c, 1) == 1 ? 0 : -errno, "write");
	while (read(stay, &c, 1) > 0)
		;
	_exit(0);
}

static void inherit(struct iovec *iov)
{
	int told[2], stay[2];
	pid_t creator;
	char c;

	become_plain(8 << 20);
	must(pipe(told) || pipe(stay) ? -errno : 0, "pipe");
	fflush(stdout);
	creator = fork();
	if (!creator) {
		close(stay[1]);
		make(iov, true);
		report_slot("hidden", 0, iov, pages, 1);
		fflush(stdout);
		if (!fork())
			keep_mapping(told[1], stay[0]);
		_exit(0);
	}
	close(told[1]);
	waitpid(creator, NULL, 0);
	if (read(told[0], &c, 1) != 1)
		report_skip("the child did not come up");
}

/* Becomes a program that does not know of the descriptor. */
static void keep_over_exec(struct iovec *iov)
{
	make(iov, false);
	report_slot("hidden", 0, iov, pages, 1);
	report("ring.fd=%d", hidden.ring_fd);
	fflush(stdout);
	must(fcntl(hidden.ring_fd, F_SETFD, 0) ? -errno : 0, "fcntl");
	execl("/proc/self/exe", "hidden_ring", "rest", NULL);
	must(-errno, "exec");
}

int main(int argc, char **argv)
{
	struct iovec iov;
	struct io_uring other;
	pthread_t thread;
	bool crowded, polls, sleeps;
	const char *way;

	report_init(&argc, argv);
	way = argc > 1 ? argv[1] : "mapped";
	crowded = !strcmp(way, "crowded");
	polls = crowded || !strcmp(way, "poller") || !strcmp(way, "unseen");
	sleeps = polls || !strcmp(way, "waiter");
	if (!strcmp(way, "unseen")) {
		pages = 512;
		nr_polled = 9001;
		raise_nofile();
		become_plain(8 << 20);
	} else if (crowded) {
		nr_polled = 997;
	}
	/* from 7.2 a ring without a limit does not say whose it is */
	if (!strcmp(way, "passed"))
		become_plain(8 << 20);
	if (!strcmp(way, "exec"))
		keep_over_exec(&iov);
	if (!strcmp(way, "rest")) {
		report_ready();
		return 0;
	}
	if (!strcmp(way, "inherited")) {
		inherit(&iov);
		report_ready();
		_exit(0);
	}
	if (!strcmp(way, "thread") || !strcmp(way, "beside") || sleeps) {
		must(-pthread_create(&thread, NULL, crowded ? make_two_in_thread : make_in_thread, &iov),
		     "pthread_create");
		pthread_join(thread, NULL);
		await_its_end();
	} else if (!strcmp(way, "sibling")) {
		clone_sibling(&iov);
	} else {
		make(&iov, false);
	}
	report_slot("hidden", 0, &iov, pages, 1);
	if (!strcmp(way, "waited") || sleeps) {
		must(-pthread_create(&thread, NULL, polls ? poll_it : wait_in_it, NULL), "pthread_create");
		await_waiter();
	} else if (!strcmp(way, "polled")) {
		poll_by(&other);
	} else if (!strcmp(way, "beside")) {
		poll_by(&other);
		iov = (struct iovec){ mem_pages(3), 3 * PAGE };
		must(uring_register(other.ring_fd, &iov, 1), "register");
	} else if (!strcmp(way, "passed")) {
		pass_to_child();
	}
	/* a number of the sibling's, where it made the ring */
	if (strcmp(way, "sibling"))
		close(hidden.ring_fd);
	if (!strcmp(way, "waited") || !strcmp(way, "polled") || !strcmp(way, "beside") || sleeps)
		unmap(&hidden);
	if (crowded) {
		close(second.ring_fd);
		unmap(&second);
	}
	report_ready();
	_exit(0);
}
