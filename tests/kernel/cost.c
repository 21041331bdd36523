// SPDX-License-Identifier: GPL-2.0
/*
 * cost: what registered buffers cost in instructions. For a guest with one processor
 * whose time is made of instructions (QEMU -icount shift=0: one is a nanosecond).
 * Prints "cost NAME VALUE UNIT" lines; tests/kernel/cost.sh makes the table.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#include "base/own_ring.h"

#define KIB	1024UL
#define MIB	(1024 * KIB)
#define GIB	(1024 * MIB)
#define HUGE	(2 * MIB)
#define MANY	16384

#define NR_THREADS	32
#define EACH_THREAD	100

enum folios { SMALL, LESSER, MIDDLE, HUGE_PAGES, NR_FOLIOS };

static const char *const folio_names[NR_FOLIOS] = { "4K", "16K", "64K", "2M" };

static unsigned long long now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ULL + t.tv_nsec;
}

static void write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);

	if (fd < 0)
		return;
	if (write(fd, text, strlen(text)) < 0)
		perror(path);
	close(fd);
}

static void only(enum folios f)
{
	write_text("/sys/kernel/mm/transparent_hugepage/enabled", f == SMALL ? "never" : "always");
	write_text("/sys/kernel/mm/transparent_hugepage/hugepages-2048kB/enabled",
		   f == HUGE_PAGES ? "always" : "never");
	write_text("/sys/kernel/mm/transparent_hugepage/hugepages-16kB/enabled",
		   f == LESSER ? "always" : "never");
	write_text("/sys/kernel/mm/transparent_hugepage/hugepages-64kB/enabled",
		   f == MIDDLE ? "always" : "never");
}

static char *memory(size_t len, enum folios f)
{
	char *p;

	only(f);
	p = mmap(NULL, len + HUGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED)
		return NULL;
	p += -(uintptr_t)p % HUGE;
	for (size_t i = 0; i < len; i += 4096)
		p[i] = 1;
	return p;
}

/* Kernel memory that is not page cache or anonymous: slab, vmalloc */
static long kernel_kib(void)
{
	long sum = 0, value;
	char line[128];
	FILE *f = fopen("/proc/meminfo", "re");

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "Slab: %ld", &value) == 1 ||
		    sscanf(line, "VmallocUsed: %ld", &value) == 1)
			sum += value;
	if (f)
		fclose(f);
	return sum;
}

static long charged_kib(void)
{
	FILE *f = fopen("/proc/self/status", "re");
	char line[128];
	long kib = -1;

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "VmPin: %ld", &kib) == 1)
			break;
	if (f)
		fclose(f);
	return kib;
}

static void cost(const char *name, unsigned long long value, const char *unit)
{
	printf("cost %s %llu %s\n", name, value, unit);
	fflush(stdout);
}

static void must(const char *what, int ret, int expected)
{
	if (ret == expected)
		return;
	printf("cost-failed %s: %d\n", what, ret);
	exit(1);
}

/* With CAP_IPC_LOCK nothing would be charged, and what charging costs would not be seen */
static void be_limited(void)
{
	struct rlimit none = { RLIM_INFINITY, RLIM_INFINITY };
	struct __user_cap_header_struct me = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct caps[_LINUX_CAPABILITY_U32S_3];

	must("limit", setrlimit(RLIMIT_MEMLOCK, &none), 0);
	must("capget", syscall(SYS_capget, &me, caps), 0);
	caps[0].effective &= ~(1U << CAP_IPC_LOCK);
	must("capset", syscall(SYS_capset, &me, caps), 0);
}

/* The least of three: interrupts and work of others come in between */
static void register_size(size_t len, enum folios f)
{
	unsigned long long in = -1ULL, out = -1ULL, t;
	char *p = memory(len, f), name[64];
	struct iovec v = { p, len };
	struct ring_raw r;
	long kib = 0;

	if (!p)
		return;
	must("open", ring_raw_open(&r, 8, 0), 0);
	for (int i = 0; i < 3; i++) {
		long before = kernel_kib();

		t = now();
		must("register", ring_raw_register_buffers(&r, &v, 1), 0);
		t = now() - t;
		must("charge", charged_kib() != (long)(len / KIB), 0);
		in = t < in ? t : in;
		/* what it leaves is there already the next time */
		if (!i)
			kib = kernel_kib() - before;
		t = now();
		must("unregister", ring_raw_unregister_buffers(&r), 0);
		t = now() - t;
		out = t < out ? t : out;
	}
	snprintf(name, sizeof(name), "register-%luM-%s", len / MIB, folio_names[f]);
	cost(name, in, "instructions");
	snprintf(name, sizeof(name), "unregister-%luM-%s", len / MIB, folio_names[f]);
	cost(name, out, "instructions");
	if (len == GIB) {
		snprintf(name, sizeof(name), "memory-%luM-%s", len / MIB, folio_names[f]);
		cost(name, kib, "KiB");
	}
	ring_raw_close(&r);
	munmap(p, len);
}

/* Buffers of 16 KiB side by side in huge pages, in one call */
static void register_many(void)
{
	size_t each = 16 * KIB, len = MANY * each;
	char *p = memory(len, HUGE_PAGES);
	struct iovec *v = calloc(MANY, sizeof(*v));
	unsigned long long t;
	struct ring_raw r;

	must("open", ring_raw_open(&r, 8, 0), 0);
	for (size_t i = 0; i < MANY; i++)
		v[i] = (struct iovec){ p + i * each, each };
	t = now();
	must("register", ring_raw_register_buffers(&r, v, MANY), 0);
	cost("register-16384x16K-2M", now() - t, "instructions");
	t = now();
	must("unregister", ring_raw_unregister_buffers(&r), 0);
	cost("unregister-16384x16K-2M", now() - t, "instructions");
	ring_raw_close(&r);
	munmap(p, len);
	free(v);
}

/* One after the other into a sparse table */
static void update_many(unsigned int nr, size_t each)
{
	char *p = memory(nr * each, HUGE_PAGES), name[64];
	struct ring_rsrc_register sparse = { .nr = nr, .flags = RING_REGISTER_SPARSE };
	unsigned long long t;
	struct ring_raw r;

	must("open", ring_raw_open(&r, 8, 0), 0);
	must("sparse", ring_raw_register(&r, IORING_REGISTER_BUFFERS2, &sparse, sizeof(sparse)), 0);
	t = now();
	for (unsigned int i = 0; i < nr; i++) {
		struct iovec v = { p + i * each, each };

		must("update", ring_raw_update_buffers(&r, i, &v, NULL, 1), 1);
	}
	t = now() - t;
	snprintf(name, sizeof(name), "update-%ux%luK-2M", nr, each / KIB);
	cost(name, t, "instructions");
	ring_raw_close(&r);
	munmap(p, nr * each);
}

/* Of two large buffers of small folios one is replaced by a third */
static void update_large(size_t len, enum folios f)
{
	char *p = memory(3 * len, f), name[64];
	struct iovec v[3] = { { p, len }, { p + len, len }, { p + 2 * len, len } };
	unsigned long long t;
	struct ring_raw r;

	if (!p)
		return;
	must("open", ring_raw_open(&r, 8, 0), 0);
	must("register", ring_raw_register_buffers(&r, v, 2), 0);
	t = now();
	must("update", ring_raw_update_buffers(&r, 0, &v[2], NULL, 1), 1);
	t = now() - t;
	snprintf(name, sizeof(name), "update-%luM-%s", len / MIB, folio_names[f]);
	cost(name, t, "instructions");
	ring_raw_close(&r);
	munmap(p, 3 * len);
}

/* The least of three, each with what is left of it to do later */
static void setup(void)
{
	unsigned long long least = -1ULL, t;
	struct ring_raw r;

	for (int i = 0; i < 3; i++) {
		t = now();
		for (int k = 0; k < EACH_THREAD; k++) {
			must("open", ring_raw_open(&r, 64, 0), 0);
			ring_raw_close(&r);
		}
		t = now() - t;
		least = t < least ? t : least;
	}
	cost("setup-and-close", least / EACH_THREAD, "instructions");
}

static void *registers(void *page)
{
	struct iovec v = { page, 4 * KIB };
	struct ring_raw r;

	must("open", ring_raw_open(&r, 8, 0), 0);
	for (int i = 0; i < EACH_THREAD; i++) {
		must("register", ring_raw_register_buffers(&r, &v, 1), 0);
		must("unregister", ring_raw_unregister_buffers(&r), 0);
	}
	ring_raw_close(&r);
	return NULL;
}

/* Each on a ring of its own, all of one user and address space; the least of seven, as they take turns */
static void register_in_threads(void)
{
	char *p = memory(NR_THREADS * 4 * KIB, SMALL);
	unsigned long long least = -1ULL, t;
	pthread_t threads[NR_THREADS];

	for (int k = 0; k < 7; k++) {
		t = now();
		for (int i = 0; i < NR_THREADS; i++)
			must("thread", pthread_create(&threads[i], NULL, registers, p + i * 4 * KIB), 0);
		for (int i = 0; i < NR_THREADS; i++)
			pthread_join(threads[i], NULL);
		t = now() - t;
		least = t < least ? t : least;
	}
	cost("32-threads-x100x4K", least, "instructions");
	munmap(p, NR_THREADS * 4 * KIB);
}

/* READ_FIXED of 512 bytes from /dev/zero; many, so that the tick is spread */
static unsigned long long per_read(struct ring_raw *r, int fd, unsigned int opcode, char *at)
{
	struct io_uring_sqe sqe = ring_raw_sqe(opcode, fd, at, 512, 0, 0);
	const int nr = 20000;
	unsigned long long t = now();

	for (int i = 0; i < nr; i++)
		must("read", ring_raw_run(r, &sqe), 512);
	return (now() - t) / nr;
}

static void reads(enum folios f)
{
	char *p = memory(GIB, f), name[64];
	struct iovec v = { p, GIB };
	int fd = open("/dev/zero", O_RDONLY);
	struct ring_raw r;

	must("open", ring_raw_open(&r, 8, 0), 0);
	must("register", ring_raw_register_buffers(&r, &v, 1), 0);
	snprintf(name, sizeof(name), "read-fixed-first-1G-%s", folio_names[f]);
	cost(name, per_read(&r, fd, IORING_OP_READ_FIXED, p), "instructions");
	snprintf(name, sizeof(name), "read-fixed-last-1G-%s", folio_names[f]);
	cost(name, per_read(&r, fd, IORING_OP_READ_FIXED, p + GIB - 512), "instructions");
	if (f == SMALL)
		cost("read-plain", per_read(&r, fd, IORING_OP_READ, p), "instructions");
	ring_raw_close(&r);
	munmap(p, GIB);
	close(fd);
}

int main(void)
{
	be_limited();
	for (enum folios f = SMALL; f < NR_FOLIOS; f++) {
		register_size(MIB * (f == HUGE_PAGES ? 2 : 1), f);
		register_size(32 * MIB, f);
		register_size(GIB, f);
	}
	register_many();
	update_many(1000, 512 * KIB);
	update_many(MANY, 16 * KIB);
	update_large(GIB / 2, LESSER);
	setup();
	register_in_threads();
	reads(SMALL);
	reads(HUGE_PAGES);
	return 0;
}
