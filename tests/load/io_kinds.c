// SPDX-License-Identifier: GPL-2.0
/*
 * Prime numbers of the rarer kinds of I/O over a registered buffer, each beside
 * READ_FIXED. Says what each request brought, by opcode.
 *   io_kinds sendmsg|command|overflow|multishot|nops
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/nvme_ioctl.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>
#include "load_report.h"
#include "load_ring.h"
#include "memory.h"

#define NVME_DEVICE	"/dev/ng0n1"
#define NVME_READ	2
#define SECTOR		512
#define SETUP_SQE128	(1U << 10)
#define SETUP_CQE32	(1U << 11)
#define BUF_PAGES	4
#define MULTISHOT_POLL	(1U << 0)	/* IORING_POLL_ADD_MULTI, in sqe->len */
#define MULTISHOT_RECV	(1U << 1)	/* IORING_RECV_MULTISHOT, in ioprio */
#define OP_READ_MULTISHOT 49
#define GROUP		7

static char *buf, *other;
static unsigned int went_on;	/* completions of requests that did not end with them */

/* Sends .nr messages of 2 * 500 bytes each, from the registered buffer or not. */
static void send_messages(int out, int in, unsigned int nr, bool fixed)
{
	char *from = fixed ? buf : other;
	struct iovec iov[2] = { { from, 500 }, { from + PAGE, 500 } };
	struct msghdr msg = { .msg_iov = iov, .msg_iovlen = 2 };

	for (unsigned int i = 0; i < nr; i++) {
		struct io_uring_sqe *sqe = request(OP_SENDMSG_ZC, out, &msg, 1, 0);
		char drain[1000];

		if (fixed)
			sqe->ioprio = SEND_FIXED;
		finish(1);
		/* a kernel that refuses the request has sent nothing */
		while (recv(in, drain, sizeof(drain), MSG_DONTWAIT) > 0)
			;
	}
}

static void sendmsgs(void)
{
	int out, in;

	if (!load_ring_has_op(OP_SENDMSG_ZC))
		report_skip("this kernel has no SENDMSG_ZC");
	if (!tcp_pair(&out, &in))
		report_skip("no TCP connection over loopback");
	send_messages(out, in, 29, true);
	send_messages(out, in, 23, false);
	report("fixed.48=29");
}

/* Reads the first .sectors of an NVMe namespace by a command. */
static void command(int fd, void *addr, unsigned int sectors, unsigned int flags)
{
	struct io_uring_sqe *sqe = request(IORING_OP_URING_CMD, fd, NULL, 0, 0);
	struct nvme_uring_cmd *c = (void *)sqe->cmd;

	memset(c, 0, 80);
	sqe->cmd_op = NVME_URING_CMD_IO;
	sqe->uring_cmd_flags = flags;
	c->opcode = NVME_READ;
	c->nsid = 1;
	c->addr = (uintptr_t)addr;
	c->data_len = sectors * SECTOR;
	c->cdw12 = sectors - 1;
	finish(1);
}

static void commands(void)
{
	int fd = open(NVME_DEVICE, O_RDONLY | O_CLOEXEC);
	struct io_uring_probe *p = io_uring_get_probe();

	if (fd < 0)
		report_skip("no NVMe character device " NVME_DEVICE);
	if (!p || p->last_op < OP_SENDMSG_ZC)	/* both came with 6.1 */
		report_skip("this kernel has no URING_CMD over registered buffers");
	for (int i = 0; i < 31; i++)
		command(fd, buf + SECTOR * (i % 8), 1 + i % 7, IORING_URING_CMD_FIXED);
	for (int i = 0; i < 17; i++)
		command(fd, other, 8, 0);
	for (int i = 0; i < 3; i++)
		command(fd, buf + BUF_PAGES * PAGE, 1, IORING_URING_CMD_FIXED);
	report("fixed.46=34");
	close(fd);
}

static void read_one(int file, unsigned int i)
{
	request(IORING_OP_READ_FIXED, file, buf + SECTOR * (i % 8), SECTOR, 0);
}

static void reads(int file, unsigned int nr)
{
	for (unsigned int i = 0; i < nr; i++) {
		read_one(file, i);
		finish(1);
	}
}

/* Of 23 requests that complete unreaped only as many are seen as the completion ring has places. */
static void overflow(int file)
{
	for (int i = 0; i < 23; i++) {
		read_one(file, i);
		must(io_uring_submit(&ring), "io_uring_submit");
	}
	report("overflowed=%u", 23 - *ring.cq.kring_entries);
	finish(23);
	reads(file, 13);
}

/* Reaps until .nr of this opcode were seen, and counts those that are an end. */
static void reap(unsigned int op, unsigned int nr)
{
	while (nr) {
		struct io_uring_cqe *cqe;

		must(io_uring_submit_and_wait(&ring, 1), "io_uring_submit");
		must(io_uring_wait_cqe(&ring, &cqe), "io_uring_wait_cqe");
		nr -= (cqe->user_data & 63) == op;
		if (cqe->flags & IORING_CQE_F_MORE)
			went_on++;
		else
			load_ring_count(cqe);
		io_uring_cqe_seen(&ring, cqe);
	}
}

static void end_of(__u64 name)
{
	request(IORING_OP_ASYNC_CANCEL, -1, (void *)name, 0, 0);
	finish(2);
}

/* One request that completes eleven times, with reads in between. */
static void multishot_poll(int file)
{
	int fd = eventfd(0, EFD_CLOEXEC);
	struct io_uring_sqe *sqe = request(IORING_OP_POLL_ADD, fd, NULL, MULTISHOT_POLL, 0);
	__u64 name = sqe->user_data, one = 1;

	sqe->poll32_events = POLLIN;
	must(io_uring_submit(&ring), "io_uring_submit");
	for (int i = 0; i < 11; i++) {
		must(write(fd, &one, sizeof(one)) < 0 ? -errno : 0, "write");
		reap(IORING_OP_POLL_ADD, 1);
		must(read(fd, &one, sizeof(one)) < 0 ? -errno : 0, "read");
		reads(file, 1);
	}
	end_of(name);
	close(fd);
}

/* One request that receives seven messages into provided buffers. */
static void multishot_recv(int file)
{
	struct io_uring_sqe *sqe;
	int out, in;
	__u64 name;

	if (!load_ring_has_op(OP_SEND_ZC) || !tcp_pair(&out, &in))
		return;
	sqe = request(IORING_OP_PROVIDE_BUFFERS, 7, other, 256, 0);
	sqe->buf_group = GROUP;
	finish(1);
	sqe = request(IORING_OP_RECV, in, NULL, 0, 0);
	name = sqe->user_data;
	sqe->ioprio = MULTISHOT_RECV;
	sqe->flags |= IOSQE_BUFFER_SELECT;
	sqe->buf_group = GROUP;
	must(io_uring_submit(&ring), "io_uring_submit");
	for (int i = 0; i < 7; i++) {
		must(send(out, "hello", 5, 0) < 0 ? -errno : 0, "send");
		reap(IORING_OP_RECV, 1);
		reads(file, 1);
	}
	end_of(name);
	close(out);
	close(in);
}

/* One request that reads five times from a pipe, and then its end. */
static void multishot_read(int file)
{
	struct io_uring_sqe *sqe;
	int ends[2];

	if (!load_ring_has_op(OP_READ_MULTISHOT))
		return;
	must(pipe2(ends, O_CLOEXEC) ? -errno : 0, "pipe");
	sqe = request(IORING_OP_PROVIDE_BUFFERS, 5, other, 256, 0);
	sqe->buf_group = GROUP + 1;
	finish(1);
	sqe = request(OP_READ_MULTISHOT, ends[0], NULL, 0, -1);
	sqe->flags |= IOSQE_BUFFER_SELECT;
	sqe->buf_group = GROUP + 1;
	must(io_uring_submit(&ring), "io_uring_submit");
	for (int i = 0; i < 5; i++) {
		must(write(ends[1], "hello", 5) < 0 ? -errno : 0, "write");
		reap(OP_READ_MULTISHOT, 1);
		reads(file, 1);
	}
	close(ends[1]);
	reap(OP_READ_MULTISHOT, 1);
	close(ends[0]);
}

static void nops(void)
{
	for (int i = 0; i < 97; i++) {
		request(IORING_OP_NOP, -1, NULL, 0, 0);
		finish(1);
	}
}

int main(int argc, char **argv)
{
	struct iovec iov = { NULL, BUF_PAGES * PAGE };
	struct io_uring_params p = { 0 };
	const char *kind;
	int file;

	report_init(&argc, argv);
	kind = argc > 1 ? argv[1] : "sendmsg";
	file = must(mem_cached_file(4 * PAGE), "a file to read");
	if (!strcmp(kind, "command"))
		p.flags = SETUP_SQE128 | SETUP_CQE32;
	load_ring_open(4, &p, kind);
	buf = mem_pages(BUF_PAGES);
	other = mem_pages(BUF_PAGES);
	iov.iov_base = buf;
	must(uring_register(ring.ring_fd, &iov, 1), "register");
	report("ring.addr=%p", buf);
	reads(file, 101);
	if (!strcmp(kind, "sendmsg"))
		sendmsgs();
	else if (!strcmp(kind, "command"))
		commands();
	else if (!strcmp(kind, "overflow"))
		overflow(file);
	else if (!strcmp(kind, "nops"))
		nops();
	else
		multishot_poll(file), multishot_recv(file), multishot_read(file);
	report("went_on=%u", went_on);
	load_ring_report();
	report_ready();
	return 0;
}
