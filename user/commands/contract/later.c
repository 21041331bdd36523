// SPDX-License-Identifier: GPL-2.0
/* L1 to L7: what kernels have added to the contract since its origin. */
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "commands/contract/contract.h"

#define UNKNOWN_NOP_FLAG	(1U << 31)
#define SLOTS			7

static int register2(struct ring_raw *r, const struct iovec *v, const __u64 *tags,
		     unsigned int nr, unsigned int flags)
{
	struct ring_rsrc_register rr = { .nr = nr, .flags = flags, .data = (unsigned long)v,
					 .tags = (unsigned long)tags };

	return ring_raw_register(r, IORING_REGISTER_BUFFERS2, &rr, sizeof(rr));
}

static void want_tag(struct ring_raw *r, __u64 tag)
{
	struct io_uring_cqe cqe;

	want("tag", ring_raw_wait(r, &cqe, 3000), 0);
	want("tag", cqe.user_data, tag);
}

static void tags_come_back(void)
{
	char *p = small_pages(2);
	struct iovec v[2] = { iov(p, page_bytes), iov(p + page_bytes, page_bytes) };
	__u64 tags[2] = { 71, 73 }, seen;
	struct io_uring_cqe cqe;
	struct ring_raw r;
	int ret;

	ring_new(&r);
	ret = register2(&r, v, tags, 2, 0);
	if (ret == -EINVAL)
		absent("no BUFFERS2 before 5.13");
	want_charged("BUFFERS2", ret, 0);
	want("READ_FIXED", ring_raw_rw(&r, IORING_OP_READ_FIXED, memory_file(8), p, 8, 0, 0), 8);
	want("unregister", ring_raw_unregister_buffers(&r), 0);
	ret = ring_raw_wait(&r, &cqe, 500);
	if (ret == -ETIME)
		differs("none on unregister, as kernels up to 6.12 do");
	want("first tag", ret, 0);
	seen = cqe.user_data;
	want("second tag", ring_raw_wait(&r, &cqe, 3000), 0);
	want("sum of the tags", seen + cqe.user_data, 71 + 73);
}

static void tag_on_update(void)
{
	char *p = small_pages(2);
	struct iovec v = iov(p, page_bytes), other = iov(p + page_bytes, page_bytes);
	__u64 tag = 79, none = 0;
	struct ring_raw r;
	int ret;

	ring_new(&r);
	ret = register2(&r, &v, &tag, 1, 0);
	if (ret == -EINVAL)
		absent("no BUFFERS2 before 5.13");
	want_charged("BUFFERS2", ret, 0);
	want_charged("update", ring_raw_update_buffers(&r, 0, &other, &none, 1), 1);
	want_tag(&r, tag);
}

/* ---- sparse tables and updates ---- */

static void sparse(struct ring_raw *r)
{
	int ret;

	ring_new(r);
	ret = register2(r, NULL, NULL, SLOTS, RING_REGISTER_SPARSE);
	if (ret == -EINVAL)
		absent("no sparse tables before 5.19");
	want_charged("BUFFERS2", ret, 0);
}

static void sparse_slots(void)
{
	char *p = small_pages(1);
	struct iovec v = iov(p, page_bytes);
	int fd = memory_file(8);
	struct ring_raw r;

	sparse(&r);
	for (unsigned int i = 0; i < SLOTS; i++)
		want("empty slot", ring_raw_rw(&r, IORING_OP_READ_FIXED, fd, p, 8, 0, i), -EFAULT);
	want_charged("update", ring_raw_update_buffers(&r, SLOTS - 1, &v, NULL, 1), 1);
	want("last slot", ring_raw_rw(&r, IORING_OP_READ_FIXED, fd, p, 8, 0, SLOTS - 1), 8);
	want("slot before", ring_raw_rw(&r, IORING_OP_READ_FIXED, fd, p, 8, 0, SLOTS - 2), -EFAULT);
}

static void empty_entry(void)
{
	char *p = small_pages(1);
	struct iovec v[2] = { iov(NULL, 0), iov(p, page_bytes) };
	int fd = memory_file(8), ret;
	struct ring_raw r;

	ring_new(&r);
	ret = ring_raw_register_buffers(&r, v, 2);
	if (ret == -EFAULT)
		absent("no empty entries before 5.13");
	want_charged("register", ret, 0);
	want("empty slot", ring_raw_rw(&r, IORING_OP_READ_FIXED, fd, p, 8, 0, 0), -EFAULT);
	want("other slot", ring_raw_rw(&r, IORING_OP_READ_FIXED, fd, p, 8, 0, 1), 8);
}

static int update(struct ring_raw *r, unsigned int slot, void *base, size_t len)
{
	struct iovec v = iov(base, len);
	int ret = ring_raw_update_buffers(r, slot, &v, NULL, 1);

	if (ret == -EINVAL && slot == 0)
		absent("no BUFFERS_UPDATE before 5.13");
	return ret;
}

static void replaced(void)
{
	char *p = small_pages(3);
	int fd = memory_file(8);
	struct ring_raw r;

	ring_with(&r, p, page_bytes);
	want_charged("update", update(&r, 0, p + page_bytes, page_bytes), 1);
	want("new", ring_raw_rw(&r, IORING_OP_READ_FIXED, fd, p + page_bytes, 8, 0, 0), 8);
	want("old", ring_raw_rw(&r, IORING_OP_READ_FIXED, fd, p, 8, 0, 0), -EFAULT);
	want_charged("emptied", update(&r, 0, NULL, 0), 1);
	want("gone", ring_raw_rw(&r, IORING_OP_READ_FIXED, fd, p + page_bytes, 8, 0, 0), -EFAULT);
	want("beyond the table", update(&r, 1, p, page_bytes), -EINVAL);
}

static void given_back(void)
{
	char *p = small_pages(8);
	struct ring_raw r;
	long before;

	ring_with(&r, p, 5 * page_bytes);
	want_charged("update", update(&r, 0, p + 5 * page_bytes, 3 * page_bytes), 1);
	before = mm_pages();
	want("VmPin pages 2 s later", wait_mm_pages(3, 2000), 3);
	if (before != 3)
		holds("up to a second later, as before 6.4");
}

/* ---- clones ---- */

static void clone(struct ring_raw *to, struct ring_raw *from, unsigned int off, unsigned int nr)
{
	int ret = ring_raw_clone_buffers(to, from, off, nr);

	if (ret == -EINVAL)
		absent("no CLONE_BUFFERS%s", nr ? " of a part before 6.13" : " before 6.12");
	want_charged("clone", ret, 0);
}

static void clone_outlives(void)
{
	char *p = small_pages(3);
	int fd = memory_file(8);
	struct ring_raw a, b;

	ring_with(&a, p, 3 * page_bytes);
	ring_new(&b);
	clone(&b, &a, 0, 0);
	want("VmPin pages", mm_pages(), 3);
	ring_raw_close(&a);
	sleep_ms(50);
	want("VmPin pages after close", mm_pages(), 3);
	want("READ_FIXED", ring_raw_rw(&b, IORING_OP_READ_FIXED, fd, p, 8, 0, 0), 8);
	want("unregister", ring_raw_unregister_buffers(&b), 0);
	want("VmPin pages at the end", wait_mm_pages(0, 2000), 0);
}

static void clone_part(void)
{
	char *p = small_pages(3);
	struct iovec v[3] = { iov(p, page_bytes), iov(p + page_bytes, page_bytes),
			      iov(p + 2 * page_bytes, page_bytes) };
	int fd = memory_file(8);
	struct ring_raw a, b;

	ring_new(&a);
	ring_new(&b);
	want_charged("register", ring_raw_register_buffers(&a, v, 3), 0);
	clone(&b, &a, 1, 2);
	want("first", ring_raw_rw(&b, IORING_OP_READ_FIXED, fd, v[1].iov_base, 8, 0, 0), 8);
	want("second", ring_raw_rw(&b, IORING_OP_READ_FIXED, fd, v[2].iov_base, 8, 0, 1), 8);
	want("third", ring_raw_rw(&b, IORING_OP_READ_FIXED, fd, p, 8, 0, 2), -EFAULT);
	want("twice", ring_raw_clone_buffers(&b, &a, 0, 1), -EBUSY);
}

/* ---- other requests ---- */

static void vectored(void)
{
	char *p = small_pages(3), back[10];
	struct iovec v[2] = { iov(p + 2 * page_bytes - 3, 7), iov(p + 5, 3) };
	int fd = memory_file(page_bytes);
	struct ring_raw r;

	ring_with(&r, p, 3 * page_bytes);
	if (!ring_raw_knows(&r, RING_OP_READV_FIXED))
		absent("no READV_FIXED before 6.15");
	memcpy(v[0].iov_base, "several", 7);
	memcpy(v[1].iov_base, "one", 3);
	want("WRITEV_FIXED", ring_raw_rw(&r, RING_OP_WRITEV_FIXED, fd, v, 2, 0, 0), 10);
	want("read back", pread(fd, back, 10, 0), 10);
	if (memcmp(back, "severalone", 10))
		fails("WRITEV_FIXED: the data is not in the file");
	memset(p, 0, 3 * page_bytes);
	want("READV_FIXED", ring_raw_rw(&r, RING_OP_READV_FIXED, fd, v, 2, 0, 0), 10);
	if (memcmp(v[0].iov_base, "several", 7) || memcmp(v[1].iov_base, "one", 3))
		fails("READV_FIXED: the data is not in the buffer");
	v[1] = iov(p + 3 * page_bytes - 1, 2);
	want("beyond its end", ring_raw_rw(&r, RING_OP_READV_FIXED, fd, v, 2, 0, 0), -EFAULT);
}

/* Two ends of a TCP connection over the loopback, the only kind that takes SEND_ZC everywhere. */
static void connection(int *from, int *to)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(a);
	int server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	*from = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (server < 0 || *from < 0 || bind(server, (void *)&a, sizeof(a)) || listen(server, 1) ||
	    getsockname(server, (void *)&a, &len) || connect(*from, (void *)&a, sizeof(a)))
		not_tried("no TCP over the loopback: %s", strerror(errno));
	*to = accept4(server, NULL, NULL, SOCK_CLOEXEC);
	if (*to < 0)
		not_tried("no TCP over the loopback: %s", strerror(errno));
	close(server);
}

static int send_zc(struct ring_raw *r, int fd, const char *addr, unsigned int len)
{
	struct io_uring_sqe sqe = ring_raw_sqe(RING_OP_SEND_ZC, fd, addr, len, 0, 0);

	sqe.ioprio = RING_SEND_FIXED_BUF;
	return ring_raw_run(r, &sqe);
}

static void zero_copy(void)
{
	char *p = small_pages(3), back[11];
	struct io_uring_cqe cqe;
	struct ring_raw r;
	int from, to;

	ring_with(&r, p + 7, 2 * page_bytes);
	if (!ring_raw_knows(&r, RING_OP_SEND_ZC))
		absent("no SEND_ZC before 6.0");
	connection(&from, &to);
	memcpy(p + page_bytes - 5, "across edge", 11);
	want("SEND_ZC", send_zc(&r, from, p + page_bytes - 5, 11), 11);
	want("receive", recv(to, back, 11, MSG_WAITALL), 11);
	if (memcmp(back, "across edge", 11))
		fails("SEND_ZC: other data arrived");
	want("notification", ring_raw_wait(&r, &cqe, 3000), 0);
	want("beyond its end", send_zc(&r, from, p + 2 * page_bytes, 8), -EFAULT);
}

static int nop(struct ring_raw *r, unsigned int flags, unsigned int index)
{
	struct io_uring_sqe sqe = ring_raw_sqe(IORING_OP_NOP, -1, NULL, 0, 0, index);

	sqe.rw_flags = flags;
	return ring_raw_run(r, &sqe);
}

static void nop_fixed(void)
{
	struct ring_raw r;
	int ret;

	ring_with(&r, small_pages(1), page_bytes);
	/* a kernel that does not look at a NOP's flags takes any */
	if (nop(&r, UNKNOWN_NOP_FLAG, 0) != -EINVAL || nop(&r, RING_NOP_FIXED_BUFFER, 0) == -EINVAL)
		absent("no NOP with a buffer before 6.13");
	want("NOP", nop(&r, RING_NOP_FIXED_BUFFER, 0), 0);
	ret = nop(&r, RING_NOP_FIXED_BUFFER, 1);
	if (!ret)
		differs("0 for a bad index, as 6.16 to 6.19 did");
	want("bad index", ret, -EFAULT);
}

const struct check checks_later[] = {
	{ "L1", "tags come back on unregister", tags_come_back, AS_STARTED },
	{ "L1", "a tag comes back on update", tag_on_update, AS_STARTED },
	{ "L2", "sparse table, filled at its end", sparse_slots, AS_STARTED },
	{ "L2", "an empty entry in a table", empty_entry, AS_STARTED },
	{ "L3", "replaced and emptied slots", replaced, AS_STARTED },
	{ "L3", "what was replaced is given back", given_back, AS_USER },
	{ "L4", "a clone outlives its source, charged once", clone_outlives, AS_USER },
	{ "L4", "clone of a part", clone_part, AS_STARTED },
	{ "L5", "both ways, and EFAULT beyond the end", vectored, AS_STARTED },
	{ "L6", "over TCP, and EFAULT beyond the end", zero_copy, AS_STARTED },
	{ "L7", "good and bad index", nop_fixed, AS_STARTED },
	{ NULL, NULL, NULL, 0 },
};
