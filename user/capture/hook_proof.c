// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <linux/capability.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#include "base/err.h"
#include "base/own_ring.h"
#include "base/page_size.h"
#include "capture/hook_proof.h"

#define NR	2	/* buffers of a table */
#define WAIT_MS	300

struct caps {
	struct __user_cap_header_struct head;
	struct __user_cap_data_struct data[2];
};

/* A ring made without CAP_IPC_LOCK is charged to its user: root does without for a moment. */
static bool drop_ipc_lock(struct caps *old)
{
	struct caps less;

	*old = (struct caps){ .head.version = _LINUX_CAPABILITY_VERSION_3 };
	if (syscall(SYS_capget, &old->head, old->data))
		return false;
	less = *old;
	less.data[CAP_TO_INDEX(CAP_IPC_LOCK)].effective &= ~CAP_TO_MASK(CAP_IPC_LOCK);
	return !syscall(SYS_capset, &less.head, less.data);
}

static void restore(struct caps *old)
{
	syscall(SYS_capset, &old->head, old->data);
}

/* The two rings; nothing else happens without CAP_IPC_LOCK. */
static int open_rings(struct ring_raw *a, struct ring_raw *b, bool limited)
{
	struct caps caps;
	int err;

	if (limited && !drop_ipc_lock(&caps))
		return -EPERM;
	err = ring_raw_open(a, 1, 0);
	if (!err)
		err = ring_raw_open(b, 1, 0);
	if (limited)
		restore(&caps);
	return err;
}

static int exercise(struct calibration *c, struct ring_raw *a, struct ring_raw *b, char *memory)
{
	const struct iovec iov[NR] = { { memory, PAGE_BYTES }, { memory + PAGE_BYTES, PAGE_BYTES } };
	int err = ring_raw_register_buffers(a, iov, NR);

	if (err)
		return err;
	c->registered += NR;
	if (!ring_raw_clone_buffers(b, a, 0, 0))
		ring_raw_unregister_buffers(b);
	if (!ring_raw_unregister_buffers(a))
		c->released += NR;
	/* last, and the ring is closed upon it: 5.10 and 6.1 release it a second later */
	if (ring_raw_register_buffers(a, iov, 1))
		return 0;
	c->registered++;
	if (ring_raw_update_buffers(a, 0, &iov[1], NULL, 1) == 1)
		c->registered++;
	return 0;
}

static int run(struct calibration *c, char *memory, bool limited)
{
	struct ring_raw a = { .fd = -1 }, b = { .fd = -1 };
	int err = open_rings(&a, &b, limited);

	if (!err)
		err = exercise(c, &a, &b, memory);
	ring_raw_close(&a);
	ring_raw_close(&b);
	c->limited = limited && !err;
	return err;
}

int calibrate(struct calibration *c, bool (*settled)(const struct calibration *c, void *arg),
	      void *arg)
{
	const struct timespec ms = { .tv_nsec = 1000000 };
	const struct rlimit none = { RLIM_INFINITY, RLIM_INFINITY };
	struct rlimit limit;
	char *memory;
	int err;

	*c = (struct calibration){ 0 };
	memory = mmap(NULL, NR * PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED)
		return err_set(errno, "no memory for a buffer of our own: %s", strerror(errno));
	/* to 5.10 BPF maps count against the same limit */
	getrlimit(RLIMIT_MEMLOCK, &limit);
	setrlimit(RLIMIT_MEMLOCK, &none);
	err = run(c, memory, true);
	if (err)
		err = run(c, memory, false);
	setrlimit(RLIMIT_MEMLOCK, &limit);
	for (int i = 0; !err && i < WAIT_MS && !settled(c, arg); i++)
		nanosleep(&ms, NULL);
	munmap(memory, NR * PAGE_BYTES);
	return err ? err_set(-err, "cannot register a buffer of our own: %s", strerror(-err)) : 0;
}
