// SPDX-License-Identifier: GPL-2.0
/*
 * Much of one thing: "many buffers N" on one ring, "many rings N", "many pages N" of 4 KiB in
 * one buffer, "many descriptors N" of one ring, "many tables N" that are full, "many sparse N" of as
 * many slots that hold one buffer each. By a user of its own, when told to go on: "many
 * calls N" that register a buffer, and as many that unregister it. By another, without
 * capabilities: "many clones N", a full table of parts of one huge page and N rings with that
 * table; "many spans N", as many buffers that are each the whole huge page; "many subusers N", a
 * full table each of as many subordinate users of a namespace of its, "many subspans N", SPANS such
 * buffers each; "many events N", as many as there may be until told to go on, of tables of N buffers and
 * of rings; "many floods N", of tables by the user who calls; "many small N", buffers of that user. "many heirs N",
 * forked processes that each hold the same HEIRLOOMS rings.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>
#include "load_report.h"
#include "memory.h"

#define HOSTILE		54401	/* nobody else runs as it: neighbours may be nobody */
#define SOMEBODY	54397
#define SPANS		4096
#define TABLE		16384	/* what a table has at most */
#define HEIRLOOMS	31

static void buffers(unsigned int nr)
{
	struct iovec *iov = calloc(nr, sizeof(*iov));
	char *p = mem_pages(nr);
	struct io_uring r;

	must(uring_open(&r, 4), "io_uring_setup");
	for (unsigned int i = 0; i < nr; i++)
		iov[i] = (struct iovec){ p + i * PAGE, PAGE };
	if (uring_register(r.ring_fd, iov, nr) == -EINVAL)
		report_skip("this kernel takes fewer than %u buffers", nr);
	report_ring("ring", r.ring_fd, nr);
	report("base=%p", p);
	free(iov);
}

/* Each slot has a buffer of its own: all of the same page. */
static void full_tables(unsigned int nr)
{
	struct iovec *iov = calloc(TABLE, sizeof(*iov));
	char *p = mem_pages(1);
	struct io_uring r;

	for (unsigned int i = 0; i < TABLE; i++)
		iov[i] = (struct iovec){ p, PAGE };
	for (unsigned int i = 0; i < nr; i++) {
		must(uring_open(&r, 1), "io_uring_setup");
		if (uring_register(r.ring_fd, iov, TABLE) == -EINVAL)
			report_skip("this kernel takes fewer than %u buffers", TABLE);
	}
	free(iov);
}

/* The tables are as long as they may be, and have one buffer. */
static void sparse_tables(unsigned int nr)
{
	struct iovec *iov = calloc(TABLE, sizeof(*iov));
	struct io_uring r;

	for (unsigned int i = 0; i < nr; i++) {
		must(uring_open(&r, 1), "io_uring_setup");
		iov[i] = (struct iovec){ mem_pages(1), PAGE };
		if (uring_register(r.ring_fd, iov, TABLE))
			report_skip("this kernel takes no empty slots");
		iov[i] = (struct iovec){ 0 };
	}
	free(iov);
}

static void rings(unsigned int nr)
{
	struct rlimit files = { nr + 64, nr + 64 };
	char *p = mem_pages(nr);
	struct io_uring r;
	int first = -1;

	if (setrlimit(RLIMIT_NOFILE, &files))
		report_skip("%u descriptors are not to be had", nr + 64);
	for (unsigned int i = 0; i < nr; i++) {
		struct iovec iov = { p + i * PAGE, PAGE };

		must(uring_open(&r, 1), "io_uring_setup");
		must(uring_register(r.ring_fd, &iov, 1), "register");
		if (first < 0)
			first = r.ring_fd;
	}
	report("first.fd=%d", first);
	report("last.fd=%d", r.ring_fd);
	report("base=%p", p);
}

static void pages(unsigned int nr)
{
	struct iovec iov = { .iov_len = nr * PAGE };
	struct io_uring r;

	if (nr > sysconf(_SC_AVPHYS_PAGES) / 4 * 3)
		report_skip("%u pages of memory are not to be had", nr);
	must(uring_open(&r, 4), "io_uring_setup");
	iov.iov_base = mem_pages(nr);
	must(uring_register(r.ring_fd, &iov, 1), "register");
	report_ring("ring", r.ring_fd, 1);
	report_slot("ring", 0, &iov, nr, 1);
}

/* In as many processes as the limit of each makes it take. */
static void descriptors(unsigned int nr)
{
	struct iovec iov = { mem_pages(1), PAGE };
	struct rlimit files;
	struct io_uring r;
	unsigned int each;

	getrlimit(RLIMIT_NOFILE, &files);
	files.rlim_cur = files.rlim_max;
	setrlimit(RLIMIT_NOFILE, &files);
	must(uring_open(&r, 4), "io_uring_setup");
	must(uring_register(r.ring_fd, &iov, 1), "register");
	for (each = 1; each < nr && dup(r.ring_fd) >= 0; each++)
		;
	for (unsigned int done = each; done < nr; done += each) {
		if (!must(fork(), "fork")) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			for (;;)
				pause();
		}
	}
	report_ring("ring", r.ring_fd, 1);
}

static void become(uid_t uid)
{
	must(setgroups(0, NULL), "no groups");
	must(setresgid(uid, uid, uid), "another group");
	must(setresuid(uid, uid, uid), "another user");
	prctl(PR_SET_PDEATHSIG, SIGKILL);
}

static void clones(unsigned int nr)
{
	struct rlimit files = { nr + 64, nr + 64 };
	struct iovec *iov = calloc(TABLE, sizeof(*iov));
	char *p = mem_huge();
	struct io_uring r, to;

	if (!p)
		report_skip("there is no huge page");
	must(setrlimit(RLIMIT_NOFILE, &files), "more descriptors");
	become(HOSTILE);
	must(uring_open(&r, 1), "io_uring_setup");
	for (unsigned int i = 0; i < TABLE; i++)
		iov[i] = (struct iovec){ p + i % (THP / PAGE) * PAGE, PAGE };
	must(uring_register(r.ring_fd, iov, TABLE), "register");
	for (unsigned int i = 1; i < nr; i++) {
		must(uring_open(&to, 1), "io_uring_setup");
		if (uring_clone(to.ring_fd, r.ring_fd, 0, 0, 0, 0) < 0)
			report_skip("this kernel clones no tables");
	}
	report("ring.fd=%d", r.ring_fd);
	free(iov);
}

static void heirs(unsigned int nr)
{
	struct io_uring r;

	become(HOSTILE);
	for (unsigned int i = 0; i < HEIRLOOMS; i++)
		must(uring_open(&r, 1), "io_uring_setup");
	for (unsigned int i = 0; i < nr; i++) {
		pid_t pid = fork();

		if (pid < 0)
			report_skip("%u processes are not to be had", nr);
		if (pid)
			continue;
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			pause();
	}
}

static void spans(unsigned int nr)
{
	struct iovec *iov = calloc(nr, sizeof(*iov));
	char *p = mem_huge();
	struct io_uring r;

	if (!p)
		report_skip("there is no huge page");
	become(HOSTILE);
	must(uring_open(&r, 1), "io_uring_setup");
	for (unsigned int i = 0; i < nr; i++)
		iov[i] = (struct iovec){ p, THP };
	must(uring_register(r.ring_fd, iov, nr), "register");
	free(iov);
}

/* One of a namespace's users, in a process of its own: parts of a huge page, or all of it. */
static void subuser(uid_t uid, unsigned int nr, size_t len)
{
	struct iovec *iov = calloc(TABLE, sizeof(*iov));
	char *p = mem_huge();
	struct io_uring r;

	must(setresgid(uid, uid, uid), "another group");
	must(setresuid(uid, uid, uid), "another user");
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	must(uring_open(&r, 1), "io_uring_setup");
	for (unsigned int i = 0; i < TABLE; i++)
		iov[i] = (struct iovec){ p + i * PAGE % (THP - len + PAGE), len };
	must(p ? uring_register(r.ring_fd, iov, nr) : -ENOMEM, "register");
}

static void map_ids(pid_t pid, const char *of)
{
	static const char map[] = "0 200000 65536";
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, of);
	fd = must(open(path, O_WRONLY | O_CLOEXEC), path);
	must(write(fd, map, strlen(map)), path);
	close(fd);
}

/* We write the map, as newuidmap does for who has the range in /etc/subuid. */
static void subusers(unsigned int nr, unsigned int buffers, size_t len)
{
	int made[2], mapped[2], ready[2];
	pid_t child;
	char c;

	must(pipe(made), "pipe");
	must(pipe(mapped), "pipe");
	must(pipe(ready), "pipe");
	child = must(fork(), "fork");
	if (!child) {
		become(HOSTILE);
		if (unshare(CLONE_NEWUSER) && write(ready[1], "n", 1) == 1)
			_exit(0);
		must(write(made[1], "", 1), "made");
		must(read(mapped[0], &c, 1), "mapped");
		must(setresgid(0, 0, 0), "the namespace's root");
		must(setresuid(0, 0, 0), "the namespace's root");
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (unsigned int i = 1; i <= nr; i++) {
			if (must(fork(), "fork"))
				continue;
			subuser(i, buffers, len);
			must(write(ready[1], "y", 1), "ready");
			for (;;)
				pause();
		}
		for (;;)
			pause();
	}
	close(made[1]);
	if (read(made[0], &c, 1) != 1)
		report_skip("users may make no namespaces of users");
	map_ids(child, "uid_map");
	map_ids(child, "gid_map");
	must(write(mapped[1], "", 1), "mapped");
	for (unsigned int i = 0; i < nr; i++)
		must(read(ready[0], &c, 1), "ready");
}

static atomic_bool stop;

static struct io_uring table_ring;

static void *tables(void *arg)
{
	unsigned int nr = *(unsigned int *)arg;
	struct iovec *iov = calloc(nr, sizeof(*iov));
	char *p = mem_pages(nr);

	for (unsigned int i = 0; i < nr; i++)
		iov[i] = (struct iovec){ p + i * PAGE, PAGE };
	/* it may fail while rings that close are still charged: that is an event, too */
	while (!stop)
		if (!uring_register(table_ring.ring_fd, iov, nr))
			uring_unregister(table_ring.ring_fd);
	free(iov);
	return NULL;
}

static void events(unsigned int nr, uid_t uid)
{
	pthread_t thread;
	struct io_uring r;
	pid_t child, parent = getpid();

	become(uid);
	/* rings of an earlier flood are charged until they are freed, which others can hold up */
	while (uring_open(&table_ring, 1) == -ENOMEM)
		usleep(10000);
	/* closed rings would fill the account of who calls as the same user */
	child = uid == HOSTILE ? must(fork(), "fork") : -1;
	if (!child) {
		/* not inherited from us; we may have ended by now */
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		close(table_ring.ring_fd);
	}
	/* no faster than the kernel frees them: what is left of very many holds up who ends then */
	while (!child && getppid() == parent) {
		if (!uring_open(&r, 1))
			close(r.ring_fd);
		usleep(100);
	}
	if (!child)
		_exit(0);
	pthread_create(&thread, NULL, tables, &nr);
	report_ready();
	stop = true;
	pthread_join(thread, NULL);
	if (child > 0)
		kill(child, SIGKILL);
}

static void calls(unsigned int nr)
{
	struct iovec iov = { mem_pages(1), PAGE };
	struct io_uring r;

	become(SOMEBODY);
	must(uring_open(&r, 1), "io_uring_setup");
	report_ready();
	for (unsigned int i = 0; i < nr; i++) {
		must(uring_register(r.ring_fd, &iov, 1), "register");
		must(uring_unregister(r.ring_fd), "unregister");
	}
}

int main(int argc, char **argv)
{
	unsigned int nr;

	report_init(&argc, argv);
	nr = argc == 3 ? strtoul(argv[2], NULL, 0) : 0;
	if (nr && (!strcmp(argv[1], "events") || !strcmp(argv[1], "floods"))) {
		events(nr, argv[1][0] == 'e' ? HOSTILE : SOMEBODY);
		return 0;
	}
	if (nr && !strcmp(argv[1], "calls")) {
		calls(nr);
		return 0;
	}
	if (nr && (!strcmp(argv[1], "buffers") || !strcmp(argv[1], "small")))
		buffers(nr);
	else if (nr && !strcmp(argv[1], "rings"))
		rings(nr);
	else if (nr && !strcmp(argv[1], "tables"))
		full_tables(nr);
	else if (nr && nr <= TABLE && !strcmp(argv[1], "sparse"))
		sparse_tables(nr);
	else if (nr && !strcmp(argv[1], "pages"))
		pages(nr);
	else if (nr && !strcmp(argv[1], "descriptors"))
		descriptors(nr);
	else if (nr && !strcmp(argv[1], "clones"))
		clones(nr);
	else if (nr && !strcmp(argv[1], "heirs"))
		heirs(nr);
	else if (nr && !strcmp(argv[1], "spans"))
		spans(nr);
	else if (nr && !strcmp(argv[1], "subusers"))
		subusers(nr, TABLE, PAGE);
	else if (nr && !strcmp(argv[1], "subspans"))
		subusers(nr, SPANS, THP);
	else
		return 2;
	/* root registers more than a user may lock */
	if (!strcmp(argv[1], "small"))
		become(SOMEBODY);
	report("nr=%u", nr);
	report_ready();
	return 0;
}
