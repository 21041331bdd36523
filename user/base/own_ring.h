/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A small ring by plain system calls, for rings of our own, where the product
 * must not need liburing: one request at a time, or many at once. What the oldest supported
 * <linux/io_uring.h> (6.1) lacks is defined here with its value.
 */
#ifndef FIXBUF_BASE_OWN_RING_H
#define FIXBUF_BASE_OWN_RING_H

#include <linux/io_uring.h>
#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/uio.h>

/* Opcodes of io_uring_register() and of requests, by the kernel's numbers. */
enum {
	RING_REGISTER_CLONE_BUFFERS = 30,	/* 6.12 */
	RING_OP_SEND_ZC = 47,			/* 6.0 */
	RING_OP_READV_FIXED = 60,		/* 6.15 */
	RING_OP_WRITEV_FIXED = 61,
};

#define RING_REGISTER_SPARSE	(1U << 0)	/* io_uring_rsrc_register.flags, 5.19 */
#define RING_SEND_FIXED_BUF	(1U << 2)	/* sqe->ioprio of SEND_ZC, 6.0 */
#define RING_NOP_FIXED_BUFFER	(1U << 3)	/* sqe->rw_flags of NOP, 6.13 */

/* The kernel's io_uring_rsrc_register; the header of 5.15 calls flags resv. */
struct ring_rsrc_register {
	__u32 nr;
	__u32 flags;
	__u64 resv2;
	__u64 data;		/* iovecs */
	__u64 tags;
};

/* The kernel's io_uring_rsrc_update2. */
struct ring_rsrc_update {
	__u32 offset;
	__u32 resv;
	__u64 data;		/* iovecs */
	__u64 tags;
	__u32 nr;
	__u32 resv2;
};

/* The kernel's io_uring_clone_buffers; 6.12 wants offsets and nr to be 0 = all. */
struct ring_clone_buffers {
	__u32 src_fd;
	__u32 flags;
	__u32 src_off;
	__u32 dst_off;
	__u32 nr;
	__u32 pad[3];
};

struct ring_raw {
	int fd;			/* -1 = closed */
	unsigned int sq_entries, cq_entries;
	unsigned int features;	/* IORING_FEAT_* of this kernel */
	size_t memory_bytes;	/* of the ring itself, whole pages, as 6.14 to 7.1 charge it */
	void *rings, *sqes;
	size_t rings_bytes, sqes_bytes;
	unsigned int *sq_head, *sq_tail, *sq_mask, *sq_array;
	unsigned int *cq_head, *cq_tail, *cq_mask;
	struct io_uring_cqe *cqes;
};

/* flags: IORING_SETUP_*. Returns 0 or -errno; on failure fd is -1 and nothing is left. */
int ring_raw_open(struct ring_raw *r, unsigned int entries, unsigned int flags);
/* Harmless on a closed ring. The kernel drops what was registered a little later. */
void ring_raw_close(struct ring_raw *r);

/* op: IORING_REGISTER_*, IORING_UNREGISTER_*. Returns the call's result or -errno. */
int ring_raw_register(const struct ring_raw *r, unsigned int op, const void *arg, unsigned int nr);
int ring_raw_register_buffers(const struct ring_raw *r, const struct iovec *iov, unsigned int nr);
int ring_raw_unregister_buffers(const struct ring_raw *r);
/* tags may be NULL. Returns how many slots were replaced, or -errno. */
int ring_raw_update_buffers(const struct ring_raw *r, unsigned int offset, const struct iovec *iov,
			    const __u64 *tags, unsigned int nr);
/* nr 0 = the whole table of src, the only form that 6.12 knows. */
int ring_raw_clone_buffers(const struct ring_raw *dst, const struct ring_raw *src,
			   unsigned int src_off, unsigned int nr);

/* Why .err, of ring_raw_open(), is, as far as this process can see; good until the next call. */
const char *ring_raw_why(int err);
/* 0 when .err, of ring_raw_open(), is; else the exit status after a sentence that says why. */
int ring_raw_cannot(int err);

/* Whether the kernel knows this request opcode. */
bool ring_raw_knows(const struct ring_raw *r, unsigned int opcode);

/* Queues a copy of sqe and hands it to the kernel; 0 or -errno. Does not wait. */
int ring_raw_submit(struct ring_raw *r, const struct io_uring_sqe *sqe);
/* Takes the next completion, waiting up to timeout_ms (-1 = for ever); 0, -ETIME or -errno. */
int ring_raw_wait(struct ring_raw *r, struct io_uring_cqe *cqe, int timeout_ms);
/* Submits and waits; the request's result (negative: -errno). */
int ring_raw_run(struct ring_raw *r, const struct io_uring_sqe *sqe);

/*
 * Many at once: queue them, enter() to hand over .submit of them and wait for .wait
 * completions (how many were taken, or -errno), take() what has completed.
 */
int ring_raw_queue(struct ring_raw *r, const struct io_uring_sqe *sqe);
int ring_raw_enter(const struct ring_raw *r, unsigned int submit, unsigned int wait);
bool ring_raw_take(struct ring_raw *r, struct io_uring_cqe *cqe);

/* A request of the read/write family, ready to submit. buf_index only matters to the fixed ones. */
struct io_uring_sqe ring_raw_sqe(unsigned int opcode, int fd, const void *addr, unsigned int len,
				 __u64 offset, unsigned int buf_index);
/* The same, run: bytes moved or -errno. */
int ring_raw_rw(struct ring_raw *r, unsigned int opcode, int fd, const void *addr,
		unsigned int len, __u64 offset, unsigned int buf_index);

#endif
