// SPDX-License-Identifier: GPL-2.0
/*
 * Three pages of a registered buffer are dropped, and a moment later, when it is told to, I/O of prime
 * numbers goes over the buffer, and over its neighbour; or what is right in its place:
 *   io_stale stale | again | after | healthy | vector | crowd | flood
 * stale: some of it over the three pages, some only over others; again: the buffers were registered
 * again after the pages were dropped; after: the same, but only after it was told to; healthy: nothing
 * is dropped. crowd: as stale, after one ring more than a user has room for had a stale page each, and was
 * closed, twice. vector: all pages are dropped, and READV_FIXED go over some. flood: those rings alone, by a user of its own without privileges.
 */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include "load_report.h"
#include "load_ring.h"
#include "memory.h"

#define CROWD	257	/* IO_USER_STALE_RINGS and one */

#define PAGES	7
#define FIRST	2	/* stale */
#define STALE	3

#define INTO	37	/* reads into a stale page */
#define EDGE	11	/* of which half a page is stale */
#define BESIDE	23	/* into another page of the buffer */
#define FROM	41	/* writes from a stale page */
#define BEFORE	13	/* the same, just before the pages are dropped */
#define OTHERS	29	/* of the other buffer */
#define VECTORS	19

static struct iovec iov[2];
static int cached, sink;

static void go(int op, unsigned int nr, unsigned int index, size_t at)
{
	while (nr--) {
		struct io_uring_sqe *sqe = request(op, op == IORING_OP_READ_FIXED ? cached : sink,
						   (char *)iov[index].iov_base + at, PAGE, 0);

		sqe->buf_index = index;
		finish(1);
	}
}

static void drop(void)
{
	char *p = (char *)iov[0].iov_base + FIRST * PAGE;

	must(madvise(p, STALE * PAGE, MADV_DONTNEED) ? -1 : 0, "madvise");
	mem_touch(p, STALE);
	report_expect("stale-page", STALE);
}

static void again(void)
{
	must(uring_unregister(ring.ring_fd), "unregister");
	must(uring_register(ring.ring_fd, iov, 2), "register");
}

static void vector(void)
{
	struct iovec part[2] = { { iov[0].iov_base, PAGE }, { (char *)iov[0].iov_base + FIRST * PAGE, PAGE } };

	if (!load_ring_has_op(OP_READV_FIXED))
		report_skip("this kernel has no READV_FIXED");
	report_before_fault();
	must(madvise(iov[0].iov_base, PAGES * PAGE, MADV_DONTNEED) ? -1 : 0, "madvise");
	mem_touch(iov[0].iov_base, PAGES);
	report_ready();
	for (int i = 0; i < VECTORS; i++) {
		request(OP_READV_FIXED, cached, part, 2, 0)->buf_index = 0;
		finish(1);
	}
	report("reads=%u", VECTORS);
	report("read_bytes=%lu", VECTORS * 2 * PAGE);
	report_ready();
}

static void do_io(void)
{
	go(IORING_OP_READ_FIXED, INTO, 0, (FIRST + 1) * PAGE);
	go(IORING_OP_READ_FIXED, EDGE, 0, FIRST * PAGE - PAGE / 2);
	go(IORING_OP_READ_FIXED, BESIDE, 0, 0);
	go(IORING_OP_WRITE_FIXED, FROM, 0, FIRST * PAGE);
	go(IORING_OP_READ_FIXED, OTHERS, 1, FIRST * PAGE);
	go(IORING_OP_WRITE_FIXED, OTHERS, 1, FIRST * PAGE);
}

static void crowd(void)
{
	static struct io_uring rings[CROWD];
	char *page = mem_pages(CROWD);

	for (int i = 0; i < CROWD; i++) {
		struct iovec one = { page + i * PAGE, PAGE };

		must(uring_open(&rings[i], 1), "io_uring_setup");
		must(uring_register(rings[i].ring_fd, &one, 1), "register");
	}
	must(madvise(page, CROWD * PAGE, MADV_DONTNEED) ? -errno : 0, "MADV_DONTNEED");
	mem_touch(page, CROWD);
	report_ready();
	for (int i = 0; i < CROWD; i++)
		io_uring_queue_exit(&rings[i]);
}

int main(int argc, char **argv)
{
	const struct io_uring_params plain = { 0 };
	const char *mode;

	report_init(&argc, argv);
	mode = argc > 1 ? argv[1] : "";
	if (!strcmp(mode, "flood")) {
		become_plain(8 << 20);
		crowd();
		return 0;
	}
	cached = must(mem_cached_file(2 * PAGE), "a file to read");
	sink = must(mem_cached_file(PAGE), "a file to write");
	load_ring_open(4, &plain, "plain");
	for (int i = 0; i < 2; i++)
		iov[i] = (struct iovec){ mem_pages(PAGES), PAGES * PAGE };
	must(uring_register(ring.ring_fd, iov, 2), "register");
	if (!strcmp(mode, "vector")) {
		vector();
		return 0;
	}
	do_io();
	for (int i = 0; i < 2 && !strcmp(mode, "crowd"); i++)
		crowd();
	report_before_fault();
	go(IORING_OP_WRITE_FIXED, BEFORE, 0, FIRST * PAGE);
	go(IORING_OP_READ_FIXED, BEFORE, 1, 0);
	if (strcmp(mode, "healthy"))
		drop();
	if (!strcmp(mode, "again"))
		again();
	report_ready();
	if (!strcmp(mode, "after"))
		again();
	do_io();
	report("before=%u", BEFORE);
	report("before_bytes=%lu", BEFORE * PAGE);
	report("earlier=%u", INTO + EDGE + BESIDE + FROM);
	report("earlier_bytes=%lu", (INTO + EDGE + BESIDE + FROM) * PAGE);
	report("reads=%u", INTO + EDGE);
	report("read_bytes=%lu", INTO * PAGE + EDGE * PAGE / 2);
	report("writes=%u", FROM);
	report("write_bytes=%lu", FROM * PAGE);
	report_ready();
	return 0;
}
