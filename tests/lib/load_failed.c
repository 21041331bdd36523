// SPDX-License-Identifier: GPL-2.0
#include "load_failed.h"
#include "load_report.h"
#include "load_ring.h"

static unsigned int nr_fails;

void load_failed(const char *cause, int op, int res, unsigned int count)
{
	if (res >= 0) {
		report("skipped.%s=it does not fail here: %d", cause, res);
		return;
	}
	report("fail.%u=%s", nr_fails, cause);
	report("fail.%u.op=%d", nr_fails, op);
	report("fail.%u.count=%u", nr_fails, count);
	report("fail.%u.errno=%s", nr_fails++, errno_name(-res));
}

void load_not_failed(const char *cause, const char *reason)
{
	report("skipped.%s=%s", cause, reason);
}

int load_result(struct io_uring *r, unsigned int nr, int op)
{
	int res = 0;

	while (nr) {
		struct io_uring_cqe *cqe;

		if (io_uring_sq_ready(r))
			io_uring_submit(r);
		must(io_uring_wait_cqe(r, &cqe), "io_uring_wait_cqe");
		if ((int)(cqe->user_data & 63) == op && !(cqe->flags & (1U << 3)))
			res = cqe->res;
		if (!(cqe->flags & (1U << 3)))
			nr--;
		io_uring_cqe_seen(r, cqe);
	}
	return res;
}

void load_fails(const char *cause, int op, int fd, const void *addr, unsigned int len,
		__u64 offset, void (*change)(struct io_uring_sqe *sqe))
{
	int res = 0;

	if (!load_ring_has_op(op)) {
		load_not_failed(cause, "this kernel does not know the operation");
		return;
	}
	for (int i = 0; i < LOAD_FAILS; i++) {
		struct io_uring_sqe *sqe = request(op, fd, addr, len, offset);

		if (change)
			change(sqe);
		res = load_result(&ring, 1, op);
		if (res >= 0)
			break;
	}
	load_failed(cause, op, res, LOAD_FAILS);
}
