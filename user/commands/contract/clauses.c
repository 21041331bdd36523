// SPDX-License-Identifier: GPL-2.0
/* C1, C2 and C5: the life of a set of buffers, from the call that makes it to its end. */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "commands/contract/contract.h"

#define NOT_LANDED ((char)0xaa)

/* READ_FIXED of one page into buffer 0 from a file of known content. */
static void reads(struct ring_raw *r, char *buf)
{
	char expected[64];
	int fd = memory_file(page_bytes);

	fill(expected, sizeof(expected), fd);
	if (pwrite(fd, expected, sizeof(expected), 0) != sizeof(expected))
		not_tried("cannot write to a memfd: %s", strerror(errno));
	want("READ_FIXED", ring_raw_rw(r, IORING_OP_READ_FIXED, fd, buf, sizeof(expected), 0, 0),
	     sizeof(expected));
	if (memcmp(buf, expected, sizeof(expected)))
		fails("READ_FIXED: the data is not in the buffer");
	close(fd);
}

/* ---- C1 ---- */

static void before_io(void)
{
	struct ring_raw r;
	char *buf = small_pages(2);

	ring_with(&r, buf, 2 * page_bytes);
	reads(&r, buf);
}

static void after_io(void)
{
	char *buf = small_pages(2);
	struct iovec v = iov(buf, page_bytes);
	int fd = memory_file(page_bytes);
	struct ring_raw r;

	ring_new(&r);
	want("NOP", ring_raw_rw(&r, IORING_OP_NOP, -1, NULL, 0, 0, 0), 0);
	want("READ", ring_raw_rw(&r, IORING_OP_READ, fd, buf + page_bytes, 8, 0, 0), 8);
	want_charged("register", ring_raw_register_buffers(&r, &v, 1), 0);
	reads(&r, buf);
}

static void io_in_flight(void)
{
	char *buf = small_pages(2), byte = 'x';
	struct iovec v = iov(buf, page_bytes);
	struct io_uring_sqe sqe;
	struct io_uring_cqe cqe;
	struct ring_raw r;
	int p[2], ret;

	make_pipe(p);
	ring_new(&r);
	sqe = ring_raw_sqe(IORING_OP_READ, p[0], buf + page_bytes, 1, 0, 0);
	want("submit", ring_raw_submit(&r, &sqe), 0);
	interrupt_after(300);
	ret = ring_raw_register_buffers(&r, &v, 1);
	interrupt_after(0);
	if (ret == -EINTR)
		differs("waits until I/O in flight ends, as kernels up to 5.12 do");
	want_charged("register", ret, 0);
	want("write to the pipe", write(p[1], &byte, 1), 1);
	want("completion", ring_raw_wait(&r, &cqe, 5000), 0);
	want("READ in flight", cqe.res, 1);
	if (buf[page_bytes] != byte)
		fails("the READ in flight lost its data");
	reads(&r, buf);
}

/* ---- C2 ---- */

static void new_set(void)
{
	char *buf = small_pages(3);
	struct iovec v = iov(buf + 2 * page_bytes, page_bytes);
	int fd = memory_file(page_bytes);
	struct ring_raw r;

	ring_with(&r, buf, page_bytes);
	reads(&r, buf);
	want("unregister", ring_raw_unregister_buffers(&r), 0);
	want_charged("register", ring_raw_register_buffers(&r, &v, 1), 0);
	reads(&r, buf + 2 * page_bytes);
	want("into the old set", ring_raw_rw(&r, IORING_OP_READ_FIXED, fd, buf, 1, 0, 0), -EFAULT);
}

static void many_sets(void)
{
	char *buf = small_pages(7);
	struct iovec v[7];
	struct ring_raw r;

	ring_new(&r);
	for (unsigned int nr = 1; nr <= 7; nr++) {
		v[nr - 1] = iov(buf + (nr - 1) * page_bytes, page_bytes);
		want_charged("register", ring_raw_register_buffers(&r, v, nr), 0);
		reads(&r, buf);
		want("unregister", ring_raw_unregister_buffers(&r), 0);
	}
}

static void second_register(void)
{
	char *buf = small_pages(2);
	struct iovec v = iov(buf + page_bytes, page_bytes);
	struct ring_raw r;

	ring_with(&r, buf, page_bytes);
	want_charged("second register", ring_raw_register_buffers(&r, &v, 1), -EBUSY);
	reads(&r, buf);
}

static void nothing_registered(void)
{
	struct ring_raw r;

	ring_new(&r);
	want("unregister", ring_raw_unregister_buffers(&r), -ENXIO);
}

static void unregister_twice(void)
{
	struct ring_raw r;

	ring_with(&r, small_pages(1), page_bytes);
	want("unregister", ring_raw_unregister_buffers(&r), 0);
	want("second unregister", ring_raw_unregister_buffers(&r), -ENXIO);
}

const struct check checks_calls[] = {
	{ "C1", "register before any I/O", before_io, AS_STARTED },
	{ "C1", "register after I/O", after_io, AS_STARTED },
	{ "C1", "register with I/O in flight", io_in_flight, AS_STARTED },
	{ "C2", "unregister, then another set", new_set, AS_STARTED },
	{ "C2", "seven sets, one after the other", many_sets, AS_STARTED },
	{ "C2", "second register -> EBUSY", second_register, AS_STARTED },
	{ "C2", "unregister without a set -> ENXIO", nothing_registered, AS_STARTED },
	{ "C2", "second unregister -> ENXIO", unregister_twice, AS_STARTED },
	{ NULL, NULL, NULL, 0 },
};

/* ---- C5 ---- */

static void close_drops(void)
{
	struct ring_raw r;
	long left;

	ring_with(&r, small_pages(7), 7 * page_bytes);
	want("VmPin pages", mm_pages(), 7);
	ring_raw_close(&r);
	left = wait_mm_pages(0, 2000);
	if (left)
		fails("%ld pages charged 2 s after close()", left);
}

/* A READ_FIXED that waits at an empty pipe. */
static void start_read(struct ring_raw *r, char *buf, int p[2])
{
	struct io_uring_sqe sqe;

	make_pipe(p);
	memset(buf, NOT_LANDED, page_bytes);
	ring_with(r, buf, page_bytes);
	sqe = ring_raw_sqe(IORING_OP_READ_FIXED, p[0], buf, 5, 0, 0);
	want("submit", ring_raw_submit(r, &sqe), 0);
}

static void finish_read(struct ring_raw *r, char *buf, int p[2])
{
	struct io_uring_cqe cqe;

	want("write to the pipe", write(p[1], "later", 5), 5);
	want("completion", ring_raw_wait(r, &cqe, 5000), 0);
	want("READ_FIXED in flight", cqe.res, 5);
	if (memcmp(buf, "later", 5))
		fails("the data of the request in flight did not land");
}

static void unregister_in_flight(void)
{
	char *buf = small_pages(1);
	struct ring_raw r;
	int p[2], ret;

	start_read(&r, buf, p);
	interrupt_after(300);
	ret = ring_raw_unregister_buffers(&r);
	interrupt_after(0);
	if (ret)
		want("unregister", ret, -EINTR);
	finish_read(&r, buf, p);
	if (!ret) {
		want("unregister again", ring_raw_unregister_buffers(&r), -ENXIO);
		holds("unregister returns at once");
	}
	want("unregister afterwards", ring_raw_unregister_buffers(&r), 0);
	holds("unregister waits for the request, as up to 6.12");
}

static void charge_in_flight(void)
{
	char *buf = small_pages(1);
	struct ring_raw r;
	int p[2], ret;
	long charged;

	start_read(&r, buf, p);
	want("VmPin pages", mm_pages(), 1);
	interrupt_after(300);
	ret = ring_raw_unregister_buffers(&r);
	interrupt_after(0);
	charged = mm_pages();
	finish_read(&r, buf, p);
	if (charged != 1)
		fails("charge %ld pages, pinned 1, while the request was in flight", charged);
	if (ret)
		want("unregister afterwards", ring_raw_unregister_buffers(&r), 0);
	want("VmPin pages at the end", wait_mm_pages(0, 2000), 0);
}

static void close_in_flight(void)
{
	char *buf = small_pages(1);
	struct ring_raw r;
	long left;
	int p[2];

	start_read(&r, buf, p);
	ring_raw_close(&r);
	left = wait_mm_pages(0, 2000);
	if (left)
		fails("%ld pages charged 2 s after close()", left);
}

static void unmapped_in_use(void)
{
	char *buf = small_pages(3), back[5] = "";
	struct ring_raw r;
	int p[2], fd = memory_file(page_bytes);

	start_read(&r, buf, p);
	if (madvise(buf, page_bytes, MADV_DONTNEED))
		not_tried("madvise: %s", strerror(errno));
	want("write to the pipe", write(p[1], "later", 5), 5);
	want("completion", ring_raw_wait(&r, &(struct io_uring_cqe){ 0 }, 5000), 0);
	/* the program sees another page now; the kernel must still use its own */
	want("WRITE_FIXED", ring_raw_rw(&r, IORING_OP_WRITE_FIXED, fd, buf, 5, 0, 0), 5);
	want("read back", pread(fd, back, 5, 0), 5);
	if (memcmp(back, "later", 5))
		fails("the pinned page was lost");
}

const struct check checks_release[] = {
	{ "C5", "close drops the set within 2 s", close_drops, AS_USER },
	{ "C5", "unregister, request in flight: data lands", unregister_in_flight,
	  AS_STARTED },
	{ "C5", "request in flight keeps its page charged", charge_in_flight, AS_USER },
	{ "C5", "close, request in flight: all given back", close_in_flight, AS_USER },
	{ "C5", "pages outlive their mapping", unmapped_in_use, AS_STARTED },
	{ NULL, NULL, NULL, 0 },
};
