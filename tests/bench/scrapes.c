// SPDX-License-Identifier: GPL-2.0
/*
 * What a scrape of export costs: its time and the CPU time of those who answer, with
 * no, some and many buffers registered, and while a thousand scrapes a second arrive.
 * Who collects is not waited for longer than a scrape may take: how often what was
 * collected before had to do is counted. Prints rows of a table; asserts no time.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>
#include "http.h"
#include "memory.h"
#include "metrics.h"
#include "series.h"
#include "uring.h"
#include "witness.h"

#define ROUNDS		51
#define APART_US	250000	/* what was collected up to 200 ms ago is served again */
#define PER_S		1000
#define FAST		5003	/* scrapes at that rate */
#define MUST_MS		20

static struct exporter x;
static pid_t servers[4];	/* and who collects: all that a scrape keeps busy */
static size_t nr_servers;

static double clock_ms(clockid_t clock)
{
	struct timespec t;

	if (clock_gettime(clock, &t))
		bail("export has ended");
	return t.tv_sec * 1e3 + t.tv_nsec / 1e6;
}

static double now_ms(void)
{
	return clock_ms(CLOCK_MONOTONIC);
}

static double cpu_ms(void)
{
	double sum = 0;

	for (size_t i = 0; i < nr_servers; i++) {
		clockid_t clock;

		if (clock_getcpuclockid(servers[i], &clock))
			bail("export has ended");
		sum += clock_ms(clock);
	}
	return sum;
}

/* Milliseconds from before the connection to the last byte; counts what is older than it. */
static double scrape_ms(unsigned int *old)
{
	double wall = clock_ms(CLOCK_REALTIME), begun = now_ms();
	char *a = http_get(x.port, "/metrics", "Accept: application/openmetrics-text\r\n");
	double ms = now_ms() - begun;
	size_t len = strlen(a);

	if (http_status(a) != 200 || len < 6 || strcmp(a + len - 6, "# EOF\n"))
		bail("a scrape was not answered");
	/* the metric has milliseconds */
	*old += metric(a, "fixbuf_collect_timestamp_seconds", NULL) * 1000 < wall - 1;
	free(a);
	return ms;
}

static void start(void)
{
	/* export must not check pages while it is measured */
	exporter_start(&x, "--verify-interval", "0", NULL);
	nr_servers = witness_children(x.a.pid, servers, 3);
	servers[nr_servers++] = x.a.pid;
}

static void bench_buffers(unsigned int nr)
{
	struct series wall = { .nr = 0 }, cpu = { .nr = 0 };
	struct iovec *iov = calloc(nr + 1, sizeof(*iov));
	char *mem = mem_pages(nr + 1), what[64];
	unsigned int old = 0;
	struct io_uring r;
	double before;

	for (unsigned int i = 0; i < nr; i++) {
		iov[i].iov_base = mem + i * PAGE;
		iov[i].iov_len = PAGE;
	}
	if (uring_open(&r, 4) || (nr && uring_register(r.ring_fd, iov, nr)))
		bail("registering %u buffers failed", nr);
	start();
	before = cpu_ms();
	for (int i = 0; i < ROUNDS; i++) {
		double now;

		series_add(&wall, scrape_ms(&old));
		/* CPU time of a collection that the answer did not wait for counts, too */
		usleep(APART_US);
		now = cpu_ms();
		series_add(&cpu, now - before);
		before = now;
	}
	exporter_end(&x);
	tool_free(&x.a);
	io_uring_queue_exit(&r);
	munmap(mem, (nr + 1) * PAGE);
	free(iov);
	snprintf(what, sizeof(what), "scrape of export, %u buffers", nr);
	series_row(what, "<= 20 ms", series_median(&wall), "ms", series_median(&wall) <= MUST_MS, &wall);
	snprintf(what, sizeof(what), "  CPU time of it, %u told what was before", old);
	series_row(what, "-", series_median(&cpu), "ms", true, &cpu);
}

static int by_value(const void *a, const void *b)
{
	double d = *(const double *)a - *(const double *)b;

	return d < 0 ? -1 : d > 0;
}

static void bench_rate(void)
{
	static double ms[FAST];
	double begun, cpu, took;
	unsigned int old = 0;

	start();
	begun = now_ms();
	cpu = cpu_ms();
	for (int i = 0; i < FAST; i++) {
		double early = begun + i * 1000.0 / PER_S - now_ms();

		if (early > 0)
			usleep(early * 1000);
		ms[i] = scrape_ms(&old);
	}
	took = now_ms() - begun;
	cpu = cpu_ms() - cpu;
	exporter_end(&x);
	tool_free(&x.a);
	qsort(ms, FAST, sizeof(ms[0]), by_value);
	printf("%-46s %-16s %9.3f %-10s %-4s (99 %% %.3f, all %.3f; %.0f a second, %.0f %% of a CPU)\n",
	       "scrape of export, 1000 a second asked for", "<= 20 ms", ms[FAST / 2], "ms",
	       ms[FAST / 2] <= MUST_MS ? "ok" : "OVER", ms[FAST * 99 / 100], ms[FAST - 1],
	       FAST / took * 1000, cpu / took * 100);
}

int main(void)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (geteuid()) {
		fprintf(stderr, "scrapes: the tool needs root; run it as root\n");
		return 77;
	}
	bench_buffers(0);
	bench_buffers(101);
	bench_buffers(10007);
	bench_rate();
	return 0;
}
