// SPDX-License-Identifier: GPL-2.0
/*
 * What watching I/O costs: CPU time an operation, untraced, with empty
 * programs on the tracepoints (the floor), with stat counting, with stat
 * timing, and with what else is installed. Interleaved rounds of one run,
 * each against the untraced measurements around it; a round that was not quiet
 * (they differ) is made again, one beside a foreign tracer does not count. Prints a table;
 * asserts no time.
 * A signal to end makes it print what it has.
 *   io_cost [ROUNDS [instructions|time|beside [WATCHER [LOAD]]]]
 * instructions: where the clock counts them (boot.sh -n).
 * beside: beside foreign tracers, too, where else a measurement is discarded.
 * WATCHER, LOAD: a part of its name.
 */
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>
#include "bpf_objects.h"
#include "memory.h"
#include "series.h"
#include "tap.h"
#include "tool.h"
#include "uring.h"
#include "watcher.h"

#define BATCH		32
#define MANY		1000	/* rings */
#define MANY_BATCH	16
#define BLOCK		512
#define FILE_BYTES	(64UL << 20)
#define HOT_BYTES	(1UL << 20)
#define SLICE		3200	/* operations that are measured as one */
#define SLOW_NS		200e6	/* of a measurement: no slice begins later */
#define MAX_SLICES	64
#define MAX_TRIES	3	/* for a quiet round: else the quietest of them counts */
#define ENOUGH_S	240	/* later no round begins or is made again, unless their number was asked for */
#define QUIET		1.05	/* the untraced measurements around a round differ by this at most */

static unsigned int rounds = 11;
static unsigned int slices = 20;

static bool as_asked;		/* .rounds */
static bool instructions;
static bool any_company;	/* measured beside foreign tracers, too: ratios mean less */
static unsigned int discarded;	/* measurements beside a foreign tracer */
static unsigned int unquiet;	/* or made again as others disturbed them */

/* ---- the load -------------------------------------------------------------------- */

static struct io_uring ring, many[MANY];
static char *buf;
static int file;

enum load { READ_FIXED, NOP_FIXED, SINGLY, MANY_RINGS, PUNTED, NR_LOADS };

static const char *const load_names[NR_LOADS] = {
	[READ_FIXED] = "512-byte READ_FIXED from the page cache, 32 at a time",
	[NOP_FIXED] = "NOP with a fixed buffer, 32 at a time",
	[SINGLY] = "4 KiB READ_FIXED from random places of 64 MiB, one at a time as fio does",
	[MANY_RINGS] = "512-byte READ_FIXED, 1000 rings in turn, 16 at a time",
	[PUNTED] = "512-byte READ_FIXED by workers (IOSQE_ASYNC), 32 at a time",
};

/* Nanoseconds of CPU time: this thread's, and of workers. */
static double spent(enum load load)
{
	struct timespec t;

	clock_gettime(load == PUNTED ? CLOCK_PROCESS_CPUTIME_ID : CLOCK_THREAD_CPUTIME_ID, &t);
	return t.tv_sec * 1e9 + t.tv_nsec;
}

static unsigned long random_page(void)
{
	static uint64_t state = 1;

	state = state * 6364136223846793005ULL + 1442695040888963407ULL;
	return (state >> 33) % (FILE_BYTES / PAGE);
}

static void batch(struct io_uring *r, enum load load, unsigned int nr, unsigned long done)
{
	unsigned int len = load == SINGLY ? PAGE : BLOCK, got;
	struct io_uring_cqe *cqes[BATCH];

	for (unsigned int i = 0; i < nr; i++) {
		struct io_uring_sqe *sqe = io_uring_get_sqe(r);

		if (load == NOP_FIXED) {
			io_uring_prep_rw(IORING_OP_NOP, sqe, -1, NULL, 0, 0);
			sqe->rw_flags = 1U << 3; /* IORING_NOP_FIXED_BUFFER */
			continue;
		}
		if (load == SINGLY)
			io_uring_prep_read_fixed(sqe, file, buf + done % 4 * PAGE, PAGE,
						 random_page() * PAGE, 0);
		else
			io_uring_prep_read_fixed(sqe, file, buf + i * BLOCK, BLOCK,
						 (done + i) * BLOCK % HOT_BYTES, 0);
		if (load == PUNTED)
			sqe->flags |= IOSQE_ASYNC;
	}
	if (io_uring_submit_and_wait(r, nr) != (int)nr)
		bail("submission failed");
	got = io_uring_peek_batch_cqe(r, cqes, nr);
	if (got != nr || cqes[0]->res != (load == NOP_FIXED ? 0 : (int)len))
		bail("%u completions, the first with %d", got, got ? cqes[0]->res : 0);
	io_uring_cq_advance(r, got);
}

static double slice(enum load load)
{
	const unsigned int nr = load == MANY_RINGS ? MANY_BATCH : load == SINGLY ? 1 : BATCH;
	static unsigned int next;
	double begun = spent(load);

	for (unsigned long done = 0; done < SLICE; done += nr) {
		batch(load == MANY_RINGS ? &many[next] : &ring, load, nr, done);
		next = (next + 1) % MANY;
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
	double cost[MAX_SLICES], took = 0;

	/* workers take ten times as long */
	unsigned int nr = load == PUNTED ? (slices + 3) / 4 : slices;

	for (unsigned int i = 0; i < nr; i++) {
		cost[i] = slice(load);
		/* what makes it this slow is seen in few slices, too */
		took += cost[i] * SLICE;
		if (i >= 3 && !instructions && took > SLOW_NS)
			nr = i + 1;
	}
	qsort(cost, nr, sizeof(*cost), ascending);
	return cost[nr / 4];
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

struct row {
	struct watcher w;
	int floor;		/* the number of tracepoints that its floor has */
	double must, many_must;	/* 0 = no bound; with many rings */
	bool rival;		/* a goal is a quarter of what it adds */
	/* What it adds, and what its floor does in the same rounds. */
	struct series added[NR_LOADS], beneath[NR_LOADS];
};

#define COMPLETE "io_uring_complete"
#define BOTH "io_uring:io_uring_submit_req,io_uring:io_uring_complete"
#define EVENTS "/sys/kernel/tracing/events/io_uring/"
#define RECORDED "/dev/shm/fixbuf-io_cost.dat"

/* .points[1] and .seen are set to the tracepoint that this kernel has. */
#define SUBMIT "io_uring_submit_req"

enum { ONE_EMPTY, TWO_EMPTY, STAT = 4, STAT_OTHER = 6 };

static struct row rows[] = {
	[ONE_EMPTY] = { { .name = "empty program on the completion", .points = { COMPLETE } }, .floor = 0 },
	[TWO_EMPTY] = { { .name = "empty programs on submission and completion",
			  .points = { COMPLETE, SUBMIT } }, .floor = 0 },
	{ { .name = "the same two, reading the clock", .clock = true,
	    .points = { COMPLETE, SUBMIT } }, .floor = 2 },
	{ { .name = "stat --no-latency", .arg = { "stat", "--no-latency", "-q" },
	    .seen = COMPLETE }, .floor = 1, .must = 1.25, .many_must = 1.6 },
	[STAT] = { { .name = "stat", .arg = { "stat", "-q" }, .seen = SUBMIT },
		   .floor = 2, .must = 2.2, .many_must = 2.6 },
	{ { .name = "stat --share-starts", .arg = { "stat", "--share-starts", "-q" },
	    .seen = SUBMIT }, .floor = 2, .must = 1.9, .many_must = 2.6 },
	[STAT_OTHER] = { { .name = "stat -p PID, which this is not", .arg = { "stat", "-q", "-p" },
			   .seen = SUBMIT }, .floor = 2, .must = 1.1, .many_must = 1.4 },
	{ { .name = "stat --by-buffer", .arg = { "stat", "--by-buffer", "-q" }, .seen = SUBMIT },
	  .floor = 2 },
	{ { .name = "verify --watch --io", .arg = { "verify", "--watch", "--io", "-q" }, .seen = SUBMIT },
	  .floor = 2 },
	{ { .name = "trace --io --sample 1000", .seen = SUBMIT,
	    .arg = { "trace", "--io", "--sample", "1000", "-q" } }, .floor = 2 },
	{ { .name = "bpftrace, count by result", .program = "bpftrace", .events = 1, .per_cpu = 1,
	    .arg = { "-e", "tracepoint:io_uring:io_uring_complete { @[args->res < 0] = count(); }" } },
	  .floor = 1 },
	{ { .name = "bpftrace, latency histogram", .program = "bpftrace", .events = 2, .per_cpu = 1,
	    .arg = { "-e", "tracepoint:io_uring:io_uring_submit_req { @s[args->req] = nsecs; } "
		     "tracepoint:io_uring:io_uring_complete { $t = @s[args->req]; "
		     "if ($t) { @ns = hist(nsecs - $t); delete(@s[args->req]); } }" } },
	  .floor = 2, .rival = true },
	{ { .name = "uringscope, all programs", .program = "uringscope", .arg = { "-a" },
	    .events = 4 }, .floor = 2, .rival = true },
	{ { .name = "perf stat, counting both", .program = "perf", .per_cpu = 2,
	    .arg = { "stat", "-a", "-e", BOTH } }, .floor = 2 },
	{ { .name = "perf record of both", .program = "perf", .per_cpu = 2,
	    .arg = { "record", "-a", "-q", "-o", "/dev/null", "-e", BOTH } }, .floor = 2 },
	{ { .name = "perf trace of both", .program = "perf", .per_cpu = 2,
	    .arg = { "trace", "-a", "-o", "/dev/null", "-e", BOTH } }, .floor = 2 },
	{ { .name = "trace-cmd record of both", .program = "trace-cmd",
	    .enabled = EVENTS "io_uring_complete/enable",
	    .arg = { "record", "-o", RECORDED, "-e", "io_uring:io_uring_submit_req", "-e",
		     "io_uring:io_uring_complete" } }, .floor = 2 },
};

#define NR_ROWS (sizeof(rows) / sizeof(rows[0]))

static void name_points(void)
{
	for (size_t i = 0; i < NR_ROWS; i++) {
		struct watcher *w = &rows[i].w;

		if (w->points[1])
			w->points[1] = watcher_submit_point();
		if (w->seen && !strcmp(w->seen, SUBMIT))
			w->seen = watcher_submit_point();
	}
}

/* ---- the table --------------------------------------------------------------------- */

static void print_row(struct row *r, enum load load)
{
	struct series *s = &r->added[load];
	double added = series_median(s), floor = series_median(&r->beneath[load]);
	double must = load == MANY_RINGS ? r->many_must :
		      load == READ_FIXED || load == NOP_FIXED ? r->must : 0;

	printf("  %-46s %+8.1f  ", r->w.name, added);
	if (r->floor)
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
	double none = series_median(untraced), ours = series_median(&rows[STAT].added[load]);

	printf("\n%s: %.1f %s an operation untraced (%.1f to %.1f), %u rounds of %u slices of %u\n",
	       load_names[load], none, instructions ? "instructions" : "ns of CPU",
	       untraced->v[0], untraced->v[untraced->nr - 1], untraced->nr, slices, SLICE);
	printf("  %-46s %8s  %5s  %5s\n", "WATCHED BY", instructions ? "ADDS" : "ADDS ns", "FLOOR",
	       "MUST");
	for (size_t i = 0; i < NR_ROWS; i++)
		if (rows[i].added[load].nr)
			print_row(&rows[i], load);
	for (size_t i = 0; i < NR_ROWS; i++) {
		double theirs = series_median(&rows[i].added[load]);

		if (rows[i].rival && rows[i].added[load].nr && rows[STAT].added[load].nr)
			printf("  stat adds %.2f of what %s adds: must be 0.25, %s\n", ours / theirs,
			       rows[i].w.program, ours <= theirs / 4 ? "ok" : "OVER");
	}
}

static bool runs(enum load load, const char *wanted)
{
	return (load != NOP_FIXED || has_nop_fixed()) &&
	       (!wanted || strstr(load_names[load], wanted));
}

/* What each load costs; .todo: those that are wanted, a bit each. */
static void measure_some(unsigned int todo, double cost[NR_LOADS])
{
	for (int l = 0; l < NR_LOADS; l++)
		if (todo & 1U << l)
			cost[l] = measure(l);
}

struct round {
	double untraced[3][NR_LOADS], floor[NR_LOADS], watched[NR_LOADS];
};

/*
 * One watcher and its floor against the untraced measurements around each, with every load: to
 * start a watcher takes longer than to measure. False beside a foreign tracer.
 */
static bool one_round(struct row *r, unsigned int todo, struct round *m)
{
	struct watcher *floor = &rows[r->floor == 1 ? ONE_EMPTY : TWO_EMPTY].w;
	bool alone = !bpf_objects_on_io();

	measure_some(todo, m->untraced[0]);
	if (r->floor) {
		watcher_begin(floor);
		measure_some(todo, m->floor);
		watcher_end(floor);
	}
	measure_some(todo, m->untraced[1]);
	watcher_begin(&r->w);
	if (!r->w.absent)
		measure_some(todo, m->watched);
	watcher_end(&r->w);
	measure_some(todo, m->untraced[2]);
	return alone && !bpf_objects_on_io();
}

struct result {
	double added, beneath, untraced;
	double spread;		/* of the untraced: the largest to the least */
};

static struct result result_of(const struct round *m, int l)
{
	const double a = m->untraced[0][l], b = m->untraced[1][l], c = m->untraced[2][l];

	return (struct result){
		.added = m->watched[l] - (b + c) / 2, .beneath = m->floor[l] - (a + b) / 2,
		.untraced = b, .spread = fmax(fmax(a, b), c) / fmin(fmin(a, b), c),
	};
}

/* Blocked and asked for: a signal would interrupt waits. */
static bool ended(void)
{
	sigset_t waiting;

	return !sigpending(&waiting) && (sigismember(&waiting, SIGINT) > 0 ||
					 sigismember(&waiting, SIGTERM) > 0);
}

static double begun;

/* A number of rounds that was asked for is made. */
static bool is_late(void)
{
	return !as_asked && now_s() - begun > ENOUGH_S;
}

/* .todo: loads, a bit each. */
static void measure_row(struct row *r, unsigned int todo, struct series untraced[NR_LOADS])
{
	struct result best[NR_LOADS] = { 0 };
	struct round m = { 0 };

	for (int tries = 0; todo && !ended() && tries < (is_late() ? 1 : MAX_TRIES); tries++) {
		bool alone = one_round(r, todo, &m);

		if (r->w.absent)
			return;
		for (int l = 0; l < NR_LOADS; l++) {
			struct result now;

			if (!(todo & 1U << l))
				continue;
			if (!alone && !any_company && !instructions) {
				discarded++;
				continue;
			}
			now = result_of(&m, l);
			if (!best[l].spread || now.spread < best[l].spread)
				best[l] = now;
			if (instructions || best[l].spread <= QUIET)
				todo &= ~(1U << l);
			else
				unquiet++;
		}
	}
	for (int l = 0; l < NR_LOADS; l++) {
		if (!best[l].spread)
			continue;
		series_add(&r->added[l], best[l].added);
		series_add(&r->beneath[l], best[l].beneath);
		if (r == rows)
			series_add(&untraced[l], best[l].untraced);
	}
}


int main(int argc, char **argv)
{
	const char *watcher = argc > 3 ? argv[3] : NULL, *wanted = argc > 4 ? argv[4] : NULL;
	static struct series untraced[NR_LOADS];
	unsigned int loads = 0;
	sigset_t signals;

	as_asked = argc > 1;
	if (as_asked)
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
	rows[STAT_OTHER].w.arg[3] = bystander_pid();
	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	name_points();
	set_up();
	watcher_take_processor();
	for (int l = 0; l < NR_LOADS; l++)
		if (runs(l, wanted)) {
			loads |= 1U << l;
			measure(l);
		}
	begun = now_s();
	for (unsigned int k = 0; k < rounds && !ended() && (!k || !is_late()); k++) {
		for (size_t i = 0; i < NR_ROWS; i++)
			if (!ended() && !rows[i].w.absent &&
			    (!watcher || i < 3 || strstr(rows[i].w.name, watcher)))
				measure_row(&rows[i], loads, untraced);
		if (!instructions && isatty(STDERR_FILENO))
			fprintf(stderr, "\rround %u of %u%s", k + 1, rounds,
				k + 1 < rounds ? "" : "\n");
	}
	unlink(RECORDED);
	for (int l = 0; l < NR_LOADS; l++)
		if (untraced[l].nr)
			table(l, &untraced[l]);
	if (discarded || unquiet)
		printf("made again: %u rounds beside others' programs on the tracepoints, %u that others disturbed\n",
		       discarded, unquiet);
	for (size_t i = 0; i < NR_ROWS; i++)
		if (rows[i].w.absent)
			printf("not measured: %s (%s does not run here)\n", rows[i].w.name,
			       rows[i].w.program ? rows[i].w.program : "it");
	return 0;
}
