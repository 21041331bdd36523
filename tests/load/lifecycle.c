// SPDX-License-Identifier: GPL-2.0
/*
 * Every call that concerns registered buffers, a prime number of times each,
 * also each way to be refused. Says count.CALL.RESULT for all of them, and the
 * refusals in their order as fail.N=CAUSE and fail.N.errno.
 */
#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>
#include "load_report.h"
#include "memory.h"
#include "witness.h"

#define NR	3	/* buffers of a set */
#define SETS	8
#define UPDATES	5
#define CLONES	3
#define TMPFS_MAGIC_ 0x01021994

static struct call_count {
	char call[16], result[24];
	unsigned int nr;
} call_counts[64];

static unsigned int nr_fails, nr_rings;

static int count(const char *call, int ret)
{
	const char *result = ret < 0 ? errno_name(-ret) : "ok";
	struct call_count *t = call_counts;

	while (t->nr && (strcmp(t->call, call) || strcmp(t->result, result)))
		t++;
	snprintf(t->call, sizeof(t->call), "%s", call);
	snprintf(t->result, sizeof(t->result), "%s", result);
	t->nr++;
	return ret;
}

static void refused(const char *cause, const char *call, int ret)
{
	if (count(call, ret) >= 0) {
		report("not_refused=%s", cause);
		return;
	}
	report("fail.%u=%s", nr_fails, cause);
	report("fail.%u.call=%s", nr_fails, call);
	report("fail.%u.errno=%s", nr_fails++, errno_name(-ret));
}

static void open_ring(struct io_uring *r)
{
	must(uring_open(r, 4), "io_uring_setup");
	nr_rings++;
}

static void sets(struct io_uring *r, const struct iovec *iov)
{
	for (int i = 0; i < SETS; i++) {
		must(count("register", uring_register(r->ring_fd, iov, NR)), "register");
		must(count("unregister", uring_unregister(r->ring_fd)), "unregister");
	}
}

/* Puts two pages in place of what the slot holds, then one again. */
static void updates(struct io_uring *r, const struct iovec *iov)
{
	must(count("register", uring_register(r->ring_fd, iov, NR)), "register");
	for (int i = 0; i < UPDATES; i++) {
		struct iovec other = { iov[1].iov_base, (2 - i % 2) * PAGE };

		must(count("update", uring_update(r->ring_fd, 1, &other, 1)), "update");
	}
	for (int i = 0; i < 2; i++)
		refused("update-beyond", "update",
			uring_update(r->ring_fd, NR, iov, 1));
	must(count("unregister", uring_unregister(r->ring_fd)), "unregister");
}

static void clones(struct io_uring *r, const struct iovec *iov)
{
	must(count("register", uring_register(r->ring_fd, iov, NR)), "register");
	for (int i = 0; i < CLONES; i++) {
		struct io_uring to;
		int ret;

		open_ring(&to);
		ret = uring_clone(to.ring_fd, r->ring_fd, 0, 0, 0, 0);
		if (ret == -EINVAL) {
			refused("no-clone", "clone", ret);
		} else {
			must(count("clone", ret), "clone");
			/* the last set goes by closing its ring */
			if (i < CLONES - 1)
				must(count("unregister", uring_unregister(to.ring_fd)),
				     "unregister");
		}
		io_uring_queue_exit(&to);
	}
	must(count("unregister", uring_unregister(r->ring_fd)), "unregister");
}

static void many_times(const char *cause, int times, struct io_uring *r, const void *iov, int nr)
{
	for (int i = 0; i < times; i++)
		refused(cause, "register", uring_register(r->ring_fd, iov, nr));
}

static void shared_file(struct io_uring *r)
{
	struct iovec iov = { .iov_len = PAGE };
	struct statfs fs;
	bool direct;
	int fd = mem_file(PAGE, &direct);

	/* memory of tmpfs can be pinned */
	if (fd < 0 || fstatfs(fd, &fs) || fs.f_type == TMPFS_MAGIC_)
		return;
	iov.iov_base = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (iov.iov_base == MAP_FAILED)
		return;
	many_times("file", 3, r, &iov, 1);
}

static void refusals(struct io_uring *r, const struct iovec *iov)
{
	char *hole = mem_pages(3), *read_only = mem_pages(2);
	struct iovec bad[] = {
		{ hole, 3 * PAGE },
		{ read_only, 2 * PAGE },
		{ NULL, PAGE },
		{ hole, 0 },
		{ hole, (1UL << 40) + PAGE },
		{ (void *)(uintptr_t)-PAGE, 2 * PAGE },
	};

	munmap(hole + PAGE, PAGE);
	mprotect(read_only, 2 * PAGE, PROT_READ);
	many_times("unmapped", 5, r, &bad[0], 1);
	many_times("read-only", 3, r, &bad[1], 1);
	/* before bpf_find_vma() who traces us looks into /proc, a moment later */
	if (!witness_kernel(5, 17))
		usleep(200000);
	many_times("null", 2, r, &bad[2], 1);
	many_times("empty", 2, r, &bad[3], 1);
	many_times("too-long", 2, r, &bad[4], 1);
	many_times("wraps", 2, r, &bad[5], 1);
	many_times("unreadable", 2, r, (void *)8, 1);
	many_times("none", 3, r, iov, 0);
	shared_file(r);
	for (int i = 0; i < 5; i++)
		refused("nothing", "unregister", uring_unregister(r->ring_fd));
	must(count("register", uring_register(r->ring_fd, iov, NR)), "register");
	many_times("busy", 3, r, iov, NR);
	must(count("unregister", uring_unregister(r->ring_fd)), "unregister");
}

/* Runs as a thread that is another user: the raw system call changes this thread alone. */
static void *over_limit(void *arg)
{
	struct rlimit limit = { 16 * PAGE, 16 * PAGE };
	struct iovec iov = { mem_pages(257), 257 * PAGE };
	struct io_uring r;

	(void)arg;
	must(setrlimit(RLIMIT_MEMLOCK, &limit) ? -errno : 0, "setrlimit");
	must(syscall(SYS_setresuid, plain_uid(), plain_uid(), plain_uid()) ? -errno : 0, "setresuid");
	open_ring(&r);
	many_times("over-limit", 3, &r, &iov, 1);
	io_uring_queue_exit(&r);
	return NULL;
}

int main(int argc, char **argv)
{
	struct iovec iov[NR];
	struct io_uring r;
	pthread_t thread;
	char *p;

	report_init(&argc, argv);
	p = mem_pages(2 * NR);
	for (int i = 0; i < NR; i++)
		iov[i] = (struct iovec){ p + 2 * i * PAGE, PAGE };
	open_ring(&r);
	report_ring("ring", r.ring_fd, NR);
	sets(&r, iov);
	updates(&r, iov);
	clones(&r, iov);
	refusals(&r, iov);
	if (pthread_create(&thread, NULL, over_limit, NULL))
		return 1;
	pthread_join(thread, NULL);
	for (struct call_count *t = call_counts; t->nr; t++)
		report("count.%s.%s=%u", t->call, t->result, t->nr);
	report("fails=%u", nr_fails);
	report("rings=%u", nr_rings);
	for (int i = 0; i < NR; i++)
		report_slot("ring", i, &iov[i], 1, 1);
	report_ready();
	return 0;
}
