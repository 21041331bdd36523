// SPDX-License-Identifier: GPL-2.0
/*
 * Prime numbers of every kind of I/O over registered buffers, and of the plain
 * ones beside it, on one ring. Says what each request brought, by opcode.
 *   io_mix [sqpoll|defer|iopoll]
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "load_report.h"
#include "load_ring.h"
#include "memory.h"

#define NOP_FIXED	(1U << 3)	/* IORING_NOP_FIXED_BUFFER */
#define SKIP_SUCCESS	(1U << 6)	/* IOSQE_CQE_SKIP_SUCCESS */
#define FEAT_CQE_SKIP	(1U << 11)
#define SETUP_SINGLE	(1U << 12)	/* IORING_SETUP_SINGLE_ISSUER */
#define SETUP_DEFER	(1U << 13)	/* IORING_SETUP_DEFER_TASKRUN */

#define FILE_PAGES	16
#define BLOCK		512
#define BUF_PAGES	4

static char *buf, *other;
static int file;
static unsigned int block = BLOCK;

/* .nr requests of one opcode, eight at a time, through the whole file and buffer. */
static void many(int op, unsigned int nr, unsigned int sqe_flags)
{
	static struct iovec iov[8];
	bool vector = op == IORING_OP_READV || op == IORING_OP_WRITEV || op == OP_READV_FIXED ||
		      op == OP_WRITEV_FIXED;
	bool fixed = op == IORING_OP_READ_FIXED || op == IORING_OP_WRITE_FIXED ||
		     op == OP_READV_FIXED || op == OP_WRITEV_FIXED;

	for (unsigned int i = 0; i < nr;) {
		unsigned int k;

		for (k = 0; k < 8 && i < nr; k++, i++) {
			char *at = (fixed ? buf : other) + block * (i % (2 * PAGE / block));
			struct io_uring_sqe *sqe;

			iov[k] = (struct iovec){ at, block };
			sqe = request(op, file, vector ? (char *)&iov[k] : at, vector ? 1 : block,
				      block * (i % (FILE_PAGES * PAGE / block)));
			sqe->buf_index = 0;
			sqe->flags |= sqe_flags;
		}
		finish(k);
	}
}

static void faults(void)
{
	/* seven requests end 100 bytes past the buffer, five name a buffer that does not exist */
	for (int i = 0; i < 7; i++)
		request(IORING_OP_READ_FIXED, file, buf + BUF_PAGES * PAGE - block + 100, block, 0);
	finish(7);
	for (int i = 0; i < 5; i++) {
		request(IORING_OP_READ_FIXED, file, buf, block, 0)->buf_index = 9;
		finish(1);
	}
	report("past_end=7");
	report("bad_index=5");
}

static void short_reads(void)
{
	for (int i = 0; i < 3; i++)
		request(IORING_OP_READ_FIXED, file, buf, 2 * block, FILE_PAGES * PAGE - block);
	finish(3);
}

static void linked(void)
{
	for (int i = 0; i < 13; i++) {
		request(IORING_OP_WRITE_FIXED, file, buf, block, 0)->flags |= IOSQE_IO_LINK;
		request(IORING_OP_READ_FIXED, file, buf + PAGE, block, 0);
	}
	finish(26);
	/* the first request of each link fails, so that the other is cancelled */
	for (int i = 0; i < 2; i++) {
		request(IORING_OP_READ_FIXED, file, buf + BUF_PAGES * PAGE, block, 0)->flags |=
			IOSQE_IO_LINK;
		request(IORING_OP_READ_FIXED, file, buf, block, 0);
		finish(2);
	}
	report("linked_past_end=2");
}

static void cancelled(void)
{
	__u64 names[11 + 7];
	int fds[2];

	must(pipe(fds) ? -errno : 0, "pipe");
	for (int i = 0; i < 11 + 7; i++) {
		struct io_uring_sqe *sqe = request(i < 11 ? IORING_OP_READ : IORING_OP_READ_FIXED,
						   fds[0], i < 11 ? other : buf, 100, -1);

		names[i] = sqe->user_data;
	}
	io_uring_submit(&ring);
	for (int i = 0; i < 11 + 7; i++)
		request(IORING_OP_ASYNC_CANCEL, -1, (void *)names[i], 0, 0);
	finish(2 * (11 + 7));
	close(fds[0]);
	close(fds[1]);
}

static void punted(void)
{
	many(IORING_OP_READ_FIXED, 17, IOSQE_ASYNC);
	report("async=17");
}

static void muted(void)
{
	if (!(ring.features & FEAT_CQE_SKIP))
		return;
	for (int i = 0; i < 19; i++)
		request(IORING_OP_READ_FIXED, file, buf, block, 0)->flags |= SKIP_SUCCESS;
	/* the completion of this request tells that those before it are done */
	request(IORING_OP_READ_FIXED, file, buf, block, 0);
	finish(1);
	usleep(100000);
	report("muted=19");
}

static void nops(void)
{
	/* 6.13; READV_FIXED came with 6.15 and can be asked for */
	if (!load_ring_has_op(OP_READV_FIXED))
		return;
	for (int i = 0; i < 37; i++)
		request(IORING_OP_NOP, -1, NULL, 0, 0)->rw_flags = NOP_FIXED;
	finish(37);
}

static void sends(void)
{
	int out, in;

	if (!load_ring_has_op(OP_SEND_ZC) || !tcp_pair(&out, &in))
		return;
	for (int i = 0; i < 31; i++) {
		struct io_uring_sqe *sqe = request(OP_SEND_ZC, out, buf, 1000, 0);
		char drain[1000];

		sqe->ioprio = SEND_FIXED;
		sqe->buf_index = 0;
		finish(1);
		if (recv(in, drain, sizeof(drain), MSG_WAITALL) < 0)
			break;
	}
	close(in);
	close(out);
}

static void open_ring(const char *how)
{
	struct io_uring_params p = { 0 };

	if (how && !strcmp(how, "sqpoll")) {
		p.flags = IORING_SETUP_SQPOLL;
		p.sq_thread_idle = 100;
	} else if (how && !strcmp(how, "defer")) {
		p.flags = SETUP_SINGLE | SETUP_DEFER;
	} else if (how && !strcmp(how, "iopoll")) {
		p.flags = IORING_SETUP_IOPOLL;
	}
	load_ring_open(64, &p, how ? how : "plain");
}

static void open_file(bool direct)
{
	const char *dir = access("/mnt/disk", W_OK) ? "/var/tmp" : "/mnt/disk";
	static const char zero[65536] = { 1 };
	char path[64];

	snprintf(path, sizeof(path), "%s/fixbuf-XXXXXX", dir);
	file = mkostemp(path, O_CLOEXEC);
	must(file < 0 ? -errno : 0, path);
	unlink(path);
	for (int i = 0; i < FILE_PAGES; i++)
		must(pwrite(file, zero, PAGE, i * PAGE) < 0 ? -errno : 0, "write");
	fsync(file);
	if (direct && fcntl(file, F_SETFL, O_DIRECT))
		report_skip("no O_DIRECT on %s", dir);
}

static void polled(void)
{
	struct io_uring_cqe *cqe;
	int res;

	/* a disk without polled queues refuses it */
	request(IORING_OP_READ_FIXED, file, buf, block, 0);
	io_uring_submit(&ring);
	must(io_uring_wait_cqe(&ring, &cqe), "io_uring_wait_cqe");
	res = cqe->res;
	load_ring_count(cqe);
	io_uring_cqe_seen(&ring, cqe);
	if (res == -EOPNOTSUPP)
		report_skip("this disk has no polled queues");
	many(IORING_OP_READ_FIXED, 1009, 0);
	many(IORING_OP_WRITE_FIXED, 211, 0);
	many(IORING_OP_READ, 101, 0);
}

int main(int argc, char **argv)
{
	struct iovec iov = { NULL, BUF_PAGES * PAGE };
	const char *how;
	bool iopoll;

	report_init(&argc, argv);
	how = argc > 1 ? argv[1] : NULL;
	iopoll = how && !strcmp(how, "iopoll");
	open_ring(how);
	buf = mem_pages(BUF_PAGES);
	other = mem_pages(BUF_PAGES);
	iov.iov_base = buf;
	must(uring_register(ring.ring_fd, &iov, 1), "register");
	if (iopoll)
		block = 4096;
	open_file(iopoll);
	report("ring.addr=%p", buf);
	if (iopoll) {
		polled();
	} else {
		many(IORING_OP_READ_FIXED, 1009, 0);
		many(IORING_OP_WRITE_FIXED, 503, 0);
		many(IORING_OP_READ, 211, 0);
		many(IORING_OP_WRITE, 101, 0);
		many(IORING_OP_READV, 53, 0);
		many(IORING_OP_WRITEV, 47, 0);
		if (load_ring_has_op(OP_READV_FIXED)) {
			many(OP_READV_FIXED, 43, 0);
			many(OP_WRITEV_FIXED, 41, 0);
		}
		nops();
		sends();
		faults();
		short_reads();
		linked();
		cancelled();
		punted();
		muted();
	}
	load_ring_report();
	report_ready();
	return 0;
}
