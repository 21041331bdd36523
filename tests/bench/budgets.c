// SPDX-License-Identifier: GPL-2.0
/*
 * The budgets, measured: what list, verify, the start of trace and its memory
 * cost. Prints a table; asserts no time.
 *   budgets [ROUNDS [instructions]]
 * instructions: where the clock counts them (boot.sh -n); what starting costs alone, in millions.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>
#include <json-c/json.h>
#include "load.h"
#include "memory.h"
#include "series.h"
#include "tap.h"
#include "tool.h"
#include "tool_json.h"
#include "uring.h"
#include "witness.h"

static int rounds = 11;
static bool instructions;
static char own_pid[16];

static double now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1e3 + t.tv_nsec / 1e6;
}

/* A row of CPU time; that it is so many milliseconds at most is asked of a machine's time alone. */
static void time_row(const char *what, double most, struct series *s)
{
	double value = series_lower(s);
	char must[32] = "-";

	if (most && !instructions)
		snprintf(must, sizeof(must), "<= %g ms", most);
	series_row(what, must, value, instructions ? "M" : "ms", must[0] == '-' || value <= most, s);
}

/* What running it once costs: CPU time of user and kernel, and pages that are touched first. */
struct cost {
	double ms, faults;
};

/* list looks at us alone: what others have registered is not to be measured. */
static struct cost cost_of(const char *command)
{
	bool looks = !strcmp(command, "list");
	double begun = children_cpu_s(), faults = children_faults();
	struct tool_run a;

	tool(&a, command, looks ? "--json" : NULL, "-o/dev/null", "-p", own_pid, NULL);
	if (a.status)
		bail("%s ended with %d: %s", command, a.status, a.err);
	tool_free(&a);
	return (struct cost){ (children_cpu_s() - begun) * 1e3, children_faults() - faults };
}

/* What a start costs, and what list without buffers adds to it; then the slope of 10007 buffers. */
static void bench_list(void)
{
	struct series version = { .nr = 0 }, version_faults = { .nr = 0 }, above = { .nr = 0 },
		      faults = { .nr = 0 }, slope = { .nr = 0 };
	unsigned int nr = 10007;
	struct iovec *iov = calloc(nr, sizeof(*iov));
	char *mem = mem_pages(nr);
	struct io_uring r;

	for (unsigned int i = 0; i < nr; i++) {
		iov[i].iov_base = mem + i * 4096UL;
		iov[i].iov_len = 4096;
	}
	if (uring_open(&r, 4))
		bail("no ring");
	for (int i = 0; i < rounds; i++) {
		struct cost start = cost_of("--version"), without = cost_of("list"), with;

		series_add(&version, start.ms);
		series_add(&version_faults, start.faults);
		series_add(&above, without.ms - start.ms);
		series_add(&faults, without.faults);
		if (uring_register(r.ring_fd, iov, nr))
			bail("registering %u buffers failed", nr);
		with = cost_of("list");
		uring_unregister(r.ring_fd);
		series_add(&slope, (with.ms - without.ms) * 1000 / nr);
	}
	time_row("--version, CPU time", 3, &version);
	series_row("--version, minor faults", "-", series_lower(&version_faults), "", true,
		   &version_faults);
	time_row("list, CPU time above that, no buffer", 10, &above);
	series_row("list, minor faults, no buffer", "<= 1000", series_lower(&faults), "",
		   series_lower(&faults) <= 1000, &faults);
	time_row("list, CPU time of a thousand buffers more", 1, &slope);
	io_uring_queue_exit(&r);
	munmap(mem, nr * 4096UL);
	free(iov);
}

static void bench_verify(void)
{
	size_t bytes = 1UL << 30;
	char *mem = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	struct iovec iov = { mem, bytes };
	struct series rate = { .nr = 0 };
	struct io_uring r;

	if (mem == MAP_FAILED)
		bail("no memory");
	madvise(mem, bytes, MADV_NOHUGEPAGE);
	if (uring_open(&r, 4) || uring_register(r.ring_fd, &iov, 1))
		bail("registering 1 GiB failed");
	for (int i = 0; i < rounds; i++) {
		struct tool_run a;

		tool(&a, "verify", "--json", "-p", own_pid, NULL);
		if (a.status || !a.json)
			bail("verify ended with %d: %s", a.status, a.err);
		series_add(&rate, json_number(a.json, "pages") * 1e3 /
				    json_number(a.json, "duration_ns"));
		tool_free(&a);
	}
	series_row("verify, 1 GiB of 4 KiB pages", ">= 3 M pages/s", series_median(&rate), "M pages/s",
		   series_median(&rate) >= 3, &rate);
	io_uring_queue_exit(&r);
	munmap(mem, bytes);
}

/* Reads until a fact was told; false when the writer ended before. */
static bool first_fact(int fd)
{
	char text[8192];
	size_t len = 0;
	ssize_t n;

	while (len < sizeof(text) - 1 && (n = read(fd, text + len, sizeof(text) - 1 - len)) > 0) {
		len += n;
		text[len] = 0;
		if (strstr(text, "\"event\""))
			return true;
	}
	return false;
}

/* What a process took so far, all its threads together. */
static double cpu_ms(pid_t pid)
{
	struct timespec t = { 0 };
	clockid_t clock;

	if (clock_getcpuclockid(pid, &clock) || clock_gettime(clock, &t))
		bail("no clock of %d", pid);
	return t.tv_sec * 1e3 + t.tv_nsec / 1e6;
}

/* Measures from exec to the first fact of a program that registers at once. */
static void bench_start(void)
{
	struct series first = { .nr = 0 }, cpu = { .nr = 0 }, faults = { .nr = 0 };

	for (int i = 0; i < rounds; i++) {
		struct tool_how how = { 0 };
		struct tool_run a;
		double begun;
		int fds[2];

		if (pipe(fds))
			bail("no pipe");
		set_cloexec(fds[0]);
		how.stdout_fd = fds[1];
		begun = now_ms();
		tool_start(&a, &how, "trace", "--json", "--", load_path("stacks"), "--no-wait",
			   NULL);
		close(fds[1]);
		if (!first_fact(fds[0]))
			bail("no event was told");
		series_add(&first, now_ms() - begun);
		series_add(&cpu, cpu_ms(a.pid));
		series_add(&faults, process_faults(a.pid));
		close(fds[0]);
		tool_wait(&a, &how);
		tool_free(&a);
	}
	time_row("trace, from exec to the first event", 40, &first);
	time_row("trace, CPU time of its own until then", 0, &cpu);
	series_row("trace, minor faults until then", "-", series_lower(&faults), "", true, &faults);
}

static void bench_memory(void)
{
	struct series peak = { .nr = 0 };
	struct tool_how how = { 0 };
	struct tool_run a;

	tool_start(&a, &how, "trace", "--json", "-o", "/dev/null", NULL);
	usleep(1000000);
	for (int i = 0; i < 3; i++) {
		unsigned int nr = 10007;
		struct iovec *iov = calloc(nr, sizeof(*iov));
		char *mem = mem_pages(nr);
		struct io_uring r;

		for (unsigned int k = 0; k < nr; k++) {
			iov[k].iov_base = mem + k * 4096UL;
			iov[k].iov_len = 4096;
		}
		if (uring_open(&r, 4) || uring_register(r.ring_fd, iov, nr))
			bail("registering %u buffers failed", nr);
		usleep(500000);
		series_add(&peak, witness_status_kb(a.pid, "VmHWM") / 1024.0);
		io_uring_queue_exit(&r);
		munmap(mem, nr * 4096UL);
		free(iov);
	}
	kill(a.pid, SIGINT);
	tool_wait(&a, &how);
	tool_free(&a);
	series_row("trace, resident with 10,007 buffers", "<= 32 MiB", series_median(&peak), "MiB",
		   series_median(&peak) <= 32, &peak);
}

int main(int argc, char **argv)
{
	rounds = argc > 1 ? atoi(argv[1]) : rounds;
	instructions = argc > 2 && !strcmp(argv[2], "instructions");
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (geteuid()) {
		fprintf(stderr, "budgets: the tool needs root; run it as root\n");
		return 77;
	}
	snprintf(own_pid, sizeof(own_pid), "%d", getpid());
	printf("%-46s %-16s %9s\n", "WHAT", "MUST",
	       "MEASURED (rates, memory: median; else lower quartile)");
	bench_list();
	bench_start();
	if (instructions)
		return 0;
	bench_verify();
	bench_memory();
	return 0;
}
