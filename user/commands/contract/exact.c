// SPDX-License-Identifier: GPL-2.0
/* C10: both charges, the user's and the mm's, against what is pinned. */
#include <errno.h>
#include <string.h>
#include "capture/kernel.h"
#include "commands/contract/contract.h"

/* Room for the charge of two rings that share a huge page, and some. */
static void start(void)
{
	user_start(3 * huge_page_bytes() / page_bytes);
}

/* What is charged now; fails when the two charges do not agree. */
static long charge(const char *when)
{
	long mm = mm_pages(), user;

	if (mm < 0)
		fails("%s: charge %ld pages (underflow)", when, mm);
	user = user_pages(mm);
	if (user != mm && own_user)
		not_tried("this user locks memory elsewhere at the same time");
	if (user != mm)
		fails("%s: user charged %ld pages, mm %ld", when, user, mm);
	return mm;
}

static void exactly(const char *when, long pinned)
{
	long now = charge(when);

	if (now != pinned)
		fails("%s: charge %ld pages, pinned %ld", when, now, pinned);
}

static void drop(struct ring_raw *r)
{
	want("unregister", ring_raw_unregister_buffers(r), 0);
}

static void small_buffer(size_t offset, size_t len, long pages)
{
	struct ring_raw r;
	char *p = small_pages(8);
	struct iovec v = iov(p + offset, len);

	ring_new(&r);
	start();
	want_charged("register", ring_raw_register_buffers(&r, &v, 1), 0);
	exactly("registered", pages);
	drop(&r);
	exactly("dropped", 0);
}

static void aligned(void)
{
	small_buffer(0, 5 * page_bytes, 5);
}

static void unaligned(void)
{
	small_buffer(page_bytes - 1, page_bytes + 2, 3);
}

static void neighbours(void)
{
	char *p = small_pages(1);
	struct iovec v[2] = { iov(p, 100), iov(p + 100, 100) };
	struct ring_raw r;
	long both;

	ring_new(&r);
	start();
	want_charged("register", ring_raw_register_buffers(&r, v, 2), 0);
	both = charge("registered");
	if (both < 1 || both > 2)
		fails("charge %ld pages, pinned 1", both);
	drop(&r);
	exactly("dropped", 0);
	if (both == 2)
		holds("charged per buffer: 2 pages for 1, which is allowed");
}

static void closed(void)
{
	struct ring_raw r;
	struct iovec v = iov(small_pages(7), 7 * page_bytes);
	long left = 1;

	ring_new(&r);
	start();
	want_charged("register", ring_raw_register_buffers(&r, &v, 1), 0);
	exactly("registered", 7);
	ring_raw_close(&r);
	/* below zero: the memory of the ring itself, where that is charged */
	for (unsigned int t = 0; t < 2000 && left > 0; t += 10) {
		sleep_ms(10);
		left = user_pages(0);
	}
	if (left > 0)
		fails("%ld pages charged 2 s after close()", left);
	want("VmPin pages", wait_mm_pages(0, 2000), 0);
}

static void huge_once(void)
{
	long huge = huge_page_bytes() / page_bytes;
	char *p = huge_page();
	struct iovec v[3] = { iov(p, page_bytes), iov(p + 9 * page_bytes, 5),
			      iov(p, huge * page_bytes) };
	struct ring_raw r;

	ring_new(&r);
	start();
	want_charged("register", ring_raw_register_buffers(&r, v, 3), 0);
	exactly("three buffers in it", huge);
	drop(&r);
	exactly("dropped", 0);
}

/*
 * Two buffers in a huge page, then the first dropped. The small one that goes in
 * the same call shows when that is done: before 6.4 it takes up to a second.
 */
static void first_dropped(void)
{
	long huge = huge_page_bytes() / page_bytes, seen;
	char *p = huge_page();
	struct iovec v[3] = { iov(p, page_bytes), iov(small_pages(1), page_bytes),
			      iov(p + 9 * page_bytes, page_bytes) };
	struct iovec none[2] = { iov(NULL, 0), iov(NULL, 0) };
	struct ring_raw r;
	int ret;

	ring_new(&r);
	start();
	want_charged("register", ring_raw_register_buffers(&r, v, 3), 0);
	exactly("registered", huge + 1);
	ret = ring_raw_update_buffers(&r, 0, none, NULL, 2);
	if (ret == -EINVAL)
		absent("no BUFFERS_UPDATE before 5.13");
	want_charged("update", ret, 2);
	seen = mm_pages();
	for (unsigned int t = 0; t < 2000 && seen > 0 && seen != huge; t += 5) {
		sleep_ms(5);
		seen = mm_pages();
	}
	if (seen != huge)
		fails("charge %ld pages, pinned %ld", seen, huge);
	exactly("first dropped", huge);
	drop(&r);
	exactly("dropped", 0);
}

static void two_rings(void)
{
	long huge = huge_page_bytes() / page_bytes, both;
	char *p = huge_page();
	struct iovec v[2] = { iov(p, page_bytes), iov(p + 9 * page_bytes, page_bytes) };
	struct ring_raw r[2];

	ring_new(&r[0]);
	ring_new(&r[1]);
	start();
	want_charged("register", ring_raw_register_buffers(&r[0], &v[0], 1), 0);
	want_charged("register", ring_raw_register_buffers(&r[1], &v[1], 1), 0);
	both = charge("registered");
	if (both < huge || both > 2 * huge)
		fails("charge %ld pages, pinned %ld", both, huge);
	drop(&r[0]);
	exactly("first ring dropped", huge);
	drop(&r[1]);
	exactly("dropped", 0);
	if (both != huge)
		differs("%ld pages for %ld: once per ring, as stock kernels do", both, huge);
}

/* Ring 0 registers two buffers in a huge page, ring 1 clones from the given one on. */
static void cloned(struct ring_raw r[2], unsigned int from, unsigned int nr)
{
	char *p = huge_page();
	struct iovec v[2] = { iov(p, page_bytes), iov(p + 9 * page_bytes, page_bytes) };
	int ret;

	ring_new(&r[0]);
	ring_new(&r[1]);
	start();
	want_charged("register", ring_raw_register_buffers(&r[0], v, 2), 0);
	ret = ring_raw_clone_buffers(&r[1], &r[0], from, nr);
	if (ret == -EINVAL)
		absent("no CLONE_BUFFERS%s", nr ? " of a part before 6.13" : " before 6.12");
	want_charged("clone", ret, 0);
}

static void whole_clone(void)
{
	long huge = huge_page_bytes() / page_bytes;
	struct ring_raw r[2];

	cloned(r, 0, 0);
	exactly("cloned", huge);
	drop(&r[0]);
	exactly("source dropped", huge);
	drop(&r[1]);
	exactly("dropped", 0);
}

/*
 * From 7.2 (df0a52537c0f) huge pages are charged per ring (io_ring_ctx.hpage_acct), where buffers
 * do not say in which (io_mapped_ubuf.acct, patches/7.3) to that which drops them.
 */
static bool may_end_below_zero(void)
{
	return kern_has_member("io_ring_ctx", "hpage_acct") &&
	       !kern_has_member("io_mapped_ubuf", "acct");
}

static void partial_clone(void)
{
	long huge = huge_page_bytes() / page_bytes, seen;
	struct ring_raw r[2];

	if (may_end_below_zero())
		not_tried("where charges are kept per ring (from 7.2) they can end below zero");
	cloned(r, 1, 1);
	exactly("cloned", huge);
	drop(&r[0]);
	seen = mm_pages();
	drop(&r[1]);
	if (seen != huge)
		fails("charge %ld pages, pinned %ld", seen, huge);
	exactly("dropped", 0);
}

const struct check checks_exact[] = {
	{ "C10", "aligned pages", aligned, AS_USER },
	{ "C10", "unaligned range", unaligned, AS_USER },
	{ "C10", "two buffers in a small page", neighbours, AS_USER },
	{ "C10", "nothing left after close", closed, AS_USER },
	{ "C10", "a huge page once per ring", huge_once, AS_USER },
	{ "C10", "huge page, first of two buffers dropped", first_dropped, AS_USER },
	{ "C10", "huge page shared by two rings", two_rings, AS_USER },
	{ "C10", "huge page cloned, source dropped", whole_clone, AS_USER },
	{ "C10", "huge page cloned in part, source dropped", partial_clone, AS_USER },
	{ NULL, NULL, NULL, 0 },
};
