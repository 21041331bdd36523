// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "uring.h"

int uring_open(struct io_uring *r, unsigned int entries)
{
	return io_uring_queue_init(entries, r, 0);
}

int uring_call(int fd, unsigned int op, const void *arg, unsigned int nr)
{
	long ret = syscall(__NR_io_uring_register, fd, op, arg, nr);

	return ret < 0 ? -errno : (int)ret;
}

int uring_register(int fd, const struct iovec *iov, unsigned int nr)
{
	return uring_call(fd, IORING_REGISTER_BUFFERS, iov, nr);
}

int uring_unregister(int fd)
{
	return uring_call(fd, IORING_UNREGISTER_BUFFERS, NULL, 0);
}

int uring_update(int fd, unsigned int first, const struct iovec *iov, unsigned int nr)
{
	struct io_uring_rsrc_update2 up = {
		.offset = first, .nr = nr, .data = (uintptr_t)iov,
	};

	return uring_call(fd, IORING_REGISTER_BUFFERS_UPDATE, &up, sizeof(up));
}

int uring_clone(int to, int from, unsigned int src_off, unsigned int dst_off, unsigned int nr,
		unsigned int flags)
{
	struct clone_arg arg = {
		.src_fd = from, .flags = flags, .src_off = src_off, .dst_off = dst_off, .nr = nr,
	};

	return uring_call(to, OP_REGISTER_CLONE, &arg, 1);
}

int uring_submit(struct io_uring *r, int op, int fd, void *addr, unsigned int len, __u64 offset,
		 unsigned int index)
{
	struct io_uring_sqe *sqe = io_uring_get_sqe(r);
	static __u64 name;

	if (!sqe)
		return -EAGAIN;
	io_uring_prep_rw(op, sqe, fd, addr, len, offset);
	sqe->buf_index = index;
	/* 5.10's completions tell requests apart by it alone */
	sqe->user_data = ++name;
	return io_uring_submit(r);
}

int uring_io(struct io_uring *r, int op, int fd, void *addr, unsigned int len, __u64 offset,
	     unsigned int index)
{
	struct io_uring_cqe *cqe;
	int ret;

	ret = uring_submit(r, op, fd, addr, len, offset, index);
	if (ret < 0)
		return ret;
	ret = io_uring_wait_cqe(r, &cqe);
	if (ret < 0)
		return ret;
	ret = cqe->res;
	io_uring_cqe_seen(r, cqe);
	return ret;
}

const char *errno_name(int errno_value)
{
	const char *name = strerrorname_np(errno_value);

	return name ? name : "?";
}
