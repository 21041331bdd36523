// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "load_report.h"
#include "load_ring.h"

struct io_uring ring;

static struct op_count {
	unsigned long long ops, bytes, errors, efaults, cancelled, shorts;
} op_counts[64];

void load_ring_open(unsigned int entries, const struct io_uring_params *params, const char *how)
{
	struct io_uring_params p = *params;
	int err = io_uring_queue_init_params(entries, &ring, &p);

	if (err)
		report_skip("this kernel makes no such ring (%s): %s", how, strerror(-err));
}

bool load_ring_has_op(int op)
{
	static struct io_uring_probe *probe;

	if (!probe)
		probe = io_uring_get_probe();
	return probe && op <= probe->last_op && op < probe->ops_len &&
	       probe->ops[op].flags & IO_URING_OP_SUPPORTED;
}

struct io_uring_sqe *request(int op, int fd, const void *addr, unsigned int len, __u64 offset)
{
	static __u64 serial;
	struct io_uring_sqe *sqe = io_uring_get_sqe(&ring);

	while (!sqe) {
		io_uring_submit(&ring);
		sqe = io_uring_get_sqe(&ring);
	}
	io_uring_prep_rw(op, sqe, fd, addr, len, offset);
	/* user_data is unique and holds the opcode and the length that was asked for */
	sqe->user_data = ++serial << 32 | (__u64)len << 8 | op;
	return sqe;
}

void load_ring_count(const struct io_uring_cqe *cqe)
{
	unsigned int op = cqe->user_data & 63, len = cqe->user_data >> 8 & 0xffffff;
	struct op_count *t = &op_counts[op];

	t->ops++;
	if (cqe->res == -ECANCELED) {
		t->cancelled++;
	} else if (cqe->res < 0) {
		t->errors++;
		t->efaults += cqe->res == -EFAULT;
	} else {
		/* the result of a command is a status, not a number of bytes */
		t->bytes += op == IORING_OP_URING_CMD ? 0 : cqe->res;
		t->shorts += (op == IORING_OP_READ || op == IORING_OP_WRITE ||
			      op == IORING_OP_READ_FIXED || op == IORING_OP_WRITE_FIXED) &&
			     (unsigned int)cqe->res < len;
	}
}

void finish(unsigned int nr)
{
	while (nr) {
		struct io_uring_cqe *cqe;

		/* a request that is refused at submission keeps back those after it */
		if (io_uring_sq_ready(&ring))
			io_uring_submit(&ring);
		must(io_uring_wait_cqe(&ring, &cqe), "io_uring_wait_cqe");
		if (!(cqe->flags & CQE_NOTIF)) {
			load_ring_count(cqe);
			nr--;
		}
		io_uring_cqe_seen(&ring, cqe);
	}
}

void load_ring_report(void)
{
	for (int op = 0; op < 64; op++) {
		const struct op_count *t = &op_counts[op];

		if (!t->ops || op == IORING_OP_ASYNC_CANCEL)
			continue;
		report("op.%d.ops=%llu", op, t->ops);
		report("op.%d.bytes=%llu", op, t->bytes);
		report("op.%d.errors=%llu", op, t->errors);
		report("op.%d.efaults=%llu", op, t->efaults);
		report("op.%d.cancelled=%llu", op, t->cancelled);
		report("op.%d.shorts=%llu", op, t->shorts);
	}
}

bool tcp_pair(int *out, int *in)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(a);
	int l = socket(AF_INET, SOCK_STREAM, 0);
	bool connected;

	*out = socket(AF_INET, SOCK_STREAM, 0);
	connected = !bind(l, (void *)&a, sizeof(a)) && !listen(l, 1) &&
		    !getsockname(l, (void *)&a, &len) && !connect(*out, (void *)&a, sizeof(a));
	*in = connected ? accept(l, NULL, NULL) : -1;
	close(l);
	return *in >= 0;
}
