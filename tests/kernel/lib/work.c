// SPDX-License-Identifier: GPL-2.0
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include "memory.h"
#include "base/own_ring.h"
#include "work.h"

#define RINGS		3
#define SLOTS		7
#define ARENA		(3 * THP)
#define FILE_BYTES	(1UL << 20)
#define MAX_IO		100000
#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE	25	/* glibc 2.37 */
#endif

static struct ring_raw rings[RINGS];
static pthread_mutex_t queue_lock[RINGS];	/* the kernel locks the rest */
/* What was registered last, but for another thread that did so meanwhile */
static struct iovec known[RINGS][SLOTS];
static unsigned long *moved;
static char *arena;
static int memory_fd, disk_fd, socket_fd, pipe_fd[2];

void work_count(unsigned long *n)
{
	__atomic_add_fetch(n, 1, __ATOMIC_RELAXED);
}

unsigned int work_draw(unsigned int *seed, unsigned int n)
{
	return rand_r(seed) % n;
}

bool work_prepare(unsigned long counts[NR_OPS])
{
	moved = counts;
	memory_fd = memfd_create("stress", MFD_CLOEXEC);
	disk_fd = open(".", O_TMPFILE | O_RDWR | O_DIRECT | O_CLOEXEC, 0600);
	return memory_fd >= 0 && disk_fd >= 0 && !ftruncate(memory_fd, FILE_BYTES) &&
	       !ftruncate(disk_fd, FILE_BYTES);
}

static int open_socket(void)
{
	struct sockaddr_in to = { .sin_family = AF_INET };
	socklen_t len = sizeof(to);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	/* to itself */
	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd < 0 || bind(fd, (void *)&to, len) || getsockname(fd, (void *)&to, &len) ||
	    connect(fd, (void *)&to, len))
		return -1;
	return fd;
}

bool work_open(void)
{
	arena = mmap(NULL, ARENA + 2 * THP, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		     0);
	if (arena == MAP_FAILED)
		return false;
	arena += -(uintptr_t)arena % THP;
	munmap(arena + ARENA, PAGE);
	madvise(arena, 2 * THP, MADV_HUGEPAGE);
	memset(arena, 1, 2 * THP);
	socket_fd = open_socket();
	/* the reading end blocks, so that requests stay in flight */
	return socket_fd >= 0 && !pipe2(pipe_fd, O_NONBLOCK) && !fcntl(pipe_fd[0], F_SETFL, 0);
}

bool work_open_rings(void)
{
	bool all = true;

	for (int i = 0; i < RINGS; i++) {
		pthread_mutex_init(&queue_lock[i], NULL);
		all = !ring_raw_open(&rings[i], 64, 0) && all;
	}
	return all;
}

void work_close_rings(void)
{
	for (int i = 0; i < RINGS; i++)
		ring_raw_close(&rings[i]);
}

static struct iovec random_iov(unsigned int *seed)
{
	size_t at = work_draw(seed, ARENA), most = work_draw(seed, 3) ? 20000 : THP;
	size_t len = 1 + work_draw(seed, most);

	if (!work_draw(seed, 9))
		return (struct iovec){ 0 };
	if (!work_draw(seed, 29))
		return (struct iovec){ arena + ARENA, len };	/* not mapped */
	if (at + len > ARENA)
		len = ARENA - at;
	return (struct iovec){ arena + at, len };
}

static int register_many(int ring, bool tagged, unsigned int *seed)
{
	struct ring_rsrc_register rr = { .nr = SLOTS };
	struct iovec v[SLOTS] = { 0 };
	__u64 tags[SLOTS] = { 0 };
	int ret;

	if (tagged && !work_draw(seed, 9))
		rr.flags = RING_REGISTER_SPARSE;
	for (int i = 0; i < SLOTS && !rr.flags; i++) {
		v[i] = random_iov(seed);
		tags[i] = v[i].iov_base ? 1000 + i : 0;
	}
	if (!rr.flags) {
		rr.data = (uintptr_t)v;
		rr.tags = (uintptr_t)tags;
	}
	if (tagged)
		ret = ring_raw_register(&rings[ring], IORING_REGISTER_BUFFERS2, &rr, sizeof(rr));
	else
		ret = ring_raw_register_buffers(&rings[ring], v, SLOTS);
	if (!ret)
		memcpy(known[ring], v, sizeof(v));
	return ret;
}

static int update_some(int ring, unsigned int *seed)
{
	struct iovec v[2] = { random_iov(seed), random_iov(seed) };
	unsigned int slot = work_draw(seed, SLOTS);
	__u64 tags[2] = { 0 };
	int ret;

	ret = ring_raw_update_buffers(&rings[ring], slot, v, work_draw(seed, 2) ? tags : NULL,
				      1 + work_draw(seed, 2));
	for (int i = 0; i < ret; i++)
		known[ring][slot + i] = v[i];
	return ret;
}

static int clone_some(int ring, unsigned int *seed)
{
	int from = work_draw(seed, RINGS), ret;

	ret = ring_raw_clone_buffers(&rings[ring], &rings[from], 0, 0);
	if (!ret)
		memcpy(known[ring], known[from], sizeof(known[ring]));
	return ret;
}

/* A part of the buffer in that slot, or, at times, of any memory */
static struct iovec some_of(int ring, unsigned int slot, unsigned int *seed)
{
	struct iovec v = slot < SLOTS ? known[ring][slot] : (struct iovec){ 0 };
	size_t off;

	if (!v.iov_len || !work_draw(seed, 9))
		v = random_iov(seed);
	if (v.iov_len) {
		off = work_draw(seed, v.iov_len);
		v.iov_base = (char *)v.iov_base + off;
		v.iov_len -= off;
	}
	if (v.iov_len > MAX_IO)
		v.iov_len = MAX_IO;
	return v;
}

/* Hands over one request; whatever completed before is taken. */
static int submit(int ring, struct io_uring_sqe *sqe, unsigned int *seed)
{
	struct io_uring_cqe cqe;
	int ret;

	sqe->flags = work_draw(seed, 4) ? 0 : IOSQE_ASYNC;
	pthread_mutex_lock(&queue_lock[ring]);
	ret = ring_raw_submit(&rings[ring], sqe);
	while (ring_raw_take(&rings[ring], &cqe))
		/* not a tag */
		if (cqe.res > 0 && cqe.user_data < NR_OPS)
			work_count(&moved[cqe.user_data]);
	pthread_mutex_unlock(&queue_lock[ring]);
	return ret;
}

static int fixed_io(enum op op, int ring, unsigned int *seed)
{
	unsigned int align = op == IO_DIRECT ? 512 : 1, slot = work_draw(seed, SLOTS + 1);
	struct iovec v = some_of(ring, slot, seed);
	size_t gap = -(uintptr_t)v.iov_base % align;
	struct io_uring_sqe sqe;
	int ret;

	if (v.iov_len < gap)
		gap = 0;
	sqe = ring_raw_sqe(work_draw(seed, 2) ? IORING_OP_READ_FIXED : IORING_OP_WRITE_FIXED,
			   op == IO_DIRECT ? disk_fd : memory_fd, (char *)v.iov_base + gap,
			   (v.iov_len - gap) / align * align,
			   work_draw(seed, FILE_BYTES - MAX_IO) / align * align, slot);
	sqe.user_data = op;
	if (op == SEND) {
		sqe.opcode = RING_OP_SEND_ZC;
		sqe.fd = socket_fd;
		sqe.off = 0;
		sqe.len %= 60000;	/* a datagram has no more */
		sqe.ioprio = RING_SEND_FIXED_BUF;
		/* room for it */
		while (recv(socket_fd, NULL, 0, MSG_DONTWAIT | MSG_TRUNC) > 0)
			;
	} else if (op == IN_FLIGHT) {
		sqe.opcode = IORING_OP_READ_FIXED;
		sqe.fd = pipe_fd[0];
		sqe.off = 0;
		sqe.len = 1;
	}
	ret = submit(ring, &sqe, seed);
	/* more bytes than readers, at times: a request must not wait for ever */
	if (op == IN_FLIGHT && work_draw(seed, 3) && write(pipe_fd[1], "xx", 2) < 0 && errno != EAGAIN)
		return -errno;
	return ret;
}

static int unmap_some(unsigned int *seed)
{
	char *at = arena + work_draw(seed, ARENA / PAGE) * PAGE;
	size_t len = PAGE * (1 + work_draw(seed, 64));

	if (at + len > arena + ARENA)
		len = arena + ARENA - at;
	return mmap(at, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1,
		    0) == MAP_FAILED ? -errno : 0;
}

static int advise(char *at, size_t len, int advice)
{
	return madvise(at, len, advice) ? -errno : 0;
}

static int fork_some(unsigned int *seed)
{
	pid_t pid = fork();

	if (pid < 0)
		return -errno;
	if (!pid) {
		/* the rings are ours, too; so is the copy of the arena */
		arena[work_draw(seed, ARENA)] = 1;
		if (work_draw(seed, 2))
			register_many(0, false, seed);
		munmap(arena, ARENA / 2);
		_exit(0);
	}
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	return 0;
}

static int read_fdinfo(int ring)
{
	char path[64], text[4096];
	ssize_t len;
	int fd;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", rings[ring].fd);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	len = read(fd, text, sizeof(text));
	close(fd);
	return len > 0 ? 0 : -EIO;
}

static int reopen(int ring)
{
	int ret;

	pthread_mutex_lock(&queue_lock[ring]);
	ring_raw_close(&rings[ring]);
	ret = ring_raw_open(&rings[ring], 64, 0);
	pthread_mutex_unlock(&queue_lock[ring]);
	return ret;
}

int work_do(enum op op, unsigned int *seed)
{
	int ring = work_draw(seed, RINGS);

	switch (op) {
	case REGISTER:
	case REGISTER_TAGS:
		return register_many(ring, op == REGISTER_TAGS, seed);
	case UNREGISTER:
		return ring_raw_unregister_buffers(&rings[ring]);
	case UPDATE:
		return update_some(ring, seed);
	case CLONE:
		return clone_some(ring, seed);
	case IO:
	case IO_DIRECT:
	case SEND:
	case IN_FLIGHT:
		return fixed_io(op, ring, seed);
	case UNMAP:
		return unmap_some(seed);
	case DISCARD:
		return advise(arena + work_draw(seed, ARENA / PAGE) * PAGE, PAGE, MADV_DONTNEED);
	case COLLAPSE:
		return advise(arena + work_draw(seed, ARENA / THP) * THP, THP, MADV_COLLAPSE);
	case FORK:
		return fork_some(seed);
	case FDINFO:
		return read_fdinfo(ring);
	default:
		return reopen(ring);
	}
}
