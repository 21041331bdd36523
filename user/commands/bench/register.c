// SPDX-License-Identifier: GPL-2.0
/* What register, clone and unregister cost, by the size of the buffer and of its pages. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "base/alloc.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/fmt.h"
#include "base/own_ring.h"
#include "base/signals.h"
#include "commands/bench/bench.h"
#include "commands/bench/rig.h"

#define MIB		(1UL << 20)
#define SPARE_BYTES	(128 * MIB)	/* of memory, left to others */
#define THP_FOLDER	"/sys/kernel/mm/transparent_hugepage/"

static const size_t sizes[] = { 64 << 10, MIB, 16 * MIB, 256 * MIB };

#define NR_SIZES (sizeof(sizes) / sizeof(sizes[0]))

/* The number of kB after key in a file of /proc, as bytes; 0 without. */
static size_t kb_after(const char *path, const char *key)
{
	size_t len = strlen(key), kb = 0;
	char line[256];
	FILE *f = fopen(path, "re");

	while (f && fgets(line, sizeof(line), f))
		if (!strncmp(line, key, len))
			kb = strtoul(line + len, NULL, 10);
	if (f)
		fclose(f);
	return kb << 10;
}

/* How much of the mapping at .p is in huge pages. */
static size_t huge_bytes(const char *p)
{
	unsigned long from, to;
	bool inside = false;
	size_t kb = 0;
	char line[512];
	FILE *f = fopen("/proc/self/smaps", "re");

	while (f && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%lx-%lx ", &from, &to) == 2)
			inside = from <= (unsigned long)p && (unsigned long)p < to;
		else if (inside && sscanf(line, "AnonHugePages: %zu", &kb) == 1)
			break;
	}
	if (f)
		fclose(f);
	return kb << 10;
}

static size_t thp_bytes(void)
{
	size_t bytes = 0;
	char line[64];
	FILE *f = fopen(THP_FOLDER "hpage_pmd_size", "re");

	if (f && fgets(line, sizeof(line), f))
		bytes = strtoul(line, NULL, 10);
	if (f)
		fclose(f);
	return bytes;
}

static size_t page_size(enum bench_pages pages)
{
	return pages == PAGES_SMALL ? (size_t)sysconf(_SC_PAGESIZE) :
	       pages == PAGES_THP ? thp_bytes() : kb_after("/proc/meminfo", "Hugepagesize:");
}

/* A mapping with its beginning and its length. */
struct area {
	char *map, *p;
	size_t map_bytes, bytes;
};

/* Present memory of that kind; otherwise .skipped says why not. */
static bool get_memory(struct bench_register *c, struct area *a)
{
	size_t page = c->page_bytes, free_bytes = kb_after("/proc/meminfo", "MemAvailable:");
	int flags = MAP_PRIVATE | MAP_ANONYMOUS | (c->pages == PAGES_HUGETLB ? MAP_HUGETLB : 0);
	char text[FMT_LEN];

	if (!page) {
		snprintf(c->skipped, BENCH_REASON, "this kernel has none");
		return false;
	}
	a->bytes = (c->bytes + page - 1) / page * page;
	a->map_bytes = a->bytes + (c->pages == PAGES_THP ? page : 0);
	if (c->pages != PAGES_HUGETLB && free_bytes < a->bytes + SPARE_BYTES) {
		snprintf(c->skipped, BENCH_REASON, "there are only %s of free memory",
			 fmt_bytes_long(text, free_bytes));
		return false;
	}
	a->map = mmap(NULL, a->map_bytes, PROT_READ | PROT_WRITE, flags, -1, 0);
	if (a->map == MAP_FAILED) {
		if (c->pages == PAGES_HUGETLB)
			snprintf(c->skipped, BENCH_REASON, "it needs %zu free hugetlb pages; see /proc/sys/vm/nr_hugepages",
				 a->bytes / page);
		else
			snprintf(c->skipped, BENCH_REASON, "mmap(): %s", strerror(errno));
		return false;
	}
	a->p = a->map;
	if (c->pages == PAGES_THP)
		a->p = (char *)(((unsigned long)a->map + page - 1) / page * page);
	if (c->pages != PAGES_HUGETLB)
		madvise(a->p, a->bytes, c->pages == PAGES_THP ? MADV_HUGEPAGE : MADV_NOHUGEPAGE);
	memset(a->p, 0x5a, a->bytes);
	if (c->pages == PAGES_THP && huge_bytes(a->p) < a->bytes) {
		snprintf(c->skipped, BENCH_REASON, "only %s of it came as huge pages; see " THP_FOLDER "enabled",
			 fmt_bytes_long(text, huge_bytes(a->p)));
		munmap(a->map, a->map_bytes);
		return false;
	}
	return true;
}

/* Registers, clones and drops once; 0 or -errno. */
static int once(struct bench_register *c, const struct iovec *iov, const struct ring_raw *r,
		const struct ring_raw *other)
{
	__u64 t = clock_now_ns();
	int err = ring_raw_register_buffers(r, iov, 1);

	if (err)
		return err;
	c->ns[TIMED_REGISTER][c->nr] = clock_now_ns() - t;
	if (!*c->no_clone) {
		t = clock_now_ns();
		err = ring_raw_clone_buffers(other, r, 0, 0);
		c->ns[TIMED_CLONE][c->nr] = clock_now_ns() - t;
		if (!err)
			ring_raw_unregister_buffers(other);
		else if (err == -EINVAL)
			snprintf(c->no_clone, BENCH_REASON, "this kernel has no clone (6.12)");
		else
			snprintf(c->no_clone, BENCH_REASON, "%s", strerror(-err));
	}
	/* the last reference: the one that unpins */
	t = clock_now_ns();
	err = ring_raw_unregister_buffers(r);
	c->ns[TIMED_UNREGISTER][c->nr] = clock_now_ns() - t;
	c->nr += !err;
	return err;
}

static void measure(struct bench_register *c, const struct ring_raw *r,
		    const struct ring_raw *other, __u64 ns)
{
	__u64 begun = clock_now_ns();
	struct iovec iov;
	struct area a;
	int err = 0;

	if (bench_beyond_limit(c->bytes)) {
		bench_refused(c->skipped, c->bytes, -ENOMEM);
		return;
	}
	if (!get_memory(c, &a))
		return;
	iov = (struct iovec){ a.p, c->bytes };
	while (!err && !interrupted && c->nr < BENCH_MAX &&
	       (c->nr < BENCH_ROUNDS || clock_now_ns() - begun < ns))
		err = once(c, &iov, r, other);
	if (err)
		bench_refused(c->skipped, c->bytes, err);
	munmap(a.map, a.map_bytes);
}

int bench_register_run(struct bench *b, __u64 end_ns)
{
	struct ring_raw rings[2];
	int err = bench_ring(b, &rings[0], 1);

	if (!err) {
		err = bench_ring(b, &rings[1], 1);
		if (err)
			ring_raw_close(&rings[0]);
	}
	if (err)
		return err_set(-err, "io_uring_setup: %s", strerror(-err));
	b->regs = must_alloc(NR_SIZES * NR_PAGES, sizeof(*b->regs));
	for (size_t i = 0; i < NR_SIZES; i++)
		for (enum bench_pages pages = 0; pages < NR_PAGES; pages++) {
			struct bench_register *c = &b->regs[b->nr_regs++];

			c->pages = pages;
			c->bytes = sizes[i];
			c->page_bytes = page_size(pages);
		}
	for (size_t i = 0; i < b->nr_regs && !interrupted; i++) {
		__u64 now = clock_now_ns();

		bench_progress(b, "registering: case %zu of %zu", i + 1, b->nr_regs);
		/* the small ones take no time worth saving */
		if (now >= end_ns && b->regs[i].bytes > MIB)
			snprintf(b->regs[i].skipped, BENCH_REASON, "the time was up; give more with -d");
		else
			measure(&b->regs[i], &rings[0], &rings[1],
				now < end_ns ? (end_ns - now) / (b->nr_regs - i) : 0);
	}
	ring_raw_close(&rings[0]);
	ring_raw_close(&rings[1]);
	return 0;
}
