// SPDX-License-Identifier: GPL-2.0
/* C7 to C9: how much is taken, and that a refusal leaves nothing behind. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/alloc.h"
#include "commands/contract/contract.h"

#define LIMIT		16	/* pages */
#define MAX_BUFFERS	16384
#define SECOND_DONE	41	/* exit status */

/* ---- C7 ---- */

/* From 6.14 to 7.1 the ring's own memory counts as well. */
static size_t ring_cost(const struct ring_raw *r)
{
	struct ring_raw other;
	int ret;

	limit_pages(0);
	ret = ring_raw_open(&other, 8, 0);
	ring_raw_close(&other);
	if (ret && ret != -ENOMEM)
		not_tried("no ring: %s", result_name(ret));
	return ret ? r->memory_bytes / page_bytes : 0;
}

/* The limit holds LIMIT pages beside nr rings. */
static size_t limited_rings(struct ring_raw *r, unsigned int nr)
{
	size_t cost;

	limit_pages(LIMIT + 16);
	for (unsigned int i = 0; i < nr; i++)
		ring_new(&r[i]);
	cost = nr * ring_cost(r);
	limit_pages(LIMIT + cost);
	return cost;
}

/* Must fit; what a ring of ours that was just closed still holds, ends soon. */
static void takes(struct ring_raw *r, void *base, size_t len)
{
	int ret = register_one(r, base, len);

	for (unsigned int t = 0; ret == -ENOMEM && own_user && t < 500; t += 10) {
		sleep_ms(10);
		ret = register_one(r, base, len);
	}
	if (ret == -ENOMEM && own_user)
		not_tried("this user has locked memory elsewhere");
	want("register up to the limit", ret, 0);
}

static void up_to_limit(void)
{
	char *p = small_pages(LIMIT);
	struct ring_raw r;
	size_t cost = limited_rings(&r, 1);

	takes(&r, p, LIMIT * page_bytes);
	want("VmPin pages", mm_pages(), LIMIT);
	if (cost)
		differs("the ring's own %zu pages count too, as from 6.14 to 7.1", cost);
}

static void over_limit(void)
{
	char *p = small_pages(LIMIT + 1);
	struct ring_raw r;

	limited_rings(&r, 1);
	want_charged("register", register_one(&r, p, (LIMIT + 1) * page_bytes), -ENOMEM);
	want("VmPin pages", mm_pages(), 0);
	want("unregister", ring_raw_unregister_buffers(&r), -ENXIO);
	takes(&r, p, LIMIT * page_bytes);
	want("VmPin pages", mm_pages(), LIMIT);
}

static void two_rings(void)
{
	char *p = small_pages(LIMIT + 1);
	struct ring_raw r[2];

	limited_rings(r, 2);
	takes(&r[0], p, (LIMIT - 3) * page_bytes);
	want("second ring", register_one(&r[1], p + (LIMIT - 3) * page_bytes, 4 * page_bytes),
	     -ENOMEM);
	takes(&r[1], p + (LIMIT - 3) * page_bytes, 3 * page_bytes);
	want("unregister", ring_raw_unregister_buffers(&r[0]), 0);
	want("VmPin pages", mm_pages(), 3);
}

static void two_processes(void)
{
	char *p = small_pages(LIMIT);
	struct ring_raw r[2];
	int status;
	pid_t pid;

	limited_rings(r, 2);
	pid = fork();
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		/* leaves its verdict only when it is not that it holds */
		takes(&r[0], p, (LIMIT - 3) * page_bytes);
		_exit(SECOND_DONE);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		not_tried("no second process: %s", strerror(errno));
	if (WEXITSTATUS(status) != SECOND_DONE)
		_exit(0);
	want("first process", register_one(&r[1], p, 4 * page_bytes), -ENOMEM);
	takes(&r[1], p, 3 * page_bytes);
}

static void unlimited(void)
{
	struct ring_raw r;

	limit_pages(LIMIT);
	ring_new(&r);
	want_charged("register", register_one(&r, small_pages(4 * LIMIT), 4 * LIMIT * page_bytes), 0);
}

/* ---- C8 ---- */

/*
 * Whether the kernel takes a buffer of this size, without the memory for it:
 * only its first page can be touched, so a kernel that does not refuse the size
 * brings that page in, fails at the second, and reports EFAULT as well.
 */
static bool size_taken(size_t size)
{
	char *p = mmap(NULL, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	unsigned char present = 0;
	struct ring_raw r;
	int ret;

	if (p == MAP_FAILED)
		not_tried("no room for addresses: %s", strerror(errno));
	madvise(p, size, MADV_NOHUGEPAGE);
	mprotect(p, page_bytes, PROT_READ | PROT_WRITE);
	ring_new(&r);
	ret = register_one(&r, p, size);
	if (ret != -EFAULT && ret != -EINVAL)
		fails("register: %s, not EFAULT", result_name(ret));
	if (mincore(p, page_bytes, &present))
		not_tried("mincore: %s", strerror(errno));
	return present & 1;
}

static void one_gib(void)
{
	if (!size_taken(1UL << 30))
		fails("refused for its size");
}

static void over_one_gib(void)
{
	if (size_taken((1UL << 30) + page_bytes))
		differs("up to 1 TiB is accepted, as kernels from 7.2 do");
}

static void over_one_tib(void)
{
	if (size_taken((1UL << 40) + page_bytes))
		fails("accepted");
}

static int register_many(unsigned int nr)
{
	struct iovec *v = must_alloc(nr, sizeof(*v));
	char *p = small_pages(1);
	struct ring_raw r;
	int ret;

	for (unsigned int i = 0; i < nr; i++)
		v[i] = iov(p, page_bytes);
	ring_new(&r);
	ret = ring_raw_register_buffers(&r, v, nr);
	if (ret == -ENOMEM)
		not_tried("needs RLIMIT_MEMLOCK of %zu MiB, or root", nr * page_bytes / MIB);
	if (!ret)
		want("last of them",
		     ring_raw_rw(&r, IORING_OP_READ_FIXED, memory_file(8), p, 8, 0, nr - 1), 8);
	return ret;
}

static void most_buffers(void)
{
	int ret = register_many(MAX_BUFFERS);

	if (ret == -EINVAL && !register_many(1024))
		differs("1024 at most, as kernels up to 5.12 do");
	want_charged("register", ret, 0);
}

static void too_many_buffers(void)
{
	want_charged("register", register_many(MAX_BUFFERS + 1), -EINVAL);
}

static void refused(void *base, size_t len, unsigned int nr, int expected)
{
	struct iovec v = iov(base, len);
	struct ring_raw r;

	ring_new(&r);
	want_charged("register", ring_raw_register_buffers(&r, &v, nr), expected);
	want("unregister", ring_raw_unregister_buffers(&r), -ENXIO);
}

static void no_buffers(void)
{
	refused(small_pages(1), page_bytes, 0, -EINVAL);
}

static void no_length(void)
{
	refused(small_pages(1), 0, 1, -EFAULT);
}

static void no_address(void)
{
	refused(NULL, page_bytes, 1, -EFAULT);
}

static void wraps(void)
{
	refused((void *)(-2 * page_bytes), 4 * page_bytes, 1, -EOVERFLOW);
}

/* ---- C9 ---- */

static void undone(struct ring_raw *r, const struct iovec *v, unsigned int nr, int error)
{
	int fd = memory_file(page_bytes);

	want_charged("register", ring_raw_register_buffers(r, v, nr), error);
	want("VmPin pages", mm_pages(), 0);
	want("unregister", ring_raw_unregister_buffers(r), -ENXIO);
	want("READ_FIXED", ring_raw_rw(r, IORING_OP_READ_FIXED, fd, v[0].iov_base, 1, 0, 0),
	     -EFAULT);
}

static void bad_last(void)
{
	char *p = small_pages(3);
	struct iovec v[4] = { iov(p, page_bytes), iov(p + page_bytes, page_bytes),
			      iov(p + 2 * page_bytes, page_bytes), iov(p + 9, 0) };
	struct ring_raw r;

	ring_new(&r);
	user_start(2 * LIMIT);
	undone(&r, v, 4, -EFAULT);
	want("pages charged to the user", user_pages(0), 0);
	want_charged("register without it", ring_raw_register_buffers(&r, v, 3), 0);
}

static void unmapped_last(void)
{
	char *p = small_pages(4);
	struct iovec v[2] = { iov(p, 2 * page_bytes), iov(p + 2 * page_bytes, 2 * page_bytes) };
	struct ring_raw r;

	ring_new(&r);
	user_start(2 * LIMIT);
	munmap(p + 3 * page_bytes, page_bytes);
	undone(&r, v, 2, -EFAULT);
	want("pages charged to the user", user_pages(0), 0);
}

static void limit_midway(void)
{
	size_t half = LIMIT / 2 * page_bytes;
	char *p = small_pages(2 * LIMIT);
	struct iovec v[3] = { iov(p, half), iov(p + half, 2 * half), iov(p + 3 * half, 8) };
	struct ring_raw r;

	limited_rings(&r, 1);
	undone(&r, v, 3, -ENOMEM);
	takes(&r, p, LIMIT * page_bytes);
}

static void bad_array(void)
{
	char *p = small_pages(2);
	struct iovec *v = (void *)(p + page_bytes - sizeof(*v));
	struct ring_raw r;

	*v = iov(p, 8);
	ring_new(&r);
	munmap(p + page_bytes, page_bytes);
	undone(&r, v, 2, -EFAULT);
}

const struct check checks_limits[] = {
	{ "C7", "16 pages under a limit of 16 pages", up_to_limit, AS_USER },
	{ "C7", "one page more -> ENOMEM, nothing stays", over_limit, AS_USER },
	{ "C7", "two rings of a user share the limit", two_rings, AS_USER },
	{ "C7", "two processes of a user share the limit", two_processes, AS_USER },
	{ "C7", "no limit with CAP_IPC_LOCK", unlimited, UNLIMITED },
	{ "C8", "1 GiB is accepted", one_gib, AS_STARTED },
	{ "C8", "1 GiB and a page is refused", over_one_gib, AS_STARTED },
	{ "C8", "1 TiB and a page is refused", over_one_tib, AS_STARTED },
	{ "C8", "16384 buffers", most_buffers, AS_STARTED },
	{ "C8", "16385 buffers -> EINVAL", too_many_buffers, AS_STARTED },
	{ "C8", "no buffers -> EINVAL", no_buffers, AS_STARTED },
	{ "C8", "address without length -> EFAULT", no_length, AS_STARTED },
	{ "C8", "length without address -> EFAULT", no_address, AS_STARTED },
	{ "C8", "wrapping range -> EOVERFLOW", wraps, AS_STARTED },
	{ "C9", "last entry empty: all undone", bad_last, AS_USER },
	{ "C9", "last entry unmapped: all undone", unmapped_last, AS_USER },
	{ "C9", "limit reached midway: all undone", limit_midway, AS_USER },
	{ "C9", "array half unreadable: all undone", bad_array, AS_USER },
	{ NULL, NULL, NULL, 0 },
};
