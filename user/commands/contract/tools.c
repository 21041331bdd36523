// SPDX-License-Identifier: GPL-2.0
/* What the checks share: memory, rings, and the two charges as a program can see them. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>
#include "base/system.h"
#include "commands/contract/contract.h"

#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25	/* 6.1 */
#endif

size_t page_bytes;
bool own_user;

static struct ring_raw probe;
static char *probe_memory;
static size_t probe_room, probe_limit;

void tools_init(void)
{
	page_bytes = sysconf(_SC_PAGESIZE);
}

/* ---- memory ---- */

static char *map_anonymous(size_t len)
{
	char *p = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		not_tried("no memory: %s", strerror(errno));
	return p;
}

char *small_pages(size_t nr)
{
	char *p = map_anonymous(nr * page_bytes);

	madvise(p, nr * page_bytes, MADV_NOHUGEPAGE);
	return p;
}

/* The value in kB behind a name in one of our own /proc files; 0 without. */
static long long proc_kb(const char *file, const char *name)
{
	FILE *f = fopen(file, "re");
	unsigned long long kb = 0;
	size_t len = strlen(name);
	char line[256];

	if (!f)
		not_tried("cannot read %s: %s", file, strerror(errno));
	while (fgets(line, sizeof(line), f))
		if (!strncmp(line, name, len) && sscanf(line + len, ": %llu", &kb) == 1)
			break;
	fclose(f);
	return kb;
}

size_t huge_page_bytes(void)
{
	FILE *f = fopen("/sys/kernel/mm/transparent_hugepage/hpage_pmd_size", "re");
	unsigned long size = 0;

	if (f) {
		if (fscanf(f, "%lu", &size) != 1)
			size = 0;
		fclose(f);
	}
	return size ? size : 2 * MIB;
}

char *huge_page(void)
{
	size_t size = huge_page_bytes();
	char *p = map_anonymous(2 * size);
	long long before = proc_kb("/proc/self/smaps_rollup", "AnonHugePages");

	p += size - (unsigned long)p % size;
	madvise(p, size, MADV_HUGEPAGE);
	memset(p, 1, size);
	if (proc_kb("/proc/self/smaps_rollup", "AnonHugePages") == before)
		madvise(p, size, MADV_COLLAPSE);
	if (proc_kb("/proc/self/smaps_rollup", "AnonHugePages") == before)
		not_tried("no transparent huge page available");
	return p;
}

int memory_file(size_t size)
{
	int fd = memfd_create("fixbuf-contract", MFD_CLOEXEC);

	if (fd < 0 || ftruncate(fd, size))
		not_tried("no memfd: %s", strerror(errno));
	return fd;
}

void make_pipe(int fd[2])
{
	if (pipe2(fd, O_CLOEXEC))
		not_tried("no pipe: %s", strerror(errno));
}

void fill(char *p, size_t len, unsigned int seed)
{
	for (size_t i = 0; i < len; i++)
		p[i] = seed + i * 31 + i / 251;
}

/* ---- rings ---- */

void ring_new(struct ring_raw *r)
{
	int ret = ring_raw_open(r, 8, 0);

	if (ret == -ENOMEM)
		not_tried("no ring: RLIMIT_MEMLOCK is used up");
	if (ret)
		not_tried("no ring: %s", result_name(ret));
}

/* Others of our user may have locked what the limit allows all of them; nobody else has a fresh user's. */
static bool limit_is_shared(void)
{
	struct rlimit lim;

	return own_user && !getrlimit(RLIMIT_MEMLOCK, &lim) && lim.rlim_cur != RLIM_INFINITY &&
	       system_lifts_memlock(0) <= 0;
}

void want_charged(const char *what, long seen, long expected)
{
	if (seen == -ENOMEM && expected != -ENOMEM && limit_is_shared())
		not_tried("%s: RLIMIT_MEMLOCK is used up", what);
	want(what, seen, expected);
}

struct iovec iov(const void *base, size_t len)
{
	return (struct iovec){ .iov_base = (void *)base, .iov_len = len };
}

int register_one(const struct ring_raw *r, const void *base, size_t len)
{
	struct iovec v = iov(base, len);

	return ring_raw_register_buffers(r, &v, 1);
}

void ring_with(struct ring_raw *r, const void *base, size_t len)
{
	ring_new(r);
	want_charged("register", register_one(r, base, len), 0);
}

/* ---- time ---- */

static void on_alarm(int sig)
{
	(void)sig;
}

void interrupt_after(unsigned int ms)
{
	struct sigaction sa = { .sa_handler = on_alarm };	/* without SA_RESTART */
	struct itimerval t = { .it_value = { ms / 1000, ms % 1000 * 1000 } };

	sigaction(SIGALRM, &sa, NULL);
	setitimer(ITIMER_REAL, &t, NULL);
}

void sleep_ms(unsigned int ms)
{
	struct timespec t = { ms / 1000, ms % 1000 * 1000000L };

	nanosleep(&t, NULL);
}

/* ---- charges ---- */

long mm_pages(void)
{
	/* through 64 bits: an underflow prints as a number near 2^64 */
	long long kb = proc_kb("/proc/self/status", "VmPin");

	return kb / (long long)(page_bytes / 1024);
}

long wait_mm_pages(long pages, unsigned int ms)
{
	long seen = mm_pages();

	for (unsigned int t = 0; seen != pages && t < ms; t += 5) {
		sleep_ms(5);
		seen = mm_pages();
	}
	return seen;
}

void limit_pages(size_t pages)
{
	struct rlimit lim;

	if (getrlimit(RLIMIT_MEMLOCK, &lim))
		not_tried("no RLIMIT_MEMLOCK: %s", strerror(errno));
	if (lim.rlim_max != RLIM_INFINITY && lim.rlim_max < pages * page_bytes)
		not_tried("needs RLIMIT_MEMLOCK of %zu KiB", pages * page_bytes / 1024);
	lim.rlim_cur = pages * page_bytes;
	if (setrlimit(RLIMIT_MEMLOCK, &lim))
		not_tried("cannot set RLIMIT_MEMLOCK: %s", strerror(errno));
}

static bool fits(size_t pages)
{
	struct iovec v = iov(probe_memory, pages * page_bytes);

	if (!pages)
		return true;
	if (ring_raw_register_buffers(&probe, &v, 1))
		return false;
	ring_raw_unregister_buffers(&probe);
	return true;
}

/* The guess first: each try that fits costs a grace period on old kernels. */
static size_t room(size_t guess)
{
	size_t low = 0, high = probe_limit + 1;

	if (guess <= probe_limit && fits(guess) && (guess == probe_limit || !fits(guess + 1)))
		return guess;
	while (high - low > 1) {
		size_t mid = low + (high - low) / 2;

		if (fits(mid))
			low = mid;
		else
			high = mid;
	}
	return low;
}

void user_start(size_t limit)
{
	limit_pages(limit);
	probe_limit = limit;
	probe_memory = small_pages(limit);
	ring_new(&probe);
	probe_room = room(limit);
	/* our own user may still be charged for rings that were just closed */
	for (size_t last = limit + 1; own_user && probe_room != last;) {
		last = probe_room;
		sleep_ms(30);
		probe_room = room(last);
	}
}

long user_pages(long guess)
{
	return (long)probe_room - (long)room(probe_room - guess);
}
