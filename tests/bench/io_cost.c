// SPDX-License-Identifier: GPL-2.0
/*
 * What watching I/O costs: CPU time an operation, untraced, with empty
 * programs on the tracepoints (the floor), with stat counting, with stat
 * timing, and with what else is installed. Interleaved rounds of one run,
 * each against the untraced measurement beside it. Prints a table; asserts no time.
 *   io_cost [ROUNDS [instructions|time|beside [WATCHER]]]
 * instructions: where the clock counts them (boot.sh -n).
 * beside: beside foreign tracers, too, where else a measurement is discarded.
 */
#include <errno.h>
#include <fcntl.h>
#include <dirent.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <linux/bpf.h>
#include "bpf_objects.h"
#include "memory.h"
#include "series.h"
#include "tap.h"
#include "tool.h"
#include "uring.h"

#define BATCH		32
#define MANY		1000	/* rings */
#define MANY_BATCH	16
#define BLOCK		512
#define FILE_BYTES	(1UL << 20)
#define ATTACH_MS	20000
#define SLICE		3200	/* operations that are measured as one */
#define MAX_SLICES	64
#define MAX_TRIES	20	/* beside foreign tracers */

static unsigned int rounds = 11;
static unsigned int slices = 20;

static bool instructions;
static bool any_company;	/* measured beside foreign tracers, too: ratios mean less */
static unsigned int discarded;	/* measurements beside a foreign tracer */

/* ---- the load -------------------------------------------------------------------- */

static struct io_uring ring, many[MANY];
static char *buf;
static int file;

enum load { READ_FIXED, NOP_FIXED, MANY_RINGS, PUNTED, NR_LOADS };

static const char *const load_names[NR_LOADS] = {
	[READ_FIXED] = "512-byte READ_FIXED from the page cache",
	[NOP_FIXED] = "NOP with a fixed buffer",
	[MANY_RINGS] = "512-byte READ_FIXED, 1000 rings in turn, 16 at a time",
	[PUNTED] = "512-byte READ_FIXED by workers (IOSQE_ASYNC)",
};

/* Nanoseconds of CPU time: this thread's, and of workers. */
static double spent(enum load load)
{
	struct timespec t;

	clock_gettime(load == PUNTED ? CLOCK_PROCESS_CPUTIME_ID : CLOCK_THREAD_CPUTIME_ID, &t);
	return t.tv_sec * 1e9 + t.tv_nsec;
}

static void batch(struct io_uring *r, enum load load, unsigned int nr, unsigned long done)
{
	struct io_uring_cqe *cqes[BATCH];
	unsigned int got;

	for (unsigned int i = 0; i < nr; i++) {
		struct io_uring_sqe *sqe = io_uring_get_sqe(r);

		if (load == NOP_FIXED) {
			io_uring_prep_rw(IORING_OP_NOP, sqe, -1, NULL, 0, 0);
			sqe->rw_flags = 1U << 3; /* IORING_NOP_FIXED_BUFFER */
			continue;
		}
		io_uring_prep_read_fixed(sqe, file, buf + i * BLOCK, BLOCK,
					 (done + i) * BLOCK % FILE_BYTES, 0);
		if (load == PUNTED)
			sqe->flags |= IOSQE_ASYNC;
	}
	if (io_uring_submit_and_wait(r, nr) != (int)nr)
		bail("submission failed");
	got = io_uring_peek_batch_cqe(r, cqes, nr);
	if (got != nr || cqes[0]->res != (load == NOP_FIXED ? 0 : BLOCK))
		bail("%u completions, the first with %d", got, got ? cqes[0]->res : 0);
	io_uring_cq_advance(r, got);
}

static double slice(enum load load)
{
	static unsigned int next;
	double begun = spent(load);

	for (unsigned long done = 0; done < SLICE;) {
		if (load == MANY_RINGS) {
			batch(&many[next], load, MANY_BATCH, done);
			next = (next + 1) % MANY;
			done += MANY_BATCH;
		} else {
			batch(&ring, load, BATCH, done);
			done += BATCH;
		}
	}
	return (spent(load) - begun) / SLICE;
}

static int ascending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

/* An operation's cost: the lower quartile of slices, which others disturb least. */
static double measure(enum load load)
{
	double cost[MAX_SLICES];

	for (unsigned int i = 0; i < slices; i++)
		cost[i] = slice(load);
	qsort(cost, slices, sizeof(*cost), ascending);
	return cost[slices / 4];
}

static void set_up(void)
{
	struct iovec iov = { mem_pages(4), 4 * PAGE };
	struct rlimit files = { 4096, 4096 };

	setrlimit(RLIMIT_NOFILE, &files);
	buf = iov.iov_base;
	file = mem_cached_file(FILE_BYTES);
	if (file < 0)
		bail("no file to read: %s", strerror(-file));
	if (uring_open(&ring, BATCH) || uring_register(ring.ring_fd, &iov, 1))
		bail("no ring");
	for (int i = 0; i < MANY; i++)
		if (uring_open(&many[i], MANY_BATCH) || uring_register(many[i].ring_fd, &iov, 1))
			bail("no %d rings", MANY);
}

/* 6.13; what knows READV_FIXED (6.15) knows it. */
static bool has_nop_fixed(void)
{
	struct io_uring_probe *p = io_uring_get_probe();

	return p && p->last_op >= 60;
}

/* ---- who watches ------------------------------------------------------------------ */

struct watcher {
	const char *name;
	const char *program;	/* which is run; NULL = fixbuf-trace */
	const char *arg[10];
	const char *points[2];	/* tracepoints with an empty program */
	bool clock;		/* the empty programs read the clock */
	const char *seen;	/* the tracepoint that it attaches to last */
	int events, per_cpu;	/* or so many perf events or links, in all and for each processor */
	const char *enabled;	/* or this file of tracefs says 1 */
	int floor;		/* the number of tracepoints that its floor has */
	double must, many_must;	/* 0 = no bound; with many rings */
	bool absent;
	struct series added[NR_LOADS];
	pid_t pid;
	int fds[2];
};

static char submit_point[64] = "io_uring_submit_req";

/* A program that does nothing, or only reads the clock. */
static int empty_program(const char *point, bool clock)
{
	const struct bpf_insn code[] = {
		{ .code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_ktime_get_ns },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 0, .imm = 0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	union bpf_attr a = { .prog_type = BPF_PROG_TYPE_RAW_TRACEPOINT };
	int prog, link;

	a.insns = (uintptr_t)(clock ? code : code + 1);
	a.insn_cnt = clock ? 3 : 2;
	a.license = (uintptr_t)"GPL";
	do
		prog = syscall(SYS_bpf, BPF_PROG_LOAD, &a, sizeof(a));
	/* completions by workers that are still to be told of look like a signal */
	while (prog < 0 && errno == EAGAIN);
	if (prog < 0)
		return -errno;
	memset(&a, 0, sizeof(a));
	a.raw_tracepoint.name = (uintptr_t)point;
	a.raw_tracepoint.prog_fd = prog;
	link = syscall(SYS_bpf, BPF_RAW_TRACEPOINT_OPEN, &a, sizeof(a));
	close(prog);
	return link < 0 ? -errno : link;
}

/* Whether a process holds a link to this tracepoint. */
static bool watches(pid_t pid, const char *point)
{
	char path[64], text[4096], want[80];
	struct dirent *e;
	bool found = false;
	DIR *d;

	snprintf(path, sizeof(path), "/proc/%d/fdinfo", pid);
	snprintf(want, sizeof(want), "tp_name:\t%s", point);
	d = opendir(path);
	while (d && !found && (e = readdir(d))) {
		int fd = openat(dirfd(d), e->d_name, O_RDONLY);
		ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

		if (n > 0) {
			text[n] = '\0';
			found = strstr(text, want);
		}
		if (fd >= 0)
			close(fd);
	}
	if (d)
		closedir(d);
	return found;
}

/* Perf events and links to BPF programs that a process holds. */
static int nr_events(pid_t pid)
{
	char path[64], text[64];
	struct dirent *e;
	int nr = 0;
	DIR *d;

	snprintf(path, sizeof(path), "/proc/%d/fd", pid);
	d = opendir(path);
	while (d && (e = readdir(d))) {
		ssize_t n = readlinkat(dirfd(d), e->d_name, text, sizeof(text) - 1);

		text[n > 0 ? n : 0] = '\0';
		nr += strstr(text, "perf_event") || strstr(text, "bpf_link") ||
		      strstr(text, "bpf-link");
	}
	if (d)
		closedir(d);
	return nr;
}

static bool is_attached(const struct watcher *w)
{
	char text[4] = "";
	int fd;

	if (w->seen)
		return watches(w->pid, w->seen);
	if (w->enabled) {
		fd = open(w->enabled, O_RDONLY | O_CLOEXEC);
		if (fd >= 0 && read(fd, text, sizeof(text) - 1) < 0)
			text[0] = '\0';
		if (fd >= 0)
			close(fd);
		return text[0] == '1';
	}
	if (nr_events(w->pid) < w->events + w->per_cpu * sysconf(_SC_NPROCESSORS_ONLN))
		return false;
	/* the last of them is held, and yet to be armed */
	usleep(200000);
	return true;
}

static void spawn(struct watcher *w)
{
	w->pid = fork();
	if (w->pid)
		return;
	int null = open("/dev/null", O_RDWR);
	char *argv[14] = { (char *)(w->program ? w->program : tool_path()) };

	for (int i = 0; i < 10 && w->arg[i]; i++)
		argv[i + 1] = (char *)w->arg[i];
	dup2(null, 0);
	dup2(null, 1);
	dup2(null, 2);
	execvp(argv[0], argv);
	_exit(127);
}

static bool begin(struct watcher *w)
{
	int status;

	w->fds[0] = w->fds[1] = -1;
	w->pid = 0;
	for (int i = 0; i < 2 && w->points[i]; i++) {
		w->fds[i] = empty_program(w->points[i], w->clock);
		if (w->fds[i] < 0)
			bail("no empty program on %s: %s", w->points[i], strerror(-w->fds[i]));
	}
	if (w->points[0])
		return true;
	spawn(w);
	for (int ms = 0; ms < ATTACH_MS; ms += 10) {
		if (waitpid(w->pid, &status, WNOHANG) == w->pid) {
			w->pid = 0;
			return false;
		}
		if (is_attached(w))
			return true;
		usleep(10000);
	}
	return false;
}

static void end(struct watcher *w)
{
	for (int i = 0; i < 2; i++)
		if (w->fds[i] >= 0)
			close(w->fds[i]);
	if (w->pid > 0) {
		kill(w->pid, SIGINT);
		await_exit(w->pid, 20);
	}
}

#define BOTH "io_uring:io_uring_submit_req,io_uring:io_uring_complete"
#define EVENTS "/sys/kernel/tracing/events/io_uring/"
#define RECORDED "/dev/shm/fixbuf-io_cost.dat"

static struct watcher watchers[] = {
	{ .name = "empty program on the completion", .points = { "io_uring_complete" } },
	{ .name = "empty programs on submission and completion",
	  .points = { "io_uring_complete", submit_point } },
	{ .name = "the same two, reading the clock", .clock = true, .floor = 2,
	  .points = { "io_uring_complete", submit_point } },
	{ .name = "stat --no-latency", .arg = { "stat", "--no-latency", "-q" }, .floor = 1,
	  .must = 1.25, .many_must = 1.6, .seen = "io_uring_complete" },
	{ .name = "stat", .arg = { "stat", "-q" }, .floor = 2, .must = 2.2, .many_must = 2.6,
	  .seen = submit_point },
	{ .name = "stat -p 1, which this is not", .arg = { "stat", "-q", "-p", "1" }, .floor = 2,
	  .must = 1.1, .many_must = 1.4, .seen = submit_point },
	{ .name = "stat --by-buffer", .arg = { "stat", "--by-buffer", "-q" }, .floor = 2,
	  .seen = submit_point },
	{ .name = "trace --io --sample 1000", .floor = 2, .seen = submit_point,
	  .arg = { "trace", "--io", "--sample", "1000", "-q" } },
	{ .name = "bpftrace, count by result", .program = "bpftrace", .floor = 1,
	  .events = 1, .per_cpu = 1,
	  .arg = { "-e", "tracepoint:io_uring:io_uring_complete { @[args->res < 0] = count(); }" } },
	{ .name = "bpftrace, latency histogram", .program = "bpftrace", .floor = 2,
	  .events = 2, .per_cpu = 1,
	  .arg = { "-e", "tracepoint:io_uring:io_uring_submit_req { @s[args->req] = nsecs; } "
		   "tracepoint:io_uring:io_uring_complete { $t = @s[args->req]; "
		   "if ($t) { @ns = hist(nsecs - $t); delete(@s[args->req]); } }" } },
	{ .name = "uringscope, all programs", .program = "uringscope", .arg = { "-a" },
	  .floor = 2, .events = 4 },
	{ .name = "perf stat, counting both", .program = "perf", .floor = 2, .per_cpu = 2,
	  .arg = { "stat", "-a", "-e", BOTH } },
	{ .name = "perf record of both", .program = "perf", .floor = 2, .per_cpu = 2,
	  .arg = { "record", "-a", "-q", "-o", "/dev/null", "-e", BOTH } },
	{ .name = "perf trace of both", .program = "perf", .floor = 2, .per_cpu = 2,
	  .arg = { "trace", "-a", "-o", "/dev/null", "-e", BOTH } },
	{ .name = "trace-cmd record of both", .program = "trace-cmd", .floor = 2,
	  .enabled = EVENTS "io_uring_complete/enable",
	  .arg = { "record", "-o", RECORDED, "-e", "io_uring:io_uring_submit_req", "-e",
		   "io_uring:io_uring_complete" } },
};

#define NR_WATCHERS (sizeof(watchers) / sizeof(watchers[0]))

/* ---- the table --------------------------------------------------------------------- */

static void row(struct watcher *w, enum load load, double floor)
{
	struct series *s = &w->added[load];
	double added = series_median(s);
	double must = load == PUNTED ? 0 : load == MANY_RINGS ? w->many_must : w->must;

	printf("  %-46s %+8.1f  ", w->name, added);
	if (w->floor)
		printf("%5.2f", added / floor);
	else
		printf("%5s", "-");
	if (must > 0)
		printf("  %5.2f %-4s", must, added <= must * floor ? "ok" : "OVER");
	else
		printf("  %5s %-4s", "-", "");
	printf("  (%+.1f to %+.1f)\n", s->v[0], s->v[s->nr - 1]);
}

static void table(enum load load, struct series *untraced)
{
	double one = series_median(&watchers[0].added[load]);
	double two = series_median(&watchers[1].added[load]);
	double none = series_median(untraced);

	printf("\n%s: %.1f %s an operation untraced (%.1f to %.1f), %u rounds of %u slices of %u\n",
	       load_names[load], none, instructions ? "instructions" : "ns of CPU",
	       untraced->v[0], untraced->v[untraced->nr - 1], untraced->nr, slices, SLICE);
	printf("  %-46s %8s  %5s  %5s\n", "WATCHED BY", instructions ? "ADDS" : "ADDS ns", "FLOOR",
	       "MUST");
	for (size_t i = 0; i < NR_WATCHERS; i++)
		if (watchers[i].added[load].nr)
			row(&watchers[i], load, watchers[i].floor == 1 ? one : two);
}

static bool runs(enum load load)
{
	return load != NOP_FIXED || has_nop_fixed();
}

/* One watcher against the untraced measurements around it; false beside a foreign tracer. */
static bool measure_beside(struct watcher *w, enum load load, double *added, double *beside)
{
	double before, watched;

	if (!any_company && bpf_objects_on_rings())
		return false;
	before = measure(load);
	w->absent = !begin(w);
	watched = w->absent ? 0 : measure(load);
	end(w);
	*beside = (before + measure(load)) / 2;
	*added = watched - *beside;
	return any_company || !bpf_objects_on_rings();
}

static void one_round(struct watcher *w, enum load load, struct series *untraced)
{
	double added, beside;

	for (int tries = 0; !measure_beside(w, load, &added, &beside); tries++) {
		discarded++;
		if (tries == MAX_TRIES)
			return;
		usleep(100000);
	}
	if (w->absent)
		return;
	series_add(&w->added[load], added);
	if (w == watchers)
		series_add(untraced, beside);
}

int main(int argc, char **argv)
{
	static struct series untraced[NR_LOADS];
	int fd;

	if (argc > 1)
		rounds = atoi(argv[1]) < SERIES_MAX ? atoi(argv[1]) : SERIES_MAX;
	instructions = argc > 2 && !strcmp(argv[2], "instructions");
	any_company = argc > 2 && !strcmp(argv[2], "beside");
	if (instructions)
		slices = 2;
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (geteuid()) {
		fprintf(stderr, "io_cost: the tool needs root; run it as root\n");
		return EXIT_SKIPPED;
	}
	fd = empty_program(submit_point, false);
	if (fd < 0)
		snprintf(submit_point, sizeof(submit_point), "io_uring_submit_sqe");
	else
		close(fd);
	set_up();
	for (int l = 0; l < NR_LOADS; l++)
		if (runs(l))
			measure(l);
	for (unsigned int r = 0; r < rounds; r++) {
		for (size_t i = 0; i < NR_WATCHERS; i++)
			for (int l = 0; l < NR_LOADS; l++)
				if (!watchers[i].absent && runs(l) &&
				    (argc < 4 || i < 3 || strstr(watchers[i].name, argv[3])))
					one_round(&watchers[i], l, &untraced[l]);
		if (!instructions && isatty(STDERR_FILENO))
			fprintf(stderr, "\rround %u of %u%s", r + 1, rounds,
				r + 1 < rounds ? "" : "\n");
	}
	unlink(RECORDED);
	for (int l = 0; l < NR_LOADS; l++)
		if (untraced[l].nr)
			table(l, &untraced[l]);
	if (discarded)
		printf("discarded: %u measurements, as others had programs on the tracepoints\n",
		       discarded);
	for (size_t i = 0; i < NR_WATCHERS; i++)
		if (watchers[i].absent)
			printf("not measured: %s (%s does not run here)\n", watchers[i].name,
			       watchers[i].program ? watchers[i].program : "it");
	return 0;
}
