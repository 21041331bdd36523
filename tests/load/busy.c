// SPDX-License-Identifier: GPL-2.0
/*
 * A process whose rings never rest. bypass: a huge page is pinned without a charge, while a call on
 * another ring fails every 10 ms. clones: a buffer with stale pages is cloned into a new ring every
 * 5 ms, and the old ring closed. moving: nothing is wrong, but the buffer that bears the charge of a
 * huge page, of which a ring that rests holds another part, is cloned from ring to ring.
 */
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "load_report.h"
#include "memory.h"
#include "witness.h"

#define OLD_RELEASE_US 1500000	/* up to 6.3 what was dropped is released a second later */

static struct io_uring r, other;
static struct iovec iov[2];

/* A ring with one slot, which holds nothing yet. */
static void open_empty(struct io_uring *ring)
{
	struct iovec none = { NULL, 0 };

	must(uring_open(ring, 4), "io_uring_setup");
	if (uring_register(ring->ring_fd, &none, 1))
		report_skip("this kernel takes no empty slot");
}

/* .r's buffer, in a new ring; the old one is closed. */
static bool move(struct io_uring *from)
{
	struct io_uring to;

	if (uring_open(&to, 4) || uring_clone(to.ring_fd, from->ring_fd, 0, 0, 0, 0))
		return false;
	io_uring_queue_exit(from);
	*from = to;
	return true;
}

static void *fail_calls(void *arg)
{
	for (;;) {
		uring_unregister(other.ring_fd);
		usleep(10000);
	}
	return arg;
}

static void *move_on(void *arg)
{
	while (move(arg))
		usleep(5000);
	_exit(1);
}

static void bypass(void)
{
	struct iovec none = { NULL, 0 };

	become_plain(4 * THP);
	must(uring_open(&r, 4), "io_uring_setup");
	must(uring_open(&other, 4), "io_uring_setup");
	must(uring_register(r.ring_fd, iov, 2), "register");
	if (uring_update(r.ring_fd, 0, &none, 1) != 1)
		report_skip("this kernel cannot empty a slot");
	usleep(OLD_RELEASE_US);
	if (!witness_await_kb(getpid(), "VmPin", 0, 100))
		report_expect("uncharged-pin", THP / PAGE);
}

static void clones(void)
{
	must(uring_open(&r, 4), "io_uring_setup");
	iov[0] = (struct iovec){ mem_pages(17), 17 * PAGE };
	must(uring_register(r.ring_fd, iov, 1), "register");
	madvise((char *)iov[0].iov_base + 5 * PAGE, 3 * PAGE, MADV_DONTNEED);
	mem_touch((char *)iov[0].iov_base + 5 * PAGE, 3);
	report_expect("stale-page", 3);
}

static void moving(void)
{
	struct iovec none = { NULL, 0 };

	open_empty(&other);
	must(uring_open(&r, 4), "io_uring_setup");
	must(uring_register(r.ring_fd, iov, 2), "register");
	if (uring_clone(other.ring_fd, r.ring_fd, 1, 0, 1, CLONE_DST_REPLACE))
		report_skip("this kernel clones no single buffers");
	must(uring_update(r.ring_fd, 1, &none, 1), "update");
}

int main(int argc, char **argv)
{
	const char *mode;
	pthread_t t;
	char *p;

	report_init(&argc, argv);
	mode = argv[1] ? argv[1] : "bypass";
	p = mem_huge();
	if (!p && strcmp(mode, "clones"))
		report_skip("no transparent huge page to be had");
	iov[0] = (struct iovec){ p, PAGE };
	iov[1] = (struct iovec){ p + THP / 2, PAGE };
	if (!strcmp(mode, "bypass"))
		bypass();
	else if (!strcmp(mode, "clones"))
		clones();
	else
		moving();
	if (strcmp(mode, "bypass") && !move(&r))
		report_skip("this kernel clones no buffers");
	must(-pthread_create(&t, NULL, strcmp(mode, "bypass") ? move_on : fail_calls, &r),
	     "pthread_create");
	report_ready();
	_exit(0);
}
