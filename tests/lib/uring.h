/* SPDX-License-Identifier: GPL-2.0 */
/* Rings by the raw system call: every opcode, also those that liburing 2.3 has no name for. */
#ifndef FIXBUF_URING_H
#define FIXBUF_URING_H

#include <liburing.h>
#include <sys/uio.h>

#define OP_REGISTER_CLONE	30	/* IORING_REGISTER_CLONE_BUFFERS, 6.12 */
#define CLONE_SRC_REGISTERED	1
#define CLONE_DST_REPLACE	2

struct clone_arg {
	__u32 src_fd, flags, src_off, dst_off, nr;
	__u32 pad[3];
};

/* All return 0 (or what the call says) or -errno. */
int uring_open(struct io_uring *r, unsigned int entries);
int uring_call(int fd, unsigned int op, const void *arg, unsigned int nr);
int uring_register(int fd, const struct iovec *iov, unsigned int nr);
int uring_unregister(int fd);
/* Slots [first, first + nr) become iov; {NULL, 0} empties one. Returns how many were set. */
int uring_update(int fd, unsigned int first, const struct iovec *iov, unsigned int nr);
int uring_clone(int to, int from, unsigned int src_off, unsigned int dst_off, unsigned int nr,
		unsigned int flags);

/* op: IORING_OP_READ_FIXED or IORING_OP_WRITE_FIXED. */
int uring_submit(struct io_uring *r, int op, int fd, void *addr, unsigned int len, __u64 offset,
		 unsigned int index);
int uring_io(struct io_uring *r, int op, int fd, void *addr, unsigned int len, __u64 offset,
	     unsigned int index);

const char *errno_name(int errno_value);

#endif
