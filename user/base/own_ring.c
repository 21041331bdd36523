// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "base/err.h"
#include "base/own_ring.h"
#include "base/system.h"

static size_t whole_pages(size_t bytes)
{
	size_t page = sysconf(_SC_PAGESIZE);

	return (bytes + page - 1) / page * page;
}

static int map_rings(struct ring_raw *r, const struct io_uring_params *p)
{
	size_t sq = p->sq_off.array + p->sq_entries * sizeof(__u32);
	size_t cq = p->cq_off.cqes + p->cq_entries * sizeof(struct io_uring_cqe);
	char *base;

	/* one mapping for both queues: 5.4 and later */
	if (!(p->features & IORING_FEAT_SINGLE_MMAP))
		return -EOPNOTSUPP;
	r->rings_bytes = sq > cq ? sq : cq;
	r->sqes_bytes = p->sq_entries * sizeof(struct io_uring_sqe);
	base = mmap(NULL, r->rings_bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, r->fd,
		    IORING_OFF_SQ_RING);
	if (base == MAP_FAILED)
		return -errno;
	r->rings = base;
	r->sqes = mmap(NULL, r->sqes_bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE,
		       r->fd, IORING_OFF_SQES);
	if (r->sqes == MAP_FAILED)
		return -errno;
	r->memory_bytes = whole_pages(r->rings_bytes) + whole_pages(r->sqes_bytes);
	r->sq_head = (void *)(base + p->sq_off.head);
	r->sq_tail = (void *)(base + p->sq_off.tail);
	r->sq_mask = (void *)(base + p->sq_off.ring_mask);
	r->sq_array = (void *)(base + p->sq_off.array);
	r->cq_head = (void *)(base + p->cq_off.head);
	r->cq_tail = (void *)(base + p->cq_off.tail);
	r->cq_mask = (void *)(base + p->cq_off.ring_mask);
	r->cqes = (void *)(base + p->cq_off.cqes);
	return 0;
}

int ring_raw_open(struct ring_raw *r, unsigned int entries, unsigned int flags)
{
	struct io_uring_params p = { .flags = flags };
	int err;

	memset(r, 0, sizeof(*r));
	r->rings = r->sqes = MAP_FAILED;
	r->fd = syscall(__NR_io_uring_setup, entries, &p);
	if (r->fd < 0) {
		err = -errno;
		r->fd = -1;
		return err;
	}
	r->sq_entries = p.sq_entries;
	r->cq_entries = p.cq_entries;
	r->features = p.features;
	err = map_rings(r, &p);
	if (err)
		ring_raw_close(r);
	return err;
}

void ring_raw_close(struct ring_raw *r)
{
	if (r->fd < 0)
		return;
	if (r->rings != MAP_FAILED)
		munmap(r->rings, r->rings_bytes);
	if (r->sqes != MAP_FAILED)
		munmap(r->sqes, r->sqes_bytes);
	close(r->fd);
	r->fd = -1;
}

int ring_raw_register(const struct ring_raw *r, unsigned int op, const void *arg, unsigned int nr)
{
	int ret = syscall(__NR_io_uring_register, r->fd, op, arg, nr);

	return ret < 0 ? -errno : ret;
}

int ring_raw_register_buffers(const struct ring_raw *r, const struct iovec *iov, unsigned int nr)
{
	return ring_raw_register(r, IORING_REGISTER_BUFFERS, iov, nr);
}

int ring_raw_unregister_buffers(const struct ring_raw *r)
{
	return ring_raw_register(r, IORING_UNREGISTER_BUFFERS, NULL, 0);
}

int ring_raw_update_buffers(const struct ring_raw *r, unsigned int offset, const struct iovec *iov,
			    const __u64 *tags, unsigned int nr)
{
	struct ring_rsrc_update up = {
		.offset = offset, .data = (unsigned long)iov, .tags = (unsigned long)tags, .nr = nr,
	};

	return ring_raw_register(r, IORING_REGISTER_BUFFERS_UPDATE, &up, sizeof(up));
}

int ring_raw_clone_buffers(const struct ring_raw *dst, const struct ring_raw *src,
			   unsigned int src_off, unsigned int nr)
{
	struct ring_clone_buffers c = { .src_fd = src->fd, .src_off = src_off, .nr = nr };

	return ring_raw_register(dst, RING_REGISTER_CLONE_BUFFERS, &c, 1);
}

const char *ring_raw_why(int err)
{
	/* from 6.6 on */
	int disabled = system_setting("io_uring_disabled", 0);
	static char why[256];
	struct rlimit limit;

	switch (-err) {
	case ENOSYS:
		return "this kernel has no io_uring, or a seccomp filter hides it";
	case EPERM:
		if (!disabled)
			return "io_uring_setup: EPERM; kernel.io_uring_disabled is 0 or not there, so a seccomp filter (container profile) or a security module forbids it";
		snprintf(why, sizeof(why), "io_uring_setup: EPERM; kernel.io_uring_disabled is %d, %s",
			 disabled, disabled == 1 ? "which leaves rings to CAP_SYS_ADMIN and one group" :
			 "which leaves rings to nobody");
		return why;
	case ENOMEM:
		if (getrlimit(RLIMIT_MEMLOCK, &limit) || limit.rlim_cur == RLIM_INFINITY)
			return "io_uring_setup: ENOMEM; memory is short";
		snprintf(why, sizeof(why), "io_uring_setup: ENOMEM (RLIMIT_MEMLOCK of %llu KiB, which all processes of the user share, has no room left, or memory is short); raise it with ulimit -l",
			 (unsigned long long)limit.rlim_cur >> 10);
		return why;
	default:
		snprintf(why, sizeof(why), "io_uring_setup: %s", strerror(-err));
		return why;
	}
}

int ring_raw_cannot(int err)
{
	return err ? cannot("%s", ring_raw_why(err)) : 0;
}

bool ring_raw_knows(const struct ring_raw *r, unsigned int opcode)
{
	enum { NR = 256 };
	struct io_uring_probe *probe = calloc(1, sizeof(*probe) + NR * sizeof(probe->ops[0]));
	bool known = false;

	if (!probe)
		return false;
	if (!ring_raw_register(r, IORING_REGISTER_PROBE, probe, NR))
		known = opcode < probe->ops_len &&
			probe->ops[opcode].flags & IO_URING_OP_SUPPORTED;
	free(probe);
	return known;
}

int ring_raw_enter(const struct ring_raw *r, unsigned int submit, unsigned int wait)
{
	unsigned int flags = wait ? IORING_ENTER_GETEVENTS : 0;
	int ret = syscall(__NR_io_uring_enter, r->fd, submit, wait, flags, NULL, 0);

	return ret < 0 ? -errno : ret;
}

int ring_raw_queue(struct ring_raw *r, const struct io_uring_sqe *sqe)
{
	unsigned int tail = *r->sq_tail, slot = tail & *r->sq_mask;

	if (tail - __atomic_load_n(r->sq_head, __ATOMIC_ACQUIRE) == r->sq_entries)
		return -EBUSY;
	((struct io_uring_sqe *)r->sqes)[slot] = *sqe;
	r->sq_array[slot] = slot;
	__atomic_store_n(r->sq_tail, tail + 1, __ATOMIC_RELEASE);
	return 0;
}

int ring_raw_submit(struct ring_raw *r, const struct io_uring_sqe *sqe)
{
	int ret = ring_raw_queue(r, sqe);

	if (!ret)
		ret = ring_raw_enter(r, 1, 0);
	return ret < 0 ? ret : 0;
}

bool ring_raw_take(struct ring_raw *r, struct io_uring_cqe *cqe)
{
	unsigned int head = *r->cq_head;

	if (head == __atomic_load_n(r->cq_tail, __ATOMIC_ACQUIRE))
		return false;
	*cqe = r->cqes[head & *r->cq_mask];
	__atomic_store_n(r->cq_head, head + 1, __ATOMIC_RELEASE);
	return true;
}

int ring_raw_wait(struct ring_raw *r, struct io_uring_cqe *cqe, int timeout_ms)
{
	struct pollfd p = { .fd = r->fd, .events = POLLIN };
	int ret;

	while (!ring_raw_take(r, cqe)) {
		/* a wait with a time-out of its own is 5.11 and later, poll() is not */
		if (timeout_ms < 0) {
			ret = ring_raw_enter(r, 0, 1);
			if (ret < 0)
				return ret;
			continue;
		}
		ret = poll(&p, 1, timeout_ms);
		if (ret < 0)
			return -errno;
		if (!ret)
			return -ETIME;
		/* runs what the kernel has left for this task to finish */
		ret = syscall(__NR_io_uring_enter, r->fd, 0, 0, IORING_ENTER_GETEVENTS, NULL, 0);
		if (ret < 0)
			return -errno;
	}
	return 0;
}

int ring_raw_run(struct ring_raw *r, const struct io_uring_sqe *sqe)
{
	struct io_uring_cqe cqe;
	int ret = ring_raw_submit(r, sqe);

	if (!ret)
		ret = ring_raw_wait(r, &cqe, -1);
	return ret ? ret : cqe.res;
}

struct io_uring_sqe ring_raw_sqe(unsigned int opcode, int fd, const void *addr, unsigned int len,
				 __u64 offset, unsigned int buf_index)
{
	struct io_uring_sqe sqe;

	memset(&sqe, 0, sizeof(sqe));
	sqe.opcode = opcode;
	sqe.fd = fd;
	sqe.addr = (unsigned long)addr;
	sqe.len = len;
	sqe.off = offset;
	sqe.buf_index = buf_index;
	return sqe;
}

int ring_raw_rw(struct ring_raw *r, unsigned int opcode, int fd, const void *addr,
		unsigned int len, __u64 offset, unsigned int buf_index)
{
	struct io_uring_sqe sqe = ring_raw_sqe(opcode, fd, addr, len, offset, buf_index);

	return ring_raw_run(r, &sqe);
}
