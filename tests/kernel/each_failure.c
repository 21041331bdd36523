// SPDX-License-Identifier: GPL-2.0
/*
 * each_failure: lets the first allocation or copy of a call fail, then the second, and
 * so on until one is not reached any more. After each the call has done all of its work or
 * none: VmPin says so. In the end nothing is pinned, charged or leaked. Root, for the guest.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "lib/charge.h"
#include "lib/inject.h"
#include "lib/leaks.h"
#include "memory.h"
#include "base/own_ring.h"
#include "tap.h"
#include "witness.h"

#define UID		70011
#define LIMIT_PAGES	4099UL
#define SLOTS		5
#define MANY_PAGES	1031	/* a description of more than a page */
#define BOUND		2000
/* no more is learned from more, and each takes seconds */
#define ENOUGH_WRONG	3

static struct ring_raw ring, other;
static char *small, *huge;
static int zero_fd, nth_fd;

static int register_table(void)
{
	/* small pages, a part of a huge page, an empty slot, another part, many pages */
	struct iovec v[SLOTS] = {
		{ small + 100, 3 * PAGE }, { huge + PAGE, 7 * PAGE }, { 0 },
		{ huge + 31 * PAGE, 11 * PAGE }, { small + 5 * PAGE, (MANY_PAGES - 5) * PAGE },
	};
	__u64 tags[SLOTS] = { 1, 2, 0, 4, 5 };
	struct ring_rsrc_register rr = {
		.nr = SLOTS, .data = (uintptr_t)v, .tags = (uintptr_t)tags,
	};

	return ring_raw_register(&ring, IORING_REGISTER_BUFFERS2, &rr, sizeof(rr));
}

static int register_plain(void)
{
	struct iovec v[2] = { { small, MANY_PAGES * PAGE }, { huge, THP } };

	return ring_raw_register_buffers(&ring, v, 2);
}

static int register_sparse(void)
{
	struct ring_rsrc_register rr = { .nr = 1021, .flags = RING_REGISTER_SPARSE };

	return ring_raw_register(&ring, IORING_REGISTER_BUFFERS2, &rr, sizeof(rr));
}

static int update(void)
{
	struct iovec v = { huge + 3 * PAGE, THP / 2 };
	__u64 tag = 7;

	return ring_raw_update_buffers(&ring, 0, &v, &tag, 1);
}

static int clone_table(void)
{
	return ring_raw_clone_buffers(&other, &ring, 0, 0);
}

static int unregister(void)
{
	return ring_raw_unregister_buffers(&ring);
}

static int nothing(void)
{
	return 0;
}

/* A ring of its own from beginning to end, and a read into its buffer */
static int life(void)
{
	struct iovec v = { huge, 17 * PAGE };
	struct ring_raw r;
	int ret = ring_raw_open(&r, 8, 0);

	if (ret)
		return ret;
	ret = ring_raw_register_buffers(&r, &v, 1);
	if (!ret)
		ret = ring_raw_rw(&r, IORING_OP_READ_FIXED, zero_fd, huge, 8 * PAGE, 0, 0);
	ring_raw_close(&r);
	return ret < 0 ? ret : 0;
}

/* What a call that works adds to VmPin, in pages; before is what prepare() left. */
static const struct call {
	const char *name;
	int (*prepare)(void);
	int (*call)(void);
	long gain, before;
} calls[] = {
	{ "register with tags", nothing, register_table, 4 + 512 + MANY_PAGES - 5, 0 },
	{ "register", nothing, register_plain, MANY_PAGES + 512, 0 },
	{ "register a sparse table", nothing, register_sparse, 0, 0 },
	{ "update", register_table, update, -4, 4 + 512 + MANY_PAGES - 5 },
	{ "clone", register_table, clone_table, 0, 4 + 512 + MANY_PAGES - 5 },
	{ "unregister", register_plain, unregister, -MANY_PAGES - 512, MANY_PAGES + 512 },
	{ "a ring's life", nothing, life, 0, 0 },
};

static long pinned(long want)
{
	return witness_await_kb(getpid(), "VmPin", want * 4, 5000) / 4;
}

/* One failure. Whether the n-th was reached; what is wrong goes to *wrong. */
static bool fail_nth(const struct call *c, unsigned int n, unsigned int *failed,
		     unsigned int *wrong)
{
	long want = c->before, now;
	struct io_uring_cqe tag;
	bool reached;
	int ret;

	if (c->prepare() || pinned(c->before) != c->before || !inject_nth(nth_fd, n))
		bail("%s, %u: cannot begin", c->name, n);
	ret = c->call();
	reached = inject_nth_end(nth_fd);
	if (ret >= 0)
		want += c->gain;
	now = pinned(want);
	if (now != want || (ret < 0 && !reached)) {
		note("failure %u%s: result %d, %ld pages pinned, not %ld", n,
		     reached ? "" : " (not reached)", ret, now, want);
		++*wrong;
	}
	*failed += ret < 0;
	ring_raw_unregister_buffers(&ring);
	ring_raw_unregister_buffers(&other);
	while (ring_raw_take(&ring, &tag))
		;
	if (pinned(0)) {
		note("failure %u: %ld pages stay pinned", n, pinned(0));
		++*wrong;
	}
	return reached;
}

static void each(const struct call *c)
{
	unsigned int n = 1, failed = 0, wrong = 0;

	while (n < BOUND && wrong < ENOUGH_WRONG && fail_nth(c, n, &failed, &wrong))
		n++;
	note("%s: %u failures, %u of them failed the call", c->name, n - 1, failed);
	ok(n < BOUND, "%s: comes to its end", c->name);
	if (c->call == unregister)
		is(n, 1, "%s: takes no memory", c->name);
	else
		ok(failed, "%s: some fail the call", c->name);
	is(wrong, 0, "%s: the work is done or undone after each", c->name);
}

int main(void)
{
	/* what is not asked for does not fail; what may wait, and small ones, may */
	bool slab = inject_some("failslab", 0), pages = inject_some("fail_page_alloc", 0);
	long long before = witness_pins_at_rest(), after = -1;

	nth_fd = inject_nth_open();
	if (!slab || !pages || nth_fd < 0)
		skip_all("this kernel injects no failures");
	leaks_forget();
	small = mem_pages(MANY_PAGES);
	huge = mem_huge();
	zero_fd = open("/dev/zero", O_RDONLY | O_CLOEXEC);
	if (!huge || zero_fd < 0)
		bail("no huge page, or no /dev/zero");
	if (!charge_user(UID, LIMIT_PAGES, true))
		bail("cannot be another user");
	if (ring_raw_open(&ring, 8, 0) || ring_raw_open(&other, 8, 0))
		bail("no ring");
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		each(&calls[i]);
	ring_raw_close(&ring);
	ring_raw_close(&other);
	is(charge_left(LIMIT_PAGES, 5000), 0, "nothing is charged to the user");
	if (!charge_root())
		bail("cannot be root again");
	for (int i = 0; i < 500 && after != before; i++) {
		usleep(10000);
		after = witness_pins();
	}
	is(after, before, "every pin was given back");
	leaks_none();
	return tap_end();
}
