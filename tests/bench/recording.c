// SPDX-License-Identifier: GPL-2.0
/*
 * What recordings cost: how fast facts are written, how long 10 million take
 * to be reported and in how much memory, and what is lost of a program's I/O at
 * full speed. Prints a table; asserts no time.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "recording/writer.h"

#define FAST	"5000011" /* I/Os, made while they are recorded */
#define NR	10000019	/* facts, most of them I/O */
#define RINGS	1009
#define SLOTS	16
#define PER_SET	50000		/* facts from a ring's registration to its end */

static char path[] = "/tmp/fixbuf-bench-XXXXXX";
static __u64 seq, random_state = 1;

static double now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

static double cpu_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

static double cpu_of(const struct rusage *used)
{
	return used->ru_utime.tv_sec + used->ru_utime.tv_usec / 1e6 + used->ru_stime.tv_sec +
	       used->ru_stime.tv_usec / 1e6;
}

static __u64 some(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state;
}

static struct fact head(enum fact_kind kind, size_t size, __u32 ring)
{
	seq++;
	return (struct fact){
		.size = size, .kind = kind, .cpu = seq & 1, .seq = seq / 2, .t_ns = seq * 1000,
		.ring = 0xffff888100000000ULL + ring * 0x1000ULL, .pid = 800 + ring % 7,
		.tid = 800 + ring % 7, .uid = 1000, .call = seq / PER_SET, .comm = { "server" },
	};
}

#define TELL(w, fed, f) writer_fact(w, &(f).h, fed, true, NULL, 0)

static void open_ring(struct writer *w, __u32 ring)
{
	struct fact_ring r = { .h = head(FACT_RING_CREATE, sizeof(r), ring), .user = 2,
			       .mm = 3 + ring % 7, .fd = 5, .sq_entries = 128 };
	struct fact_call c = { .h = head(FACT_CALL, sizeof(c), ring), .user = 2, .mm = 3 + ring % 7,
			       .limit_bytes = 1 << 30, .nr = SLOTS, .nr_slots = SLOTS, .fd = 5 };

	TELL(w, true, r);
	TELL(w, true, c);
	for (__u32 i = 0; i < SLOTS; i++) {
		struct fact_buffer b = {
			.h = head(FACT_BUFFER, sizeof(b), ring), .buf = (ring * SLOTS + i + 1) * 256,
			.addr = 0x7f0000000000 + i * 65536, .len_bytes = 65536, .charged_pages = 16,
			.index = i, .segments = 16, .folio_shift = 12, .refs = 1,
		};

		b.h.call = c.h.call;
		TELL(w, true, b);
	}
}

static void close_ring(struct writer *w, __u32 ring)
{
	struct fact_ring r = { .h = head(FACT_RING_CLOSE, sizeof(r), ring), .user = 2,
			       .mm = 3 + ring % 7 };
	struct fact gone = head(FACT_RING_GONE, sizeof(gone), ring);

	TELL(w, true, r);
	writer_fact(w, &gone, true, false, NULL, 0);
}

static void tell_io(struct writer *w, __u32 ring)
{
	struct fact_io f = { .h = head(FACT_IO_DONE, sizeof(f), ring), .opcode = 4,
			     .index = some() % SLOTS, .len_bytes = 4096, .result = 4096,
			     .nr_slots = SLOTS, .io_flags = IO_F_RANGE | IO_F_OFFSET };

	f.offset_bytes = some() % 16 * 4096;
	f.addr = 0x7f0000000000 + f.index * 65536 + f.offset_bytes;
	f.latency_ns = 5000 + some() % 20000;
	TELL(w, false, f);
}

static void write_all(FILE *out)
{
	const struct origin about = {
		.kernel = "bench", .machine = "bench", .tier = TIER_FUNCTIONS, .sample = 1,
		.cpus = 2, .page_bytes = 4096, .command = "bench",
	};
	struct writer *w = writer_create(out, false, &about);

	writer_look(w, 0, false);
	for (__u32 i = 0; i < RINGS; i++)
		open_ring(w, i);
	while (seq < NR) {
		__u32 ring = some() % RINGS;

		if (seq % PER_SET < SLOTS) {
			close_ring(w, ring);
			open_ring(w, ring);
		}
		tell_io(w, ring);
	}
	writer_end(w, seq * 1000, 0);
	writer_free(w);
}

static void bench_report(const char *tool, const char *view, const char *more)
{
	double begin = now_s();
	struct rusage used;
	int status;
	pid_t pid;

	fflush(stdout);
	pid = fork();

	if (!pid) {
		if (!freopen("/dev/null", "w", stdout))
			_exit(1);
		execl(tool, tool, "report", view, path, more, NULL);
		_exit(127);
	}
	wait4(pid, &status, 0, &used);
	printf("report %-*.*s %-12s of %u events: %6.2f s (%.2f s of CPU time), %6.1f MiB%s\n", 12,
	       (int)strcspn(view, "="), view, more ? more : "", NR, now_s() - begin, cpu_of(&used), used.ru_maxrss / 1024.0,
	       WIFEXITED(status) && WEXITSTATUS(status) < 2 ? "" : " FAILED");
}

/* A view that writes a file of its own */
static void bench_written(const char *tool, const char *option)
{
	char view[64];

	snprintf(view, sizeof(view), "%s=%s.out", option, path);
	bench_report(tool, view, NULL);
	unlink(view + strlen(option) + 1);
}

/* Forks the load, which begins when it can read a byte. */
static pid_t start_load(const char *tool, int *go)
{
	char load[4096];
	int p[2];
	pid_t pid;

	snprintf(load, sizeof(load), "%.*s/tests/load/io_fast", (int)(strrchr(tool, '/') - tool), tool);
	if (pipe(p))
		exit(1);
	pid = fork();
	if (!pid) {
		char c;

		close(p[1]);
		if (read(p[0], &c, 1) != 1 || !freopen("/dev/null", "w", stdout))
			_exit(1);
		execl(load, load, "--no-wait", FAST, NULL);
		_exit(127);
	}
	close(p[0]);
	*go = p[1];
	return pid;
}

/* Reads on until the text is there, or nothing comes any more. */
static void read_until(FILE *f, const char *text, char *line, size_t size)
{
	while (fgets(line, size, f) && !strstr(line, text))
		;
}

static void bench_record(const char *tool)
{
	char pid[16], line[256] = "";
	struct rusage made, written;
	pid_t load, record;
	double begin;
	int go, p[2];
	FILE *said;

	fflush(stdout);
	load = start_load(tool, &go);
	snprintf(pid, sizeof(pid), "%d", load);
	if (pipe(p))
		exit(1);
	record = fork();
	if (!record) {
		dup2(p[1], 2);
		close(p[0]);
		execl(tool, tool, "record", "--io", "-p", pid, "-o", path, NULL);
		_exit(127);
	}
	close(p[1]);
	said = fdopen(p[0], "r");
	read_until(said, "recording to", line, sizeof(line));
	begin = now_s();
	if (write(go, "", 1) != 1)
		exit(1);
	wait4(load, NULL, 0, &made);
	begin = now_s() - begin;
	usleep(500000);
	kill(record, SIGINT);
	read_until(said, "lost", line, sizeof(line));
	wait4(record, NULL, 0, &written);
	printf("record --io beside " FAST " I/Os at full speed: made in %.2f s (%.2f s of CPU time), written in %.2f s of CPU time: %s",
	       begin, cpu_of(&made), cpu_of(&written), line);
}

int main(int argc, char **argv)
{
	const char *tool = argc > 1 ? argv[1] : "build/fixbuf-trace";
	int fd = mkstemp(path);
	FILE *out = fdopen(fd, "w");
	double begin = cpu_s(), took;
	long size;

	if (!out)
		return 1;
	write_all(out);
	took = cpu_s() - begin;
	size = ftell(out);
	fclose(out);
	printf("written: %.2f million events a second of CPU time, %.1f bytes each in the file (%.0f MiB)\n",
	       seq / took / 1e6, (double)size / seq, size / 1048576.0);
	bench_report(tool, "--summary", NULL);
	bench_report(tool, "--verify", NULL);
	bench_report(tool, "--list", NULL);
	bench_report(tool, "--stat", NULL);
	bench_report(tool, "--trace", NULL);
	bench_report(tool, "--trace", "--json");
	bench_report(tool, "--folded", NULL);
	bench_written(tool, "--sqlite");
	bench_written(tool, "--html");
	bench_written(tool, "--perfetto");
	bench_record(tool);
	unlink(path);
	return 0;
}
