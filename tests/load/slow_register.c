// SPDX-License-Identifier: GPL-2.0
/*
 * Registers buffers for as long as it takes to be called slow, or once, and says what it saw of
 * that itself: calls, bytes, pages, the time around them and the faults that it took meanwhile.
 *   slow_register untouched    new memory each time, without a page of its own yet
 *   slow_register small        a page at a time, into one slot of many
 *   slow_register healthy      once, memory that is there
 */
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>
#include "load_report.h"
#include "load_ring.h"
#include "memory.h"
#include "uring.h"

#define PAGES		1021
#define SLOTS		601	/* more than the kernel side looks at in a row */
#define LONG_NS		200000000ULL	/* in calls: slow are 10 ms, and 1 % of the time watched */
#define LEAST_CALLS	67

static unsigned long long calls, buffers, bytes, pages, ns, faults;

static unsigned long long now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ULL + t.tv_nsec;
}

static unsigned long long faults_so_far(void)
{
	struct rusage u;

	getrusage(RUSAGE_THREAD, &u);
	return u.ru_minflt + u.ru_majflt;
}

/* Registers .nr buffers of .each pages as a table, or into slots of the one that is there; -errno. */
static int put(char *p, unsigned int nr, size_t each, int first)
{
	struct iovec iov[SLOTS];
	unsigned long long f, t;
	int ret;

	for (unsigned int i = 0; i < nr; i++)
		iov[i] = (struct iovec){ p + i * each * PAGE, each * PAGE };
	f = faults_so_far();
	t = now_ns();
	ret = first < 0 ? uring_register(ring.ring_fd, iov, nr) :
			  uring_update(ring.ring_fd, first, iov, nr);
	if (ret < 0)
		return ret;
	ns += now_ns() - t;
	faults += faults_so_far() - f;
	calls++;
	buffers += nr;
	bytes += nr * each * PAGE;
	pages += nr * each;
	return ret;
}

static void untouched(void)
{
	while (ns < LONG_NS || calls < 7) {
		char *p = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		must(p == MAP_FAILED ? -1 : 0, "mmap");
		/* each page is to be a fault */
		madvise(p, PAGES * PAGE, MADV_NOHUGEPAGE);
		must(put(p, 1, PAGES, -1), "register");
		must(uring_unregister(ring.ring_fd), "unregister");
		munmap(p, PAGES * PAGE);
	}
}

static void small(void)
{
	char *p = mem_pages(SLOTS);

	must(put(p, SLOTS, 1, -1), "register");
	while (ns < LONG_NS || calls < LEAST_CALLS)
		if (put(p + calls % 2 * PAGE, 1, 1, SLOTS - 1) < 0)
			report_skip("no update of slots here (5.13)");
}

static void healthy(void)
{
	must(put(mem_pages(PAGES), 1, PAGES, -1), "register");
}

int main(int argc, char **argv)
{
	struct io_uring_params p = { 0 };
	const char *mode;
	char into[512];
	int file;

	report_init(&argc, argv);
	mode = argc > 1 ? argv[1] : "";
	load_ring_open(8, &p, mode);
	if (!strcmp(mode, "untouched"))
		untouched();
	else if (!strcmp(mode, "small"))
		small();
	else
		healthy();
	/* a report leaves rings without I/O out */
	file = must(mem_cached_file(PAGE), "a file to read");
	for (int i = 0; i < 3; i++)
		request(IORING_OP_READ, file, into, sizeof(into), 0);
	finish(3);
	report("calls=%llu", calls);
	report("buffers=%llu", buffers);
	report("bytes=%llu", bytes);
	report("pages=%llu", pages);
	report("ns=%llu", ns);
	report("faults=%llu", faults);
	report_ready();
	return 0;
}
